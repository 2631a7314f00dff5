//! Settings of products that stand beside the catalogue: their client secrets.

use serde::Deserialize;
use toml::{Table, Value};

use super::values::{read_value, set_value};
use convoke_core::secret::Secret;

/// Settings of one product.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductSettings {
    /// How users sign in to it.
    pub sign_in: ProductSignInSettings,
}

/// Settings of the sign-in to one product.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductSignInSettings {
    /// Its client secret, or several separated by white space while one is replaced.
    #[serde(deserialize_with = "convoke_core::secret::deserialize_optional")]
    pub secret: Option<Secret>,
}

/// Reads `CONVOKE_PRODUCTS__{KEY}__SIGN_IN__SECRET` and the file of `…_FILE`; `key` is the name behind `CONVOKE_`, in lower
/// case and with a dot for each double underscore. Returns the name that was meant where there is no such key.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn overlay(table: &mut Table, key: &str, value: &str) -> Result<Option<String>, String> {
    let rest = key.strip_prefix("products.").unwrap_or_default();
    let (product, field) = rest.split_once('.').unwrap_or((rest, ""));
    let value = match field {
        "sign_in.secret" => value.to_owned(),
        "sign_in.secret_file" => read_value(value)?,
        _ => {
            let product = product.to_ascii_uppercase();
            return Ok(Some(format!(
                "CONVOKE_PRODUCTS__{product}__SIGN_IN__SECRET"
            )));
        }
    };
    let key = format!("products.{product}.sign_in.secret");
    set_value(table, &key, Value::String(value));
    Ok(None)
}
