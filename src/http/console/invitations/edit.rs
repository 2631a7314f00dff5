//! The edit of a pending invitation's product and roles.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{already_ended, list_path};
use crate::core::ids::{AccountId, InvitationId};
use crate::domain::accounts::AccountSummary;
use crate::domain::invitations::{self, Edit, Invitation};
use crate::domain::permissions::Permission;
use crate::domain::{Error, accounts};
use crate::http::console::account_layout::{self, subpage};
use crate::http::console::context::{PageContext, PageError, PageResult};
use crate::http::console::error_text;
use crate::http::console::form::{ErrorSummaryItem, Form};
use crate::http::console::page::{Page, render};
use crate::http::console::roles::{self, RoleGroup, SelectOption};
use crate::http::console::unsaved_input;
use crate::http::extract::PathIds;

#[derive(Template)]
#[template(path = "manage/edit.html")]
struct EditPage<'a> {
    page: Page<'a>,
    action: String,
    list: String,
    products: Vec<SelectOption>,
    retired: Option<String>,
    groups: Vec<RoleGroup>,
    errors: Vec<ErrorSummaryItem>,
}

async fn load(
    visit: &PageContext,
    account: AccountId,
    id: InvitationId,
) -> Result<(AccountSummary, Invitation), PageError> {
    account_layout::load_with_account(visit, account, move |tx, caller| {
        accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
        invitations::get(tx, caller, account, id)
    })
    .await
}

pub(super) async fn show(
    visit: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
) -> PageResult {
    let (card, it) = load(&visit, account, id).await?;
    if !it.is_pending() {
        return Ok(already_ended::back(&visit, account, "edited-none", id));
    }
    let wish = EditForm {
        roles: it.roles.clone(),
        product: it.product.clone(),
    };
    Ok(page(&visit, &card, &it, &wish, StatusCode::OK, Vec::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditForm {
    roles: Vec<String>,
    product: String,
}

pub(super) async fn submit(
    visit: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    Form(wish): Form<EditForm>,
) -> PageResult {
    let chosen = error_text::describe_access(
        &visit.app.catalogue,
        visit.locale,
        &wish.product,
        &wish.roles,
    );
    let caller = unsaved_input::require_user_keeping_input(&visit, &list_path(account), &chosen)?;
    let edit = Edit {
        roles: Some(wish.roles.clone()),
        product: Some(wish.product.clone()),
    };
    let done = visit
        .app
        .write(move |tx| invitations::edit(tx, &caller, account, id, &edit))
        .await;
    let lines = match done {
        Ok(_) => return Ok(visit.flash(&format!("{}?done=edited", list_path(account)))),
        Err(Error::InvitationEnded(_)) => {
            return Ok(already_ended::back(&visit, account, "edited-none", id));
        }
        Err(Error::Invalid(faults)) => error_text::choice_errors(&visit, &faults),
        Err(Error::RoleNotGrantable(roles)) => vec![error_text::not_grantable(&visit, &roles)],
        Err(other) => {
            let kept = Some(chosen);
            return Err(account_layout::error_page_with_input(&visit, account, other, kept).await);
        }
    };
    let (card, it) = load(&visit, account, id).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page(&visit, &card, &it, &wish, status, lines))
}

fn page(
    visit: &PageContext,
    card: &AccountSummary,
    it: &Invitation,
    wish: &EditForm,
    status: StatusCode,
    lines: Vec<ErrorSummaryItem>,
) -> Response {
    let account = card.account.id;
    let title = visit.t_args("manage-edit-title", &[("email", (&it.email).into())]);
    let mut page = subpage(visit, card, title);
    page.failed = !lines.is_empty();
    let catalogue = &visit.app.catalogue;
    let retired: Vec<String> = it
        .roles
        .iter()
        .filter(|key| catalogue.role(key).is_none())
        .cloned()
        .collect();
    let names = error_text::role_names(catalogue, visit.locale, &retired);
    let view = EditPage {
        page,
        action: format!("{}/{}/edit", list_path(account), it.id),
        list: list_path(account),
        products: roles::product_options(visit, &wish.product),
        retired: (!retired.is_empty())
            .then(|| visit.t_args("roles-retired", &[("roles", names.into())])),
        groups: roles::choices(
            visit,
            &card.standing,
            Some(&wish.product),
            &wish.roles,
            &it.roles,
        ),
        errors: lines,
    };
    render(status, &view)
}
