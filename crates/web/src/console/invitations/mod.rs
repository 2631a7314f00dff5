//! An account's invitations: list, edit and bulk actions.

mod address;
mod already_ended;
mod bulk_actions;
mod edit;
mod list;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::console::context::PageContext;
use crate::console::flash::FlashMessage;
use crate::console::urls;
use convoke_app::App;
use convoke_core::ids::{AccountId, InvitationId};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/invitations", get(list::list))
        .route(
            "/accounts/{account}/invitations/resend",
            post(bulk_actions::resend),
        )
        .route(
            "/accounts/{account}/invitations/again",
            post(bulk_actions::invite_again),
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
        .route(
            "/accounts/{account}/invitations/{invitation}/address",
            get(address::show).post(address::submit),
        )
}

/// Redirects to the list of an account's invitations, which shows the message.
fn redirect_to_list(context: &PageContext, account: AccountId, message: &FlashMessage) -> Response {
    context.flash(&urls::invitations(account), message)
}

/// The list with the filters of the request, at the row of one invitation, which gets the focus.
fn row_path(context: &PageContext, account: AccountId, invitation: InvitationId) -> String {
    let names = ["delivery", "product", "role", "q", "cursor", "after"];
    let filters = names.map(|name| (name, context.query.get(name).unwrap_or_default()));
    let list = urls::path_with_query(&urls::invitations(account), &filters);
    format!("{list}#{invitation}")
}
