//! `convoke catalogue show` and `check`.

use std::path::Path;

use super::error::CommandResult;
use super::print_line;
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
pub(super) fn show(config: &Config) -> CommandResult {
    let (_, text) = read_source(config)?;
    print_line(text.trim_end());
    Ok(())
}

/// Checks the catalogue in use.
pub(super) fn check(config: &Config) -> CommandResult {
    let (name, text) = read_source(config)?;
    check_text(&name, &text)
}

/// Checks a file.
pub(super) fn check_file(path: &Path) -> CommandResult {
    check_text(&path.display().to_string(), &read(path)?)
}

fn check_text(name: &str, text: &str) -> CommandResult {
    let catalogue = Catalogue::parse(name, text).map_err(|errors| {
        let lines = errors.iter().map(ToString::to_string);
        lines.collect::<Vec<String>>()
    })?;
    let roles = catalogue.roles().count();
    let products = catalogue.products.len();
    print_line(&format!(
        "{name}: {products} products and {roles} roles, no errors."
    ));
    Ok(())
}
