//! The first step: which product the invitation is about.

use askama::Template;
use axum::http::StatusCode;

use super::recipients::InviteForm;
use super::{Step, path, steps};
use crate::core::ids::AccountId;
use crate::domain::accounts;
use crate::domain::permissions::Permission;
use crate::http::console::account_layout::{self, subpage};
use crate::http::console::context::{PageContext, PageResult};
use crate::http::console::form::ErrorSummaryItem;
use crate::http::console::page::{Page, render};

/// A product as it can be chosen, or why it cannot.
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
    /// What is known already of the next step.
    hidden: Vec<(&'static str, String)>,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(visit: &PageContext, account: AccountId, wish: InviteForm) -> PageResult {
    let (card, ()) = account_layout::load_with_account(visit, account, move |tx, caller| {
        accounts::authorize(tx, caller, account, Permission::ManageUsers).map(drop)
    })
    .await?;
    let asked = visit.query.get("step").is_some() || !wish.product.is_empty();
    let lines: Vec<ErrorSummaryItem> = asked
        .then(|| ErrorSummaryItem {
            field: "product".to_owned(),
            text: visit.t("fault-no-product"),
        })
        .into_iter()
        .collect();
    let locale = visit.locale.as_str();
    let args = [("account", (&card.account.name).into())];
    let mut page = subpage(visit, &card, visit.t_args("invite-title", &args));
    page.failed = !lines.is_empty();
    let mut hidden = vec![("step", "2".to_owned())];
    hidden.extend(wish.roles.iter().map(|role| ("roles", role.clone())));
    if !wish.emails.is_empty() {
        hidden.push(("emails", wish.emails.clone()));
    }
    let mut first = true;
    let products = visit.app.catalogue.products.iter().map(|it| Product {
        key: it.key.clone(),
        name: it.name.get(locale).to_owned(),
        meaning: it.description.get(locale).to_owned(),
        single: !it.multi_user,
        // A product that is the only one to choose from is chosen.
        chosen: it.multi_user && std::mem::take(&mut first) && only_one(visit),
    });
    let view = ProductPage {
        steps: steps(visit, 1),
        action: path(account),
        cancel: format!("/accounts/{account}/invitations"),
        products: products.collect(),
        hidden,
        page,
        errors: lines,
    };
    let status = if asked {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render(status, &view))
}

fn only_one(visit: &PageContext) -> bool {
    let products = visit.app.catalogue.products.iter();
    products.filter(|it| it.multi_user).count() == 1
}
