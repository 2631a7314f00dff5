//! Reads the sections of a catalogue file: the General group, the products and their roles.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::label;
use super::parse_sign_in::sign_in;
use super::parser::CatalogueParser;
use super::sign_in::ProductAccounts;
use super::{Catalogue, CatalogueError, GENERAL_ROLES, Product, Role};

const ROOT_FIELDS: [&str; 2] = ["general", "products"];
const GENERAL_FIELDS: [&str; 1] = ["roles"];
const PRODUCT_FIELDS: [&str; 8] = [
    "key",
    "name",
    "description",
    "url",
    "accounts",
    "multi_user",
    "roles",
    "sign_in",
];
const ROLE_FIELDS: [&str; 4] = ["key", "name", "description", "granted_by"];

/// What a role belongs to.
#[derive(Clone, Copy)]
enum Group<'a> {
    General,
    Product {
        label: &'a str,
        accounts: ProductAccounts,
    },
}

/// Reads the whole file; see [`Catalogue::parse`].
pub(super) fn parse(file: &str, text: &str) -> Result<Catalogue, Vec<CatalogueError>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = CatalogueParser::new(text);
    let catalogue = catalogue(&mut reader, root.get_ref());
    let errors = reader.finish(file, &errors);
    if errors.is_empty() {
        Ok(catalogue)
    } else {
        Err(errors)
    }
}

fn catalogue(reader: &mut CatalogueParser, root: &DeTable) -> Catalogue {
    reader.reject_unknown_fields(root, &ROOT_FIELDS, "the catalogue");
    // General comes first, so that a product's role with a General key is the one at error.
    let general = match root.get("general") {
        Some(section) => general(reader, section),
        None => Catalogue::builtin().general,
    };
    let mut products = Vec::new();
    match root.get("products") {
        Some(entries) => {
            for entry in reader.sections(entries, "products") {
                products.extend(product(reader, entry));
            }
        }
        None => reader.missing(
            0,
            "The catalogue has no products, so nobody could be invited. Add a [[products]] section for each product.".to_owned(),
        ),
    }
    Catalogue { general, products }
}

fn general(reader: &mut CatalogueParser, section: &Spanned<DeValue>) -> Vec<Role> {
    let mut roles = Vec::new();
    let Some(table) = reader.table(section, "[general]") else {
        return roles;
    };
    reader.reject_unknown_fields(table, &GENERAL_FIELDS, "the General group");
    if let Some(entries) = table.get("roles") {
        for entry in reader.sections(entries, "general.roles") {
            roles.extend(role(reader, entry, Group::General));
        }
    }
    for key in GENERAL_ROLES {
        if !reader.role_lines.contains_key(key) {
            let message = format!(
                "The General group lacks the role `{key}`. Add it, or remove the whole [general] section to have the built-in one."
            );
            reader.missing(section.span().start, message);
        }
    }
    roles.sort_by_key(|role| GENERAL_ROLES.iter().position(|key| *key == role.key));
    roles
}

fn product(reader: &mut CatalogueParser, entry: &Spanned<DeValue>) -> Option<Product> {
    let table = reader.table(entry, "[[products]]")?;
    let at = entry.span().start;
    let label = label("product", table);
    reader.reject_unknown_fields(table, &PRODUCT_FIELDS, &label);
    let accounts = accounts(reader, table, &label);
    let mut product = Product {
        key: product_key(reader, table, &label, at),
        name: reader.localized_text(table, "name", &label, at),
        description: reader.localized_text(table, "description", &label, at),
        url: reader.url(table, "url", &label),
        accounts,
        roles: Vec::new(),
        sign_in: None,
    };
    if let Some(entry) = table.get("sign_in") {
        product.sign_in = sign_in(reader, entry, &product.key, &label);
    }
    if let Some(entries) = table.get("roles") {
        let group = Group::Product {
            label: &label,
            accounts,
        };
        for entry in reader.sections(entries, "products.roles") {
            product.roles.extend(role(reader, entry, group));
        }
    }
    Some(product)
}

