//! Reads the file, overlays the environment, and names every key that does not belong.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::values::{coerce_env_value, nearest, read_value, set_value, without_mark};
use super::{Config, products, providers};
use convoke_core::email_address::EmailAddress;
use convoke_core::web_address;
use convoke_infra::mail::is_sender;

/// A configuration and what is worth saying about it.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Sentences to log; they do not stop the start.
    pub warnings: Vec<String>,
}

const PREFIX: &str = "CONVOKE_";

/// Variables that are not keys of the file.
const OTHER_VARIABLES: [&str; 1] = ["CONVOKE_CONFIG"];

/// Every key of the file, for suggestions and for telling keys from unknown environment variables.
const KEYS: &[&str] = &[
    "listen",
    "metrics_listen",
    "public_url",
    "edition",
    "trusted_proxies",
    "catalogue",
    "log",
    "sign_up",
    "password_sign_in",
    "providers",
    "secrets.key",
    "secrets.key_file",
    "oidc.access_token_lifetime",
    "oidc.key_rotation",
    "outbound.allowed_networks",
    "http.connections",
    "http.connections_per_client",
    "brand.name",
    "brand.logo",
    "brand.colour",
    "brand.support_url",
    "brand.terms_url",
    "brand.privacy_url",
    "database.url",
    "database.connections",
    "database.timeout",
    "mail.smtp_url",
    "mail.from",
    "mail.connections",
    "limits.users_per_account",
    "limits.invitations_per_request",
    "limits.invitation_lifetime",
    "limits.accounts_per_user",
    "invitations.registered_users_only",
    "invitations.reminder_before",
    "passwords.min_length",
    "rate_limits.enabled",
    "rate_limits.max_keys",
    "rate_limits.invitations_per_10_minutes",
    "rate_limits.trials_per_10_minutes",
    "rate_limits.mails_per_account_and_day",
    "rate_limits.mails_per_young_account_and_day",
    "rate_limits.mails_per_address_from_one_account",
    "rate_limits.mails_per_address",
    "rate_limits.confirmation_mails_per_address",
    "rate_limits.role_mail_interval",
    "rate_limits.answer_mail_interval",
    "rate_limits.failed_sign_ins",
    "rate_limits.failed_sign_ins_per_minute",
    "rate_limits.failed_sign_ins_per_client",
    "rate_limits.failed_sign_ins_per_login",
    "rate_limits.failed_sign_in_delay",
    "rate_limits.failed_client_authentications",
    "rate_limits.password_resets",
    "rate_limits.password_resets_per_client",
    "rate_limits.email_changes_per_person",
    "rate_limits.registrations_per_address",
    "rate_limits.registrations_per_client",
];

/// Reads the configuration from `file`, if there is one, and from `environment`.
///
/// # Errors
/// One sentence per error: the file cannot be read, is not TOML, has an unknown key (with the nearest known
/// one), or a value does not fit.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Loaded, Vec<String>> {
    let mut table = match file {
        Some(path) => read(path).map_err(|error| vec![error])?,
        None => Table::new(),
    };
    let unknown: Vec<String> = flatten_keys(&table)
        .into_iter()
        .filter(|key| !KEYS.contains(&key.as_str()))
        .map(|key| unknown_key(&key))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let warnings = overlay(&mut table, environment)?;
    // Key by key, so that each error names its own.
    let mut errors = providers::collect_errors(&table);
    let fits = errors.is_empty();
    let others: Vec<String> = flatten_keys(&table)
        .into_iter()
        .filter(|key| fits || key != "providers")
        .filter_map(|key| {
            let value = find(&table, &key)?;
            let error = Config::deserialize(single(&key, value.clone())).err()?;
            Some(format!("{key}: {}", error.message()))
        })
        .collect();
    errors.extend(others);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut config =
        Config::deserialize(table).map_err(|error| vec![error.message().to_owned()])?;
    providers::prepare(&mut config.providers)?;
    check(&config)?;
    Ok(Loaded { config, warnings })
}

