//! An account's invitations, for those who manage its users.

use axum::extract::State;
use axum::http::StatusCode;
use convoke_domain::ParameterError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::new_invitations::NewInvitations;
use super::views::InvitationView;
use crate::accounts::UsageView;
use crate::export::{self, Export, export_list};
use crate::extract::{Accept, Caller, Format, PathIds, QueryParams, invalid_parameter};
use crate::json::{EmptyBody, IdempotentJson, JsonBody, reject_invalid};
use crate::mutation::Mutation;
use crate::response::{ApiResult, List, json, json_line, list_page, respond_idempotently};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::ReadTx;
use convoke_domain::authorization::valid_request;
use convoke_domain::idempotency::ReplayPermission;
use convoke_domain::invitations::{
    self, Created, DeliveryStatus, Edit, Filter, Invitation, InvitationStatus, Outcome,
};
use convoke_domain::permissions::Permission;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, edit))
        .routes(routes!(resend))
        .routes(routes!(revoke))
        .routes(routes!(link))
}

#[derive(Debug, Serialize, ToSchema)]
struct ResultView {
    email: String,
    /// `invited` (in a dry run `would_invite`), `already_member` or `already_invited`.
    outcome: &'static str,
    invitation: Option<InvitationView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CreateInvitationsResponse {
    /// In the order given, duplicates merged.
    results: Vec<ResultView>,
    usage: UsageView,
}

impl CreateInvitationsResponse {
    fn new(created: Created, dry_run: bool) -> Self {
        let results = created
            .results
            .into_iter()
            .map(|(email, outcome, invitation)| ResultView {
                email,
                outcome: match outcome {
                    Outcome::Invited if dry_run => "would_invite",
                    Outcome::Invited => "invited",
                    Outcome::AlreadyMember => "already_member",
                    Outcome::AlreadyInvited => "already_invited",
                },
                invitation: invitation.map(InvitationView::new),
            })
            .collect();
        Self {
            results,
            usage: UsageView::new(created.usage),
        }
    }
}

/// Invite
///
/// Either `roles` and `emails`, or `groups`. All or nothing: one error rejects the whole request. With `dry_run=true` nothing is stored or sent.
#[utoipa::path(post, path = "/accounts/{account}/invitations", tag = "Invitations",
    params(("account" = String, Path), ("dry_run" = Option<bool>, Query),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewInvitations,
    responses((status = 201, description = "One result per address", body = CreateInvitationsResponse),
        (status = 200, description = "What would become of each address", body = CreateInvitationsResponse)))]
async fn create(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    params: QueryParams,
    idempotent: IdempotentJson<NewInvitations>,
) -> ApiResult {
    let dry_run = params
        .parse(
            "dry_run",
            ParameterError::NotOneOf(&["true", "false"]),
            |text| text.parse::<bool>().ok(),
        )?
        .unwrap_or(false);
    let request = idempotent.body.check(|body| body.validate(&app.ctx));
    if dry_run {
        let created = app
            .read(move |tx| invitations::dry_run(tx, &caller, account, &request))
            .await?;
        return json(
            StatusCode::OK,
            &CreateInvitationsResponse::new(created, true),
        );
    }
    respond_idempotently(
        &app,
        caller,
        idempotent.key,
        StatusCode::CREATED,
        ReplayPermission::InAccount(account, Permission::ManageUsers),
        move |tx, caller| {
            let created = invitations::create(tx, caller, account, &request)?;
            Ok(CreateInvitationsResponse::new(created, false))
        },
    )
    .await
}

fn filter(params: &QueryParams) -> Result<Filter, convoke_domain::Error> {
    let delivery_error = ParameterError::NotOneOf(DeliveryStatus::TEXTS);
    let delivery: Result<Vec<DeliveryStatus>, _> = params
        .all("delivery")
        .map(|value| {
            let error = || invalid_parameter("delivery", value, delivery_error);
            DeliveryStatus::parse(value).ok_or_else(error)
        })
        .collect();
    let error = ParameterError::NotOneOf(InvitationStatus::TEXTS);
    let status: Result<Vec<InvitationStatus>, _> = params
        .all("status")
        .map(|value| {
            InvitationStatus::parse(value).ok_or_else(|| invalid_parameter("status", value, error))
        })
        .collect();
    Ok(Filter {
        status: status?,
        delivery: delivery?,
        product: params.text("product"),
        role: params.text("role"),
        text: params.text("q"),
    })
}

/// List invitations
///
/// Newest first. `status` and `delivery`, the state of the last email, may be repeated. `Accept: text/csv` or
/// `application/x-ndjson`, or `format=csv`, `xlsx` or `ndjson`, exports all.
#[utoipa::path(get, path = "/accounts/{account}/invitations", tag = "Invitations",
    params(("account" = String, Path), ("status" = Option<Vec<String>>, Query),
        ("delivery" = Option<Vec<String>>, Query), ("product" = Option<String>, Query),
        ("role" = Option<String>, Query),
        ("q" = Option<String>, Query, description = "Words, each a part of the address, or of the name given with it"),
        ("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of invitations", body = List<InvitationView>)))]
