//! The console, and the server with its middleware: each handler parses the request, calls one operation and renders its
//! result. Business rules are in the domain; the JSON API is a crate of its own.

mod client_address;
mod console;
mod dev_mailbox;
mod docs;
mod health;
mod middleware;
pub mod properties;
mod sample_products;
pub mod server;

use axum::Router;
use axum::http::Method;

use convoke_api::problem::{self, Problem};
use convoke_api::{oauth2, openapi};
use convoke_app::App;

pub use health::metrics_router;

/// Everything that is served.
pub fn router(app: App) -> Router {
    let mut router = openapi::router()
        .merge(openapi::routes())
        .merge(docs::routes())
        .merge(console::routes())
        .merge(oauth2::routes(&app))
        .merge(health::routes());
    if app.config.shows_mailbox() {
        router = router.merge(dev_mailbox::routes());
    }
    if app.config.sample_products {
        router = router.merge(sample_products::routes(&app));
    }
    let router = router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(method_not_allowed);
    middleware::apply(router, &app).with_state(app)
}

async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(
        problem::METHOD_NOT_ALLOWED,
        format!("{method} does nothing here. The Allow header lists what does."),
    )
}
