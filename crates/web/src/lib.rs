//! HTTP: each handler parses the request, calls one operation and renders its result. Business rules are in the domain.

mod api;
mod client_address;
mod console;
mod dev_mailbox;
mod docs;
mod extract;
mod field_error_text;
mod health;
mod host;
mod json;
mod middleware;
mod mutation;
mod openapi;
mod parameters;
pub mod problem;
pub mod properties;
mod response;
pub mod server;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{
    DefaultPredicate, NotForContentType, Predicate, SizeAbove,
};

use convoke_app::App;
use problem::Problem;

pub use health::metrics_router;
pub use openapi::document;

/// Everything that is served.
pub fn router(app: App) -> Router {
    let (api, document) = openapi::router_and_document();
    let mut router = api
        .merge(openapi::routes(&app, &document))
        .merge(docs::routes(&app, &document))
        .merge(console::routes())
        .merge(health::routes());
    if app.config.shows_mailbox() {
        router = router.merge(dev_mailbox::routes());
    }
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(worth_compressing()),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), middleware::add_middleware))
        .with_state(app)
}

/// Not responses that fit into one packet, nor fonts and images, which are compressed already.
fn worth_compressing() -> impl Predicate {
    DefaultPredicate::new()
        .and(SizeAbove::new(1_024))
        .and(NotForContentType::const_new("font/"))
}

async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(
        problem::METHOD_NOT_ALLOWED,
        format!("{method} does nothing here. The Allow header lists what does."),
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer passes it by value"
)]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(panic = text, "handler panicked");
    problem::internal().into_response()
}