/// Errors that lie between values.
fn check(config: &Config) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    if config.public_url.is_none() && !config.listen.ip().is_loopback() {
        errors.push(format!(
            "public_url: must be set when listen is not a loopback address ({}), since links are made from it; \
             set it to the https address that people use",
            config.listen
        ));
    }
    if !config.password_sign_in && config.providers.is_empty() {
        errors.push(
            "password_sign_in: nobody could sign in, since there are no providers; add one, or remove this"
                .to_owned(),
        );
    }
    let links = [
        ("support_url", &config.brand.support_url),
        ("terms_url", &config.brand.terms_url),
        ("privacy_url", &config.brand.privacy_url),
    ];
    for (key, url) in links {
        if let Some(url) = url.as_ref().filter(|url| !is_link(url)) {
            errors.push(format!(
                "brand.{key}: \"{url}\" must be an absolute http or https address, or mailto: and an email address"
            ));
        }
    }
    if !ACCESS_TOKEN_LIFETIME.contains(&config.oidc.access_token_lifetime) {
        errors.push("oidc.access_token_lifetime: must be from 60s to 1h".to_owned());
    }
    if config.oidc.key_rotation < MIN_KEY_ROTATION {
        errors.push("oidc.key_rotation: must be at least 7d".to_owned());
    }
    if config.http.connections == 0 {
        errors.push("http.connections: must be at least 1".to_owned());
    }
    if config.http.connections_per_client == 0 {
        errors.push("http.connections_per_client: must be at least 1".to_owned());
    }
    if config.limits.users_per_account == 0 {
        errors.push("limits.users_per_account: must be at least 1, for the owner".to_owned());
    }
    if !(1..=MAX_INVITATIONS_PER_REQUEST).contains(&config.limits.invitations_per_request) {
        errors.push(format!(
            "limits.invitations_per_request: must be from 1 to {MAX_INVITATIONS_PER_REQUEST}"
        ));
    }
    if config.limits.invitation_lifetime.is_zero() {
        errors.push("limits.invitation_lifetime: must be longer than nothing".to_owned());
    }
    errors.extend(config.rate_limits.errors());
    if !(8..=256).contains(&config.passwords.min_length) {
        errors.push("passwords.min_length: must be from 8 to 256".to_owned());
    }
    if !(1..=MAX_MAIL_CONNECTIONS).contains(&config.mail.connections) {
        errors.push(format!(
            "mail.connections: must be from 1 to {MAX_MAIL_CONNECTIONS}"
        ));
    }
    if !is_sender(&config.mail.from) {
        errors.push(format!(
            "mail.from: \"{}\" is not a sender such as \"Accounts <accounts@example.com>\"",
            config.mail.from
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// The most addresses in one request: it is one transaction, which locks its account.
const MAX_INVITATIONS_PER_REQUEST: u32 = 1_000;

/// A right that was lost ends with the access token at the latest.
const ACCESS_TOKEN_LIFETIME: RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(1);

/// Keys are published a day before they sign.
const MIN_KEY_ROTATION: Duration = Duration::from_hours(7 * 24);

/// The most connections to a mail server: a worker sends no more emails at a time.
const MAX_MAIL_CONNECTIONS: usize = 16;

/// Whether pages and mails may link it.
fn is_link(url: &str) -> bool {
    let is_email = |address| EmailAddress::parse(address).is_ok();
    web_address::parse(url).is_some() || url.strip_prefix("mailto:").is_some_and(is_email)
}

fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    without_mark(&text)
        .parse::<Table>()
        .map_err(|error| format!("{}: {}", path.display(), error.to_string().trim_end()))
}

/// Dotted names of everything that is not a table.
fn flatten_keys(table: &Table) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => keys.extend(
                flatten_keys(inner)
                    .into_iter()
                    .map(|below| format!("{key}.{below}")),
            ),
            _ => keys.push(key.clone()),
        }
    }
    keys
}

fn find<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        Some((section, rest)) => find(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}

