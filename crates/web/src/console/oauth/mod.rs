//! Sign-in through services: the redirect, the callback, and the pages for failures.

mod authorize;
mod callback;
mod error;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;

use super::context::PageContext;
use crate::console::urls;
use convoke_api::extract::set_cookie;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::secret::{Secret, TokenKind, token_hash};
use convoke_domain::Caller;
use convoke_domain::identities::authorization_flow::{
    AuthorizationFlow, FLOW_LIFETIME, cookie_suffix,
};
use convoke_domain::identities::connect_intent;
use convoke_infra::identity_providers::Provider;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in/{provider}", get(authorize::start))
        .route("/sign-in/{provider}/callback", get(callback::callback))
        .route("/sign-in/{provider}/ended", get(error::show))
        .route(
            "/connect/{provider}",
            get(authorize::connect).post(authorize::submit_password),
        )
}

/// A link to continue through a service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// Such as "Continue with GitHub".
    pub label: String,
    pub href: String,
}

/// Links to every service, which redirect to `return_to` afterwards; `invitation` is the token of an invitation or empty.
pub(super) fn services(
    context: &PageContext,
    return_to: Option<&str>,
    invitation: &str,
) -> Vec<Service> {
    let service = |provider| Service::continuing(context, provider, return_to, invitation);
    context.app.providers.all().map(service).collect()
}

impl Service {
    /// The link to a service.
    pub(super) fn continuing(
        context: &PageContext,
        provider: &Provider,
        return_to: Option<&str>,
        invitation: &str,
    ) -> Self {
        Self {
            label: context.t_args("services-continue", &[("service", provider.name().into())]),
            href: start(provider, return_to, invitation),
        }
    }
}

/// The path that starts a sign-in through a service.
pub(super) fn start(provider: &Provider, return_to: Option<&str>, invitation: &str) -> String {
    let path = urls::sign_in_through(&provider.settings.id);
    let params = [
        ("return_to", return_to.unwrap_or_default()),
        ("invitation", invitation),
    ];
    urls::path_with_query(&path, &params)
}

/// The path that connects a service, with an intent token for this caller's session.
pub(super) fn connect_path(app: &App, provider: &Provider, caller: &Caller) -> String {
    let id = &provider.settings.id;
    let intent = connect_intent::new(
        caller.session.id,
        id,
        app.ctx.clock.now(),
        app.ctx.random.as_ref(),
    );
    urls::connect_with_intent(id, &intent)
}

/// The service with this id.
fn provider<'a>(app: &'a App, id: &str) -> Result<&'a Provider, Problem> {
    app.providers.find(id).ok_or_else(Problem::not_found)
}

/// The text, if it has the form of an invitation's token; others are not repeated in addresses.
pub(super) fn invitation_token(text: &str) -> Option<&str> {
    token_hash(TokenKind::Invitation, text).map(|_| text)
}

/// The prefix of the names of flow cookies.
fn cookie_prefix(app: &App) -> &'static str {
    if app.https {
        "__Host-convoke-to-"
    } else {
        "convoke-to-"
    }
}

fn cookie_name(app: &App, state: &str) -> Option<String> {
    Some(format!("{}{}", cookie_prefix(app), cookie_suffix(state)?))
}

/// The cookie that stores a flow.
fn flow_cookie(app: &App, flow: &AuthorizationFlow) -> Option<HeaderValue> {
    let name = cookie_name(app, &flow.state())?;
    let age = FLOW_LIFETIME.as_secs();
    Some(set_cookie(app, &name, &flow.cookie(), age))
}

/// The cookie that expires a flow's cookie.
fn expire_cookie(app: &App, name: &str) -> HeaderValue {
    set_cookie(app, name, &Secret::new(String::new()), 0)
}

/// The same response with one more cookie.
fn append_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
