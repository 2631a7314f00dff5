//! HTTP: parses, calls one operation, shows its result. No rule lives here.

mod answer;
mod api;
mod body;
mod client_address;
mod console;
mod docs;
mod extract;
mod frame;
mod host;
mod mailbox;
mod openapi;
mod operations;
mod parameters;
pub mod problem;
pub mod server;

use axum::Router;
use axum::http::Method;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{
    DefaultPredicate, NotForContentType, Predicate, SizeAbove,
};

use crate::app::App;
use problem::Problem;

pub use openapi::document;
pub use operations::metrics_router;

/// Everything that is served.
pub fn router(app: App) -> Router {
    let (api, document) = openapi::split();
    let mut router = api
        .merge(openapi::routes(&document))
        .merge(docs::routes(&app, &document))
        .merge(console::routes())
        .merge(operations::routes());
    if app.config.shows_mailbox() {
        router = router.merge(mailbox::routes());
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
        .layer(middleware::from_fn_with_state(app.clone(), frame::frame))
        .with_state(app)
}

/// What fits into one packet anyway gains nothing; fonts are compressed already, as pictures are.
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

#[expect(clippy::needless_pass_by_value, reason = "the layer gives it away")]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let words = cause
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(words, "a handler panicked");
    problem::internal().into_response()
}
