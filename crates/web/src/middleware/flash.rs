//! Flash messages, which are shown once.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::console::Flash;
use convoke_app::App;

/// Adds the request's [`Flash`], and clears its cookie once the page was shown.
pub(super) async fn flash(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let flash = Flash::from_request(&app, request.uri(), request.headers());
    request.extensions_mut().insert(flash.clone());
    let mut response = next.run(request).await;
    flash.clear(&app, &mut response);
    response
}
