//! An account's invitations: list, edit and bulk actions.

mod already_ended;
mod bulk_actions;
mod edit;
mod list;

use axum::Router;
use axum::routing::{get, post};

use crate::console::urls;
use convoke_app::App;
use convoke_core::ids::AccountId;

pub(super) fn routes() -> Router<App> {
    Router::new()
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
    urls::invitations(account)
}
