//! Invitations: of an account, by link, and mine.

mod account;
mod by_link;
mod mine;
mod new_invitations;
mod views;

use utoipa_axum::router::OpenApiRouter;

use convoke_app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(account::routes())
        .merge(by_link::routes())
        .merge(mine::routes())
}
