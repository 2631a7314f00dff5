//! `convoke catalogue show` and `check`.

use std::path::Path;

use super::{DONE, FAILED, print_error, print_line};
use convoke_app::config::Config;
use convoke_domain::catalogue::{BUILTIN, Catalogue};

fn read_source(config: &Config) -> Result<(String, String), String> {
    match &config.catalogue {
        None => Ok(("the built-in catalogue".to_owned(), BUILTIN.to_owned())),
        Some(path) => read(Path::new(path)).map(|text| (path.clone(), text)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// Prints the catalogue in use as TOML that can be edited and given back.
pub(super) fn show(config: &Config) -> u8 {
    match read_source(config) {
        Ok((_, text)) => {
            print_line(text.trim_end());
            DONE
        }
        Err(error) => {
            print_error(&error);
            FAILED
        }
    }
}

/// Checks the catalogue in use.
pub(super) fn check(config: &Config) -> u8 {
    match read_source(config) {
        Ok((name, t)) => check_text(&name, &t),
        Err(error) => {
            print_error(&error);
            FAILED
        }
    }
}

/// Checks a file.
pub(super) fn check_file(path: &Path) -> u8 {
    match read(path) {
        Ok(text) => check_text(&path.display().to_string(), &text),
        Err(error) => {
            print_error(&error);
            FAILED
        }
    }
}

fn check_text(name: &str, text: &str) -> u8 {
    match Catalogue::parse(name, text) {
        Ok(catalogue) => {
            let roles = catalogue.roles().count();
            let products = catalogue.products.len();
            print_line(&format!(
                "{name}: {products} products and {roles} roles, no errors."
            ));
            DONE
        }
        Err(errors) => {
            for error in errors {
                print_error(&error.to_string());
            }
            FAILED
        }
    }
}
