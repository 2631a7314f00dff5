//! Errors, errors and distances in time in the reader's language.

use std::time::Duration;

use super::context::PageContext;
use super::form::ErrorSummaryItem;
use convoke_core::clock::Timestamp;
use convoke_core::email_address::{EmailAddress, EmailError};
use convoke_core::language::Locale;
use convoke_core::names::{self, NameError};
use convoke_core::text::truncate;
use convoke_core::user_agent::browser_and_system;
use convoke_domain::catalogue::Catalogue;
use convoke_domain::invitations::SUPPRESSED;
use convoke_domain::passwords::{WeakPassword, check_password};
use convoke_domain::{Error, FieldError};
use convoke_i18n::{Arg, t, t_args};

/// The words for an error of a form; `password` is the new password that was typed, if any. Errors that only
/// programs cause keep their English words.
pub(super) fn field_error_text(
    locale: Locale,
    error: &FieldError,
    password: &str,
    min: usize,
) -> String {
    let typed = error.value.as_deref().unwrap_or_default();
    match error.code {
        "invalid-email" => match EmailAddress::parse(typed) {
            Err(why) => email_error_text(locale, typed, why),
            Ok(_) => error.detail.clone(),
        },
        "required" | "too-long" | "invalid-name" => {
            // First and last name may be harmless each and a link together.
            let why = names::parse_name(typed).err().unwrap_or(NameError::Link);
            t(locale, name_key(why))
        }
        // A password that is rejected although nothing is wrong with it alone is made of the person's own words.
        "weak-password" => {
            let why = check_password(password, &[], min).err();
            weak_password_text(locale, why.unwrap_or(WeakPassword::OwnWords))
        }
        _ => error.detail.clone(),
    }
}

fn email_error_text(locale: Locale, typed: &str, why: EmailError) -> String {
    let remedy = email_remedy(locale, why);
    if why == EmailError::Empty {
        return remedy;
    }
    let typed = truncate(typed, 256);
    let args = [("text", typed.into()), ("remedy", remedy.into())];
    t_args(locale, "error-not-an-address", &args)
}

fn email_remedy(locale: Locale, why: EmailError) -> String {
    let key = match why {
        EmailError::Empty => "error-email-empty",
        EmailError::TooLong => "error-email-too-long",
        EmailError::LocalTooLong => "error-email-local-too-long",
        EmailError::NoAt => "error-email-no-at",
        EmailError::SeveralAts => "error-email-several-ats",
        EmailError::List => "error-email-list",
        EmailError::DisplayName => "error-email-display-name",
        EmailError::Comment => "error-email-comment",
        EmailError::Quoted => "error-email-quoted",
        EmailError::IpAddress => "error-email-ip-address",
        EmailError::NoLocal => "error-email-no-local",
        EmailError::NoDomain => "error-email-no-domain",
        EmailError::NoDot => "error-email-no-dot",
        EmailError::Comma => "error-email-comma",
        EmailError::Space => "error-email-space",
        EmailError::Invisible => "error-email-invisible",
        EmailError::Dots => "error-email-dots",
        EmailError::LocalCharacter(c) => {
            let args = [("character", Arg::from(c.to_string()))];
            return t_args(locale, "error-email-local-character", &args);
        }
        EmailError::EncodedWord => "error-email-encoded-word",
        EmailError::DomainCharacter(c) => {
            let args = [("character", Arg::from(c.to_string()))];
            return t_args(locale, "error-email-domain-character", &args);
        }
        EmailError::Domain => "error-email-domain",
    };
    t(locale, key)
}

const fn name_key(why: NameError) -> &'static str {
    match why {
        NameError::Empty => "error-name-empty",
        NameError::TooLong => "error-name-too-long",
        NameError::Characters => "error-name-characters",
        NameError::Link => "error-name-link",
    }
}

fn weak_password_text(locale: Locale, why: WeakPassword) -> String {
    match why {
        WeakPassword::TooShort { min } => {
            let min = i64::try_from(min).unwrap_or(i64::MAX);
            t_args(locale, "error-password-too-short", &[("min", min.into())])
        }
        WeakPassword::TooLong => t(locale, "error-password-too-long"),
        WeakPassword::Common => t(locale, "error-password-common"),
        WeakPassword::OwnWords => t(locale, "error-password-own-words"),
    }
}

