//! Accounts: one's own ones, an account's settings, its transfer, the way out of it.

mod create;
mod leave;
mod list;
mod settings;
mod show;
mod transfer;

use axum::Router;
use axum::routing::{get, post};

use super::visit::Visit;
use crate::app::App;
use crate::domain::accounts::Card;
use crate::http::console::words;

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
            post(list::accept),
        )
        .route(
            "/accounts/invitations/{invitation}/decline",
            post(list::decline),
        )
        .route(
            "/accounts/{account}/ownership-offer/accept",
            post(list::take_over),
        )
        .route(
            "/accounts/{account}/ownership-offer/decline",
            post(list::refuse_offer),
        )
}

/// "Owner" and the names of one's roles.
fn standing(visit: &Visit, card: &Card) -> String {
    let roles = words::roles(&visit.app.catalogue, visit.locale, &card.standing.roles);
    match (card.standing.owner, roles.is_empty()) {
        (true, true) => visit.t("account-owner"),
        (true, false) => format!("{}, {roles}", visit.t("account-owner")),
        (false, true) => visit.t("account-no-roles"),
        (false, false) => roles,
    }
}
