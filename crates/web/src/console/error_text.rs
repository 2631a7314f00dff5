//! Texts of errors, relative times, products and roles in the viewer's language.

use std::time::Duration;

use super::context::PageContext;
use super::form::ErrorSummaryItem;
use crate::field_error_text::field_error_text;
use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;
use convoke_core::user_agent::browser_and_system;
use convoke_domain::catalogue::Catalogue;
use convoke_domain::invitations::SUPPRESSED;
use convoke_domain::{Error, FieldError, FieldErrorKind};
use convoke_i18n::{t, t_args};

/// The summary items for errors of product, roles and addresses.
pub(super) fn choice_errors(context: &PageContext, errors: &[FieldError]) -> Vec<ErrorSummaryItem> {
    let mut lines: Vec<ErrorSummaryItem> = Vec::new();
    for error in errors {
        let field = match error.kind {
            FieldErrorKind::NoRoles | FieldErrorKind::UnknownRole => "roles",
            FieldErrorKind::UnknownProduct | FieldErrorKind::ProductNotMultiUser(_) => "product",
            FieldErrorKind::NoEmails => "emails",
            _ => continue,
        };
        let item = ErrorSummaryItem {
            field: field.to_owned(),
            text: field_error_text(context.locale, error),
        };
        if !lines.iter().any(|existing| existing.text == item.text) {
            lines.push(item);
        }
    }
    lines
}

/// The summary item for roles that the viewer may not grant.
pub(super) fn not_grantable(context: &PageContext, keys: &[String]) -> ErrorSummaryItem {
    let names = role_names(&context.app.ctx.catalogue, context.locale, keys);
    ErrorSummaryItem {
        field: "roles".to_owned(),
        text: context.t_args("roles-not-grantable", &[("roles", names.into())]),
    }
}

/// The text of an error that a form shows at its main field.
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

/// The text of a permanent delivery failure. The server's reply is in English; its enhanced status code (RFC 3463) identifies
/// addresses that do not exist.
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

/// A time relative to `now`, in the largest fitting unit: "in 7 days", "3 hours ago".
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

/// The browser and the operating system of a client.
pub(super) fn describe_device(context: &PageContext, user_agent: &str) -> String {
    match browser_and_system(user_agent) {
        (Some(browser), Some(system)) => {
            let args = [("browser", browser.into()), ("system", system.into())];
            context.t_args("device", &args)
        }
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        // Other programs: the product name of the first token.
        (None, None) => user_agent
            .split(['/', ' '])
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_use_the_largest_fitting_unit() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let seconds = |count: i64| Timestamp::from_millis(now.millis() + count * 1_000);
        let text = |locale, at| relative_time(locale, now, at);
        assert_eq!(text(Locale::En, seconds(7 * 86_400)), "in 7 days");
        assert_eq!(text(Locale::En, seconds(86_400)), "in 24 hours");
        assert_eq!(text(Locale::En, seconds(1)), "in 1 second");
        assert_eq!(text(Locale::En, seconds(-120)), "2 minutes ago");
        assert_eq!(text(Locale::Ru, seconds(2 * 86_400)), "через 2 дня");
        assert_eq!(text(Locale::Ru, seconds(5 * 86_400)), "через 5 дней");
        assert_eq!(text(Locale::Ru, seconds(-2 * 3_600)), "2 часа назад");
    }
}
