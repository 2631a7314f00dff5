//! The wizard that invites, in three steps: product, recipients with roles, result.

mod check;
mod hints;
mod list;
mod notes;
mod product;
mod recipients;
mod result;
mod submit;

use axum::Router;
use axum::routing::{get, post};

use super::context::{PageContext, PageResult};
use crate::extract::PathIds;
use convoke_app::App;
use convoke_core::ids::AccountId;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/invite", get(show).post(submit::submit))
        .route("/accounts/{account}/invite/state", post(check::check))
        .route("/accounts/{account}/invite/result", get(result::show))
}

/// The first step, or the second where the product is chosen already.
async fn show(context: PageContext, PathIds((account,)): PathIds<(AccountId,)>) -> PageResult {
    let form = recipients::InviteForm::from_query(&context, account).await?;
    let product = context.app.ctx.catalogue.product(&form.product);
    if product.is_some_and(|product| product.multi_user) {
        return recipients::show(&context, account, form).await;
    }
    product::show(&context, account, form).await
}

/// The steps; `current` counts from 1.
fn steps(context: &PageContext, current: usize) -> Vec<Step> {
    let labels = ["step-product", "step-people", "step-result"];
    let step = |(index, key): (usize, &str)| Step {
        number: index + 1,
        label: context.t(key),
        done: index + 1 < current,
        current: index + 1 == current,
    };
    labels.into_iter().enumerate().map(step).collect()
}

/// One of the three steps.
struct Step {
    number: usize,
    label: String,
    done: bool,
    current: bool,
}
