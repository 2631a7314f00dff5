//! Invitations: the page of a mailed link, and an account's invitations as its managers see them.

mod act;
mod edit;
mod link;
mod list;
mod needs;
mod skipped;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;
use crate::core::ids::AccountId;

pub(super) use link::{inviter, look, strip, unknown, waiting};

pub(super) fn routes() -> Router<App> {
    link::routes()
        .route("/accounts/{account}/invitations", get(list::list))
        .route("/accounts/{account}/invitations/resend", post(act::resend))
        .route(
            "/accounts/{account}/invitations/revoke",
            get(act::ask_revoke).post(act::revoke),
        )
        .route(
            "/accounts/{account}/invitations/{invitation}/link",
            post(act::link),
        )
        .route(
            "/accounts/{account}/invitations/{invitation}/edit",
            get(edit::show).post(edit::submit),
        )
}

/// The list of an account's invitations.
pub(super) fn list_path(account: AccountId) -> String {
    format!("/accounts/{account}/invitations")
}
