//! The wizard that invites: product, recipients with roles, result. The product is usually known, so that it opens with the
//! second step. What is typed stays in forms: it never becomes part of an address.

mod check;
mod counts;
mod form;
mod hints;
mod list;
mod notes;
mod product;
mod recipients;
mod result;
mod submit;

use axum::Router;
use axum::routing::{get, post};

use super::account_layout;
use super::context::{PageContext, PageResult};
use convoke_api::extract::PathIds;
use convoke_app::App;
use convoke_core::ids::AccountId;
use convoke_domain::catalogue::Product;
use convoke_domain::invitations;
use form::InviteForm;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/invite", get(show).post(submit::submit))
        .route("/accounts/{account}/invite/state", post(check::check))
        .route("/accounts/{account}/invite/result", get(result::show))
}

/// The second step with the product of the address or else the one that is likely wanted; the first step without one.
async fn show(context: PageContext, PathIds((account,)): PathIds<(AccountId,)>) -> PageResult {
    let mut form = InviteForm::from_query(&context, account).await?;
    let step = context.query.get("step");
    if form.product.is_empty() && step.is_none() {
        let (_, product) =
            account_layout::load_with_account(&context, account, move |tx, caller| {
                invitations::likely_product(tx, caller, account)
            })
            .await?;
        form.product = product.unwrap_or_default();
        if form.product.is_empty() {
            return product::show(&context, account, form, false).await;
        }
    }
    if step == Some("1") {
        return product::show(&context, account, form, false).await;
    }
    show_step(&context, account, form).await
}

/// The second step, or the first one with an error where no product is chosen to which users can be invited.
async fn show_step(context: &PageContext, account: AccountId, form: InviteForm) -> PageResult {
    let product = context.app.ctx.catalogue.product(&form.product);
    if product.is_some_and(Product::is_multi_user) {
        return recipients::show(context, account, form).await;
    }
    product::show(context, account, form, true).await
}

/// A step that a button of the form asks for, with everything that was entered.
async fn show_posted(
    context: &PageContext,
    account: AccountId,
    mut form: InviteForm,
) -> PageResult {
    let act = std::mem::take(&mut form.act);
    match act.as_str() {
        "change" => return product::show(context, account, form, false).await,
        "preset" => {
            let (_, last) =
                account_layout::load_with_account(context, account, move |tx, caller| {
                    invitations::last_sent(tx, caller, account)
                })
                .await?;
            if let Some(last) = last {
                form.roles = last.roles;
            }
        }
        _ => {}
    }
    show_step(context, account, form).await
}

/// The only product that can be chosen, where there is one.
fn only_choice(context: &PageContext) -> Option<&str> {
    let product = context.app.ctx.catalogue.only_multi_user_product();
    product.map(|product| product.key.as_str())
}
