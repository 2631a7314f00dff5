//! The JSON API and its description: one module per resource, whose handlers parse the request, call one operation and
//! serialize its result. Beside them what they share with the console: extractors, strict JSON, problem responses, and the
//! endpoints of the authorization server. Nothing here renders a page; a crate apart from the pages so that a change to a page
//! compiles none of it.

mod accounts;
mod activity;
pub mod delivery_text;
mod export;
pub mod extract;
pub mod field_error_text;
mod invitations;
pub mod json;
mod logout_deliveries;
mod me;
mod members;
mod mutation;
pub mod oauth2;
pub mod openapi;
mod ownership;
pub mod parameters;
pub mod problem;
mod products;
pub mod properties;
mod registrations;
pub mod response;
mod sessions;
pub mod spreadsheet;

use utoipa_axum::router::OpenApiRouter;

use convoke_app::App;

/// Every resource of the API, with its OpenAPI description.
fn resources() -> OpenApiRouter<App> {
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
