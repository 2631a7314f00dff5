//! The JSON API: one module per resource. Each handler parses the request, calls one operation and serializes its result.

mod accounts;
mod activity;
mod invitations;
mod logout_deliveries;
mod me;
mod members;
mod ownership;
mod products;
mod registrations;
mod sessions;

use utoipa_axum::router::OpenApiRouter;

use convoke_app::App;

/// Every route of the API, with its OpenAPI description.
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
        .merge(logout_deliveries::routes())
        .merge(products::routes())
}
