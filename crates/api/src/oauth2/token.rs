//! The token endpoint (RFC 6749 section 3.2).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};

use super::client_authentication::{AuthenticatedClient, authenticate};
use super::error::{OAuthError, json_response};
use super::parameters::Parameters;
use crate::extract::ClientInfo;
use convoke_app::App;
use convoke_app::tokens::{PRODUCT_READ, TokenSet};
use convoke_domain::oauth2::{self, Issued, TokenError};

type Result<T> = std::result::Result<T, OAuthError>;

/// Issues tokens for an authorization code, for a refresh token or to the client itself.
pub(super) async fn issue(
    State(app): State<App>,
    ClientInfo(info): ClientInfo,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response> {
    let client = authenticate(&app, &info, &headers, &parameters)?;
    check_resource(&app, client, &parameters)?;
    let tokens = match parameters.require("grant_type")? {
        "authorization_code" => redeem_code(&app, client, &parameters).await?,
        "refresh_token" => refresh(&app, client, &parameters).await?,
        "client_credentials" => client_token(&app, client, &parameters)?,
        _ => {
            return Err(OAuthError::bad_request(
                "unsupported_grant_type",
                "grant_type must be authorization_code, refresh_token or client_credentials",
            ));
        }
    };
    Ok(json_response(StatusCode::OK, &body(tokens)))
}

/// A resource must be the product's own (RFC 8707 section 2.2).
fn check_resource(
    app: &App,
    client: AuthenticatedClient<'_>,
    parameters: &Parameters,
) -> Result<()> {
    match parameters.get("resource")? {
        Some(resource) if resource != client.sign_in.audience(client.id, app.issuer()) => {
            Err(OAuthError::bad_request(
                "invalid_target",
                "resource must be the audience of the product",
            ))
        }
        _ => Ok(()),
    }
}

async fn redeem_code(
    app: &App,
    client: AuthenticatedClient<'_>,
    parameters: &Parameters,
) -> Result<TokenSet> {
    let code = parameters.require("code")?.to_owned();
    let redirect_uri = parameters.get("redirect_uri")?.map(str::to_owned);
    let verifier = parameters.get("code_verifier")?.map(str::to_owned);
    let id = client.id.to_owned();
    let issued = app
        .write(move |tx| {
            let (redirect_uri, verifier) = (redirect_uri.as_deref(), verifier.as_deref());
            oauth2::redeem_code(tx, &id, &code, redirect_uri, verifier)
        })
        .await?;
    sign(app, issued)
}

async fn refresh(
    app: &App,
    client: AuthenticatedClient<'_>,
    parameters: &Parameters,
) -> Result<TokenSet> {
    let token = parameters.require("refresh_token")?.to_owned();
    let requested = parameters.get("scope")?.map(str::to_owned);
    let id = client.id.to_owned();
    let issued = app
        .write(move |tx| oauth2::refresh(tx, &id, &token, requested.as_deref()))
        .await?;
    sign(app, issued)
}

fn sign(app: &App, issued: std::result::Result<Issued, TokenError>) -> Result<TokenSet> {
    let issued = issued.map_err(|error| match error {
        TokenError::InvalidGrant => OAuthError::bad_request(
            "invalid_grant",
            "the code or the refresh token is unknown, was used, has expired, or the user may not use the product any more",
        ),
        TokenError::InvalidScope => OAuthError::bad_request(
            "invalid_scope",
            "scope must be within what the user has granted",
        ),
    })?;
    Ok(app.sign_tokens(issued)?)
}

fn client_token(
    app: &App,
    client: AuthenticatedClient<'_>,
    parameters: &Parameters,
) -> Result<TokenSet> {
    if client.sign_in.public {
        return Err(OAuthError::bad_request(
            "unauthorized_client",
            "a client without a secret cannot use client_credentials",
        ));
    }
    let is_known = |scope: &str| scope.split(' ').all(|name| name == PRODUCT_READ);
    if !parameters.get("scope")?.is_none_or(is_known) {
        return Err(OAuthError::bad_request(
            "invalid_scope",
            "scope must be product.read",
        ));
    }
    Ok(app.sign_client_token(client.id, client.sign_in)?)
}

fn body(tokens: TokenSet) -> Value {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    set("access_token", tokens.access_token.expose().into());
    set("token_type", "Bearer".into());
    set("expires_in", tokens.expires_in.into());
    set("scope", tokens.scope.into());
    if let Some(token) = tokens.id_token {
        set("id_token", token.expose().into());
    }
    if let Some(token) = tokens.refresh_token {
        set("refresh_token", token.expose().into());
    }
    Value::Object(body)
}
