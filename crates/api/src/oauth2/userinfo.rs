//! The userinfo endpoint (OpenID Connect Core section 5.3).

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::error::{OAuthError, json_response};
use super::parameters::Parameters;
use crate::extract::bearer_token;
use convoke_app::App;
use convoke_domain::oauth2::{self, Scope, client};

/// The media type of a body that may have the token.
const FORM_TYPE: &[u8] = b"application/x-www-form-urlencoded";

/// By the header.
pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let token = token_of_header(&headers)?;
    respond(&app, token).await
}

/// By the header or by the form body (RFC 6750 section 2.2), not by both.
pub(super) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, OAuthError> {
    let in_header = token_of_header(&headers)?;
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let in_body = if kind.is_some_and(|kind| kind.starts_with(FORM_TYPE)) {
        let parameters = Parameters::from_request(request, &()).await?;
        parameters.get("access_token")?.map(str::to_owned)
    } else {
        None
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(OAuthError::invalid_token_request(
            "the access token is in the header and in the body",
        )),
        (in_header, in_body) => respond(&app, in_header.or(in_body.as_deref())).await,
    }
}

/// The token of the header; none where there is no such header.
///
/// # Errors
/// `invalid_token` for any other scheme.
fn token_of_header(headers: &HeaderMap) -> Result<Option<&str>, OAuthError> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    let token = bearer_token(headers);
    token
        .map(Some)
        .ok_or_else(|| OAuthError::invalid_token(true))
}

async fn respond(app: &App, token: Option<&str>) -> Result<Response, OAuthError> {
    let invalid = || OAuthError::invalid_token(true);
    let token = token.ok_or_else(|| OAuthError::invalid_token(false))?;
    let token = app.verify_access_token(token).ok_or_else(invalid)?;
    let scopes = token.scopes();
    let grant = token
        .grant
        .filter(|_| scopes.contains(Scope::OpenId))
        .ok_or_else(OAuthError::insufficient_scope)?;
    let client_id = &token.client;
    let id = client_id.clone();
    let active = app
        .read(move |tx| {
            let Some(active) = oauth2::find_active(tx, &id, grant)? else {
                return Ok(None);
            };
            let accounts = if scopes.contains(Scope::Accounts) {
                oauth2::list_access(tx, &id, active.user.id)?
            } else {
                Vec::new()
            };
            Ok(Some((active, accounts)))
        })
        .await?;
    let (active, accounts) = active.ok_or_else(invalid)?;
    let (_, sign_in) = client(&app.ctx.catalogue, client_id).ok_or_else(invalid)?;
    let claims = oauth2::user_info(&active, scopes, app.token_settings(sign_in), &accounts);
    Ok(json_response(StatusCode::OK, &claims))
}