/// The lines for errors of a choice of product and roles.
pub(super) fn choice_errors(context: &PageContext, errors: &[FieldError]) -> Vec<ErrorSummaryItem> {
    let line = |field: &str, key: &str| ErrorSummaryItem {
        field: field.to_owned(),
        text: context.t(key),
    };
    let mut lines: Vec<ErrorSummaryItem> = Vec::new();
    for error in errors {
        let found = match error.code {
            "no-roles" => line("roles", "error-no-roles"),
            "unknown-role" => line("roles", "error-role-gone"),
            "unknown-product" | "product-not-multi-user" => line("product", "error-no-product"),
            "no-emails" => line("emails", "error-no-emails"),
            _ => continue,
        };
        if !lines.iter().any(|known| known.text == found.text) {
            lines.push(found);
        }
    }
    lines
}

/// The line for roles that the viewer may not grant.
pub(super) fn not_grantable(context: &PageContext, keys: &[String]) -> ErrorSummaryItem {
    let names = role_names(&context.app.ctx.catalogue, context.locale, keys);
    ErrorSummaryItem {
        field: "roles".to_owned(),
        text: context.t_args("roles-not-grantable", &[("roles", names.into())]),
    }
}

/// The words for an error that a form shows beside its main field.
pub(super) fn error_text(locale: Locale, error: &Error) -> String {
    match error {
        Error::InvalidCredentials => t(locale, "refusal-invalid-credentials"),
        Error::WrongPassword => t(locale, "refusal-wrong-password"),
        Error::PasswordSignInDisabled => t(locale, "refusal-password-sign-in-off"),
        Error::SignUpClosed {
            by_invitation: true,
        } => t(locale, "refusal-sign-up-by-invitation"),
        Error::SignUpClosed {
            by_invitation: false,
        } => t(locale, "refusal-sign-up-closed"),
        Error::AccountLimitExceeded(limit) => {
            let args = [("limit", i64::from(*limit).into())];
            t_args(locale, "refusal-account-limit", &args)
        }
        Error::RateLimited(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let now = Timestamp::from_millis(0);
            let when = relative_time(locale, now, now.plus(Duration::from_secs(seconds)));
            t_args(locale, "refusal-rate-limited", &[("when", when.into())])
        }
        _ => t(locale, "refusal-other"),
    }
}

/// The words for a mail that the server of the address has rejected for good. What it said is in English; its code
/// tells the two cases that a better spelling fixes (RFC 3463).
pub(super) fn delivery_error_text(locale: Locale, detail: Option<&str>) -> String {
    let detail = detail.unwrap_or_default();
    if detail == SUPPRESSED {
        return t(locale, "delivery-suppressed");
    }
    let has = |code: &str| detail.split([' ', '-', ':']).any(|word| word == code);
    if has("5.1.1") || has("5.1.6") || has("5.1.10") {
        return t(locale, "delivery-no-mailbox");
    }
    if has("5.1.2") || has("5.4.4") {
        return t(locale, "delivery-no-domain");
    }
    let detail = detail.trim_end_matches('.');
    t_args(locale, "delivery-refused", &[("why", detail.into())])
}

/// How far a moment is from now, in the largest unit that is not too coarse: "in 7 days", "3 hours ago".
pub(super) fn relative_time(locale: Locale, now: Timestamp, at: Timestamp) -> String {
    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let span = at.millis().saturating_sub(now.millis());
    if (-MINUTE..=0).contains(&span) {
        return t(locale, "time-now");
    }
    let (unit, length) = match span.abs() {
        long if long >= 36 * HOUR => ("days", DAY),
        long if long >= 90 * MINUTE => ("hours", HOUR),
        long if long >= 90 * SECOND => ("minutes", MINUTE),
        _ => ("seconds", SECOND),
    };
    let count = (span.abs() + length / 2) / length;
    let direction = if span < 0 { "ago" } else { "in" };
    let key = format!("time-{direction}-{unit}");
    t_args(locale, &key, &[("count", count.into())])
}

