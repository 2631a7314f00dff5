//! Parameters of the query.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use convoke_domain::FieldErrorKind;
use convoke_domain::ParameterError;

use crate::parameters;
use crate::problem::Problem;
use convoke_core::clock::Timestamp;
use convoke_core::pagination::PageLimit;
use convoke_domain::{Error, FieldError};

/// Parameters of the query.
#[derive(Default)]
pub struct QueryParams(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for QueryParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(parameters::parse(
            query.as_bytes(),
            parameters::Source::Query,
        )?))
    }
}

impl QueryParams {
    /// Names and values, as sent.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The last value of a parameter; empty counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// Every value of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Text of a parameter, empty when absent.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// The value of a parameter read by `read`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with `error` when it cannot be read.
    pub fn parse<T>(
        &self,
        name: &str,
        error: ParameterError,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(invalid_parameter(name, text, error)),
            },
        }
    }

    /// The page's size.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn limit(&self) -> Result<PageLimit, Error> {
        let text = self.get("limit");
        PageLimit::parse(text).ok_or_else(|| {
            invalid_parameter(
                "limit",
                text.unwrap_or_default(),
                ParameterError::NotPageSize,
            )
        })
    }

    /// Where the page begins.
    pub fn cursor(&self) -> Option<String> {
        self.get("cursor").map(str::to_owned)
    }

    /// A time in RFC 3339.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>, Error> {
        self.parse(name, ParameterError::NotTime, Timestamp::parse)
    }
}

/// The error of a query parameter.
#[must_use]
pub fn invalid_parameter(name: &str, value: &str, error: ParameterError) -> Error {
    let kind = FieldErrorKind::Parameter(error);
    let error = FieldError::new(format!("?{name}"), kind).with_value(value);
    Error::Invalid(vec![error])
}
