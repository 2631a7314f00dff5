//! The catalogue of products and roles.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Caller, ClientToken, PreferredLanguage};
use crate::response::{ApiResult, json};
use convoke_app::App;
use convoke_core::language::Locale;
use convoke_domain::Error;
use convoke_domain::catalogue::{Product, Role};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show_own))
}

#[derive(Debug, Serialize, ToSchema)]
struct RoleView {
    key: String,
    name: String,
    description: String,
    /// `owner` where only the owner grants it.
    granted_by: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProductView {
    key: String,
    name: String,
    description: String,
    url: Option<String>,
    multi_user: bool,
    roles: Vec<RoleView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct GeneralView {
    roles: Vec<RoleView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CatalogueView {
    general: GeneralView,
    products: Vec<ProductView>,
}

fn role_views(roles: &[Role], locale: Locale) -> Vec<RoleView> {
    roles
        .iter()
        .map(|role| RoleView {
            key: role.key.clone(),
            name: role.name.get(locale.as_str()).to_owned(),
            description: role.description.get(locale.as_str()).to_owned(),
            granted_by: role.owner_only.then_some("owner"),
        })
        .collect()
}

fn product_view(product: &Product, locale: Locale) -> ProductView {
    ProductView {
        key: product.key.clone(),
        name: product.name.get(locale.as_str()).to_owned(),
        description: product.description.get(locale.as_str()).to_owned(),
        url: product.url.clone(),
        multi_user: product.is_multi_user(),
        roles: role_views(&product.roles, locale),
    }
}

/// List products and roles
///
/// Texts come in the language of the signed-in user, else of `Accept-Language`.
#[utoipa::path(get, path = "/products", tag = "Products",
    responses((status = 200, description = "The catalogue", body = CatalogueView)))]
async fn list(
    State(app): State<App>,
    caller: Option<Caller>,
    PreferredLanguage(preferred): PreferredLanguage,
) -> ApiResult {
    let locale = caller.map_or(preferred, |Caller(caller)| caller.user.locale);
    let view = CatalogueView {
        general: GeneralView {
            roles: role_views(&app.ctx.catalogue.general, locale),
        },
        products: app
            .ctx
            .catalogue
            .products
            .iter()
            .map(|product| product_view(product, locale))
            .collect(),
    };
    json(StatusCode::OK, &view)
}

/// Show the calling product
///
/// With an access token that the product has got for itself by `client_credentials`, with the scope `product.read`.
#[utoipa::path(get, path = "/product", tag = "Products",
    responses((status = 200, description = "The product's own entry of the catalogue", body = ProductView)))]
async fn show_own(
    State(app): State<App>,
    PreferredLanguage(locale): PreferredLanguage,
    ClientToken(client): ClientToken,
) -> ApiResult {
    let product = app.ctx.catalogue.product(&client);
    let product = product.ok_or(Error::SignInRequired)?;
    json(StatusCode::OK, &product_view(product, locale))
}
