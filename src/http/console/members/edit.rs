//! The edit of a member's roles.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{list_path, sent_invitations_choice, sent_invitations_question};
use crate::core::ids::{AccountId, UserId};
use crate::domain::accounts::AccountSummary;
use crate::domain::catalogue::USER_ADMIN;
use crate::domain::invitations::SentInvitationsPolicy;
use crate::domain::members::{self, Edit, Member};
use crate::domain::permissions::Permission;
use crate::domain::{Error, accounts, invitations};
use crate::http::console::account_layout::{self, subpage};
use crate::http::console::confirm::RadioGroup;
use crate::http::console::context::{PageContext, PageError, PageResult};
use crate::http::console::error_text;
use crate::http::console::form::{ErrorSummaryItem, Form};
use crate::http::console::page::{Page, SafeHtml, render};
use crate::http::console::roles::{self, RoleGroup};
use crate::http::console::unsaved_input;
use crate::http::extract::PathIds;

#[derive(Template)]
#[template(path = "members/edit.html")]
struct EditPage<'a> {
    page: Page<'a>,
    avatar: SafeHtml,
    address: String,
    action: String,
    list: String,
    version: i64,
    /// What is dropped at the next edit (rule P5).
    retired: Option<String>,
    groups: Vec<RoleGroup>,
    /// What becomes of what they sent, if they lose the right to invite.
    sent: Option<RadioGroup>,
    errors: Vec<ErrorSummaryItem>,
}

/// The member and how many pending invitations they stand behind.
async fn load(
    visit: &PageContext,
    account: AccountId,
    user: UserId,
) -> Result<(AccountSummary, (Member, usize)), PageError> {
    account_layout::load_with_account(visit, account, move |tx, caller| {
        accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
        let member = members::get(tx, caller, account, user)?;
        let pending = invitations::count_sent(tx, account, user)?;
        Ok((member, pending))
    })
    .await
}

pub(super) async fn show(
    visit: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> PageResult {
    let (card, (member, pending)) = load(&visit, account, user).await?;
    let roles = member.roles.clone();
    Ok(page(
        &visit,
        &card,
        (&member, pending),
        (&roles, SentInvitationsPolicy::Revoke),
        StatusCode::OK,
        Vec::new(),
    ))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditForm {
    roles: Vec<String>,
    version: String,
    sent_invitations: String,
}

pub(super) async fn submit(
    visit: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    Form(wish): Form<EditForm>,
) -> PageResult {
    let chosen = error_text::role_names(&visit.app.catalogue, visit.locale, &wish.roles);
    let caller = unsaved_input::require_user_keeping_input(&visit, &list_path(account), &chosen)?;
    let edit = Edit {
        roles: wish.roles.clone(),
        sent_invitations: sent_invitations_choice(&wish.sent_invitations),
        version: wish.version.parse().ok(),
    };
    let done = visit
        .app
        .write(move |tx| members::edit(tx, &caller, account, user, &edit))
        .await;
    let line = match done {
        Ok(_) => return Ok(visit.flash(&format!("{}?done=roles-saved", list_path(account)))),
        // Roles that have left the catalogue while the page was open are left out (rule P5).
        Err(Error::Invalid(_)) => visit.t("users-role-gone"),
        Err(Error::VersionConflict) => String::new(),
        Err(Error::RoleNotGrantable(roles)) => error_text::not_grantable(&visit, &roles).text,
        Err(other) => {
            let kept = Some(chosen);
            return Err(account_layout::error_page_with_input(&visit, account, other, kept).await);
        }
    };
    let (card, (member, pending)) = load(&visit, account, user).await?;
    let (status, text) = if line.is_empty() {
        let now = error_text::role_names(&visit.app.catalogue, visit.locale, &member.roles);
        let args = [("name", (&member.name).into()), ("roles", now.into())];
        (
            StatusCode::PRECONDITION_FAILED,
            visit.t_args("users-changed-meanwhile", &args),
        )
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, line)
    };
    let lines = vec![ErrorSummaryItem {
        field: "roles".to_owned(),
        text,
    }];
    Ok(page(
        &visit,
        &card,
        (&member, pending),
        (&wish.roles, sent_invitations_choice(&wish.sent_invitations)),
        status,
        lines,
    ))
}

fn page(
    visit: &PageContext,
    card: &AccountSummary,
    (member, pending): (&Member, usize),
    (chosen, sent): (&[String], SentInvitationsPolicy),
    status: StatusCode,
    lines: Vec<ErrorSummaryItem>,
) -> Response {
    let account = card.account.id;
    let title = visit.t_args("users-edit-title", &[("name", (&member.name).into())]);
    let mut page = subpage(visit, card, title);
    page.failed = !lines.is_empty();
    let (known, retired): (Vec<String>, Vec<String>) = member
        .roles
        .iter()
        .cloned()
        .partition(|key| visit.app.catalogue.role(key).is_some());
    let retired = error_text::role_names(&visit.app.catalogue, visit.locale, &retired);
    let may_lose = known.iter().any(|key| key == USER_ADMIN) && !member.owner;
    let view = EditPage {
        page,
        avatar: SafeHtml::avatar(&member.name, member.picture.as_deref()),
        address: member.email.clone().unwrap_or_else(|| member.login.clone()),
        action: format!("{}/{}/edit", list_path(account), member.user),
        list: list_path(account),
        version: member.version,
        retired: (!retired.is_empty())
            .then(|| visit.t_args("roles-retired", &[("roles", retired.into())])),
        groups: roles::choices(visit, &card.standing, None, chosen, &known),
        sent: sent_invitations_question(visit, member, pending, sent).filter(|_| may_lose),
        errors: lines,
    };
    render(status, &view)
}
