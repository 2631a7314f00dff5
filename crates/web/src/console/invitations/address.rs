//! The form that gives a pending invitation another address (rule I16).

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{load, redirect_to_list};
use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{self, ErrorSummaryItem, Field, Form, FormErrors, FormPage, Link};
use crate::console::{unsaved_input, urls};
use convoke_api::extract::PathIds;
use convoke_core::email_address::to_readable;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::Error;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::invitations::{self, Invitation};

/// The address at which an invitee asks to be invited instead.
pub(super) struct RequestedAddress {
    pub email: String,
    pub text: String,
    pub button: String,
}

impl RequestedAddress {
    /// The address with its labels.
    pub(super) fn new(context: &PageContext, email: &str) -> Self {
        let args = [("email", to_readable(email).into_owned().into())];
        Self {
            email: email.to_owned(),
            text: context.t_args("readdress-requested", &args),
            button: context.t_args("readdress-instead", &args),
        }
    }
}

/// The form; the address that the invitee asks for is in its field.
pub(super) async fn show(
    context: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
) -> PageResult {
    let (summary, invitation) = load(&context, account, id).await?;
    if !invitation.is_pending() {
        let message = FlashMessage::InvitationNotEdited(id);
        return Ok(redirect_to_list(&context, account, &message));
    }
    let requested = invitation.requested_email.clone();
    let form = AddressForm {
        email: requested.unwrap_or_else(|| invitation.email.clone()),
        version: invitation.address_version.to_string(),
    };
    let errors = FormErrors::none();
    Ok(page(&context, &summary, &invitation, errors, form))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AddressForm {
    email: String,
    version: String,
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    Form(form): Form<AddressForm>,
) -> PageResult {
    let path = urls::address_of_invitation(account, id);
    let caller = unsaved_input::require_user_keeping_input(&context, &path, &form.email)?;
    let (email, seen) = (form.email.clone(), form::seen_version(&form.version));
    let result = context
        .app
        .write_in_account(account, caller.user.id, move |tx| {
            invitations::readdress(tx, &caller, account, id, &email, seen)
        })
        .await;
    match result {
        Ok(_) => {
            let message = FlashMessage::InvitationReaddressed;
            Ok(redirect_to_list(&context, account, &message))
        }
        Err(Error::InvitationEnded(_)) => {
            let message = FlashMessage::InvitationNotEdited(id);
            Ok(redirect_to_list(&context, account, &message))
        }
        Err(
            error @ (Error::Invalid(_)
            | Error::AlreadyMember
            | Error::AlreadyInvited
            | Error::RegisteredUsersOnly(_)
            | Error::RateLimited(_)),
        ) => {
            let errors = FormErrors::from_error(&context, error, "email")?;
            let (summary, invitation) = load(&context, account, id).await?;
            Ok(page(&context, &summary, &invitation, errors, form))
        }
        Err(Error::VersionConflict) => {
            let (summary, invitation) = load(&context, account, id).await?;
            let args = [("email", invitation.readable_email().into())];
            let text = context.t_args("readdress-changed-meanwhile", &args);
            let field = "email".to_owned();
            let errors = FormErrors {
                status: StatusCode::PRECONDITION_FAILED,
                items: vec![ErrorSummaryItem { field, text }],
                retry_after: None,
            };
            // The next submission replaces what this page names.
            let form = AddressForm {
                version: invitation.address_version.to_string(),
                ..form
            };
            Ok(page(&context, &summary, &invitation, errors, form))
        }
        Err(other) => {
            let input = Some(form.email);
            Err(account_layout::error_page_with_input(&context, account, other, input).await)
        }
    }
}

fn page(
    context: &PageContext,
    summary: &AccountSummary,
    invitation: &Invitation,
    errors: FormErrors,
    AddressForm { email, version }: AddressForm,
) -> Response {
    let account = summary.account.id;
    let path = urls::address_of_invitation(account, invitation.id);
    let mut form = FormPage::new(context, "readdress", path);
    form.page = subpage(context, summary, form.page.title.clone());
    let args = [("email", invitation.readable_email().into())];
    form.intro.push(context.t_args("readdress-text", &args));
    if let Some(requested) = &invitation.requested_email {
        let args = [("email", to_readable(requested).into_owned().into())];
        form.intro
            .push(context.t_args("readdress-requested", &args));
        // The field may be edited; the button names the address that is in it at first.
        if *requested == email {
            form.button = context.t_args("readdress-instead", &args);
        }
    }
    form.hidden.push(("version", version));
    form.fields.push(Field {
        name: "email",
        label: context.t("field-new-email"),
        kind: "email",
        autocomplete: "off",
        value: email,
        ..Field::default()
    });
    form.links.push(Link {
        lead: String::new(),
        label: context.t("readdress-keep"),
        href: urls::invitations(account),
    });
    form.show(errors)
}
