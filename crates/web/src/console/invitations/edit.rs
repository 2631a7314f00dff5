//! The form that edits the product and the roles of a pending invitation.

use crate::console::catalogue_text;
use crate::console::choice_errors;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{load, redirect_to_list};
use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{self, ErrorSummaryItem, Form};
use crate::console::page::{Page, render_page};
use crate::console::roles::{self, RoleGroup, SelectOption};
use crate::console::{unsaved_input, urls};
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::Error;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::invitations::{self, Edit, Invitation, SeenAccess};

#[derive(Template)]
#[template(path = "invitations/edit.html")]
struct EditPage<'a> {
    page: Page<'a>,
    action: String,
    list: String,
    seen: SeenAccess,
    products: Vec<SelectOption>,
    retired: Option<String>,
    groups: Vec<RoleGroup>,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(
    context: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
) -> PageResult {
    let (summary, invitation) = load(&context, account, id).await?;
    if !invitation.is_pending() {
        return Ok(redirect_to_list(
            &context,
            account,
            &FlashMessage::InvitationNotEdited(id),
        ));
    }
    let form = EditForm {
        roles: invitation.roles.clone(),
        product: invitation.product.clone(),
        seen_roles: invitation.roles.clone(),
        seen_product: invitation.product.clone(),
    };
    Ok(page(
        &context,
        &summary,
        &invitation,
        &form,
        StatusCode::OK,
        Vec::new(),
    ))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditForm {
    roles: Vec<String>,
    product: String,
    seen_roles: Vec<String>,
    seen_product: String,
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    Form(form): Form<EditForm>,
) -> PageResult {
    let access = catalogue_text::describe_access(
        &context.app.ctx.catalogue,
        context.locale,
        &form.product,
        &form.roles,
    );
    let caller =
        unsaved_input::require_user_keeping_input(&context, &urls::invitations(account), &access)?;
    let edit = Edit {
        roles: Some(form.roles.clone()),
        product: Some(form.product.clone()),
        seen: (!form.seen_product.is_empty()).then(|| SeenAccess {
            product: form.seen_product.clone(),
            roles: form.seen_roles.clone(),
        }),
    };
    let result = context
        .app
        .write_in_account(account, caller.user.id, move |tx| {
            invitations::edit(tx, &caller, account, id, &edit)
        })
        .await;
    let items = match result {
        Ok(_) => {
            return Ok(redirect_to_list(
                &context,
                account,
                &FlashMessage::InvitationEdited,
            ));
        }
        Err(Error::InvitationEnded(_)) => {
            return Ok(redirect_to_list(
                &context,
                account,
                &FlashMessage::InvitationNotEdited(id),
            ));
        }
        Err(Error::Invalid(errors)) => choice_errors::choice_errors(&context, &errors),
        Err(Error::RoleNotGrantable(roles)) => vec![choice_errors::not_grantable(&context, &roles)],
        Err(Error::VersionConflict) => return conflict_page(&context, account, id, form).await,
        Err(other) => {
            let input = Some(access);
            return Err(
                account_layout::error_page_with_input(&context, account, other, input).await,
            );
        }
    };
    let (summary, invitation) = load(&context, account, id).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page(&context, &summary, &invitation, &form, status, items))
}

/// The form with what another user has chosen while the page was open, which the next submission replaces.
async fn conflict_page(
    context: &PageContext,
    account: AccountId,
    id: InvitationId,
    form: EditForm,
) -> PageResult {
    let (summary, invitation) = load(context, account, id).await?;
    let form = EditForm {
        seen_roles: invitation.roles.clone(),
        seen_product: invitation.product.clone(),
        ..form
    };
    let items = vec![changed_meanwhile(context, &invitation)];
    let status = StatusCode::PRECONDITION_FAILED;
    Ok(page(context, &summary, &invitation, &form, status, items))
}

/// What another user has chosen while the page was open.
fn changed_meanwhile(context: &PageContext, invitation: &Invitation) -> ErrorSummaryItem {
    let catalogue = &context.app.ctx.catalogue;
    let (key, roles) = (&invitation.product, &invitation.roles);
    let product = catalogue_text::product_name(catalogue, context.locale, key);
    let access = catalogue_text::describe_access(catalogue, context.locale, key, roles);
    let args = [("product", product.into()), ("access", access.into())];
    ErrorSummaryItem {
        field: "roles".to_owned(),
        text: context.t_args("invitations-changed-meanwhile", &args),
    }
}

fn page(
    context: &PageContext,
    summary: &AccountSummary,
    invitation: &Invitation,
    form: &EditForm,
    status: StatusCode,
    items: Vec<ErrorSummaryItem>,
) -> Response {
    let account = summary.account.id;
    let title = context.t_args(
        "invitations-edit-title",
        &[("email", invitation.readable_email().into())],
    );
    let mut page = subpage(context, summary, title);
    page.failed = !items.is_empty();
    let catalogue = &context.app.ctx.catalogue;
    let retired: Vec<String> = invitation
        .roles
        .iter()
        .filter(|key| catalogue.role(key).is_none())
        .cloned()
        .collect();
    let names = catalogue_text::role_names(catalogue, context.locale, &retired);
    let view = EditPage {
        page,
        action: urls::edit_invitation(account, invitation.id),
        list: urls::invitations(account),
        seen: SeenAccess {
            product: form.seen_product.clone(),
            roles: form.seen_roles.clone(),
        },
        products: roles::product_options(context, &form.product),
        retired: (!retired.is_empty())
            .then(|| context.t_args("roles-retired", &[("roles", names.into())])),
        groups: roles::choices(
            context,
            &summary.membership,
            Some(&form.product),
            &form.roles,
            &invitation.roles,
        ),
        errors: items,
    };
    render_page(status, &view.page, &view)
}
