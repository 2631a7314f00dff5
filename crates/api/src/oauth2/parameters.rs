//! Parameters of a request in form encoding: each at most once (RFC 6749 sections 3.1 and 3.2).

use axum::extract::{FromRequest, Request};
use axum::http::header;

use super::error::OAuthError;
use crate::extract::single_header;
use crate::json::collect;

/// The longest value that any parameter has, in bytes.
const MAX_LENGTH: usize = 8_192;

/// The parameters of a form body, as sent.
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = OAuthError;

    async fn from_request(request: Request, _: &S) -> Result<Self, OAuthError> {
        let kind = single_header(request.headers(), &header::CONTENT_TYPE).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError::invalid_request(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let body = collect(request)
            .await
            .map_err(|problem| OAuthError::from_problem(&problem))?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }
}

impl Parameters {
    /// A parameter that may be absent; empty counts as absent (RFC 6749 section 3.1).
    ///
    /// # Errors
    /// `invalid_request` when it is repeated or too long.
    pub(super) fn get(&self, name: &'static str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(OAuthError::invalid_request("a parameter is repeated"));
        }
        match value {
            Some(value) if value.len() > MAX_LENGTH => {
                Err(OAuthError::invalid_request("a parameter is too long"))
            }
            value => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` when it is absent, repeated or too long.
    pub(super) fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        let missing = || OAuthError::invalid_request(format!("{name} is missing"));
        self.get(name)?.ok_or_else(missing)
    }
}
