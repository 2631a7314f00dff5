//! The products of `convoke serve --demo`: clients of this installation over HTTP, as any product is. They show who is signed in, in
//! which account and with which roles, and that all of it ends when it does there.

mod client;
mod sessions;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::console::{asset, render};
use client::{Client, User};
use convoke_api::extract::{PreferredLanguage, cookies};
use convoke_api::problem::Problem;
use convoke_app::{App, sample_product_path};
use convoke_core::language::Locale;
use convoke_i18n::t_args;
use sessions::{Session, Sessions};

/// What the handlers share.
#[derive(Clone)]
struct Demo {
    app: App,
    client: Arc<Client>,
    sessions: Arc<Sessions>,
}

/// The routes of all products; none where TLS cannot be set up.
pub(crate) fn routes(app: &App) -> Router<App> {
    let client = match Client::new(app) {
        Ok(client) => Arc::new(client),
        Err(error) => {
            tracing::error!(error, "the products of the demo cannot sign users in");
            return Router::new();
        }
    };
    let demo = Demo {
        app: app.clone(),
        client,
        sessions: Arc::default(),
    };
    Router::new()
        .route("/demo/{product}", get(show))
        .route("/demo/{product}/login", get(login))
        .route("/demo/{product}/callback", get(callback))
        .route("/demo/{product}/logout", post(logout))
        .route(
            "/demo/{product}/backchannel-logout",
            post(backchannel_logout),
        )
        .with_state(demo)
}

fn cookie_name(product: &str) -> String {
    format!("demo-{product}")
}

/// The id of the browser's session with a product, or of its sign-in under way.
fn browser_id<'h>(headers: &'h HeaderMap, product: &str) -> Option<&'h str> {
    let wanted = cookie_name(product);
    cookies(headers)
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// The name of a product of the catalogue.
fn product_name(app: &App, key: &str, locale: Locale) -> Result<String, Problem> {
    let product = app
        .ctx
        .catalogue
        .product(key)
        .ok_or_else(Problem::not_found)?;
    Ok(product.name.get(locale.as_str()).to_owned())
}

#[derive(Template)]
#[template(path = "dev/product.html")]
struct ProductPage<'a> {
    locale: Locale,
    style: &'static str,
    icon: &'static str,
    product: &'a str,
    path: String,
    user: Option<User>,
    roles: String,
    has_ended: bool,
    accounts: &'static str,
}

impl ProductPage<'_> {
    fn t(&self, key: &str) -> String {
        t_args(self.locale, key, &[("product", self.product.into())])
    }
}

/// Who is signed in, asked again at every view: roles and access are those of now.
async fn show(
    State(demo): State<Demo>,
    PreferredLanguage(locale): PreferredLanguage,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let product = product_name(&demo.app, &key, locale)?;
    let session = browser_id(&headers, &key).and_then(|id| demo.sessions.find(id));
    let (user, has_ended) = match session {
        Some(Session::SignedIn(tokens)) => {
            let user = demo.client.current_user(&key, &tokens).await;
            let has_ended = user.is_none();
            (user, has_ended)
        }
        Some(Session::Ended) => (None, true),
        Some(Session::Begun(_)) | None => (None, false),
    };
    let catalogue = &demo.app.ctx.catalogue;
    let role = |key: &String| {
        let role = catalogue.role(key);
        role.map_or_else(
            || key.clone(),
            |role| role.name.get(locale.as_str()).to_owned(),
        )
    };
    let roles = user.iter().flat_map(|user| &user.roles);
    let roles: Vec<String> = roles.map(role).collect();
    let view = ProductPage {
        locale,
        style: asset("console.css"),
        icon: asset("mark.svg"),
        product: &product,
        path: sample_product_path(&key),
        roles: roles.join(", "),
        user,
        has_ended,
        accounts: crate::console::ACCOUNTS,
    };
    let mut response = render(StatusCode::OK, &view);
    // The page is loaded again by itself, so that a change is seen as soon as it happens.
    let refresh = HeaderValue::from_static("2");
    response.headers_mut().insert(header::REFRESH, refresh);
    Ok(response)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    account: String,
    prompt: String,
}

/// Begins a sign-in, also where the account layer begins it for an account (OpenID Connect Core section 4).
async fn login(
    State(demo): State<Demo>,
    Path(key): Path<String>,
    Query(login): Query<Login>,
) -> Result<Response, Problem> {
    product_name(&demo.app, &key, Locale::default())?;
    let (attempt, address) = demo.client.begin(&key, &login.account, &login.prompt);
    let id = demo
        .sessions
        .insert(Session::Begun(attempt), demo.client.random_text());
    let cookie = format!(
        "{}={id}; Path={}; HttpOnly; SameSite=Lax",
        cookie_name(&key),
        sample_product_path(&key)
    );
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Callback {
    code: String,
    state: String,
    iss: String,
}

/// Ends a sign-in: the browser's session has its tokens. Where the user went back, or something is wrong, no user is signed in.
async fn callback(
    State(demo): State<Demo>,
    Path(key): Path<String>,
    Query(response): Query<Callback>,
    headers: HeaderMap,
) -> Response {
    if let Some(id) = browser_id(&headers, &key)
        && let Some(Session::Begun(attempt)) = demo.sessions.find(id)
        && attempt.state == response.state
        && response.iss == demo.app.issuer()
        && let Some(tokens) = demo.client.finish(&key, &attempt, &response.code).await
    {
        demo.sessions.replace(id, Session::SignedIn(tokens));
    }
    Redirect::to(&sample_product_path(&key)).into_response()
}

/// Signs out here and at the account layer (RP-Initiated Logout).
async fn logout(State(demo): State<Demo>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let id = browser_id(&headers, &key);
    let session = id.and_then(|id| demo.sessions.remove(id));
    match session {
        Some(Session::SignedIn(tokens)) => {
            Redirect::to(&demo.client.logout_address(&key, &tokens)).into_response()
        }
        _ => Redirect::to(&sample_product_path(&key)).into_response(),
    }
}

#[derive(Deserialize)]
struct BackchannelLogout {
    logout_token: String,
}

/// Ends the session that a logout token names (Back-Channel Logout section 2.6).
async fn backchannel_logout(
    State(demo): State<Demo>,
    Path(key): Path<String>,
    Form(form): Form<BackchannelLogout>,
) -> StatusCode {
    match demo
        .client
        .verify_logout_token(&key, &form.logout_token)
        .await
    {
        Some(sid) => {
            demo.sessions.end(&sid);
            StatusCode::NO_CONTENT
        }
        None => StatusCode::BAD_REQUEST,
    }
}
