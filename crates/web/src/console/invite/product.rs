//! The first step: the choice of the product.

use askama::Template;
use axum::http::StatusCode;

use super::recipients::InviteForm;
use super::{Step, steps};
use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult};
use crate::console::form::ErrorSummaryItem;
use crate::console::page::{Page, render};
use crate::console::urls;
use convoke_core::ids::AccountId;
use convoke_domain::authorization;
use convoke_domain::permissions::Permission;

/// A product that can be chosen, or a single-user product that cannot.
struct Product {
    key: String,
    name: String,
    meaning: String,
    single: bool,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "invite/product.html")]
struct ProductPage<'a> {
    page: Page<'a>,
    steps: Vec<Step>,
    action: String,
    cancel: String,
    products: Vec<Product>,
    /// Input of the next step that is known already.
    hidden: Vec<(&'static str, String)>,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(
    context: &PageContext,
    account: AccountId,
    form: InviteForm,
) -> PageResult {
    let (summary, ()) = account_layout::load_with_account(context, account, move |tx, caller| {
        authorization::authorize(tx, caller, account, Permission::ManageUsers).map(drop)
    })
    .await?;
    let is_submitted = context.query.get("step").is_some() || !form.product.is_empty();
    let items: Vec<ErrorSummaryItem> = is_submitted
        .then(|| ErrorSummaryItem {
            field: "product".to_owned(),
            text: context.t("error-no-product"),
        })
        .into_iter()
        .collect();
    let locale = context.locale.as_str();
    let args = [("account", (&summary.account.name).into())];
    let mut page = subpage(context, &summary, context.t_args("invite-title", &args));
    page.failed = !items.is_empty();
    let mut hidden = vec![("step", "2".to_owned())];
    hidden.extend(form.roles.iter().map(|role| ("roles", role.clone())));
    if !form.emails.is_empty() {
        hidden.push(("emails", form.emails.clone()));
    }
    let mut is_first = true;
    let products = context
        .app
        .ctx
        .catalogue
        .products
        .iter()
        .map(|product| Product {
            key: product.key.clone(),
            name: product.name.get(locale).to_owned(),
            meaning: product.description.get(locale).to_owned(),
            single: !product.multi_user,
            // Preselects the only product that can be chosen.
            chosen: product.multi_user && std::mem::take(&mut is_first) && has_one_choice(context),
        });
    let view = ProductPage {
        steps: steps(context, 1),
        action: urls::invite(account),
        cancel: urls::invitations(account),
        products: products.collect(),
        hidden,
        page,
        errors: items,
    };
    let status = if is_submitted {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render(status, &view))
}

fn has_one_choice(context: &PageContext) -> bool {
    let products = context.app.ctx.catalogue.products.iter();
    products.filter(|product| product.multi_user).count() == 1
}