async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    accept: Accept,
    params: QueryParams,
) -> ApiResult {
    let filter = filter(&params)?;
    let read = move |tx: &mut ReadTx<'_, '_>, cursor: Option<&str>, limit| {
        invitations::list(tx, &caller, account, &filter, cursor, limit)
    };
    if accept.best(&export::FORMATS) == Format::Json {
        return list_page(&app, &params, read, InvitationView::new).await;
    }
    let export = Export {
        name: "invitations",
        titles: &TITLES,
        cells,
        json: |invitation| json_line(&InvitationView::new(invitation)),
    };
    export_list(app, &accept, export, None, read).await
}

const TITLES: [&str; 12] = [
    "id",
    "email",
    "status",
    "product",
    "roles",
    "invited_by",
    "created_at",
    "sent_at",
    "expires_at",
    "ended_at",
    "delivery",
    "name",
];

fn cells(invitation: &Invitation) -> Vec<String> {
    let timestamp = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    vec![
        invitation.id.to_string(),
        invitation.email.clone(),
        invitation.status.as_str().to_owned(),
        invitation.product.clone(),
        invitation.roles.join(" "),
        invitation.inviter_name.clone(),
        invitation.created_at.to_string(),
        timestamp(invitation.sent_at),
        invitation.expires_at.to_string(),
        timestamp(invitation.ended_at),
        invitation.delivery.as_str().to_owned(),
        invitation.name.clone().unwrap_or_default(),
    ]
}

/// Show an invitation
#[utoipa::path(get, path = "/accounts/{account}/invitations/{invitation}", tag = "Invitations",
    params(("account" = String, Path), ("invitation" = String, Path)),
    responses((status = 200, description = "The invitation", body = InvitationView)))]
async fn show(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
) -> ApiResult {
    let invitation = app
        .read(move |tx| invitations::get(tx, &caller, account, id))
        .await?;
    json(StatusCode::OK, &InvitationView::new(invitation))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct InvitationChange {
    #[schema(nullable = false)]
    roles: Option<Vec<String>>,
    #[schema(nullable = false)]
    product: Option<String>,
    /// Another address: the links that were sent before end, and a new one is mailed.
    #[schema(nullable = false)]
    email: Option<String>,
}

/// Edit a pending invitation
#[utoipa::path(patch, path = "/accounts/{account}/invitations/{invitation}", tag = "Invitations",
    params(("account" = String, Path), ("invitation" = String, Path)), request_body = InvitationChange,
    responses((status = 200, description = "The invitation as it is now", body = InvitationView)))]
async fn edit(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    body: JsonBody<InvitationChange>,
) -> ApiResult {
    let change = body.valid();
    let invitation = app
        .write_in_account(account, caller.user.id, move |tx| {
            let change = valid_request(tx, &caller, account, Permission::ManageUsers, &change)?;
            let edit = Edit {
                roles: change.roles.clone(),
                product: change.product.clone(),
                seen: None,
            };
            let edited = invitations::edit(tx, &caller, account, id, &edit)?;
            match &change.email {
                Some(email) => invitations::readdress(tx, &caller, account, id, email, None),
                None => Ok(edited),
            }
        })
        .await?;
    json(StatusCode::OK, &InvitationView::new(invitation))
}

/// Send a pending invitation again
///
/// A fresh link is mailed and the time starts anew; earlier links keep working.
#[utoipa::path(post, path = "/accounts/{account}/invitations/{invitation}/resend", tag = "Invitations",
    params(("account" = String, Path), ("invitation" = String, Path),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The invitation", body = InvitationView)))]
async fn resend(mutation: Mutation<(AccountId, InvitationId)>) -> ApiResult {
    let (account, id) = mutation.ids;
    let permission = ReplayPermission::InAccount(account, Permission::ManageUsers);
    mutation
        .run(StatusCode::OK, permission, move |tx, caller| {
            invitations::resend(tx, caller, account, id).map(InvitationView::new)
        })
        .await
}

/// Take a pending invitation back
#[utoipa::path(post, path = "/accounts/{account}/invitations/{invitation}/revoke", tag = "Invitations",
    params(("account" = String, Path), ("invitation" = String, Path),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The invitation", body = InvitationView)))]
async fn revoke(mutation: Mutation<(AccountId, InvitationId)>) -> ApiResult {
    let (account, id) = mutation.ids;
    let permission = ReplayPermission::InAccount(account, Permission::ManageUsers);
    mutation
        .run(StatusCode::OK, permission, move |tx, caller| {
            invitations::revoke(tx, caller, account, id).map(InvitationView::new)
        })
        .await
}

#[derive(Debug, Serialize, ToSchema)]
struct LinkView {
    url: String,
}

/// Make a link to hand over by other means
///
/// Shown this once; it verifies no mailbox.
#[utoipa::path(post, path = "/accounts/{account}/invitations/{invitation}/links", tag = "Invitations",
    params(("account" = String, Path), ("invitation" = String, Path)),
    responses((status = 201, description = "The link", body = LinkView)))]
async fn link(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    body: JsonBody<EmptyBody>,
) -> ApiResult {
    reject_invalid(body.valid())?;
    let token = app
        .write_in_account(account, caller.user.id, move |tx| {
            invitations::create_link(tx, &caller, account, id)
        })
        .await?;
    let url = format!("{}/invitations/{}", app.public_origin, token.expose());
    json(StatusCode::CREATED, &LinkView { url })
}
