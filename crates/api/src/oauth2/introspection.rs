//! What a token is worth now (RFC 7662), and its end (RFC 7009). A client sees and ends only its own.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::client_authentication::{AuthenticatedClient, authenticate};
use super::error::{OAuthError, json_response};
use super::parameters::Parameters;
use crate::extract::ClientInfo;
use convoke_app::App;
use convoke_app::tokens::AccessToken;
use convoke_core::model::grant::GrantEnd;
use convoke_domain::oauth2;

/// Session, membership, roles and product are read again.
pub(super) async fn introspect(
    State(app): State<App>,
    ClientInfo(info): ClientInfo,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, OAuthError> {
    let client = authenticate(&app, &info, &headers, &parameters)?;
    if client.sign_in.public {
        return Err(OAuthError::invalid_client(false));
    }
    let token = parameters.require("token")?;
    let claims = match app.verify_access_token(token) {
        Some(token) => introspect_access_token(&app, client, &token).await?,
        None => introspect_refresh_token(&app, client, token).await?,
    };
    let body = claims.unwrap_or_else(|| json!({ "active": false }));
    Ok(json_response(StatusCode::OK, &body))
}

async fn introspect_access_token(
    app: &App,
    client: AuthenticatedClient<'_>,
    token: &AccessToken,
) -> Result<Option<Value>, OAuthError> {
    if token.client != client.id {
        return Ok(None);
    }
    let mut claims = token.claims.clone();
    let mut set = |name: &str, value: Value| {
        if let Some(claims) = claims.as_object_mut() {
            claims.insert(name.to_owned(), value);
        }
    };
    set("token_type", "Bearer".into());
    if let Some(grant) = token.grant {
        let id = client.id.to_owned();
        // Where the product works in the account of the latest invitation a second statement reads that, maybe of a newer
        // snapshot, whose answer is as right.
        let active = app
            .read_one(move |tx| oauth2::find_active(tx, &id, grant))
            .await?;
        let Some(active) = active else {
            return Ok(None);
        };
        // Roles and names as they are now, not as they were when the token was issued.
        for (name, value) in oauth2::access_claims(&active, client.sign_in) {
            set(&name, value);
        }
        set("username", active.user.login.into());
    }
    set("active", true.into());
    Ok(Some(claims))
}

async fn introspect_refresh_token(
    app: &App,
    client: AuthenticatedClient<'_>,
    token: &str,
) -> Result<Option<Value>, OAuthError> {
    let (id, token) = (client.id.to_owned(), token.to_owned());
    let active = app
        .read(move |tx| oauth2::find_by_refresh_token(tx, &id, &token))
        .await?;
    Ok(active.map(|active| {
        let mut claims = oauth2::access_claims(&active, client.sign_in);
        let grant = &active.grant;
        for (name, value) in [
            ("active", Value::from(true)),
            ("iss", app.issuer().into()),
            ("sub", json!(grant.user)),
            ("client_id", client.id.into()),
            ("scope", grant.scope.clone().into()),
            ("sid", json!(grant.id)),
            ("username", active.user.login.clone().into()),
        ] {
            claims.insert(name.to_owned(), value);
        }
        Value::Object(claims)
    }))
}

/// Ends the grant of a token; the response is the same for a token that is unknown or another client's.
pub(super) async fn revoke(
    State(app): State<App>,
    ClientInfo(info): ClientInfo,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, OAuthError> {
    let client = authenticate(&app, &info, &headers, &parameters)?;
    let token = parameters.require("token")?;
    let grant = match app.verify_access_token(token) {
        Some(token) if token.client != client.id => None,
        Some(token) => match token.grant {
            Some(grant) => Some(grant),
            // A token of a client itself depends on nothing that could end.
            None => {
                return Err(OAuthError::bad_request(
                    "unsupported_token_type",
                    "a token of the client itself cannot be revoked; it expires soon",
                ));
            }
        },
        // One that was replaced ends the grant too: the response with its successor may have been lost.
        None => {
            let (id, token) = (client.id.to_owned(), token.to_owned());
            app.read(move |tx| oauth2::find_grant_of_refresh_token(tx, &id, &token))
                .await?
        }
    };
    if let Some(grant) = grant {
        let id = client.id.to_owned();
        app.write(move |tx| oauth2::end(tx, &id, grant, GrantEnd::Revoked))
            .await?;
    }
    Ok(StatusCode::OK.into_response())
}
