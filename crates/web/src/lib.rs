//! HTTP: each handler parses the request, calls one operation and renders its result. Business rules are in the domain.

mod api;
mod client_address;
mod console;
mod delivery_text;
mod dev_mailbox;
mod docs;
mod export;
mod extract;
mod field_error_text;
mod health;
mod json;
mod middleware;
mod mutation;
mod oauth2;
mod openapi;
mod parameters;
pub mod problem;
pub mod properties;
mod response;
mod sample_products;
pub mod server;
mod spreadsheet;

use axum::Router;
use axum::http::Method;

use convoke_app::App;
use problem::Problem;

pub use health::metrics_router;
pub use oauth2::paths as oauth2_paths;
pub use openapi::document;

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
