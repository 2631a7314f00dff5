//! Reads the file, overlays the environment, and names every key that does not belong.

use std::path::Path;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Config, providers};
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
    "rate_limits.failed_sign_ins",
    "rate_limits.failed_sign_ins_per_minute",
    "rate_limits.failed_sign_ins_per_client",
    "rate_limits.failed_sign_ins_per_login",
    "rate_limits.failed_sign_in_delay",
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
    let warnings = overlay(&mut table, environment).map_err(|error| vec![error])?;
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
    if config.http.connections == 0 {
        errors.push("http.connections: must be at least 1".to_owned());
    }
    if config.http.connections_per_client == 0 {
        errors.push("http.connections_per_client: must be at least 1".to_owned());
    }
    if config.limits.users_per_account == 0 {
        errors.push("limits.users_per_account: must be at least 1, for the owner".to_owned());
    }
    if config.limits.invitations_per_request == 0 {
        errors.push("limits.invitations_per_request: must be at least 1".to_owned());
    }
    if config.limits.invitation_lifetime.is_zero() {
        errors.push("limits.invitation_lifetime: must be longer than nothing".to_owned());
    }
    errors.extend(config.rate_limits.errors());
    if !(8..=256).contains(&config.passwords.min_length) {
        errors.push("passwords.min_length: must be from 8 to 256".to_owned());
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

/// Whether pages and mails may link it.
fn is_link(url: &str) -> bool {
    let is_email = |address| EmailAddress::parse(address).is_ok();
    web_address::parse(url).is_some() || url.strip_prefix("mailto:").is_some_and(is_email)
}

fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    text.parse::<Table>()
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

fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|key| (strsim::jaro_winkler(word, key), key))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

