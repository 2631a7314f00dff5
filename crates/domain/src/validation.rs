//! Reading names, addresses and other fields of requests, with the error of each.

use crate::passwords::check_password;
use crate::{Context, FieldError, FieldErrorKind};
use convoke_core::email_address::{EmailAddress, EmailError};
use convoke_core::names::{self, NameError};

/// Reads an account's name, naming the error at `pointer`.
///
/// # Errors
/// The error.
pub fn validate_name(pointer: &str, name: &str) -> Result<String, FieldError> {
    names::parse_name(name).map_err(|error| name_error(pointer, name, error))
}

/// The error of an address at `pointer`.
#[must_use]
pub fn email_error(pointer: impl Into<String>, text: &str, error: EmailError) -> FieldError {
    FieldError::new(pointer, FieldErrorKind::Email(error)).with_value(text)
}

/// Reads the address of a body's `email`.
///
/// # Errors
/// The error.
pub fn parse_email(text: &str) -> Result<EmailAddress, Vec<FieldError>> {
    EmailAddress::parse(text).map_err(|error| vec![email_error("/email", text, error)])
}

/// The error of a name at `pointer`.
#[must_use]
pub fn name_error(pointer: &str, text: &str, error: NameError) -> FieldError {
    FieldError::new(pointer, FieldErrorKind::Name(error)).with_value(text)
}

/// The error of a language.
#[must_use]
pub fn locale_error(text: &str) -> FieldError {
    FieldError::new("/locale", FieldErrorKind::UnknownLocale).with_value(text)
}

pub(crate) fn time_zone_error(text: &str) -> FieldError {
    FieldError::new("/time_zone", FieldErrorKind::UnknownTimeZone).with_value(text)
}

/// Reads first and last name; an empty last name counts as none.
pub(crate) fn validate_names(
    first: &str,
    last: Option<&str>,
    errors: &mut Vec<FieldError>,
) -> (String, Option<String>) {
    let mut read = |pointer, text: &str| {
        names::parse_name(text)
            .map_err(|error| errors.push(name_error(pointer, text, error)))
            .unwrap_or_default()
    };
    let first = read("/first_name", first);
    let last = last
        .filter(|last| !last.trim().is_empty())
        .map(|last| read("/last_name", last));
    // Two harmless names may make a telephone number together: "Call 555" and "1234".
    let whole = names::full_name(&first, last.as_deref());
    if errors.is_empty() && last.is_some() && names::contains_link(&whole) {
        errors.push(name_error("/last_name", &whole, NameError::Link));
    }
    (first, last)
}

/// Every error of a weak password (rule U7).
pub(crate) fn weak_password(
    ctx: &Context,
    pointer: &str,
    password: &str,
    own_words: &[&str],
) -> Vec<FieldError> {
    let mut forbidden_words = own_words.to_vec();
    forbidden_words.push(&ctx.policy.brand);
    let products: Vec<&str> = ctx
        .catalogue
        .products
        .iter()
        .map(|product| product.name.get("en"))
        .collect();
    forbidden_words.extend(products);
    check_password(password, &forbidden_words, ctx.policy.password_min_length)
        .into_iter()
        .map(|reason| FieldError::new(pointer, FieldErrorKind::Password(reason)))
        .collect()
}
