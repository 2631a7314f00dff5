//! The invitation's page as a sign-up: for the mailed link of an address without a user (rule U4).

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::facts::{InvitationFacts, lead};
use super::{link_error, load_preview, sign_in_link};
use crate::console::components::{AccountMark, MarkedText};
use crate::console::context::{PageContext, PageError, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{ErrorSummaryItem, Field, FormErrors, with_retry_after};
use crate::console::new_user::{new_password, signed_up};
use crate::console::oauth::{Service, services};
use crate::console::once::OnceForm;
use crate::console::page::{Page, render_page};
use crate::console::submitted_form::{self, repeated};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::language;
use convoke_core::names;
use convoke_core::secret::Secret;
use convoke_domain::Error;
use convoke_domain::invitations::Preview;
use convoke_domain::users::{Registration, RegistrationOutcome};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct JoinForm {
    name: String,
    /// Shown for password managers; the invited address counts.
    #[serde(rename = "email")]
    _email: String,
    password: String,
    /// The browser's time zone; set by script.
    time_zone: String,
}

impl JoinForm {
    /// The form with the name that was given with the address (rule I17), for the mailed link alone.
    pub(super) fn new(preview: &Preview) -> Self {
        let name = suggested_name(preview);
        Self {
            name: name.map_or_else(String::new, |(first, last)| {
                names::full_name(&first, last.as_deref())
            }),
            ..Self::default()
        }
    }

    /// First and last name: as the suggested name is divided where it was left as it is, else after the first word.
    fn split_name(&self, preview: &Preview) -> (String, Option<String>) {
        suggested_name(preview)
            .filter(|(first, last)| names::full_name(first, last.as_deref()) == self.name.trim())
            .unwrap_or_else(|| names::split_full_name(&self.name))
    }
}

/// First and last name of the name that was given with the address; a link that was not mailed can be in anyone's hands.
fn suggested_name(preview: &Preview) -> Option<(String, Option<String>)> {
    let name = preview.invitation.name.as_deref();
    name.filter(|_| preview.proves_mailbox)
        .map(names::split_name)
}

#[derive(Template)]
#[template(path = "invitation/join.html")]
struct Join<'a> {
    page: Page<'a>,
    token: &'a str,
    mark: AccountMark,
    lead: MarkedText,
    facts: InvitationFacts,
    services: Vec<Service>,
    /// Whether only services are offered.
    services_only: bool,
    fields: Vec<Field>,
    time_zone: String,
    form_key: String,
    errors: Vec<ErrorSummaryItem>,
    button: String,
    /// The sign-in page that returns to the invitation, for a user with another address.
    other_sign_in: String,
}

/// The page, with what was typed.
pub(super) fn page(
    context: &PageContext,
    token: &str,
    preview: &Preview,
    errors: &FormErrors,
    form: JoinForm,
) -> Response {
    let invitation = &preview.invitation;
    let args = [("account", (&invitation.account_name).into())];
    let title = context.t_args("invitation-title", &args);
    let mut page = context.page(title);
    page.failed = !errors.items.is_empty();
    let mut fields = fields(context, form.name, invitation.email.clone());
    let items = errors.attach_to_fields(&mut fields);
    let path = urls::invitation(token);
    let view = Join {
        page,
        token,
        mark: AccountMark::new(&invitation.account_name),
        lead: lead(context, invitation),
        // The address is in its field, and the link has verified its mailbox.
        facts: InvitationFacts::new(context, invitation, true),
        services: services(context, Some(&path), token),
        services_only: !context.app.ctx.policy.password_sign_in,
        fields,
        time_zone: form.time_zone,
        form_key: context.form_key(),
        errors: items,
        button: context.t_args("invitation-join", &args),
        other_sign_in: urls::sign_in_as_other(&sign_in_link(token)),
    };
    with_retry_after(
        render_page(errors.status, &view.page, &view),
        errors.retry_after,
    )
}

fn fields(context: &PageContext, name: String, email: String) -> Vec<Field> {
    vec![
        Field {
            name: "name",
            label: context.t("field-your-name"),
            kind: "text",
            autocomplete: "name",
            value: name,
            ..Field::default()
        },
        Field {
            name: "email",
            label: context.t("field-email"),
            kind: "email",
            autocomplete: "username",
            value: email,
            hint: Some(context.t("field-invited-email-hint")),
            readonly: true,
            ..Field::default()
        },
        Field {
            label: context.t("field-choose-password"),
            ..new_password(context)
        },
    ]
}

/// Creates the user and accepts in one transaction.
pub(super) async fn submit(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    OnceForm { form, key }: OnceForm<JoinForm>,
) -> PageResult {
    let key = key.map(|key| key.hash);
    let password = Secret::new(form.password.clone());
    // The form was sent before: now the address has a user and the invitation has ended.
    let earlier = submitted_form::find(&context, key).await;
    if let Some(result) = earlier.map_err(|error| context.error_page(error))? {
        let response = repeated(&context, result, password).await;
        return response.map_err(|error| context.error_page(error));
    }
    let preview = load_preview(&context, &token).await?;
    match preview.invitee_has_user {
        Some(false) => {}
        Some(true) => return Ok(has_user(&context, &token)),
        // Signed in meanwhile, ended, or a link that was not mailed: its page shows what to do.
        None => return Ok(see_other(&urls::invitation(&token))),
    }
    let (first_name, last_name) = form.split_name(&preview);
    let request = Registration {
        email: preview.invitation.email.clone(),
        first_name,
        last_name,
        invitation_token: Some(token.clone()),
        accept_invitation: true,
        time_zone: language::time_zone(&form.time_zone),
        form_key: key,
        ..Registration::default()
    };
    let client = context.client.clone();
    let result = context
        .app
        .register(client, request, password.clone(), context.locale)
        .await;
    let result = match result {
        Ok(RegistrationOutcome::SignedUp(registered)) => Ok(signed_up(&context, &registered)),
        Ok(RegistrationOutcome::Repeated(result)) => repeated(&context, result, password).await,
        // The address has got a user, or the invitation has ended, since the preview.
        Ok(RegistrationOutcome::ConfirmationSent(_)) => Ok(has_user(&context, &token)),
        Err(error) => Err(error),
    };
    match result {
        Ok(response) => Ok(response),
        Err(error @ (Error::NotFound | Error::LinkNoLongerValid)) => {
            Err(link_error(&context, error))
        }
        Err(error) => {
            let errors = form_errors(&context, error)?;
            Ok(page(&context, &token, &preview, &errors, form))
        }
    }
}

/// Tells a person who chose sign-up that their address has a user; the link has verified that it is theirs.
fn has_user(context: &PageContext, token: &str) -> Response {
    context.flash(&urls::invitation(token), &FlashMessage::SignUpHasUser)
}

/// The errors of a sign-up at the fields of this form, which has one field for both names.
fn form_errors(context: &PageContext, error: Error) -> Result<FormErrors, PageError> {
    let mut errors = FormErrors::from_error(context, error, "password")?;
    for item in &mut errors.items {
        if item.field == "first_name" || item.field == "last_name" {
            "name".clone_into(&mut item.field);
        }
    }
    errors
        .items
        .dedup_by(|a, b| a.field == b.field && a.text == b.text);
    Ok(errors)
}
