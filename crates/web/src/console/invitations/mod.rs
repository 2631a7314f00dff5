//! An account's invitations: list, edit and bulk actions.

mod address;
mod already_ended;
mod bulk_actions;
mod edit;
mod list;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::console::account_layout;
use crate::console::context::{PageContext, PageError};
use crate::console::flash::FlashMessage;
use crate::console::urls;
use convoke_app::App;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::accounts::AccountSummary;
use convoke_domain::authorization;
use convoke_domain::invitations::{self, Invitation};
use convoke_domain::permissions::Permission;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/invitations", get(list::list))
        .merge(bulk_actions::routes())
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

/// An invitation that the viewer manages, and its account.
async fn load(
    context: &PageContext,
    account: AccountId,
    id: InvitationId,
) -> Result<(AccountSummary, Invitation), PageError> {
    account_layout::load_with_account(context, account, move |tx, caller| {
        authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
        invitations::get(tx, caller, account, id)
    })
    .await
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