/// The browser and the system of a client, as people know them.
pub(super) fn describe_device(context: &PageContext, user_agent: &str) -> String {
    match browser_and_system(user_agent) {
        (Some(browser), Some(system)) => {
            let args = [("browser", browser.into()), ("system", system.into())];
            context.t_args("device", &args)
        }
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        // Programs name themselves first, with their version.
        (None, None) => user_agent
            .split(['/', ' '])
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// What people call a product; its key where it has left the catalogue.
pub(super) fn product_name(catalogue: &Catalogue, locale: Locale, key: &str) -> String {
    let found = catalogue.product(key);
    found.map_or_else(
        || key.to_owned(),
        |product| product.name.get(locale.as_str()).to_owned(),
    )
}

/// What people call a role; a retired one says so (rule P5).
pub(super) fn role_name(catalogue: &Catalogue, locale: Locale, key: &str) -> String {
    match catalogue.role(key) {
        Some(role) => role.name.get(locale.as_str()).to_owned(),
        None => t_args(locale, "role-retired", &[("role", key.into())]),
    }
}

/// A role with its product, such as "Tovie Platform: Developer"; General ones without.
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

/// What an invitation gives access to: its product, and its roles with those of other products named whole.
pub(super) fn describe_access(
    catalogue: &Catalogue,
    locale: Locale,
    product_key: &str,
    keys: &[String],
) -> String {
    let own = catalogue.product(product_key);
    let is_own =
        |key: &&String| own.is_some_and(|it| it.roles.iter().any(|role| role.key == **key));
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

/// Role names in a row.
pub(super) fn role_names(catalogue: &Catalogue, locale: Locale, keys: &[String]) -> String {
    let names: Vec<String> = keys
        .iter()
        .map(|key| role_name(catalogue, locale, key))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: [EmailError; 21] = [
        EmailError::Empty,
        EmailError::TooLong,
        EmailError::LocalTooLong,
        EmailError::NoAt,
        EmailError::SeveralAts,
        EmailError::List,
        EmailError::DisplayName,
        EmailError::Comment,
        EmailError::Quoted,
        EmailError::IpAddress,
        EmailError::NoLocal,
        EmailError::NoDomain,
        EmailError::NoDot,
        EmailError::Comma,
        EmailError::Space,
        EmailError::Invisible,
        EmailError::Dots,
        EmailError::LocalCharacter('ж'),
        EmailError::EncodedWord,
        EmailError::DomainCharacter('_'),
        EmailError::Domain,
    ];

    #[test]
    fn pages_and_answers_of_the_api_use_the_same_english_words() {
        for why in EMAIL {
            assert_eq!(email_remedy(Locale::En, why), why.to_string());
        }
        for why in [
            NameError::Empty,
            NameError::TooLong,
            NameError::Characters,
            NameError::Link,
        ] {
            assert_eq!(t(Locale::En, name_key(why)), why.to_string());
        }
        let weak = || {
            let short = WeakPassword::TooShort { min: 12 };
            [
                short,
                WeakPassword::TooLong,
                WeakPassword::Common,
                WeakPassword::OwnWords,
            ]
        };
        for (why, same) in weak().into_iter().zip(weak()) {
            assert_eq!(weak_password_text(Locale::En, why), same.reason());
        }
    }

    #[test]
    fn every_fault_has_words_of_its_own_in_russian() {
        for why in EMAIL {
            assert_ne!(email_remedy(Locale::Ru, why), email_remedy(Locale::En, why));
        }
        let error =
            FieldError::new("/email", "invalid-email", "…").with_value("ivan@agency,example");
        let words = super::field_error_text(Locale::Ru, &error, "", 12);
        assert!(
            words.starts_with("«ivan@agency,example» — не адрес"),
            "{words}"
        );
    }

    #[test]
    fn distances_are_told_in_fitting_units() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let seconds = |count: i64| Timestamp::from_millis(now.millis() + count * 1_000);
        let told = |locale, at| relative_time(locale, now, at);
        assert_eq!(told(Locale::En, seconds(7 * 86_400)), "in 7 days");
        assert_eq!(told(Locale::En, seconds(86_400)), "in 24 hours");
        assert_eq!(told(Locale::En, seconds(1)), "in 1 second");
        assert_eq!(told(Locale::En, seconds(-120)), "2 minutes ago");
        assert_eq!(told(Locale::Ru, seconds(2 * 86_400)), "через 2 дня");
        assert_eq!(told(Locale::Ru, seconds(5 * 86_400)), "через 5 дней");
        assert_eq!(told(Locale::Ru, seconds(-2 * 3_600)), "2 часа назад");
    }

    #[test]
    fn two_harmless_names_that_make_a_link_get_the_words_for_links() {
        let error = FieldError::new("/last_name", "invalid-name", "…").with_value("evil .com");
        assert_eq!(
            super::field_error_text(Locale::En, &error, "", 12),
            NameError::Link.to_string()
        );
    }
}
