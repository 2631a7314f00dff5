//! The layers around every route.
//!
//! A request passes them from top to bottom, and its response from bottom to top:
//!
//! 1. `remove_received`, `SetRequestIdLayer` and `PropagateRequestIdLayer`: everything below knows the id, and every response
//!    has it.
//! 2. `SetSensitiveRequestHeadersLayer`: nothing below can print credentials with the headers of a request.
//! 3. `security_headers`: above `application`, because pages of problems need them too.
//! 4. `application`: our own steps, in the order of its body.
//! 5. `catch_panic`: below `application`, so that a panic is logged and counted as a response like any other.
//! 6. `compression`: of what handlers respond with; problems are too small.
//!
//! Our own steps are functions of one layer and no layers each: a layer made by `from_fn` clones all layers below it and boxes
//! their response for every request. Nine of them took 11 µs, a third of a session check.

mod catch_panic;
mod client_info;
mod compression;
mod csrf;
mod form_targets;
mod host;
mod language;
mod log;
mod mailed_link;
mod render_problem;
mod request_id;
mod security_headers;
mod startup;
mod timeout;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

use crate::console::Flash;
use convoke_app::App;

pub(crate) use form_targets::leads_to;
pub(crate) use host::{is_to_other_address, reject_misdirected};
pub(crate) use security_headers::{CONTENT_SECURITY_POLICY, content_security_policy};

/// Adds the layers to every route of `router`, in the order of the module's description.
pub(crate) fn apply(router: Router<App>, app: &App) -> Router<App> {
    let layers = ServiceBuilder::new()
        .map_request(request_id::remove_received)
        .layer(SetRequestIdLayer::x_request_id(request_id::Generator(
            app.clone(),
        )))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
            header::COOKIE,
        ]))
        .layer(security_headers::security_headers(app.https))
        .layer(from_fn_with_state(app.clone(), application))
        .layer(CatchPanicLayer::custom(catch_panic::panic_response))
        .layer(compression::compression());
    router.layer(layers)
}

/// Our own steps around the handler.
async fn application(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let entry = log::Entry::start(&request);
    // Handlers and sign-in read them from the request.
    client_info::add(&app, &mut request);
    let chosen = language::add(&mut request);
    let flash = Flash::from_request(&app, request.uri(), request.headers());
    request.extensions_mut().insert(flash.clone());
    let form_targets = form_targets::FormTargets::from_request(&app, &request);
    let problem_request = render_problem::ProblemRequest::new(&request);

    // In this order when several apply.
    let rejected = host::misdirected(&app, &request)
        .or_else(|| csrf::cross_site(&app, &request))
        .or_else(|| startup::starting(&app, &request));
    let redirect = mailed_link::redirect_to_clean(&request);
    let response = match (rejected, redirect) {
        (Some(problem), _) => problem.into_response(),
        (None, Some(redirect)) => redirect,
        (None, None) => timeout::limit(timeout::REQUEST_TIMEOUT, next.run(request)).await,
    };

    // After everything that responds with a problem.
    let mut response = problem_request.render(&app, response);
    form_targets.allow(&app, &mut response);
    flash.clear(&app, &mut response);
    if let Some(chosen) = chosen {
        language::remember(&app, &mut response, chosen);
    }
    entry.finish(&response);
    response
}
