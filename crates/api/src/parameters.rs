//! Maximum lengths of parameters: one table for queries, forms and headers.
//!
//! Handlers validate the values. This only bounds their length before they reach a database or a page. Path parameters are ids
//! and tokens; other values are not found.

use convoke_domain::FieldErrorKind;
use convoke_domain::ParameterError;
use convoke_domain::{Error, FieldError};

/// In characters, for parameters of queries that the table does not name: those that providers append.
const DEFAULT_MAX_LENGTH: usize = 8_192;

/// In characters, for lists of addresses that were pasted, and for fields of forms that the table does not name. What is too
/// long for its field or has too many addresses is shown again with what to do about it, so that this is far more than a
/// request takes.
const MAX_LIST_LENGTH: usize = 200_000;

/// In characters, for the path of a page to return to: that of an authorization request.
pub const MAX_RETURN_TO_LENGTH: usize = 8_192;

/// In characters, by name.
const MAX_LENGTHS: &[(&str, usize)] = &[
    ("action", 64),
    ("actor", 64),
    ("after", 64),
    ("again", 64),
    ("connect", 64),
    ("cursor", convoke_core::pagination::Cursor::MAX_LENGTH),
    ("delivery", 32),
    ("dry_run", 16),
    ("emails", MAX_LIST_LENGTH),
    ("form", 64),
    ("form_key", 64),
    ("format", 16),
    ("from", 64),
    ("id", 64),
    ("Idempotency-Key", 255),
    ("intent", 256),
    ("invitation", 128),
    ("lang", 64),
    ("later", MAX_LIST_LENGTH),
    ("left_out", MAX_LIST_LENGTH),
    ("limit", 16),
    ("needs", 64),
    // A login or an address.
    ("person", 256),
    ("product", 64),
    // Longer than every name, login and address.
    ("q", 256),
    ("return_to", MAX_RETURN_TO_LENGTH),
    // A copy of a list.
    ("reviewed", MAX_LIST_LENGTH),
    ("role", 64),
    ("roles", 64),
    ("sent_invitations", 16),
    ("sort", 32),
    ("status", 32),
    ("step", 32),
    ("through", 64),
    ("time_zone", 64),
    ("to", 64),
    ("why", 64),
    ("with", 64),
];

/// Where parameters come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A query, whose errors have pointers such as `?limit`.
    Query,
    /// A posted form, whose errors have pointers such as `/email`.
    Form,
}

impl Source {
    /// The longest value of a parameter, in characters.
    fn max_length(self, name: &str) -> usize {
        let default = match self {
            Self::Query => DEFAULT_MAX_LENGTH,
            Self::Form => MAX_LIST_LENGTH,
        };
        listed_max_length(name).unwrap_or(default)
    }
}

fn listed_max_length(name: &str) -> Option<usize> {
    let entry = MAX_LENGTHS.iter().find(|(known, _)| *known == name);
    entry.map(|(_, length)| *length)
}

/// The longest value of a parameter of a query or a header, in characters.
#[must_use]
pub fn max_length(name: &str) -> usize {
    Source::Query.max_length(name)
}

/// Reads the pairs of a query or a form.
///
/// # Errors
/// [`Error::Invalid`] with one error per value that is too long.
pub fn parse(text: &[u8], source: Source) -> Result<Vec<(String, String)>, Error> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
    let errors: Vec<FieldError> = pairs
        .iter()
        .filter_map(|(name, value)| too_long(name, value, source))
        .collect();
    if errors.is_empty() {
        Ok(pairs)
    } else {
        Err(Error::Invalid(errors))
    }
}

fn too_long(name: &str, value: &str, source: Source) -> Option<FieldError> {
    let max = source.max_length(name);
    // Characters are only counted where there are more bytes than `max`.
    if value.len() <= max || value.chars().count() <= max {
        return None;
    }
    let mut pointer: String = name.chars().take(64).collect();
    pointer.insert(
        0,
        match source {
            Source::Query => '?',
            Source::Form => '/',
        },
    );
    let max = u32::try_from(max).unwrap_or(u32::MAX);
    let kind = FieldErrorKind::Parameter(ParameterError::TooLong { max });
    Some(FieldError::new(pointer, kind).with_value(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_values_longer_than_the_maximum() {
        let names = MAX_LENGTHS.iter().map(|(name, _)| *name).chain(["unknown"]);
        for (name, source) in names.flat_map(|name| [(name, Source::Query), (name, Source::Form)]) {
            let longest = "ж".repeat(source.max_length(name));
            let encode = |value: &str| {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair(name, value).finish()
            };
            let read = parse(encode(&longest).as_bytes(), source).unwrap();
            assert_eq!(read, [(name.to_owned(), longest.clone())]);
            let rejected = parse(encode(&format!("{longest}a")).as_bytes(), source);
            let Err(Error::Invalid(errors)) = rejected else {
                panic!("{name} has no bound");
            };
            assert_eq!(errors[0].pointer[1..], *name);
            assert!(matches!(errors[0].kind, FieldErrorKind::Parameter(_)));
        }
    }
}
