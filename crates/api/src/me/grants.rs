//! The products that the user is signed in to.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Caller, PathIds};
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId};
use convoke_core::language::Locale;
use convoke_domain::oauth2::{self, UserGrant};

#[derive(Debug, Serialize, ToSchema)]
struct GrantedProductView {
    key: String,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct GrantedAccountView {
    #[schema(value_type = String, example = "acc_01h455vb4pex5vsknk084sn02q")]
    id: AccountId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantView {
    /// `sid` in the product's tokens.
    #[schema(value_type = String, example = "grt_01h455vb4pex5vsknk084sn02q")]
    id: GrantId,
    product: GrantedProductView,
    account: GrantedAccountView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When tokens were issued last.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
}

impl GrantView {
    /// None for a product that is no longer in the catalogue.
    fn new(app: &App, locale: Locale, grant: UserGrant) -> Option<Self> {
        let product = app.ctx.catalogue.product(&grant.client)?;
        Some(Self {
            id: grant.id,
            product: GrantedProductView {
                key: product.key.clone(),
                name: product.name.get(locale.as_str()).to_owned(),
            },
            account: GrantedAccountView {
                id: grant.account,
                name: grant.account_name,
            },
            created_at: grant.created_at,
            last_used_at: grant.last_used_at,
        })
    }
}

/// List the products I am signed in to
#[utoipa::path(get, path = "/me/grants", tag = "Me",
    responses((status = 200, description = "One item per session, product and account, last used first", body = List<GrantView>)))]
pub(super) async fn list_grants(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    let locale = caller.user.locale;
    let grants = app.read(move |tx| oauth2::list_own(tx, &caller)).await?;
    let items = grants
        .into_iter()
        .filter_map(|grant| GrantView::new(&app, locale, grant))
        .collect();
    json(StatusCode::OK, &List::single_page(items))
}

/// Sign me out of a product
#[utoipa::path(delete, path = "/me/grants/{grant}", tag = "Me", params(("grant" = String, Path)),
    responses((status = 204, description = "It has ended, and the product gets a logout token")))]
pub(super) async fn end_grant(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((grant,)): PathIds<(GrantId,)>,
) -> ApiResult {
    app.write(move |tx| oauth2::end_own(tx, &caller, grant))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}
