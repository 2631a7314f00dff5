//! The catalogue in use: the file, with the client secrets that stand elsewhere.

use std::collections::BTreeMap;

use super::config::{Config, ProductSettings, read_value};
use convoke_core::secret::{TokenHash, sha256};
use convoke_domain::catalogue::sign_in::ProductSignIn;
use convoke_domain::catalogue::{Catalogue, check_secret};

/// Reads the catalogue in use.
///
/// # Errors
/// A line per error.
pub fn load_catalogue(config: &Config) -> Result<Catalogue, String> {
    let mut catalogue = match &config.catalogue {
        None => Catalogue::builtin(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("catalogue: {path} cannot be read: {error}"))?;
            Catalogue::parse(path, &text).map_err(|errors| {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                lines.join("\n")
            })?
        }
    };
    let errors = add_secrets(&mut catalogue, &config.products);
    if errors.is_empty() {
        Ok(catalogue)
    } else {
        Err(errors.join("\n"))
    }
}

/// The key of a product as a part of the names of variables.
fn variable_key(product: &str) -> String {
    product.replace('-', "_")
}

/// Adds the client secrets of variables and files. Variables replace the secrets of the catalogue.
fn add_secrets(
    catalogue: &mut Catalogue,
    settings: &BTreeMap<String, ProductSettings>,
) -> Vec<String> {
    let mut errors = Vec::new();
    for key in settings.keys() {
        let is_product = |product: &&str| variable_key(product) == *key;
        let mut clients = catalogue
            .products
            .iter()
            .filter(|product| product.sign_in.is_some())
            .map(|product| product.key.as_str());
        if clients.find(is_product).is_none() {
            errors.push(format!(
                "CONVOKE_PRODUCTS__{}__SIGN_IN__SECRET: no product of the catalogue with that key has a [products.sign_in]; add it, or remove the variable",
                key.to_ascii_uppercase()
            ));
        }
    }
    for product in &mut catalogue.products {
        let key = &product.key;
        let Some(sign_in) = &mut product.sign_in else {
            continue;
        };
        match secret_hashes(sign_in, settings.get(&variable_key(key))) {
            Ok(hashes) => sign_in.secret_hashes = hashes,
            Err(error) => errors.push(format!("products.{key}.sign_in: {error}")),
        }
    }
    errors
}

/// SHA-256 of every client secret of a product.
fn secret_hashes(
    sign_in: &ProductSignIn,
    settings: Option<&ProductSettings>,
) -> Result<Vec<TokenHash>, String> {
    let from_variable = settings.and_then(|settings| settings.sign_in.secret.as_ref());
    let hashes = if let Some(secrets) = from_variable {
        hashes_of("the variable", secrets.expose())?
    } else {
        let mut hashes = sign_in.secret_hashes.clone();
        for path in &sign_in.secret_files {
            let text = read_value(path).map_err(|error| format!("secret_file: {error}"))?;
            hashes.extend(hashes_of(path, &text)?);
        }
        hashes
    };
    match (sign_in.public, hashes.is_empty()) {
        (true, false) => Err(
            "has a secret, and `public = true`, which means that it cannot keep one; remove one of the two"
                .to_owned(),
        ),
        (false, true) => Err(
            "has no secret; set `secret_file`, or `public = true` for an app that cannot keep one"
                .to_owned(),
        ),
        _ => Ok(hashes),
    }
}

