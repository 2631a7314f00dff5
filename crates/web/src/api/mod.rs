//! The JSON API: one module per noun, each parses, calls one operation, and shows its result.

mod accounts;
mod activity;
mod invitations;
mod me;
mod members;
mod ownership;
mod products;
mod registrations;
mod sessions;

use utoipa_axum::router::OpenApiRouter;

use convoke_app::App;

/// Every route of the API, described where it is made.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(registrations::routes())
        .merge(sessions::routes())
        .merge(me::routes())
        .merge(accounts::routes())
        .merge(members::routes())
        .merge(ownership::routes())
        .merge(invitations::routes())
        .merge(activity::routes())
        .merge(products::routes())
}
