//! The layers around every route.
//!
//! A request passes them from top to bottom, and its response from bottom to top:
//!
//! 1. `remove_received`, `SetRequestIdLayer` and `PropagateRequestIdLayer`: everything below knows the id, and every response
//!    has it.
//! 2. `SetSensitiveRequestHeadersLayer`: nothing below can print credentials with the headers of a request.
//! 3. `log`: measures everything below, and sees the final status.
//! 4. `client_info`: handlers and sign-in read the client from the request.
//! 5. `language`: above the layers that render problems; its cookie is set on every response.
//! 6. `flash`: above `render_problem`, because pages of problems do not clear the message.
//! 7. `security_headers`: above `render_problem`, because pages of problems need them too.
//! 8. `render_problem`: above every layer that rejects requests, since those respond with a [`Problem`](crate::problem::Problem).
//! 9. `reject_misdirected`, `reject_cross_site`, `reject_while_starting`: before the handler, and in this order when several
//!    apply.
//! 10. The timeout: of the handler, which receives the body. The layers above do not wait.
//! 11. `catch_panic`: below the timeout and `log`, so that a panic is logged and counted as a response like any other.
//! 12. `compression`: of what handlers respond with; problems are too small.

mod catch_panic;
mod client_info;
mod compression;
mod csrf;
mod flash;
mod host;
mod language;
mod log;
mod render_problem;
mod request_id;
mod security_headers;
mod startup;
mod timeout;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state, map_request_with_state};
use tower::ServiceBuilder;
use tower::timeout::TimeoutLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

use convoke_app::App;

pub(crate) use host::reject_misdirected;

/// Adds the layers to every route of `router`, in the order of the module's description.
pub(crate) fn apply(router: Router<App>, app: &App) -> Router<App> {
    let state = || app.clone();
    let layers = ServiceBuilder::new()
        .map_request(request_id::remove_received)
        .layer(SetRequestIdLayer::x_request_id(request_id::Generator(
            state(),
        )))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
            header::COOKIE,
        ]))
        .layer(from_fn(log::log))
        .layer(map_request_with_state(state(), client_info::client_info))
        .layer(from_fn_with_state(state(), language::language))
        .layer(from_fn_with_state(state(), flash::flash))
        .layer(security_headers::security_headers(app.https))
        .layer(from_fn_with_state(state(), render_problem::render_problem))
        .layer(from_fn_with_state(state(), reject_misdirected))
        .layer(from_fn_with_state(state(), csrf::reject_cross_site))
        .layer(from_fn_with_state(state(), startup::reject_while_starting))
        .layer(HandleErrorLayer::new(timeout::timeout_problem))
        .layer(TimeoutLayer::new(timeout::REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(catch_panic::panic_response))
        .layer(compression::compression());
    router.layer(layers)
}