/// `accounts`, or the older `multi_user`.
fn accounts(reader: &mut CatalogueParser, table: &DeTable, label: &str) -> ProductAccounts {
    let choices = [
        ("many", ProductAccounts::Many),
        ("owned", ProductAccounts::Owned),
        ("latest", ProductAccounts::Latest),
    ];
    let chosen = reader.choice(table, "accounts", label, &choices);
    let multi_user = reader.boolean(table, "multi_user", label);
    let alias = match multi_user {
        Some(false) => ProductAccounts::Owned,
        Some(true) | None => ProductAccounts::Many,
    };
    let is_owned = |accounts| accounts == ProductAccounts::Owned;
    if let (Some(chosen), Some(_), Some(at)) = (
        chosen,
        multi_user,
        table.get("multi_user").map(|value| value.span().start),
    ) && is_owned(chosen) != is_owned(alias)
    {
        let message = format!(
            "`multi_user` of {label} contradicts its `accounts`. Remove the line: `accounts` says the same and more."
        );
        reader.error(at, message);
    }
    chosen.unwrap_or(alias)
}

fn role(reader: &mut CatalogueParser, entry: &Spanned<DeValue>, group: Group) -> Option<Role> {
    let section = match group {
        Group::General => "[[general.roles]]",
        Group::Product { .. } => "[[products.roles]]",
    };
    let table = reader.table(entry, section)?;
    let at = entry.span().start;
    let label = label("role", table);
    if let Group::Product {
        label: product,
        accounts: ProductAccounts::Owned,
    } = group
    {
        let message = format!(
            "There is {label} under {product}, which takes no invitations, so that it has no roles. Remove the role, or the line `multi_user = false` or `accounts = \"owned\"`."
        );
        reader.error(at, message);
    }
    reader.reject_unknown_fields(table, &ROLE_FIELDS, &label);
    Some(Role {
        key: role_key(reader, table, group, &label, at),
        name: reader.localized_text(table, "name", &label, at),
        description: reader.localized_text(table, "description", &label, at),
        owner_only: owner_only(reader, table, group, &label),
    })
}

fn product_key(reader: &mut CatalogueParser, table: &DeTable, label: &str, at: usize) -> String {
    let Some((key, at)) = reader.required_string(table, "key", label, at) else {
        return String::new();
    };
    let well_formed = (2..=32).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if well_formed {
        let line = reader.line(at);
        if let Some(first) = reader.product_lines.insert(key.to_owned(), line) {
            let message = format!(
                "The product key `{key}` stands on line {first} already. Give one of the two another key."
            );
            reader.error(at, message);
        }
    } else {
        let message = format!(
            "`{}` cannot be the key of a product. Use 2 to 32 of a-z, 0-9 and `-`, beginning with a letter.",
            key.escape_debug()
        );
        reader.error(at, message);
    }
    key.to_owned()
}

fn role_key(
    reader: &mut CatalogueParser,
    table: &DeTable,
    group: Group,
    label: &str,
    at: usize,
) -> String {
    let Some((key, at)) = reader.required_string(table, "key", label, at) else {
        return String::new();
    };
    let well_formed = (2..=64).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_uppercase())
        && key
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let message = match group {
        _ if !well_formed => format!(
            "`{}` cannot be the key of a role. Use 2 to 64 of A-Z, 0-9 and `_`, beginning with a letter.",
            key.escape_debug()
        ),
        Group::General if !GENERAL_ROLES.contains(&key) => format!(
            "`{key}` is not one of the three General roles, and none can be added. Put the role under a product, or remove it."
        ),
        Group::Product { label, .. } if GENERAL_ROLES.contains(&key) => format!(
            "`{key}` is a General role and cannot be redefined. Give the role of {label} another key."
        ),
        _ => {
            let line = reader.line(at);
            match reader.role_lines.insert(key.to_owned(), line) {
                None => return key.to_owned(),
                Some(first) => format!(
                    "The role key `{key}` stands on line {first} already, and role keys are unique in the whole catalogue. Give one of the two another key."
                ),
            }
        }
    };
    reader.error(at, message);
    key.to_owned()
}

fn owner_only(reader: &mut CatalogueParser, table: &DeTable, group: Group, label: &str) -> bool {
    let Some((granted_by, at)) = reader.optional_string(table, "granted_by", label) else {
        return false;
    };
    if matches!(group, Group::General) {
        let message = format!(
            "`granted_by` would redefine {label}, a General role, of which only name and description can be changed. Remove the line."
        );
        reader.error(at, message);
    } else if granted_by != "owner" {
        let message = format!(
            "`granted_by` of {label} is `{}`. Write `granted_by = \"owner\"`, or remove the line so that user administrators grant the role too.",
            granted_by.escape_debug()
        );
        reader.error(at, message);
    }
    true
}
