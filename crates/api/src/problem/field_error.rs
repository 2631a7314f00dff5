//! Codes and English details of field errors in problem documents.

use convoke_core::language::Locale;
use convoke_core::names::NameError;
use convoke_domain::{FieldError, FieldErrorKind, JsonType, ParameterError};
use serde_json::{Map, Value};

use crate::field_error_text::field_error_text;

/// The stable code of the HTTP contract.
#[must_use]
pub(crate) const fn code(kind: &FieldErrorKind) -> &'static str {
    match kind {
        FieldErrorKind::WrongType(_) | FieldErrorKind::NotOneOf(_) | FieldErrorKind::Picture(_) => {
            "wrong-type"
        }
        FieldErrorKind::UnknownField(_) => "unknown-field",
        FieldErrorKind::MissingField(_)
        | FieldErrorKind::MissingCurrentPassword
        | FieldErrorKind::Name(NameError::Empty) => "required",
        FieldErrorKind::Parameter(_) => "invalid-parameter",
        FieldErrorKind::Email(_) => "invalid-email",
        FieldErrorKind::Name(NameError::TooLong) | FieldErrorKind::PhoneTooLong => "too-long",
        FieldErrorKind::Name(NameError::Characters | NameError::Link)
        | FieldErrorKind::OtherAccountName
        | FieldErrorKind::PhoneCharacters => "invalid-name",
        FieldErrorKind::Password(_) => "weak-password",
        FieldErrorKind::UnknownLocale => "unknown-locale",
        FieldErrorKind::UnknownTimeZone => "unknown-time-zone",
        FieldErrorKind::UnknownProduct => "unknown-product",
        FieldErrorKind::ProductNotMultiUser(_) => "product-not-multi-user",
        FieldErrorKind::NoRoles => "no-roles",
        FieldErrorKind::UnknownRole => "unknown-role",
        FieldErrorKind::NoEmails => "no-emails",
        FieldErrorKind::TooManyEmails { .. } => "too-many-emails",
        FieldErrorKind::EmailInTwoGroups => "email-in-two-groups",
    }
}

/// What is wrong, then what to do, in English.
#[must_use]
pub fn detail(error: &FieldError) -> String {
    match &error.kind {
        FieldErrorKind::WrongType(expected) => format!("This must be {}.", json_type(*expected)),
        FieldErrorKind::UnknownField(name) => {
            format!("There is no field {name} here. Remove it.")
        }
        FieldErrorKind::MissingField(name) => format!("{name} is missing. Add it."),
        FieldErrorKind::NotOneOf(values) => format!("This must be {}.", one_of(values)),
        FieldErrorKind::Parameter(error) => parameter_detail(*error),
        FieldErrorKind::UnknownProduct => {
            "There is no such product. GET /products lists them.".to_owned()
        }
        FieldErrorKind::ProductNotMultiUser(name) => format!(
            "{name} works only through the account a user originally owns. Choose another product."
        ),
        FieldErrorKind::UnknownRole => {
            "There is no such role. GET /products lists the roles.".to_owned()
        }
        FieldErrorKind::TooManyEmails { count, limit } => format!(
            "{count} addresses are too many; {limit} fit in one go. Send the others in another request."
        ),
        FieldErrorKind::Email(_)
        | FieldErrorKind::Name(_)
        | FieldErrorKind::Password(_)
        | FieldErrorKind::Picture(_)
        | FieldErrorKind::MissingCurrentPassword
        | FieldErrorKind::OtherAccountName
        | FieldErrorKind::UnknownLocale
        | FieldErrorKind::UnknownTimeZone
        | FieldErrorKind::PhoneTooLong
        | FieldErrorKind::PhoneCharacters
        | FieldErrorKind::NoRoles
        | FieldErrorKind::EmailInTwoGroups
        | FieldErrorKind::NoEmails => field_error_text(Locale::En, error),
    }
}

fn parameter_detail(error: ParameterError) -> String {
    let text = match error {
        ParameterError::TooLong { max } => {
            return format!("It has more than {max} characters. Send less.");
        }
        ParameterError::NotOneOf(values) => return format!("It must be {}.", one_of(values)),
        ParameterError::NotUserId => "It must be the id of a user.",
        ParameterError::NotTime => "Write the time as RFC 3339, such as 2026-11-22T14:05:00Z.",
        ParameterError::NotPageSize => "It must be a whole number from 1 to 100.",
        ParameterError::NotCursor => {
            "This cursor was not given by this list. Take the one from next_cursor, or leave it out."
        }
        ParameterError::NotIdempotencyKey => {
            "The Idempotency-Key header must come once, with 1 to 255 visible ASCII characters."
        }
    };
    text.to_owned()
}

/// `a, b or c`.
fn one_of(values: &[&str]) -> String {
    match values {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

const fn json_type(expected: JsonType) -> &'static str {
    match expected {
        JsonType::Object => "an object",
        JsonType::String => "text",
        JsonType::Boolean => "true or false",
        JsonType::Array => "a list",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::Null => "null",
        JsonType::Any => "what the API description says",
    }
}

/// The error in a problem document.
#[must_use]
pub(crate) fn to_json(error: &FieldError) -> Value {
    let mut body = Map::new();
    body.insert("pointer".to_owned(), error.pointer.clone().into());
    body.insert("code".to_owned(), code(&error.kind).into());
    body.insert("detail".to_owned(), detail(error).into());
    if let Some(value) = &error.value {
        body.insert("value".to_owned(), value.clone().into());
    }
    if let Some(limit) = error.kind.limit() {
        body.insert("limit".to_owned(), limit.into());
    }
    Value::Object(body)
}
