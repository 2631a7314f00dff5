//! Inviting, in three steps: the product, the people with their roles, and what became of it.

mod people;
mod product;
mod remedy;
mod result;
mod send;
mod state;

use axum::Router;
use axum::routing::{get, post};

use super::visit::{Shown, Visit};
use crate::app::App;
use crate::core::ids::AccountId;
use crate::http::extract::PathIds;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/invite", get(begin).post(send::submit))
        .route("/accounts/{account}/invite/state", post(state::state))
        .route("/accounts/{account}/invite/result", get(result::show))
}

fn path(account: AccountId) -> String {
    format!("/accounts/{account}/invite")
}

/// The first step, or the second where the product is known already.
async fn begin(visit: Visit, PathIds((account,)): PathIds<(AccountId,)>) -> Shown {
    let wish = people::Wish::of_query(&visit, account).await?;
    let known = visit.app.catalogue.product(&wish.product);
    if known.is_some_and(|product| product.multi_user) {
        return people::show(&visit, account, wish).await;
    }
    product::show(&visit, account, wish).await
}

/// The steps with the one that is open, counted from 1.
fn steps(visit: &Visit, open: usize) -> Vec<Step> {
    let labels = ["step-product", "step-people", "step-result"];
    let step = |(index, key): (usize, &str)| Step {
        number: index + 1,
        label: visit.t(key),
        done: index + 1 < open,
        current: index + 1 == open,
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
