//! Names of products and roles in the viewer's language.

use convoke_core::language::Locale;
use convoke_domain::catalogue::Catalogue;
use convoke_i18n::t_args;

/// The name of a product; its key where it is not in the catalogue.
pub(super) fn product_name(catalogue: &Catalogue, locale: Locale, key: &str) -> String {
    let product = catalogue.product(key);
    product.map_or_else(
        || key.to_owned(),
        |product| product.name.get(locale.as_str()).to_owned(),
    )
}

/// The name of a role; the text says so where it is retired (rule P5).
pub(super) fn role_name(catalogue: &Catalogue, locale: Locale, key: &str) -> String {
    match catalogue.role(key) {
        Some(role) => role.name.get(locale.as_str()).to_owned(),
        None => t_args(locale, "role-retired", &[("role", key.into())]),
    }
}

/// A role prefixed with its product, such as "Tovie Platform: Developer"; General roles have no prefix.
pub(super) fn role_of_product(catalogue: &Catalogue, locale: Locale, key: &str) -> String {
    let name = role_name(catalogue, locale, key);
    let product = catalogue
        .products
        .iter()
        .find(|product| product.roles.iter().any(|role| role.key == key));
    match product {
        Some(product) => format!("{}: {name}", product.name.get(locale.as_str())),
        None => name,
    }
}

/// A role as an invitation to a product names it: one of another product is prefixed with that product.
pub(super) fn role_within(
    catalogue: &Catalogue,
    locale: Locale,
    product: &str,
    key: &str,
) -> String {
    let product = catalogue.product(product);
    let is_own = product.is_some_and(|product| product.roles.iter().any(|role| role.key == key));
    if is_own {
        role_name(catalogue, locale, key)
    } else {
        role_of_product(catalogue, locale, key)
    }
}

/// The access that an invitation grants: its product and roles; roles of other products are prefixed with their product.
pub(super) fn describe_access(
    catalogue: &Catalogue,
    locale: Locale,
    product_key: &str,
    keys: &[String],
) -> String {
    let own = catalogue.product(product_key);
    let is_own = |key: &&String| {
        own.is_some_and(|product| product.roles.iter().any(|role| role.key == **key))
    };
    let (own, others): (Vec<&String>, Vec<&String>) = keys.iter().partition(is_own);
    let own: Vec<String> = own
        .into_iter()
        .map(|key| role_name(catalogue, locale, key))
        .collect();
    let mut parts: Vec<String> = others
        .into_iter()
        .map(|key| role_of_product(catalogue, locale, key))
        .collect();
    if !own.is_empty() {
        let product = product_name(catalogue, locale, product_key);
        parts.insert(0, format!("{product}: {}", own.join(", ")));
    }
    parts.join(", ")
}

/// Role names joined by commas.
pub(super) fn role_names(catalogue: &Catalogue, locale: Locale, keys: &[String]) -> String {
    let names: Vec<String> = keys
        .iter()
        .map(|key| role_name(catalogue, locale, key))
        .collect();
    names.join(", ")
}
