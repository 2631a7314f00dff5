//! "I use another address": asks the inviter to give the invitation another address (rule I16).

use axum::response::Response;
use serde::Deserialize;

use super::{link_error, load_preview};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{Field, Form, FormErrors, FormPage, Link};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_domain::Error;
use convoke_domain::invitations::{self, Invitation};

/// The form with one field.
pub(super) async fn show(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
) -> PageResult {
    let preview = load_preview(&context, &token).await?;
    let invitation = &preview.invitation;
    if !invitation.is_pending() || invitation.requested_email.is_some() {
        return Ok(see_other(&urls::invitation(&token)));
    }
    let own = preview.own_email.clone().unwrap_or_default();
    Ok(page(&context, &token, invitation, FormErrors::none(), own))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AddressForm {
    email: String,
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(form): Form<AddressForm>,
) -> PageResult {
    let (caller, presented_token) = (context.caller.clone(), token.clone());
    let (client, email) = (context.client.clone(), form.email.clone());
    let result = context
        .app
        .write(move |tx| {
            let caller = caller.as_ref();
            invitations::request_address(tx, caller, &client, &presented_token, &email)
        })
        .await;
    match result {
        Ok(()) => Ok(context.flash(&urls::invitation(&token), &FlashMessage::AddressRequested)),
        Err(Error::InvitationEnded(_)) => Ok(see_other(&urls::invitation(&token))),
        Err(error @ Error::Invalid(_)) => {
            let errors = FormErrors::from_error(&context, error, "email")?;
            let preview = load_preview(&context, &token).await?;
            let invitation = &preview.invitation;
            Ok(page(&context, &token, invitation, errors, form.email))
        }
        Err(error) => Err(link_error(&context, error)),
    }
}

fn page(
    context: &PageContext,
    token: &str,
    invitation: &Invitation,
    errors: FormErrors,
    email: String,
) -> Response {
    let args = [
        ("inviter", (&invitation.inviter_name).into()),
        ("account", (&invitation.account_name).into()),
    ];
    let mut form = FormPage::new(context, "request-address", urls::request_address(token));
    form.intro
        .push(context.t_args("request-address-text", &args));
    form.button = context.t_args("request-address-button", &args);
    form.fields.push(Field {
        name: "email",
        label: context.t("field-used-email"),
        kind: "email",
        autocomplete: "email",
        value: email,
        ..Field::default()
    });
    form.links.push(Link {
        lead: String::new(),
        label: context.t("request-address-back"),
        href: urls::invitation(token),
    });
    form.show(errors)
}
