//! The first step: the choice of the product.

use askama::Template;
use axum::http::StatusCode;

use super::form::InviteForm;
use super::only_choice;
use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult};
use crate::console::form::{self, ErrorSummaryItem};
use crate::console::page::{Page, render_page};
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
    action: String,
    /// Whether the form is posted, since it has input of the next step.
    posts: bool,
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
    is_missing: bool,
) -> PageResult {
    let (summary, ()) = account_layout::load_with_account(context, account, move |tx, caller| {
        authorization::authorize(tx, caller, account, Permission::ManageUsers).map(drop)
    })
    .await?;
    let items: Vec<ErrorSummaryItem> = is_missing
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
    let mut hidden: Vec<(&'static str, String)> = Vec::new();
    hidden.extend(form.roles.iter().map(|role| ("roles", role.clone())));
    if form.is_posted {
        hidden.extend([
            ("act", "product".to_owned()),
            ("emails", form.emails.clone()),
            ("left_out", form.left_out.clone()),
            ("later", form.later.clone()),
            ("locale", form.locale.clone()),
        ]);
        let pairs = form.from.iter().zip(&form.to);
        hidden.extend(pairs.flat_map(|(from, to)| [("from", from.clone()), ("to", to.clone())]));
    } else {
        hidden.push(("step", "2".to_owned()));
    }
    let products = &context.app.ctx.catalogue.products;
    let choice = only_choice(context).unwrap_or(&form.product);
    let products = products.iter().map(|product| Product {
        key: product.key.clone(),
        name: product.name.get(locale).to_owned(),
        meaning: product.description.get(locale).to_owned(),
        single: !product.is_multi_user(),
        chosen: product.is_multi_user() && product.key == *choice,
    });
    let view = ProductPage {
        action: urls::invite(account),
        posts: form.is_posted,
        cancel: if form.product.is_empty() || is_missing {
            urls::invitations(account)
        } else {
            urls::path_with_query(&urls::invite(account), &[("product", &form.product)])
        },
        products: products.collect(),
        hidden,
        page,
        errors: items,
    };
    let status = if is_missing {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_page(status, &view.page, &view))
}
