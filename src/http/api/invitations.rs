//! Invitations: of an account, by link, and mine.

mod by_link;
mod mine;
mod of_account;
mod view;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(of_account::routes())
        .merge(by_link::routes())
        .merge(mine::routes())
}
