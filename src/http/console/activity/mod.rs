//! Activity: what happened in an account, and what happened to oneself.

mod list;
mod words;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/activity", get(list::of_account))
        .route("/profile/activity", get(list::of_caller))
}
