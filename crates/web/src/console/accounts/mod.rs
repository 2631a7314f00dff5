//! Accounts: the list, creation, settings, transfer of ownership, leaving.

mod create;
mod leave;
mod list;
mod received;
mod settings;
mod show;
mod transfer;

use axum::Router;
use axum::routing::{get, post};

use convoke_app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts", get(list::list).post(create::submit))
        .route("/accounts/new", get(create::show))
        .route("/accounts/{account}", get(show::show))
        .route("/accounts/{account}/settings", get(settings::show))
        .route("/accounts/{account}/settings/name", post(settings::rename))
        .route(
            "/accounts/{account}/settings/registered-users-only",
            post(settings::restrict),
        )
        .route(
            "/accounts/{account}/transfer",
            get(transfer::show).post(transfer::submit),
        )
        .route(
            "/accounts/{account}/transfer/withdraw",
            post(transfer::withdraw),
        )
        .route(
            "/accounts/{account}/leave",
            get(leave::show).post(leave::submit),
        )
        .route(
            "/accounts/invitations/{invitation}/accept",
            post(received::accept_invitation),
        )
        .route(
            "/accounts/invitations/{invitation}/decline",
            post(received::decline_invitation),
        )
        .route(
            "/accounts/{account}/ownership-offer/accept",
            post(received::accept_ownership),
        )
        .route(
            "/accounts/{account}/ownership-offer/decline",
            post(received::decline_ownership),
        )
}
