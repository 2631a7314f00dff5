//! The caller, their client and their language.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use crate::problem::Problem;
use convoke_app::App;
use convoke_core::language::Locale;
use convoke_domain::{self as domain, Error};

/// The signed-in caller; rejects requests without a session.
pub(crate) struct Caller(pub domain::Caller);

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let client = client_info(parts);
        let caller = match client.session {
            Some(token) => app.authenticate(token, client).await,
            None => Err(Error::SignInRequired),
        };
        Ok(Self(caller?))
    }
}

impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Problem;

    /// None without a valid session; other errors reject the request.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        Ok(find_caller(parts, app).await?.map(Self))
    }
}

/// The caller; none without a valid session.
///
/// # Errors
/// [`Error::Database`].
pub async fn find_caller(parts: &Parts, app: &App) -> Result<Option<domain::Caller>, Error> {
    let client = client_info(parts);
    let Some(token) = client.session else {
        return Ok(None);
    };
    match app.authenticate(token, client).await {
        Ok(caller) => Ok(Some(caller)),
        Err(Error::SignInRequired) => Ok(None),
        Err(other) => Err(other),
    }
}

fn client_info(parts: &Parts) -> domain::ClientInfo {
    parts
        .extensions
        .get::<domain::ClientInfo>()
        .cloned()
        .unwrap_or_default()
}

/// The client that sent the request.
pub struct ClientInfo(pub domain::ClientInfo);

impl<S: Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(client_info(parts)))
    }
}

/// The language that the browser prefers.
pub struct PreferredLanguage(pub Locale);

impl<S: Sync> FromRequestParts<S> for PreferredLanguage {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(
            parts
                .extensions
                .get::<Locale>()
                .copied()
                .unwrap_or_default(),
        ))
    }
}
