//! Accounts.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Caller, PathIds, QueryParams};
use crate::json::{IdempotentJson, JsonBody, reject_invalid};
use crate::mutation::Mutation;
use crate::response::{ApiResult, List, json, respond_idempotently};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::accounts::{self, AccountSummary, SeatUsage, Update};
use convoke_domain::authorization::valid_request;
use convoke_domain::idempotency::ReplayPermission;
use convoke_domain::permissions::Permission;
use convoke_domain::{members, validation};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, update))
        .routes(routes!(leave))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnerView {
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    id: UserId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageView {
    limit: i64,
    members: i64,
    pending_invitations: i64,
    available: i64,
}

impl UsageView {
    pub(super) fn new(usage: SeatUsage) -> Self {
        Self {
            limit: usage.limit,
            members: usage.members,
            pending_invitations: usage.pending,
            available: usage.available(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SettingsView {
    registered_users_only: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountView {
    #[schema(value_type = String, example = "acc_01h455vb4pex5vsknk084sn02q")]
    id: AccountId,
    name: String,
    owner: OwnerView,
    /// Whether it came with its owner.
    default: bool,
    /// Whether I am the owner or hold `USER_ADMIN`.
    managing: bool,
    /// My role keys there.
    my_roles: Vec<String>,
    /// Null for those who may not see it.
    usage: Option<UsageView>,
    /// Null for those who may not see them.
    settings: Option<SettingsView>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl AccountView {
    pub(super) fn new(summary: &AccountSummary) -> Self {
        let account = &summary.account;
        Self {
            id: account.id,
            name: account.name.clone(),
            owner: OwnerView {
                id: account.owner,
                name: account.owner_name(),
            },
            default: account.is_default,
            managing: summary.membership.is_managing(),
            my_roles: summary.membership.roles.clone(),
            usage: summary.usage.map(UsageView::new),
            settings: summary.shows_settings().then_some(SettingsView {
                registered_users_only: account.registered_users_only,
            }),
            created_at: account.created_at,
        }
    }
}

/// List my accounts
///
/// Every account where I am owner or member, the oldest first.
#[utoipa::path(get, path = "/accounts", tag = "Accounts",
    params(("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of accounts", body = List<AccountView>)))]
async fn list(State(app): State<App>, Caller(caller): Caller, params: QueryParams) -> ApiResult {
    let limit = params.limit()?;
    let page = app
        .read_long(move |tx| accounts::list(tx, &caller, params.cursor().as_deref(), limit))
        .await?;
    json(
        StatusCode::OK,
        &List::from_page(page, |summary| AccountView::new(&summary)),
    )
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct NewAccount {
    /// 1 to 64 characters.
    #[schema(required)]
    name: String,
}

/// Create an account
#[utoipa::path(post, path = "/accounts", tag = "Accounts", request_body = NewAccount,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The account", body = AccountView)))]
async fn create(
    State(app): State<App>,
    Caller(caller): Caller,
    request: IdempotentJson<NewAccount>,
) -> ApiResult {
    let name = |body: NewAccount| {
        validation::validate_name("/name", &body.name).map_err(|error| vec![error])
    };
    let name = reject_invalid(request.body.check(name))?;
    respond_idempotently(
        &app,
        caller,
        request.key,
        StatusCode::CREATED,
        ReplayPermission::InAccountOfResponse("/id", Permission::Own),
        move |tx, caller| {
            let summary = accounts::create(tx, caller, &name)?;
            Ok(AccountView::new(&summary))
        },
    )
    .await
}

/// Show an account
#[utoipa::path(get, path = "/accounts/{account}", tag = "Accounts", params(("account" = String, Path)),
    responses((status = 200, description = "The account", body = AccountView)))]
async fn show(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> ApiResult {
    let summary = app
        .read(move |tx| accounts::get(tx, &caller, account))
        .await?;
    json(StatusCode::OK, &AccountView::new(&summary))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct AccountChange {
    #[schema(nullable = false)]
    name: Option<String>,
    #[schema(schema_with = settings_change)]
    settings: Option<SettingsChange>,
}

/// The schema inline: bodies are validated against inline schemas, not composed ones.
fn settings_change() -> RefOr<Schema> {
    SettingsChange::schema()
}

#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
struct SettingsChange {
    #[schema(nullable = false)]
    registered_users_only: Option<bool>,
}

/// Rename an account or change its settings
#[utoipa::path(patch, path = "/accounts/{account}", tag = "Accounts", params(("account" = String, Path)),
    request_body = AccountChange, responses((status = 200, description = "The account as it is now", body = AccountView)))]
async fn update(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    body: JsonBody<AccountChange>,
) -> ApiResult {
    let update = body.check(|change| {
        if let Some(name) = &change.name {
            validation::validate_name("/name", name).map_err(|error| vec![error])?;
        }
        Ok(Update {
            name: change.name,
            registered_users_only: change
                .settings
                .and_then(|settings| settings.registered_users_only),
        })
    });
    let summary = app
        .write_in_account(account, caller.user.id, move |tx| {
            let update = valid_request(tx, &caller, account, Permission::Own, &update)?;
            accounts::update(tx, &caller, account, update)
        })
        .await?;
    json(StatusCode::OK, &AccountView::new(&summary))
}

/// Leave an account
///
/// Pending invitations I sent there are revoked. The owner cannot leave.
#[utoipa::path(post, path = "/accounts/{account}/leave", tag = "Accounts",
    params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, description = "I am no member any more")))]
async fn leave(mutation: Mutation<(AccountId,)>) -> ApiResult {
    let (account,) = mutation.ids;
    let permission = ReplayPermission::SignedIn;
    mutation
        .run(StatusCode::NO_CONTENT, permission, move |tx, caller| {
            members::leave(tx, caller, account)
        })
        .await
}
