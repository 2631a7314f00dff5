//! The products that the viewer is signed in to, each of which they can sign out of.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::layout::{Section, SectionLink};
use crate::console::components::RelativeTime;
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::Form;
use crate::console::page::{Page, render_page};
use crate::console::urls;
use convoke_core::ids::GrantId;
use convoke_domain::Error;
use convoke_domain::oauth2::{self, UserGrant};

/// A product, in one account and one session.
struct Row {
    id: GrantId,
    product: String,
    account: String,
    used: RelativeTime,
    /// Whether it was begun in this browser's session.
    is_current: bool,
}

#[derive(Template)]
#[template(path = "profile/products.html")]
struct ProductsPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    rows: Vec<Row>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    let session = caller.session.id;
    let grants = context
        .app
        .read(move |tx| oauth2::list_own(tx, &caller))
        .await
        .map_err(|error| context.error_page(error))?;
    let row = |grant: UserGrant| {
        let product = context.app.ctx.catalogue.product(&grant.client)?;
        Some(Row {
            id: grant.id,
            product: product.name.get(context.locale.as_str()).to_owned(),
            account: grant.account_name,
            used: context.relative_and_exact(grant.last_used_at),
            is_current: grant.session == session,
        })
    };
    let view = ProductsPage {
        page: Section::Products.page(&context),
        sections: Section::Products.links(&context),
        rows: grants.into_iter().filter_map(row).collect(),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectedGrant {
    id: String,
}

pub(super) async fn end(context: PageContext, Form(form): Form<SelectedGrant>) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE_PRODUCTS)?;
    let id: Option<GrantId> = form.id.parse().ok();
    let result = context
        .app
        .write(move |tx| match id {
            Some(id) => oauth2::end_own(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match result {
        // It had ended, or was ended in another tab.
        Ok(()) | Err(Error::NotFound) => {
            Ok(Section::Products.redirect(&context, &FlashMessage::ProductSignedOut))
        }
        Err(other) => Err(context.error_page(other)),
    }
}
