//! Sign-in, sign-out, password reset and the sign-in services.

use axum::extract::State;
use axum::http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::{UserView, sessions::SessionView};
use super::registrations::StatusView;
use crate::extract::{Caller, ClientInfo, expired_session_cookie, with_session};
use crate::json::{JsonBody, reject_invalid};
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::{sessions, validation};
use convoke_infra::identity_providers::Provider;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(request_reset))
        .routes(routes!(reset))
        .routes(routes!(providers))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct SignIn {
    /// Address or login.
    #[schema(required)]
    login: String,
    #[schema(required)]
    password: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct SignedInView {
    user: UserView,
    session: SessionView,
}

/// Sign in
///
/// One answer for every cause of failure.
#[utoipa::path(post, path = "/sessions", tag = "Sign-up and sign-in", request_body = SignIn,
    responses((status = 201, description = "Signed in; the cookie carries the session", body = SignedInView)))]
async fn sign_in(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    body: JsonBody<SignIn>,
) -> ApiResult {
    let body = reject_invalid(body.valid())?;
    let signed_in = app
        .sign_in(client, &body.login, Secret::new(body.password))
        .await?;
    let view = SignedInView {
        user: UserView::new(&app, &signed_in.user),
        session: SessionView::new(&signed_in.session, signed_in.session.id),
    };
    let response = json(StatusCode::CREATED, &view)?;
    Ok(with_session(&app, response, &signed_in))
}

/// Sign out
#[utoipa::path(delete, path = "/sessions/current", tag = "Sign-up and sign-in",
    responses((status = 204, description = "The session has ended")))]
async fn sign_out(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    app.write(move |tx| sessions::end(tx, &caller, caller.session.id))
        .await?;
    let mut response = json(StatusCode::NO_CONTENT, &())?;
    let cookie = expired_session_cookie(&app);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct ResetRequest {
    #[schema(required)]
    email: String,
}

/// Ask for a link that resets the password
///
/// The answer is the same for every address.
#[utoipa::path(post, path = "/password-resets", tag = "Sign-up and sign-in", request_body = ResetRequest,
    responses((status = 202, description = "If the address has a user, a mail is on its way", body = StatusView)))]
async fn request_reset(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    body: JsonBody<ResetRequest>,
) -> ApiResult {
    let checked = body.check(|body| validation::parse_email(&body.email).map(|_| body));
    app.request_reset(&client, &reject_invalid(checked)?.email, None)
        .await?;
    let view = StatusView {
        status: "reset_sent",
    };
    json(StatusCode::ACCEPTED, &view)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct Reset {
    #[schema(required)]
    token: String,
    /// The new password.
    #[schema(required)]
    password: String,
}

/// Reset the password
///
/// All sessions end; none begins.
#[utoipa::path(post, path = "/password-resets/confirm", tag = "Sign-up and sign-in", request_body = Reset,
    responses((status = 204, description = "The password is changed")))]
async fn reset(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    body: JsonBody<Reset>,
) -> ApiResult {
    let body = reject_invalid(body.valid())?;
    app.reset_password(client, body.token, Secret::new(body.password), None)
        .await?;
    json(StatusCode::NO_CONTENT, &())
}

#[derive(Debug, Serialize, ToSchema)]
struct ProviderView {
    id: String,
    name: String,
    /// `github`, `google` or `oidc`.
    kind: &'static str,
}

/// List third-party sign-in services
///
/// A browser begins at `/sign-in/{id}`.
#[utoipa::path(get, path = "/providers", tag = "Sign-up and sign-in",
    responses((status = 200, description = "Configured services", body = List<ProviderView>)))]
async fn providers(State(app): State<App>) -> ApiResult {
    let view = |provider: &Provider| ProviderView {
        id: provider.settings.id.clone(),
        name: provider.name().to_owned(),
        kind: provider.settings.kind.as_str(),
    };
    let items: Vec<ProviderView> = app.providers.all().map(view).collect();
    json(StatusCode::OK, &List::single_page(items))
}