/// SHA-256 of the secrets of a text, which are separated by white space: several while one is replaced.
fn hashes_of(place: &str, text: &str) -> Result<Vec<TokenHash>, String> {
    let hash = |secret: &str| match check_secret(secret) {
        Ok(()) => Ok(sha256(secret.as_bytes())),
        Err(remedy) => Err(format!("the secret in {place} {remedy}")),
    };
    let hashes: Result<Vec<TokenHash>, String> = text.split_whitespace().map(hash).collect();
    match hashes {
        Ok(hashes) if hashes.is_empty() => Err(format!("{place} is empty; write the secret there")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ProductSignInSettings, load};
    use convoke_core::secret::Secret;

    const SECRET: &str = "first-secret-0123456789-0123456789";
    const OTHER: &str = "other-secret-0123456789-0123456789";

    fn catalogue(lines: &str) -> Catalogue {
        let text = format!(
            "[[products]]\nkey = \"data-desk\"\nname = \"Desk\"\ndescription = \"Answers.\"\n\
             [products.sign_in]\nredirect_uris = [\"https://desk.example/cb\"]\n{lines}"
        );
        Catalogue::parse("c.toml", &text).unwrap()
    }

    fn variable(key: &str, secret: &str) -> BTreeMap<String, ProductSettings> {
        let secret = Some(Secret::new(secret.to_owned()));
        let sign_in = ProductSignInSettings { secret };
        BTreeMap::from([(key.to_owned(), ProductSettings { sign_in })])
    }

    fn hashes(catalogue: &Catalogue) -> Vec<TokenHash> {
        let sign_in = catalogue.products[0].sign_in.as_ref().unwrap();
        sign_in.secret_hashes.clone()
    }

    #[test]
    fn secrets_come_from_the_catalogue_files_and_variables() {
        let (first, other) = (sha256(SECRET.as_bytes()), sha256(OTHER.as_bytes()));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("\u{feff}{OTHER}\n")).unwrap();
        let mut both = catalogue(&format!(
            "secret = \"{SECRET}\"\nsecret_file = {:?}\n",
            file.path().to_str().unwrap()
        ));
        assert_eq!(
            add_secrets(&mut both, &BTreeMap::new()),
            Vec::<String>::new()
        );
        assert_eq!(hashes(&both), [first, other]);

        let mut replaced = catalogue(&format!("secret = \"{SECRET}\"\n"));
        let variables = variable("data_desk", &format!("{OTHER}\n{SECRET}"));
        assert_eq!(add_secrets(&mut replaced, &variables), Vec::<String>::new());
        assert_eq!(hashes(&replaced), [other, first]);
    }

    #[test]
    fn errors_of_secrets_name_the_product_and_never_the_secret() {
        let secret = format!("secret = \"{SECRET}\"\n");
        for (lines, variables, message) in [
            (
                "",
                BTreeMap::new(),
                "products.data-desk.sign_in: has no secret",
            ),
            (
                "",
                variable("data_desk", "short"),
                "is shorter than 32 characters",
            ),
            ("", variable("data_desk", "  "), "is empty"),
            (
                "public = true\n",
                variable("data_desk", SECRET),
                "cannot keep one",
            ),
            (
                &secret,
                variable("desk", SECRET),
                "CONVOKE_PRODUCTS__DESK__SIGN_IN__SECRET",
            ),
            (
                "secret_file = \"/nowhere\"\n",
                BTreeMap::new(),
                "/nowhere cannot be read",
            ),
        ] {
            let errors = add_secrets(&mut catalogue(lines), &variables);
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].contains(message), "{errors:?}");
            assert!(!errors[0].contains(SECRET), "{errors:?}");
        }
    }

    #[test]
    fn variables_of_products_are_read() {
        let environment = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            load(None, pairs.collect::<Vec<_>>().into_iter())
        };
        let name = "CONVOKE_PRODUCTS__DATA_DESK__SIGN_IN__SECRET";
        let loaded = environment(&[(name, SECRET)]).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new());
        let sign_in = &loaded.config.products["data_desk"].sign_in;
        assert_eq!(sign_in.secret.as_ref().unwrap().expose(), SECRET);

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{SECRET}\n")).unwrap();
        let path = file.path().to_str().unwrap();
        let loaded = environment(&[(&format!("{name}_FILE"), path)]).unwrap();
        let sign_in = &loaded.config.products["data_desk"].sign_in;
        assert_eq!(sign_in.secret.as_ref().unwrap().expose(), SECRET);

        for unknown in [
            "CONVOKE_PRODUCTS__DESK__SIGN_IN__SECRT",
            "CONVOKE_PRODUCTS__DESK__SECRET",
        ] {
            let warnings = environment(&[(unknown, SECRET)]).unwrap().warnings;
            assert_eq!(warnings.len(), 1);
            assert!(
                warnings[0].contains("CONVOKE_PRODUCTS__DESK__SIGN_IN__SECRET"),
                "{warnings:?}"
            );
        }
        let twice = environment(&[(name, SECRET), (&format!("{name}_FILE"), path)]);
        assert!(twice.unwrap_err()[0].contains("both are set"));
        // In the configuration file they have no place: the catalogue is it.
        let config = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(config.path(), "[products.desk.sign_in]\nsecret = \"x\"\n").unwrap();
        assert!(load(Some(config.path()), std::iter::empty()).is_err());
    }
}
