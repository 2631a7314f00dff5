//! Access tokens that products have got for themselves (RFC 6749 section 4.4).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::headers::single_header;
use crate::problem::Problem;
use convoke_app::App;
use convoke_app::tokens::PRODUCT_READ;
use convoke_domain::Error;

/// The product whose own token the request has, by its key; rejects requests without one.
pub(crate) struct ClientToken(pub String);

impl FromRequestParts<App> for ClientToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer_token(&parts.headers).and_then(|token| app.verify_access_token(token));
        let token = token.ok_or(Error::SignInRequired)?;
        if token.grant.is_some() || !token.has_scope(PRODUCT_READ) {
            return Err(Error::PermissionDenied(PRODUCT_READ).into());
        }
        Ok(Self(token.client.clone()))
    }
}

/// The token of a header of the scheme `Bearer` (RFC 6750 section 2.1).
#[must_use]
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = single_header(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
