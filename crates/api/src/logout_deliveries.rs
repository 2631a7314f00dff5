//! Logout tokens for products that users of an account have lost the access to.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Caller, PathIds, QueryParams};
use crate::response::{ApiResult, List, list_page};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId, LogoutDeliveryId, UserId};
use convoke_core::language::Locale;
use convoke_domain::ReadTx;
use convoke_domain::oauth2::{self, AccountLogoutDelivery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Serialize, ToSchema)]
struct NotifiedProductView {
    key: String,
    /// The key again for a product that is no longer in the catalogue.
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct SignedOutUserView {
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    id: UserId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct LogoutDeliveryView {
    #[schema(value_type = String, example = "lgd_01h455vb4pex5vsknk084sn02q")]
    id: LogoutDeliveryId,
    /// `sid` in the product's tokens.
    #[schema(value_type = String, example = "grt_01h455vb4pex5vsknk084sn02q")]
    grant: GrantId,
    product: NotifiedProductView,
    user: SignedOutUserView,
    /// `pending`, `delivered` or `failed`.
    state: &'static str,
    /// How often it was sent.
    attempts: i64,
    /// When the access ended.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it is sent next, while it is pending.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// When the product took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
    /// When it was given up: after three days.
    #[schema(value_type = Option<String>, format = DateTime)]
    failed_at: Option<Timestamp>,
    /// Why the product did not take it the last time.
    last_error: Option<String>,
}

impl LogoutDeliveryView {
    fn new(app: &App, locale: Locale, row: AccountLogoutDelivery) -> Self {
        let AccountLogoutDelivery {
            delivery,
            user_name,
        } = row;
        let product = app.ctx.catalogue.product(&delivery.client);
        let name = product.map(|product| product.name.get(locale.as_str()));
        Self {
            id: delivery.id,
            grant: delivery.grant,
            product: NotifiedProductView {
                name: name.unwrap_or(&delivery.client).to_owned(),
                key: delivery.client.clone(),
            },
            user: SignedOutUserView {
                id: delivery.user,
                name: user_name,
            },
            state: delivery.state().as_str(),
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            next_attempt_at: delivery.next_attempt_at(),
            delivered_at: delivery.delivered_at,
            failed_at: delivery.failed_at,
            last_error: delivery.last_error,
        }
    }
}

/// List the logout tokens for products
///
/// For the owner, newest first. A product that takes logout tokens gets one when a user loses the access in this account:
/// by removal, a changed role, or the end of their session. Delivered ones are listed for a week, failed ones for a month.
#[utoipa::path(get, path = "/accounts/{account}/logout-deliveries", tag = "Accounts",
    params(("account" = String, Path), ("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of deliveries", body = List<LogoutDeliveryView>)))]
async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    params: QueryParams,
) -> ApiResult {
    let locale = caller.user.locale;
    let read = move |tx: &mut ReadTx<'_, '_>, cursor: Option<&str>, limit| {
        oauth2::list_deliveries_of_account(tx, &caller, account, cursor, limit)
    };
    let for_view = app.clone();
    let view = move |row| LogoutDeliveryView::new(&for_view, locale, row);
    list_page(&app, &params, read, view).await
}
