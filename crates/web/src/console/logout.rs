//! Sign-out that a product asks for (RP-Initiated Logout 1.0).
//!
//! An ID token of the caller's own session proves that the product may ask for it; anything else is confirmed on a page first. Only
//! a request with an ID token is redirected to the product afterwards, and only to an address that it has registered.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::context::{PageContext, PageResult, with_cookie};
use super::form::{Form, read_fields};
use super::notice::{Button, Notice};
use super::urls;
use convoke_api::extract::expired_session_cookie;
use convoke_api::oauth2::paths;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_app::tokens::IdTokenHint;
use convoke_domain::catalogue::Product;
use convoke_domain::{Caller, Error, oauth2, sessions};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::LOGOUT, get(show).post(redirect_to_get))
        .route(paths::LOGOUT_CONFIRM, post(confirm))
}

/// What a product asks for, valid by itself.
struct LogoutRequest<'a> {
    /// The product, where the request names it.
    product: Option<&'a Product>,
    /// Its ID token, which proves that it is the product.
    hint: Option<IdTokenHint>,
    /// Where the browser goes afterwards, with the state.
    target: Option<String>,
}

impl<'a> LogoutRequest<'a> {
    /// Reads a request; none where it is wrong.
    fn parse(app: &'a App, parameters: &[(String, String)]) -> Option<Self> {
        let get = |name: &str| {
            let mut values = parameters.iter().filter(|(known, _)| known == name);
            match (values.next(), values.next()) {
                (Some(_), Some(_)) => Err(()),
                (value, _) => Ok(value
                    .map(|(_, value)| value.as_str())
                    .filter(|v| !v.is_empty())),
            }
        };
        let client_id = get("client_id").ok()?;
        let hint = match get("id_token_hint").ok()? {
            Some(token) => Some(app.verify_id_token_hint(token)?),
            None => None,
        };
        let named = hint.as_ref().map(|hint| hint.client.as_str());
        if client_id.is_some() && named.is_some() && client_id != named {
            return None;
        }
        let client = match client_id.or(named) {
            Some(id) => Some(oauth2::client(&app.ctx.catalogue, id)?),
            None => None,
        };
        let state = get("state").ok()?;
        let target = match get("post_logout_redirect_uri").ok()? {
            Some(uri) => {
                let (_, sign_in) = client?;
                let registered = &sign_in.post_logout_redirect_uris;
                registered.iter().find(|known| known.matches(uri))?;
                Some(with_state(uri, state))
            }
            None => None,
        };
        Some(Self {
            product: client.map(|(product, _)| product),
            hint,
            target,
        })
    }
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return uri.to_owned();
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("state", state);
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", query.finish())
}

async fn show(context: PageContext) -> PageResult {
    if !context.app.has_clients() {
        return Err(Problem::not_found().into());
    }
    let parameters = context.query.pairs();
    let Some(request) = LogoutRequest::parse(&context.app, parameters) else {
        return Ok(rejected_page(&context));
    };
    let Some(caller) = context.caller.clone() else {
        return Ok(signed_out(&context, &request));
    };
    if is_own_session(&context, &caller, &request).await? {
        end_session(&context, caller).await?;
        let response = signed_out(&context, &request);
        return Ok(with_cookie(response, expired_session_cookie(&context.app)));
    }
    Ok(confirm_page(&context, &caller, &request))
}

/// Whether the ID token belongs to the caller's session.
async fn is_own_session(
    context: &PageContext,
    caller: &Caller,
    request: &LogoutRequest<'_>,
) -> Result<bool, super::context::PageError> {
    let Some(hint) = request.hint.clone() else {
        return Ok(false);
    };
    let caller = caller.clone();
    let is_own = context
        .app
        .read_one(move |tx| oauth2::is_of_session(tx, &caller, &hint.client, hint.grant))
        .await;
    is_own.map_err(|error| context.error_page(error))
}

async fn end_session(
    context: &PageContext,
    caller: Caller,
) -> Result<(), super::context::PageError> {
    let ended = context
        .app
        .write(move |tx| sessions::end(tx, &caller, caller.session.id))
        .await;
    match ended {
        // It has ended meanwhile, perhaps by another product.
        Ok(()) | Err(Error::NotFound | Error::SignInRequired) => Ok(()),
        Err(error) => Err(context.error_page(error)),
    }
}

/// The redirect to the product where its ID token was sent, else a page with a link to it.
fn signed_out(context: &PageContext, request: &LogoutRequest<'_>) -> Response {
    match (&request.hint, &request.target) {
        (Some(_), Some(target)) => Redirect::to(target).into_response(),
        _ => signed_out_page(context, request),
    }
}

fn signed_out_page(context: &PageContext, request: &LogoutRequest<'_>) -> Response {
    let mut notice = Notice::new(context, "logout-done").done();
    // The session of the page's header has ended.
    notice.page.viewer = None;
    if let (Some(product), Some(target)) = (request.product, &request.target) {
        let name = product.name.get(context.locale.as_str());
        let args = [("product", name.into())];
        notice = notice.link(context.t_args("authorize-back", &args), target.as_str());
    }
    notice
        .link(context.t("way-sign-in"), urls::SIGN_IN)
        .show(StatusCode::OK)
}

fn rejected_page(context: &PageContext) -> Response {
    Notice::new(context, "logout-rejected")
        .link(context.t("way-accounts"), urls::ACCOUNTS)
        .show(StatusCode::BAD_REQUEST)
}

fn confirm_page(context: &PageContext, caller: &Caller, request: &LogoutRequest<'_>) -> Response {
    let name = context.name_with_email(&caller.user.name(), caller.user.email.as_deref());
    let product = request
        .product
        .map(|product| product.name.get(context.locale.as_str()));
    let mut notice = Notice::new(context, "logout-confirm")
        .paragraph(context.t_args("authorize-signed-in", &[("name", name.into())]));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(context.query.pairs())
        .finish();
    notice.button = Some(Button {
        action: paths::LOGOUT_CONFIRM.to_owned(),
        label: context.t("layout-sign-out"),
        hidden: Some(("request", query)),
    });
    if let (Some(name), Some(target)) = (product, &request.target) {
        let args = [("product", name.into())];
        notice = notice.link(context.t_args("authorize-back", &args), target.as_str());
    }
    notice
        .link(context.t("way-accounts"), urls::ACCOUNTS)
        .show(StatusCode::OK)
}

/// A request by POST becomes the same one by GET: pages of other sites send no cookie with a POST.
async fn redirect_to_get(request: Request) -> Result<Response, Problem> {
    let fields = read_fields(request).await?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&fields);
    let path = format!("{}?{}", paths::LOGOUT, query.finish());
    Ok(Redirect::to(&path).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Confirmation {
    /// The query of the request.
    request: String,
}

async fn confirm(context: PageContext, Form(form): Form<Confirmation>) -> PageResult {
    if !context.app.has_clients() {
        return Err(Problem::not_found().into());
    }
    let parameters: Vec<(String, String)> = form_urlencoded::parse(form.request.as_bytes())
        .into_owned()
        .collect();
    let Some(request) = LogoutRequest::parse(&context.app, &parameters) else {
        return Ok(rejected_page(&context));
    };
    if let Some(caller) = context.caller.clone() {
        end_session(&context, caller).await?;
    }
    let response = signed_out_page(&context, &request);
    Ok(with_cookie(response, expired_session_cookie(&context.app)))
}
