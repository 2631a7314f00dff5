//! Invitations: the page of a mailed link, and an account's invitations as its managers see them.

mod already_ended;
mod bulk_actions;
mod edit;
mod link;
mod list;
mod needs;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;
use crate::core::ids::AccountId;

pub(super) use link::{banner_text, inviter, load_pending, load_preview, unknown_page};

pub(super) fn routes() -> Router<App> {
    link::routes()
        .route("/accounts/{account}/invitations", get(list::list))
        .route(
            "/accounts/{account}/invitations/resend",
            post(bulk_actions::resend),
        )
        .route(
            "/accounts/{account}/invitations/revoke",
            get(bulk_actions::confirm_revoke).post(bulk_actions::revoke),
        )
        .route(
            "/accounts/{account}/invitations/{invitation}/link",
            post(bulk_actions::link),
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
