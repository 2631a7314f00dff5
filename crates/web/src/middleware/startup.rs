//! Requests to a node that waits for its database.

use axum::extract::Request;

use convoke_api::problem::Problem;
use convoke_app::App;

/// The problem of all requests but health checks until the database is available.
pub(super) fn starting(app: &App, request: &Request) -> Option<Problem> {
    let is_served = !app.is_starting() || matches!(request.uri().path(), "/healthz" | "/readyz");
    (!is_served)
        .then(|| Problem::unavailable("The database cannot be reached. Try again in a moment."))
}
