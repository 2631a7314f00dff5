//! The page that the products of `convoke serve --demo` open: who is signed in, and what they may do in the product.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::account_layout::is_open_to;
use super::components::RoleChips;
use super::context::{PageContext, PageResult};
use super::page::{Page, render};
use super::return_to::sign_in_path;
use super::{roles, urls};
use crate::extract::PathIds;
use crate::problem::Problem;
use convoke_app::{App, sample_product_path};
use convoke_core::pagination::PageLimit;
use convoke_domain::accounts::{self, AccountSummary};
use convoke_domain::catalogue::Product;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/dev/products/{product}", get(show))
}

/// An account that the product can be used in.
struct Row {
    name: String,
    href: String,
    roles: RoleChips,
}

#[derive(Template)]
#[template(path = "dev/product.html")]
struct SamplePage<'a> {
    page: Page<'a>,
    description: String,
    /// Name and address of the signed-in user.
    user: Option<(String, String)>,
    sign_in: String,
    rows: Vec<Row>,
}

async fn show(context: PageContext, PathIds((key,)): PathIds<(String,)>) -> PageResult {
    let catalogue = &context.app.ctx.catalogue;
    let product = catalogue.product(&key).ok_or_else(Problem::not_found)?;
    let Some(caller) = context.caller.clone() else {
        return Ok(page(&context, product, None, Vec::new()));
    };
    let user = (
        caller.user.name(),
        caller.user.email.clone().unwrap_or_default(),
    );
    let limit = PageLimit::parse(Some("100")).unwrap_or_default();
    let accounts = context
        .app
        .read_long(move |tx| accounts::list(tx, &caller, None, limit))
        .await
        .map_err(|error| context.error_page(error))?;
    let usable = accounts
        .items
        .iter()
        .filter(|summary| is_open_to(product, summary));
    let rows = usable
        .map(|summary| row(&context, product, summary))
        .collect();
    Ok(page(&context, product, Some(user), rows))
}

fn row(context: &PageContext, product: &Product, summary: &AccountSummary) -> Row {
    let of_product = |key: &&String| product.roles.iter().any(|role| role.key == **key);
    let held = summary.membership.roles.iter().filter(of_product);
    let held: Vec<String> = held.cloned().collect();
    Row {
        name: summary.account.name.clone(),
        href: urls::account(summary.account.id),
        roles: roles::chips(context, &held, summary.membership.owner),
    }
}

fn page(
    context: &PageContext,
    product: &Product,
    user: Option<(String, String)>,
    rows: Vec<Row>,
) -> Response {
    let locale = context.locale.as_str();
    let title = product.name.get(locale).to_owned();
    let view = SamplePage {
        page: context.page(title),
        description: product.description.get(locale).to_owned(),
        user,
        sign_in: sign_in_path(&sample_product_path(&product.key)),
        rows,
    };
    render(StatusCode::OK, &view)
}
