//! Endpoints of the authorization server that products call: metadata, keys, tokens, userinfo (OAuth 2.0, OpenID Connect).
//!
//! They read no cookie, so the cross-site rule does not concern them, and scripts of public clients may call some of them (CORS).
//! The pages that users see before the response are part of the console.

mod client_authentication;
mod error;
mod introspection;
mod metadata;
mod parameters;
pub mod paths;
mod token;
mod userinfo;

use axum::Router;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::routing::{get, post};
use tower_http::cors::{AllowOrigin, CorsLayer};

use convoke_app::App;

pub use error::OAuthError;

/// The endpoints that change nothing for a user's cookie; a page of any site may cause a request to them.
const WITHOUT_COOKIE: [&str; 6] = [
    paths::TOKEN,
    paths::USERINFO,
    paths::INTROSPECT,
    paths::REVOKE,
    // Both answer with a redirect to themselves.
    paths::AUTHORIZE,
    paths::LOGOUT,
];

/// Whether products call this path and read JSON there.
#[must_use]
pub fn is_endpoint(path: &str) -> bool {
    const OTHERS: [&str; 3] = [
        paths::JWKS,
        paths::OPENID_CONFIGURATION,
        paths::OAUTH_SERVER,
    ];
    let is_page = [paths::AUTHORIZE, paths::LOGOUT].contains(&path);
    (is_without_cookie(path) && !is_page) || OTHERS.contains(&path)
}

/// Whether requests to a path count for no cookie.
#[must_use]
pub fn is_without_cookie(path: &str) -> bool {
    WITHOUT_COOKIE.contains(&path)
}

/// The routes of the endpoints.
pub fn routes(app: &App) -> Router<App> {
    // The layer responds to preflight requests; without a handler of their own they would not reach it.
    let preflight = || async { StatusCode::NO_CONTENT };
    let readable_by_scripts = [
        (paths::OPENID_CONFIGURATION, get(metadata::show)),
        (paths::OAUTH_SERVER, get(metadata::show)),
        (paths::JWKS, get(metadata::keys)),
        (paths::TOKEN, post(token::issue)),
        (paths::REVOKE, post(introspection::revoke)),
        (paths::USERINFO, get(userinfo::show).post(userinfo::submit)),
    ]
    .into_iter()
    .fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods.options(preflight))
    })
    .layer(cors(app));
    Router::new()
        .merge(readable_by_scripts)
        .route(paths::INTROSPECT, post(introspection::introspect))
}

/// Lets scripts at the origins of public clients' redirect URIs read responses; no cookie is sent with their requests.
fn cors(app: &App) -> CorsLayer {
    let products = app.ctx.catalogue.products.iter();
    let public =
        products.filter_map(|product| product.sign_in.as_ref().filter(|client| client.public));
    let origins = public
        .flat_map(|sign_in| &sign_in.redirect_uris)
        .filter_map(convoke_domain::catalogue::sign_in::RedirectUri::origin);
    let origins: Vec<HeaderValue> = origins
        .filter_map(|origin| HeaderValue::try_from(origin).ok())
        .collect();
    let is_allowed = move |origin: &HeaderValue, _: &Parts| origins.contains(origin);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(std::time::Duration::from_hours(1))
}
