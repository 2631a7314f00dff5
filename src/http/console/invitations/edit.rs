//! The edit of a pending invitation's product and roles.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{list_path, skipped};
use crate::core::ids::{AccountId, InvitationId};
use crate::domain::accounts::AccountSummary;
use crate::domain::invitations::{self, Edit, Invitation};
use crate::domain::permissions::Permission;
use crate::domain::{Error, accounts};
use crate::http::console::account_frame::{self, page_below};
use crate::http::console::form::{Form, Line};
use crate::http::console::kept;
use crate::http::console::page::{Page, render};
use crate::http::console::roles::{self, Choosable, RoleGroup};
use crate::http::console::visit::{Failure, Shown, Visit};
use crate::http::console::words;
use crate::http::extract::PathIds;

#[derive(Template)]
#[template(path = "manage/edit.html")]
struct EditPage<'a> {
    page: Page<'a>,
    action: String,
    list: String,
    products: Vec<Choosable>,
    retired: Option<String>,
    groups: Vec<RoleGroup>,
    lines: Vec<Line>,
}

async fn load(
    visit: &Visit,
    account: AccountId,
    id: InvitationId,
) -> Result<(AccountSummary, Invitation), Failure> {
    account_frame::read(visit, account, move |tx, caller| {
        accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
        invitations::get(tx, caller, account, id)
    })
    .await
}

pub(super) async fn show(
    visit: Visit,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
) -> Shown {
    let (card, it) = load(&visit, account, id).await?;
    if !it.is_pending() {
        return Ok(skipped::back(&visit, account, "edited-none", id));
    }
    let wish = Wish {
        roles: it.roles.clone(),
        product: it.product.clone(),
    };
    Ok(page(&visit, &card, &it, &wish, StatusCode::OK, Vec::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wish {
    roles: Vec<String>,
    product: String,
}

pub(super) async fn submit(
    visit: Visit,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    Form(wish): Form<Wish>,
) -> Shown {
    let chosen = words::access(
        &visit.app.catalogue,
        visit.locale,
        &wish.product,
        &wish.roles,
    );
    let caller = kept::caller(&visit, &list_path(account), &chosen)?;
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
            return Ok(skipped::back(&visit, account, "edited-none", id));
        }
        Err(Error::Invalid(faults)) => words::choice_faults(&visit, &faults),
        Err(Error::RoleNotGrantable(roles)) => vec![words::not_grantable(&visit, &roles)],
        Err(other) => {
            let kept = Some(chosen);
            return Err(account_frame::refused_keeping(&visit, account, other, kept).await);
        }
    };
    let (card, it) = load(&visit, account, id).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page(&visit, &card, &it, &wish, status, lines))
}

fn page(
    visit: &Visit,
    card: &AccountSummary,
    it: &Invitation,
    wish: &Wish,
    status: StatusCode,
    lines: Vec<Line>,
) -> Response {
    let account = card.account.id;
    let title = visit.say("manage-edit-title", &[("email", (&it.email).into())]);
    let mut page = page_below(visit, card, title);
    page.failed = !lines.is_empty();
    let catalogue = &visit.app.catalogue;
    let retired: Vec<String> = it
        .roles
        .iter()
        .filter(|key| catalogue.role(key).is_none())
        .cloned()
        .collect();
    let names = words::roles(catalogue, visit.locale, &retired);
    let view = EditPage {
        page,
        action: format!("{}/{}/edit", list_path(account), it.id),
        list: list_path(account),
        products: roles::product_options(visit, &wish.product),
        retired: (!retired.is_empty())
            .then(|| visit.say("roles-retired", &[("roles", names.into())])),
        groups: roles::choices(
            visit,
            &card.standing,
            Some(&wish.product),
            &wish.roles,
            &it.roles,
        ),
        lines,
    };
    render(status, &view)
}
