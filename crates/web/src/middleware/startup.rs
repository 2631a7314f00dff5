//! Requests to a node that waits for its database.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use convoke_app::App;

/// Rejects all requests but health checks until the database is available.
pub(super) async fn reject_while_starting(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let is_served = !app.is_starting() || matches!(request.uri().path(), "/healthz" | "/readyz");
    if is_served {
        return next.run(request).await;
    }
    Problem::unavailable("The database cannot be reached. Try again in a moment.").into_response()
}
