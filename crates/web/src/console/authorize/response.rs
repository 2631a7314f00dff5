//! Authorization responses: in the query of a redirect or in a form that the browser posts (Form Post Response Mode), always with
//! `iss` (RFC 9207).

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::console::context::PageContext;
use crate::console::page::{Page, render_page};
use crate::console::pending_authorization as pending;
use crate::middleware::content_security_policy;
use convoke_core::secret::Secret;
use convoke_domain::catalogue::sign_in::origin;
use convoke_domain::oauth2::{AuthorizationError, AuthorizationRequest, ErrorCode, ResponseMode};

/// The response with an authorization code.
pub(super) fn code(
    context: &PageContext,
    request: &AuthorizationRequest,
    code: &Secret,
) -> Response {
    let parameters = vec![("code", code.expose().to_owned())];
    respond(
        context,
        &request.redirect_uri,
        request.response_mode,
        request.state.clone(),
        parameters,
    )
}

/// The response with an error.
pub(super) fn error(context: &PageContext, error: &AuthorizationError) -> Response {
    let parameters = vec![
        ("error", error.code.as_str().to_owned()),
        ("error_description", error.description.to_owned()),
    ];
    respond(
        context,
        &error.redirect_uri,
        error.response_mode,
        error.state.clone(),
        parameters,
    )
}

/// The response of a user who may not or does not want to use the product.
pub(super) fn denied(context: &PageContext, request: &AuthorizationRequest) -> Response {
    let denied = request.error(
        ErrorCode::AccessDenied,
        "the user may not use the product, or does not want to go on",
    );
    error(context, &denied)
}

fn respond(
    context: &PageContext,
    redirect_uri: &str,
    mode: ResponseMode,
    state: Option<String>,
    mut parameters: Vec<(&'static str, String)>,
) -> Response {
    let pending = context.pending_authorization.as_deref();
    let is_pending =
        pending.is_some_and(|path| pending::is_of(path, redirect_uri, state.as_deref()));
    if let Some(state) = state {
        parameters.push(("state", state));
    }
    parameters.push(("iss", context.app.issuer().to_owned()));
    let response = match mode {
        ResponseMode::Query => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&parameters);
            let separator = if redirect_uri.contains('?') { '&' } else { '?' };
            Redirect::to(&format!("{redirect_uri}{separator}{}", query.finish())).into_response()
        }
        ResponseMode::FormPost => form_post(context, redirect_uri, parameters),
    };
    // The cookie may be that of a request in another tab, which has no response yet.
    if is_pending {
        pending::clear(&context.app, response)
    } else {
        response
    }
}

#[derive(Template)]
#[template(path = "authorize/form_post.html")]
struct FormPost<'a> {
    page: Page<'a>,
    action: &'a str,
    parameters: Vec<(&'static str, String)>,
}

/// The page whose form goes to the client: sent by script, or by its button without one.
fn form_post(
    context: &PageContext,
    redirect_uri: &str,
    parameters: Vec<(&'static str, String)>,
) -> Response {
    let view = FormPost {
        page: context.page(context.t("authorize-continue-title")),
        action: redirect_uri,
        parameters,
    };
    let mut response = render_page(StatusCode::OK, &view.page, &view);
    let policy = content_security_policy(origin(redirect_uri).as_slice());
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
