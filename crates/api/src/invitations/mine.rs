//! Pending invitations to the signed-in user's address.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::by_link::AcceptedView;
use super::views::ReceivedInvitationView;
use crate::extract::{Caller, QueryParams};
use crate::mutation::Mutation;
use crate::registrations::StatusView;
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::ids::InvitationId;
use convoke_domain::idempotency::ReplayPermission;
use convoke_domain::invitations;
use convoke_domain::permissions::Permission;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(accept))
        .routes(routes!(decline))
}

/// List invitations that wait for me
#[utoipa::path(get, path = "/me/invitations", tag = "Me",
    params(("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "Pending invitations to my address", body = List<ReceivedInvitationView>)))]
async fn list(State(app): State<App>, Caller(caller): Caller, params: QueryParams) -> ApiResult {
    let limit = params.limit()?;
    let page = app
        .read(move |tx| invitations::list_received(tx, &caller, params.cursor().as_deref(), limit))
        .await?;
    json(
        StatusCode::OK,
        &List::from_page(page, ReceivedInvitationView::mine),
    )
}

/// Accept an invitation that waits for me
#[utoipa::path(post, path = "/me/invitations/{invitation}/accept", tag = "Me",
    params(("invitation" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The account and the membership", body = AcceptedView)))]
async fn accept(mutation: Mutation<(InvitationId,)>) -> ApiResult {
    let (id,) = mutation.ids;
    let permission = ReplayPermission::InAccountOfResponse("/account/id", Permission::ViewAccount);
    mutation
        .run(StatusCode::OK, permission, move |tx, caller| {
            invitations::accept_by_id(tx, caller, id).map(AcceptedView::new)
        })
        .await
}

/// Decline an invitation that waits for me
#[utoipa::path(post, path = "/me/invitations/{invitation}/decline", tag = "Me",
    params(("invitation" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "Declined", body = StatusView)))]
async fn decline(mutation: Mutation<(InvitationId,)>) -> ApiResult {
    let (id,) = mutation.ids;
    let permission = ReplayPermission::SignedIn;
    mutation
        .run(StatusCode::OK, permission, move |tx, caller| {
            invitations::decline_by_id(tx, caller, id)?;
            Ok(StatusView { status: "declined" })
        })
        .await
}
