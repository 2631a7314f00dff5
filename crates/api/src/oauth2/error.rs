//! Errors of the endpoints as JSON (RFC 6749 section 5.2) or as a challenge (RFC 6750 section 3).

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::problem::Problem;
use convoke_domain::Error;

/// An error of the token, introspection, revocation or userinfo endpoint.
#[derive(Debug)]
pub struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: Cow<'static, str>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl OAuthError {
    fn new(
        status: StatusCode,
        code: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            description: description.into(),
            header: None,
        }
    }

    /// An error with status 400.
    pub(crate) fn bad_request(
        code: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, description)
    }

    /// A parameter is missing, repeated or wrong.
    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("invalid_request", description)
    }

    /// The client is unknown or its credentials do not match; a challenge where it used the header.
    #[must_use]
    pub(crate) fn invalid_client(used_header: bool) -> Self {
        let mut error = Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "the client is unknown or its credentials do not match",
        );
        if used_header {
            let challenge = HeaderValue::from_static("Basic realm=\"convoke\", charset=\"UTF-8\"");
            error.header = Some((header::WWW_AUTHENTICATE, challenge));
        }
        error
    }

    /// A parameter of a request with an access token is wrong.
    #[must_use]
    pub(crate) fn invalid_token_request(description: &'static str) -> Self {
        let mut error = Self::invalid_request(description);
        let challenge =
            HeaderValue::from_static("Bearer realm=\"convoke\", error=\"invalid_request\"");
        error.header = Some((header::WWW_AUTHENTICATE, challenge));
        error
    }

    /// The access token is missing or not valid.
    #[must_use]
    pub(crate) fn invalid_token(was_sent: bool) -> Self {
        let mut error = Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "the access token is missing, has expired or has been revoked",
        );
        // Without a token there is no error to name (RFC 6750 section 3.1).
        let challenge = if was_sent {
            "Bearer realm=\"convoke\", error=\"invalid_token\", \
             error_description=\"the access token has expired or has been revoked\""
        } else {
            "Bearer realm=\"convoke\""
        };
        error.header = Some((
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        ));
        error
    }

    /// The access token is valid for something else.
    #[must_use]
    pub(crate) fn insufficient_scope() -> Self {
        let mut error = Self::new(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "the access token has another scope",
        );
        let challenge = "Bearer realm=\"convoke\", error=\"insufficient_scope\"";
        error.header = Some((
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        ));
        error
    }

    /// A problem of the whole request, such as a body that is too large or a database that is away.
    #[must_use]
    pub fn from_problem(problem: &Problem) -> Self {
        let status = StatusCode::from_u16(problem.code.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                "temporarily_unavailable"
            }
            _ if status.is_client_error() => "invalid_request",
            _ => "server_error",
        };
        let mut error = Self::new(status, code, problem.code.title);
        error.header = problem
            .retry_after
            .map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds)));
        error
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self::from_problem(&Problem::from(error))
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "error_description": self.description });
        let mut response = json_response(self.status, &body);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// JSON that no cache keeps (RFC 6749 section 5.1).
pub(super) fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (status, headers, body.to_string()).into_response()
}
