//! Opens a product in an account: at the address where its sign-in begins (OpenID Connect Core section 4), else at its own.

use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::context::PageContext;
use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::ids::AccountId;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/go/{product}", get(open))
}

async fn open(
    context: PageContext,
    PathIds((key,)): PathIds<(String,)>,
) -> Result<Response, Problem> {
    let product = context.app.ctx.catalogue.product(&key);
    let product = product.ok_or_else(Problem::not_found)?;
    let account: Option<AccountId> = context.query.get("account").and_then(|id| id.parse().ok());
    let sign_in = product.sign_in.as_ref();
    let Some(initiate) = sign_in.and_then(|sign_in| sign_in.initiate_login_uri.as_deref()) else {
        let url = product.url.as_deref().ok_or_else(Problem::not_found)?;
        return Ok(Redirect::to(url).into_response());
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("iss", context.app.issuer());
    if let Some(account) = account {
        query.append_pair("account", &account.to_string());
    }
    let separator = if initiate.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{initiate}{separator}{}", query.finish())).into_response())
}