/// Puts `CONVOKE_SECTION__KEY` (or the content of the file named by `…_FILE`) over the file's values.
fn overlay(
    table: &mut Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Vec<String>, String> {
    let mut warnings = Vec::new();
    let mut environment: Vec<(String, String)> = environment.collect();
    // The whole list of providers comes before the variables of one of them.
    environment.sort();
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if OTHER_VARIABLES.contains(&name.as_str()) || rest.starts_with("TEST_") {
            continue;
        }
        let key = rest.to_ascii_lowercase().replace("__", ".");
        if let Some(of_providers) = key.strip_prefix("providers")
            && (["", "_file"].contains(&of_providers) || of_providers.starts_with('.'))
        {
            let understood = providers::overlay(table, of_providers, &value)
                .map_err(|error| format!("{name}: {error}"))?;
            if !understood {
                warnings.push(format!(
                    "{name}: there is no such key; write CONVOKE_PROVIDERS__ID__CLIENT_SECRET and the like"
                ));
            }
            continue;
        }
        if KEYS.contains(&key.as_str()) {
            set_value(table, &key, coerce_env_value(&key, &value));
        } else if let Some(key) = key.strip_suffix("_file").filter(|key| KEYS.contains(key)) {
            let text = std::fs::read_to_string(&value)
                .map_err(|error| format!("{name}: {value} cannot be read: {error}"))?;
            set_value(table, key, coerce_env_value(key, text.trim_end()));
        } else {
            let hint = nearest(&key, KEYS.iter().copied())
                .map(|known| format!("; did you mean {}?", variable(known)))
                .unwrap_or_default();
            warnings.push(format!("{name}: there is no such key{hint}"));
        }
    }
    Ok(warnings)
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

fn set_value(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        Some((section, rest)) => {
            let inner = table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set_value(inner, rest, value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

/// Variables are text: whether one is a number, a switch or a list is decided by its key.
fn coerce_env_value(key: &str, text: &str) -> Value {
    if ["trusted_proxies", "outbound.allowed_networks"].contains(&key) {
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        return Value::Array(items.map(|item| Value::String(item.to_owned())).collect());
    }
    let textual = KEYS_WITH_TEXT.contains(&key);
    match (textual, text.parse::<bool>(), text.parse::<i64>()) {
        (false, Ok(switch), _) => Value::Boolean(switch),
        (false, _, Ok(number)) => Value::Integer(number),
        _ => Value::String(text.to_owned()),
    }
}

/// Keys whose value stays text even when it looks like a number.
const KEYS_WITH_TEXT: &[&str] = &["brand.name", "mail.from", "catalogue"];

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn from_text(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(Some(file.path()), environment)
    }

    #[test]
    fn defaults_need_no_file() {
        let loaded = load(None, std::iter::empty()).unwrap();
        assert_eq!(loaded.config.limits.users_per_account, 250);
        assert_eq!(loaded.config.public_url().origin(), "http://127.0.0.1:8080");
        assert!(loaded.config.shows_mailbox());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_suggestion() {
        let errors = from_text("[limits]\nuser_per_account = 3\n", &[]).unwrap_err();
        assert_eq!(
            errors,
            [
                "limits.user_per_account: there is no such key; did you mean limits.users_per_account?"
            ]
        );
    }

    #[test]
    fn an_unknown_variable_only_warns() {
        let loaded = from_text("", &[("CONVOKE_LISTN", "x"), ("HOME", "/")]).unwrap();
        assert_eq!(
            loaded.warnings,
            ["CONVOKE_LISTN: there is no such key; did you mean CONVOKE_LISTEN?"]
        );
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let loaded = from_text(
            "[limits]\nusers_per_account = 3\n",
            &[
                ("CONVOKE_LIMITS__USERS_PER_ACCOUNT", "7"),
                ("CONVOKE_LIMITS__INVITATION_LIFETIME", "90s"),
                ("CONVOKE_RATE_LIMITS__ENABLED", "false"),
                ("CONVOKE_BRAND__NAME", "42"),
                ("CONVOKE_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ],
        )
        .unwrap()
        .config;
        assert_eq!(loaded.limits.users_per_account, 7);
        assert_eq!(loaded.limits.invitation_lifetime.as_secs(), 90);
        assert!(!loaded.rate_limits.enabled);
        assert_eq!(loaded.brand.name, "42");
        assert_eq!(loaded.trusted_proxies.len(), 2);
    }

    #[test]
    fn links_of_the_brand_are_web_addresses_or_email_addresses() {
        for url in [
            "https://help.example/?a=b",
            "http://help.example",
            "mailto:help@example.com",
        ] {
            let text = format!("[brand]\nsupport_url = \"{url}\"\n");
            assert!(from_text(&text, &[]).is_ok(), "{url}");
        }
        for key in ["support_url", "terms_url", "privacy_url"] {
            for url in [
                "",
                "help.example",
                "javascript:alert(1)",
                "https://a:b:c",
                "mailto:help",
            ] {
                let text = format!("[brand]\n{key} = \"{url}\"\n");
                let errors = from_text(&text, &[]).unwrap_err();
                assert!(
                    errors[0].starts_with(&format!("brand.{key}: \"{url}\" must be")),
                    "{errors:?}"
                );
            }
        }
    }

    #[test]
    fn a_server_without_connections_is_not_meant() {
        for key in ["connections", "connections_per_client"] {
            let errors = from_text(&format!("[http]\n{key} = 0\n"), &[]).unwrap_err();
            assert_eq!(errors, [format!("http.{key}: must be at least 1")]);
        }
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "postgres://db/convoke").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let loaded = from_text("", &[("CONVOKE_DATABASE__URL_FILE", &path)]).unwrap();
        assert_eq!(loaded.config.database.url.expose(), "postgres://db/convoke");
        assert!(!format!("{:?}", loaded.config).contains("postgres://"));
    }

    #[test]
    fn services_come_from_the_file_and_the_environment() {
        let mut secret = tempfile::NamedTempFile::new().unwrap();
        writeln!(secret, "from a file").unwrap();
        let path = secret.path().to_str().unwrap().to_owned();
        let file = "[[providers]]\nid = \"github\"\nkind = \"github\"\nclient_id = \"a\"\n\
            [[providers]]\nid = \"my-work\"\nkind = \"oidc\"\nclient_id = \"b\"\nissuer = \"https://x.io\"\n";
        let environment = [
            (
                "CONVOKE_PROVIDERS__GITHUB__CLIENT_SECRET_FILE",
                path.as_str(),
            ),
            (
                "CONVOKE_PROVIDERS__MY_WORK__TRUSTED_EMAIL_DOMAINS",
                "@Work.Example, bücher.example",
            ),
            ("CONVOKE_PROVIDERS__GOOGLE__KIND", "google"),
            ("CONVOKE_PROVIDERS__GOOGLE__CLIENT_ID", "123"),
            ("CONVOKE_PROVIDERS__GOOGLE__CLIENT_SECRET", "456"),
        ];
        let providers = from_text(file, &environment).unwrap().config.providers;
        let ids: Vec<&str> = providers
            .iter()
            .map(|provider| provider.id.as_str())
            .collect();
        assert_eq!(ids, ["github", "my-work", "google"]);
        let names: Vec<&str> = providers
            .iter()
            .map(|provider| provider.name.as_str())
            .collect();
        assert_eq!(names, ["GitHub", "my-work", "Google"]);
        let secret = providers[0].client_secret.as_ref().unwrap();
        assert_eq!(secret.expose(), "from a file");
        assert_eq!(
            providers[1].trusted_email_domains,
            ["work.example", "xn--bcher-kva.example"]
        );
        assert!(!format!("{providers:?}").contains("456"));
    }

    #[test]
    fn a_list_of_services_in_one_variable_comes_before_what_is_said_of_one() {
        for list in [
            "[{\"id\": \"work\", \"kind\": \"oidc\", \"client_id\": \"a\", \"issuer\": \"https://x.io\"}]",
            "[{ id = \"work\", kind = \"oidc\", client_id = \"a\", issuer = \"https://x.io\" }]",
        ] {
            let environment = [
                ("CONVOKE_PROVIDERS__WORK__CLIENT_SECRET", "s"),
                ("CONVOKE_PROVIDERS", list),
            ];
            let providers = from_text("", &environment).unwrap().config.providers;
            assert_eq!(providers[0].client_secret.as_ref().unwrap().expose(), "s");
            assert_eq!(providers[0].issuer(), "https://x.io");
        }
    }

    #[test]
    fn services_that_do_not_fit_are_named() {
        let errors = |text: &str| from_text(text, &[]).unwrap_err().join("; ");
        let of = |rest: &str| {
            errors(&format!(
                "[[providers]]\nid = \"a\"\nclient_id = \"x\"\n{rest}"
            ))
        };
        for (rest, expected) in [
            ("kind = \"oidc\"", "providers.a.issuer: must be set"),
            ("kind = \"github\"", "providers.a.client_secret: must be"),
            (
                "kind = \"google\"\nclient_secret = \"x\"\nissuer = \"https://x.io\"",
                "providers.a.issuer: is for kind",
            ),
            (
                "kind = \"oidc\"\nissuer = \"https://x.io?a=b\"",
                "providers.a.issuer: must be an https address",
            ),
            (
                "kind = \"oidc\"\nissuer = \"https://x.io\"\nbase_url = \"https://y.io\"",
                "providers.a.base_url: is for",
            ),
            (
                "kind = \"oidc\"\nissuer = \"https://x.io\"\ntrusted_email_domains = [\"a b\"]",
                "is not a domain",
            ),
            (
                "kind = \"oidc\"\nissuer = \"https://x.io\"\nsecret = \"b\"",
                "providers.a: unknown field `secret`",
            ),
        ] {
            assert!(of(rest).contains(expected), "{}", of(rest));
        }
        let twice = "[[providers]]\nid = \"a\"\nkind = \"oidc\"\nclient_id = \"x\"\nissuer = \"https://x.io\"\n";
        assert!(errors(&twice.repeat(2)).contains("there are two with the id a"));
    }

    #[test]
    fn every_fault_is_named_with_its_key() {
        let errors = from_text(
            "public_url = \"http://example.com\"\n[limits]\ninvitation_lifetime = \"week\"\nusers_per_account = -1\n",
            &[],
        )
        .unwrap_err();
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors.iter().any(|error| error.starts_with("public_url: ")));
    }

    #[test]
    fn every_key_is_known_to_the_structures() {
        for key in KEYS {
            let error =
                Config::deserialize(single(key, Value::Datetime("1979-05-27".parse().unwrap())));
            let message = error
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(!message.contains("unknown field"), "{key}: {message}");
        }
    }
}
