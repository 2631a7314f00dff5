//! The form that edits a member's roles.

use crate::console::catalogue_text;
use crate::console::choice_errors;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{sent_invitations_choice, sent_invitations_question};
use crate::console::account_layout::{self, subpage};
use crate::console::components::Avatar;
use crate::console::confirm::RadioGroup;
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{self, ErrorSummaryItem, Form};
use crate::console::page::{Page, render_page};
use crate::console::roles::{self, RoleGroup};
use crate::console::{unsaved_input, urls};
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::accounts::AccountSummary;
use convoke_domain::catalogue::USER_ADMIN;
use convoke_domain::invitations::SentInvitationsPolicy;
use convoke_domain::members::{self, Edit, Member};
use convoke_domain::permissions::Permission;
use convoke_domain::{Error, authorization, invitations};

#[derive(Template)]
#[template(path = "members/edit.html")]
struct EditPage<'a> {
    page: Page<'a>,
    avatar: Avatar,
    address: String,
    action: String,
    list: String,
    version: String,
    /// Retired roles, which the next edit removes (rule P5).
    retired: Option<String>,
    groups: Vec<RoleGroup>,
    /// What happens to their pending invitations if they lose the permission to invite.
    sent: Option<RadioGroup>,
    errors: Vec<ErrorSummaryItem>,
}

/// The member and the number of their pending invitations.
async fn load(
    context: &PageContext,
    account: AccountId,
    user: UserId,
) -> Result<(AccountSummary, (Member, i64)), PageError> {
    account_layout::load_with_account(context, account, move |tx, caller| {
        authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
        let member = members::get(tx, caller, account, user)?;
        let pending = invitations::count_sent(tx, caller, account, user)?;
        Ok((member, pending))
    })
    .await
}

pub(super) async fn show(
    context: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> PageResult {
    let (summary, (member, pending)) = load(&context, account, user).await?;
    let roles = member.roles.clone();
    Ok(page(
        &context,
        &summary,
        (&member, pending),
        (&roles, SentInvitationsPolicy::Revoke),
        &member.version.to_string(),
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
    context: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    Form(form): Form<EditForm>,
) -> PageResult {
    let chosen =
        catalogue_text::role_names(&context.app.ctx.catalogue, context.locale, &form.roles);
    let caller =
        unsaved_input::require_user_keeping_input(&context, &urls::users(account), &chosen)?;
    let edit = Edit {
        roles: form.roles.clone(),
        sent_invitations: sent_invitations_choice(&form.sent_invitations),
        version: form::seen_version(&form.version),
    };
    let result = context
        .app
        .write_in_account(account, caller.user.id, move |tx| {
            members::edit(tx, &caller, account, user, &edit)
        })
        .await;
    let error = match result {
        Ok(_) => return Ok(context.flash(&urls::users(account), &FlashMessage::RolesSaved)),
        Err(error @ (Error::Invalid(_) | Error::VersionConflict | Error::RoleNotGrantable(_))) => {
            error
        }
        Err(other) => {
            let input = Some(chosen);
            return Err(
                account_layout::error_page_with_input(&context, account, other, input).await,
            );
        }
    };
    let (summary, (member, pending)) = load(&context, account, user).await?;
    // Only a page that names the newest roles may replace them.
    let version = match &error {
        Error::VersionConflict => member.version.to_string(),
        _ => form.version.clone(),
    };
    let (status, text) = match &error {
        Error::VersionConflict => {
            let catalogue = &context.app.ctx.catalogue;
            let now = catalogue_text::role_names(catalogue, context.locale, &member.roles);
            let args = [("name", (&member.name).into()), ("roles", now.into())];
            let text = context.t_args("users-changed-meanwhile", &args);
            (StatusCode::PRECONDITION_FAILED, text)
        }
        Error::RoleNotGrantable(roles) => {
            let text = choice_errors::not_grantable(&context, roles).text;
            (StatusCode::UNPROCESSABLE_ENTITY, text)
        }
        // Roles were removed from the catalogue while the page was open (rule P5).
        _ => {
            let text = context.t("users-role-gone");
            (StatusCode::UNPROCESSABLE_ENTITY, text)
        }
    };
    let items = vec![ErrorSummaryItem {
        field: "roles".to_owned(),
        text,
    }];
    Ok(page(
        &context,
        &summary,
        (&member, pending),
        (&form.roles, sent_invitations_choice(&form.sent_invitations)),
        &version,
        status,
        items,
    ))
}

fn page(
    context: &PageContext,
    summary: &AccountSummary,
    (member, pending): (&Member, i64),
    (chosen, sent): (&[String], SentInvitationsPolicy),
    version: &str,
    status: StatusCode,
    items: Vec<ErrorSummaryItem>,
) -> Response {
    let account = summary.account.id;
    let title = context.t_args("users-edit-title", &[("name", (&member.name).into())]);
    let mut page = subpage(context, summary, title);
    page.failed = !items.is_empty();
    let (known, retired): (Vec<String>, Vec<String>) = member
        .roles
        .iter()
        .cloned()
        .partition(|key| context.app.ctx.catalogue.role(key).is_some());
    let retired = catalogue_text::role_names(&context.app.ctx.catalogue, context.locale, &retired);
    let may_lose = known.iter().any(|key| key == USER_ADMIN) && !member.owner;
    let view = EditPage {
        page,
        avatar: Avatar::new(&member.name, member.picture.as_deref()),
        address: member.readable_address(),
        action: urls::edit_member(account, member.user),
        list: urls::users(account),
        version: version.to_owned(),
        retired: (!retired.is_empty())
            .then(|| context.t_args("roles-retired", &[("roles", retired.into())])),
        groups: roles::choices(context, &summary.membership, None, chosen, &known),
        sent: sent_invitations_question(context, member, pending, sent).filter(|_| may_lose),
        errors: items,
    };
    render_page(status, &view.page, &view)
}
