//! Activity of an account and of the viewer.

mod entry_text;
mod list;

use axum::Router;
use axum::routing::get;

use convoke_app::App;

pub(super) use entry_text::Row;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/activity", get(list::account_activity))
        .route("/profile/activity", get(list::user_activity))
}
