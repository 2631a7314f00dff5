//! Third-party services to sign in through, any number of them.

use serde::Deserialize;
use toml::{Table, Value};

use super::values::{nearest, read_value};
use convoke_core::email_address::EmailAddress;
use convoke_core::web_address;
use convoke_infra::identity_providers::{ProviderKind, ProviderSettings};

/// Fills in what may be left out, and finds what is wrong.
///
/// # Errors
/// A sentence per error.
fn prepare_one(provider: &mut ProviderSettings) -> Result<(), Vec<String>> {
    let id = provider.id.clone();
    let mut errors = Vec::new();
    let mut error =
        |key: &str, message: &str| errors.push(format!("providers.{id}.{key}: {message}"));
    if !is_id(&provider.id) {
        error(
            "id",
            "must be 1 to 32 small letters, digits and hyphens, beginning with a letter",
        );
    }
    if provider.name.trim().is_empty() {
        provider.name = match provider.kind {
            ProviderKind::Github => "GitHub".to_owned(),
            ProviderKind::Google => "Google".to_owned(),
            ProviderKind::Oidc => provider.id.clone(),
        };
    }
    if provider.client_id.trim().is_empty() {
        error(
            "client_id",
            "must be the one that the service gave to this installation",
        );
    }
    if provider.kind != ProviderKind::Oidc && provider.client_secret.is_none() {
        error(
            "client_secret",
            "must be the one that the service gave to this installation",
        );
    }
    match (provider.kind, &provider.issuer) {
        (ProviderKind::Oidc, None) => error("issuer", "must be set for kind = \"oidc\""),
        (ProviderKind::Oidc, Some(url)) if !is_url(url) => {
            error(
                "issuer",
                "must be an https address without a query, exactly as the service writes it",
            );
        }
        (ProviderKind::Github | ProviderKind::Google, Some(_)) => {
            error("issuer", "is for kind = \"oidc\" alone; remove it");
        }
        _ => {}
    }
    match (provider.kind, &provider.base_url) {
        (ProviderKind::Github, Some(url)) if !is_url(url) => {
            error(
                "base_url",
                "must be the https address of a GitHub Enterprise Server",
            );
        }
        (ProviderKind::Oidc | ProviderKind::Google, Some(_)) => {
            error("base_url", "is for kind = \"github\" alone; remove it");
        }
        _ => {}
    }
    if let Some(base) = &mut provider.base_url {
        *base = base.trim_end_matches('/').to_owned();
    }
    if provider.kind != ProviderKind::Oidc && !provider.trusted_email_domains.is_empty() {
        error(
            "trusted_email_domains",
            "is for kind = \"oidc\" alone; remove it",
        );
    }
    for domain in &mut provider.trusted_email_domains {
        let name = domain.trim().trim_start_matches('@');
        if let Ok(email) = EmailAddress::parse(&format!("x@{name}")) {
            let name = email.canonical().trim_start_matches("x@").to_owned();
            *domain = name;
        } else {
            let message = format!("\"{domain}\" is not a domain such as example.com");
            error("trusted_email_domains", &message);
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Fills in what may be left out of every service, and finds what is wrong.
///
/// # Errors
/// A sentence per error.
pub(super) fn prepare(providers: &mut [ProviderSettings]) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for provider in providers {
        errors.extend(prepare_one(provider).err().unwrap_or_default());
        if !known.insert(provider.id.clone()) {
            errors.push(format!(
                "providers.{0}: there are two with the id {0}",
                provider.id
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(fits)
}

/// Plain http is left to the rule for outbound requests, which depends on whether this is a trial.
fn is_url(text: &str) -> bool {
    // As written: services compare their issuer character by character.
    text.bytes().all(|byte| byte.is_ascii_graphic())
        && web_address::parse(text)
            .is_some_and(|url| url.query().is_none() && url.fragment().is_none())
}

/// The fields of a service, for telling its environment variables from unknown ones.
const FIELDS: [&str; 8] = [
    "id",
    "kind",
    "name",
    "client_id",
    "client_secret",
    "issuer",
    "base_url",
    "trusted_email_domains",
];

/// What became of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlaid {
    /// A value was set.
    Set,
    /// There is no such key; one that is like it, if there is one.
    Unknown(Option<&'static str>),
}

/// Puts `CONVOKE_PROVIDERS__{ID}__{FIELD}` over the services of the file; `rest` is the name behind
/// `CONVOKE_PROVIDERS`, in lower case and with a dot for each double underscore.
pub(super) fn overlay(table: &mut Table, rest: &str, value: &str) -> Result<Overlaid, String> {
    if !rest.starts_with('.') {
        let list = match rest {
            "_file" => list(&read_value(value)?)?,
            _ => list(value)?,
        };
        table.insert("providers".to_owned(), list);
        return Ok(Overlaid::Set);
    }
    let Some((id, field)) = rest.trim_start_matches('.').split_once('.') else {
        return Ok(Overlaid::Unknown(None));
    };
    let (field, value) = match field.strip_suffix("_file") {
        Some(field) if FIELDS.contains(&field) => (field, read_value(value)?),
        _ => (field, value.to_owned()),
    };
    if !FIELDS.contains(&field) {
        return Ok(Overlaid::Unknown(nearest(field, FIELDS.into_iter())));
    }
    let value = match field {
        "trusted_email_domains" => {
            let items = value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        _ => Value::String(value),
    };
    let listed = table
        .entry("providers")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(listed) = listed else {
        return Ok(Overlaid::Unknown(None));
    };
    // Names of variables have no hyphens.
    let has_id = |value: &Value| {
        let known = value.get("id").and_then(Value::as_str);
        known.is_some_and(|known| known.replace('-', "_") == id)
    };
    let at = listed.iter().position(has_id);
    let at = at.unwrap_or_else(|| {
        let mut fresh = Table::new();
        fresh.insert("id".to_owned(), Value::String(id.replace('_', "-")));
        listed.push(Value::Table(fresh));
        listed.len() - 1
    });
    if let Some(Value::Table(entry)) = listed.get_mut(at) {
        entry.insert(field.to_owned(), value);
    }
    Ok(Overlaid::Set)
}

/// Errors of each service, so that each error names its own.
pub(super) fn collect_errors(table: &Table) -> Vec<String> {
    let listed = table.get("providers").and_then(Value::as_array);
    let misfit = |(at, entry): (usize, &Value)| {
        let error = ProviderSettings::deserialize(entry.clone()).err()?;
        let id = entry.get("id").and_then(Value::as_str);
        let id = id.map_or_else(|| at.to_string(), str::to_owned);
        Some(format!("providers.{id}: {}", error.message()))
    };
    let all = listed.into_iter().flatten().enumerate();
    all.filter_map(misfit).collect()
}

/// The whole list in one variable, as JSON or as in the file.
fn list(text: &str) -> Result<Value, String> {
    if let Ok(list) = serde_json::from_str::<Value>(text)
        && list.is_array()
    {
        return Ok(list);
    }
    format!("providers = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("providers"))
        .filter(Value::is_array)
        .ok_or_else(|| "must be a list of services, in JSON or as in the file".to_owned())
}
