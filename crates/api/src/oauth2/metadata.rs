//! What clients discover: the metadata of the issuer (OpenID Connect Discovery section 3, RFC 8414) and its public keys (RFC 7517).

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::paths;
use crate::problem::Problem;
use convoke_app::App;
use convoke_core::language::Locale;
use convoke_core::model::signing::SigningAlgorithm;
use convoke_domain::oauth2::Scope;
use convoke_domain::signing_keys::PUBLISHED_KEYS_MAX_AGE;

/// Without a product that users sign in to there is no issuer.
pub(super) async fn show(State(app): State<App>) -> Result<Response, Problem> {
    if !app.has_clients() {
        return Err(Problem::not_found());
    }
    let issuer = app.issuer();
    let endpoint = |path: &str| format!("{issuer}{path}");
    // RS256 is always named (OpenID Connect Discovery section 3), whether a product uses it or not.
    let mut algorithms = vec![SigningAlgorithm::Rs256.as_str()];
    let used = app.algorithms().into_iter().map(SigningAlgorithm::as_str);
    algorithms.extend(used.filter(|algorithm| *algorithm != SigningAlgorithm::Rs256.as_str()));
    let client_methods = ["client_secret_basic", "client_secret_post", "none"];
    let confidential_methods = ["client_secret_basic", "client_secret_post"];
    let scopes: Vec<&str> = Scope::ALL.into_iter().map(Scope::as_str).collect();
    let locales: Vec<&str> = Locale::ALL.into_iter().map(Locale::as_str).collect();
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": endpoint(paths::AUTHORIZE),
        "token_endpoint": endpoint(paths::TOKEN),
        "userinfo_endpoint": endpoint(paths::USERINFO),
        "jwks_uri": endpoint(paths::JWKS),
        "introspection_endpoint": endpoint(paths::INTROSPECT),
        "revocation_endpoint": endpoint(paths::REVOKE),
        "end_session_endpoint": endpoint(paths::LOGOUT),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": ["1"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": client_methods,
        "introspection_endpoint_auth_methods_supported": confidential_methods,
        "revocation_endpoint_auth_methods_supported": client_methods,
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash", "account", "roles",
            "owner", "accounts", "name", "given_name", "family_name", "preferred_username", "picture", "locale", "zoneinfo",
            "updated_at", "email", "email_verified", "phone_number", "phone_number_verified"
        ],
        "ui_locales_supported": locales,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    Ok(cacheable(&metadata))
}

/// The public keys.
pub(super) async fn keys(State(app): State<App>) -> Result<Response, Problem> {
    if !app.has_clients() {
        return Err(Problem::not_found());
    }
    let now = app.ctx.clock.now();
    Ok(cacheable(&app.signing_keys.current().public_keys(now)))
}

/// Metadata and keys may be cached until the next key signs at the earliest.
fn cacheable(body: &serde_json::Value) -> Response {
    let max_age = PUBLISHED_KEYS_MAX_AGE.as_secs();
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={max_age}")),
    ];
    (headers, body.to_string()).into_response()
}
