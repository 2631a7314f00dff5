//! Offers of ownership.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::AccountView;
use crate::extract::{Caller, PathIds};
use crate::json::{JsonBody, reject_invalid};
use crate::mutation::Mutation;
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::secret::Secret;
use convoke_domain::idempotency::ReplayPermission;
use convoke_domain::ownership::{self, OwnershipOffer};
use convoke_domain::permissions::Permission;
use convoke_domain::{Error, authorization, users};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(offer, withdraw))
        .routes(routes!(list))
        .routes(routes!(accept))
        .routes(routes!(decline))
}

#[derive(Debug, Serialize, ToSchema)]
struct OfferAccount {
    #[schema(value_type = String, example = "acc_01h455vb4pex5vsknk084sn02q")]
    id: AccountId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct OfferPerson {
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    id: UserId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct OfferView {
    account: OfferAccount,
    /// The present owner.
    from: OfferPerson,
    /// Who may take the account over.
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    user_id: UserId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl OfferView {
    fn new(offer: &OwnershipOffer) -> Self {
        Self {
            account: OfferAccount {
                id: offer.account,
                name: offer.account_name.clone(),
            },
            from: OfferPerson {
                id: offer.from,
                name: offer.from_name(),
            },
            user_id: offer.to,
            created_at: offer.created_at,
            expires_at: offer.expires_at,
        }
    }
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct NewOffer {
    /// A member of the account.
    #[schema(required)]
    user_id: String,
    /// The account's name, typed anew.
    #[schema(required)]
    account_name: String,
    /// The owner's password; may be left out within 10 minutes of a sign-in through a service.
    password: String,
}

/// Offer an account to another member
///
/// Lives 7 days and takes the place of an earlier offer.
#[utoipa::path(post, path = "/accounts/{account}/ownership-offer", tag = "Accounts",
    params(("account" = String, Path)), request_body = NewOffer,
    responses((status = 201, description = "The offer", body = OfferView)))]
async fn offer(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    body: JsonBody<NewOffer>,
) -> ApiResult {
    let owner = caller.clone();
    app.read(move |tx| authorization::authorize(tx, &owner, account, Permission::Own))
        .await?;
    let checked = body.check(|body| {
        match users::require_current_password(&app.ctx, &caller, "/password", &body.password) {
            Some(error) => Err(vec![error]),
            None => Ok(body),
        }
    });
    let body = reject_invalid(checked)?;
    let to = body.user_id.parse().map_err(|_| Error::NotFound)?;
    let password = Secret::new(body.password);
    let offer = app
        .offer_ownership(caller, account, to, body.account_name, password, None)
        .await?;
    json(StatusCode::CREATED, &OfferView::new(&offer))
}

/// Take an offer back
#[utoipa::path(delete, path = "/accounts/{account}/ownership-offer", tag = "Accounts",
    params(("account" = String, Path)), responses((status = 204, description = "Nothing is offered any more")))]
async fn withdraw(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> ApiResult {
    app.write_in_account(account, caller.user.id, move |tx| {
        ownership::withdraw(tx, &caller, account)
    })
    .await?;
    json(StatusCode::NO_CONTENT, &())
}

/// List accounts offered to me
#[utoipa::path(get, path = "/me/ownership-offers", tag = "Me",
    responses((status = 200, description = "Open offers", body = List<OfferView>)))]
async fn list(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    let offers = app.read(move |tx| ownership::list(tx, &caller)).await?;
    let items = offers.iter().map(OfferView::new).collect();
    json(StatusCode::OK, &List::single_page(items))
}

/// Take an offered account over
///
/// The old owner stays as member with `USER_ADMIN`.
#[utoipa::path(post, path = "/me/ownership-offers/{account}/accept", tag = "Me",
    params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The account, now mine", body = AccountView)))]
async fn accept(mutation: Mutation<(AccountId,)>) -> ApiResult {
    let (account,) = mutation.ids;
    let permission = ReplayPermission::InAccount(account, Permission::Own);
    mutation
        .run(StatusCode::OK, permission, move |tx, caller| {
            let summary = ownership::accept(tx, caller, account)?;
            Ok(AccountView::new(&summary))
        })
        .await
}

/// Decline an offered account
#[utoipa::path(post, path = "/me/ownership-offers/{account}/decline", tag = "Me",
    params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, description = "The offer is gone")))]
async fn decline(mutation: Mutation<(AccountId,)>) -> ApiResult {
    let (account,) = mutation.ids;
    let permission = ReplayPermission::SignedIn;
    mutation
        .run(StatusCode::NO_CONTENT, permission, move |tx, caller| {
            ownership::decline(tx, caller, account)
        })
        .await
}