fn single(key: &str, value: Value) -> Table {
    let mut table = Table::new();
    match key.split_once('.') {
        Some((section, rest)) => {
            table.insert(section.to_owned(), Value::Table(single(rest, value)))
        }
        None => table.insert(key.to_owned(), value),
    };
    table
}

fn unknown_key(key: &str) -> String {
    match nearest(key, KEYS.iter().copied()) {
        Some(known) => format!("{key}: there is no such key; did you mean {known}?"),
        None => format!("{key}: there is no such key; convoke.toml.example lists them all"),
    }
}

/// Puts `CONVOKE_SECTION__KEY` (or the content of the file named by `…_FILE`) over the file's values. Empty variables are
/// not set.
fn overlay(
    table: &mut Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Vec<String>, Vec<String>> {
    let mut environment: Vec<(String, String)> = environment
        .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
        .collect();
    // The whole list of providers comes before the variables of one of them.
    environment.sort();
    let mut errors = set_twice(&environment);
    let mut warnings = Vec::new();
    for (name, value) in &environment {
        match overlay_one(table, name, value) {
            Ok(warning) => warnings.extend(warning),
            Err(error) => errors.push(format!("{name}: {error}")),
        }
    }
    if errors.is_empty() {
        Ok(warnings)
    } else {
        Err(errors)
    }
}

/// An error for each key that is set by a variable and by a file.
fn set_twice(environment: &[(String, String)]) -> Vec<String> {
    let is_set = |name: &str| environment.iter().any(|(set, _)| set == name);
    let twice = |(name, _): &(String, String)| {
        let direct = name.strip_suffix("_FILE").filter(|direct| is_set(direct))?;
        Some(format!(
            "{direct} and {name}: both are set; remove one of them"
        ))
    };
    environment.iter().filter_map(twice).collect()
}

/// Puts one variable over the file's value, and returns a warning when there is no such key.
fn overlay_one(table: &mut Table, name: &str, value: &str) -> Result<Option<String>, String> {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    if OTHER_VARIABLES.contains(&name) || rest.starts_with("TEST_") {
        return Ok(None);
    }
    let key = rest.to_ascii_lowercase().replace("__", ".");
    if let Some(of_providers) = key.strip_prefix("providers")
        && (["", "_file"].contains(&of_providers) || of_providers.starts_with('.'))
    {
        return Ok(match providers::overlay(table, of_providers, value)? {
            providers::Overlaid::Set => None,
            providers::Overlaid::Unknown(known) => {
                let known = known.map(|field| suggestion(name, field));
                Some(format!(
                    "{name}: there is no such key{}",
                    known.unwrap_or_else(|| {
                        "; write CONVOKE_PROVIDERS__ID__CLIENT_SECRET and the like".to_owned()
                    })
                ))
            }
        });
    }
    if key.starts_with("products.") {
        let meant = products::overlay(table, &key, value)?;
        return Ok(
            meant.map(|known| format!("{name}: there is no such key; did you mean {known}?"))
        );
    }
    if KEYS.contains(&key.as_str()) {
        set_value(table, &key, coerce_env_value(&key, value));
        return Ok(None);
    }
    let of_file = key.strip_suffix("_file");
    if let Some(key) = of_file.filter(|key| KEYS.contains(key)) {
        set_value(table, key, coerce_env_value(key, &read_value(value)?));
        return Ok(None);
    }
    let known = nearest(of_file.unwrap_or(&key), KEYS.iter().copied());
    let suffix = if of_file.is_some() { "_FILE" } else { "" };
    let hint = known.map(|known| format!("; did you mean {}{suffix}?", variable(known)));
    Ok(Some(format!(
        "{name}: there is no such key{}",
        hint.unwrap_or_default()
    )))
}

/// Suggests another last part for the variable of a service.
fn suggestion(name: &str, field: &str) -> String {
    let service = name.rsplit_once("__").map_or(name, |(service, _)| service);
    format!("; did you mean {service}__{}?", field.to_ascii_uppercase())
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
