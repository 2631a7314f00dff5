//! Invitations by the token of their link. The token authorizes the request.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::PreviewView;
use crate::accounts::AccountView;
use crate::extract::{Caller, ClientInfo};
use crate::json::{JsonBody, reject_invalid};
use crate::members::MemberView;
use crate::registrations::StatusView;
use crate::response::{ApiResult, json};
use convoke_app::App;
use convoke_domain::invitations::{self, Acceptance};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(accept))
        .routes(routes!(decline))
        .routes(routes!(request_address))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct Link {
    /// The token of the invitation's link.
    #[schema(required)]
    token: String,
}

/// Look at an invitation
///
/// Changes nothing and needs no sign-in.
#[utoipa::path(post, path = "/invitations/preview", tag = "Invitations", request_body = Link,
    responses((status = 200, description = "The invitation and what accepting needs", body = PreviewView)))]
async fn preview(
    State(app): State<App>,
    caller: Option<Caller>,
    body: JsonBody<Link>,
) -> ApiResult {
    let link = reject_invalid(body.valid())?;
    let preview = app
        .read(move |tx| {
            let caller = caller.as_ref().map(|caller| &caller.0);
            invitations::preview(tx, caller, &link.token)
        })
        .await?;
    let by_password = app.ctx.policy.allows_password_registration();
    json(StatusCode::OK, &PreviewView::new(preview, by_password))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AcceptedView {
    account: AccountView,
    membership: MemberView,
}

impl AcceptedView {
    pub(super) fn new(acceptance: Acceptance) -> Self {
        Self {
            account: AccountView::new(&acceptance.summary),
            membership: MemberView::new(acceptance.member),
        }
    }
}

/// Accept an invitation
///
/// Needs a signed-in user whose address equals the invited one.
#[utoipa::path(post, path = "/invitations/accept", tag = "Invitations", request_body = Link,
    responses((status = 200, description = "The account and the membership", body = AcceptedView)))]
async fn accept(State(app): State<App>, caller: Option<Caller>, body: JsonBody<Link>) -> ApiResult {
    let link = reject_invalid(body.valid())?;
    let acceptance = app
        .write(move |tx| {
            let caller = caller.as_ref().map(|caller| &caller.0);
            invitations::accept(tx, caller, &link.token)
        })
        .await?;
    json(StatusCode::OK, &AcceptedView::new(acceptance))
}

/// Decline an invitation
///
/// Needs no sign-in.
#[utoipa::path(post, path = "/invitations/decline", tag = "Invitations", request_body = Link,
    responses((status = 200, description = "Declined", body = StatusView)))]
async fn decline(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    caller: Option<Caller>,
    body: JsonBody<Link>,
) -> ApiResult {
    let link = reject_invalid(body.valid())?;
    app.write(move |tx| {
        let caller = caller.as_ref().map(|caller| &caller.0);
        invitations::decline(tx, caller, &client, &link.token, None)
    })
    .await?;
    json(StatusCode::OK, &StatusView { status: "declined" })
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct AddressRequest {
    /// The token of the invitation's link.
    #[schema(required)]
    token: String,
    /// The address to be invited at instead.
    #[schema(required)]
    email: String,
}

/// Ask to be invited at another address
///
/// Needs no sign-in. The inviter gets an email and can give the invitation that address. While a request is open, further ones
/// change nothing.
#[utoipa::path(post, path = "/invitations/request-address", tag = "Invitations", request_body = AddressRequest,
    responses((status = 202, description = "The inviter is asked", body = StatusView)))]
async fn request_address(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    caller: Option<Caller>,
    body: JsonBody<AddressRequest>,
) -> ApiResult {
    let request = reject_invalid(body.valid())?;
    app.write(move |tx| {
        let caller = caller.as_ref().map(|caller| &caller.0);
        invitations::request_address(tx, caller, &client, &request.token, &request.email)
    })
    .await?;
    let view = StatusView {
        status: "address_requested",
    };
    json(StatusCode::ACCEPTED, &view)
}
