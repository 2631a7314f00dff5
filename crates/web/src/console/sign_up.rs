//! Sign-up, and the emailed link that confirms it.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::flash::FlashMessage;
use super::form::{EmptyForm, Field, Form, FormErrors, FormPage, Link};
use super::notice::{Button, Notice};
use super::oauth::services;
use super::return_to::sign_in_path;
use super::{error_text, invitation};
use crate::console::urls;
use crate::extract::PathIds;
use convoke_app::App;
use convoke_core::secret::{Secret, TokenKind, token_hash};
use convoke_core::{language, names};
use convoke_domain::Error;
use convoke_domain::users::{self, Registration, RegistrationOutcome, SignedUp};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-up", get(show).post(submit))
        .route("/sign-up/check-mail", get(check_mail))
        .route("/confirm/{token}", get(show_confirm).post(confirm))
        .route("/confirm/{token}/again", post(resend))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SignUp {
    first_name: String,
    last_name: String,
    email: String,
    password: String,
    invitation: String,
    /// The browser's time zone; set by script.
    time_zone: String,
}

async fn show(context: PageContext) -> PageResult {
    let invitation = context.query.text("invitation");
    if context.caller.is_some() {
        return Ok(see_other(urls::ACCOUNTS));
    }
    let pending = invitation::load_pending(&context, &invitation).await?;
    if let Err(error @ Error::SignUpClosed { .. }) =
        users::check_registration_allowed(&context.app.ctx, pending.is_some())
    {
        return Ok(closed_page(&context, &error));
    }
    // Only a link from the email discloses the address; a copied link can be in anyone's hands.
    let preview = pending.filter(|pending| pending.proves_mailbox);
    let invited = preview.map(|preview| preview.invitation);
    let name = invited.as_ref().and_then(|invited| invited.name.as_deref());
    let (first_name, last_name) = name.map(names::split_name).unwrap_or_default();
    let form = SignUp {
        first_name,
        last_name: last_name.unwrap_or_default(),
        email: invited.map_or_else(String::new, |invited| invited.email),
        invitation,
        ..SignUp::default()
    };
    page(&context, FormErrors::none(), form).await
}

async fn submit(context: PageContext, Form(form): Form<SignUp>) -> PageResult {
    let has_invitation = !form.invitation.is_empty();
    let request = Registration {
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: Some(form.last_name.clone()),
        invitation_token: has_invitation.then(|| form.invitation.clone()),
        accept_invitation: has_invitation,
        time_zone: language::time_zone(&form.time_zone),
        ..Registration::default()
    };
    let password = Secret::new(form.password.clone());
    let client = context.client.clone();
    match context
        .app
        .register(client, request, password, context.locale)
        .await
    {
        Ok(RegistrationOutcome::ConfirmationSent) => Ok(see_other(urls::SIGN_UP_CHECK_MAIL)),
        Ok(RegistrationOutcome::SignedUp(registered)) => Ok(signed_up(&context, *registered)),
        Err(Error::NotFound) if has_invitation => Ok(invitation::unknown_page(&context)),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "email")?;
            page(&context, errors, form).await
        }
    }
}

/// The page that says why sign-up is closed.
fn closed_page(context: &PageContext, error: &Error) -> Response {
    let title = context.t("sign-up-closed-title");
    Notice::titled(
        context,
        title,
        error_text::error_text(context.locale, error),
    )
    .link(context.t("way-sign-in"), urls::SIGN_IN)
    .show(StatusCode::FORBIDDEN)
}

async fn page(context: &PageContext, errors: FormErrors, form: SignUp) -> PageResult {
    let pending = invitation::load_pending(context, &form.invitation).await?;
    let sign_in = match &pending {
        Some(_) => sign_in_path(&urls::invitation(&form.invitation)),
        None => urls::SIGN_IN.to_owned(),
    };
    let mut view = FormPage::new(context, "sign-up", urls::SIGN_UP.to_owned());
    let path = urls::invitation(&form.invitation);
    view.services = match &pending {
        Some(_) => services(context, Some(&path), &form.invitation),
        None => services(context, None, ""),
    };
    view.services_only = !context.app.ctx.policy.password_sign_in;
    if let Some(preview) = pending {
        view.banner = Some(invitation::banner_text(context, &preview.invitation));
        if !view.services_only {
            view.intro.push(context.t("sign-up-invited"));
        }
        view.hidden.push(("invitation", form.invitation));
    }
    view.hidden.push(("time_zone", form.time_zone));
    view.fields = fields(context, form.first_name, form.last_name, form.email);
    view.links.push(Link {
        lead: context.t("sign-up-known"),
        label: context.t("sign-up-sign-in"),
        href: sign_in,
    });
    Ok(view.show(errors))
}

fn fields(
    context: &PageContext,
    first_name: String,
    last_name: String,
    email: String,
) -> Vec<Field> {
    vec![
        Field {
            name: "first_name",
            label: context.t("field-first-name"),
            kind: "text",
            autocomplete: "given-name",
            value: first_name,
            ..Field::default()
        },
        Field {
            name: "last_name",
            label: context.t("field-last-name"),
            kind: "text",
            autocomplete: "family-name",
            value: last_name,
            optional: true,
            ..Field::default()
        },
        Field {
            name: "email",
            label: context.t("field-email"),
            kind: "email",
            autocomplete: "email",
            value: email,
            hint: Some(context.t("field-email-hint")),
            ..Field::default()
        },
        new_password(context),
    ]
}

/// The field for a new password.
pub(super) fn new_password(context: &PageContext) -> Field {
    let min = i64::try_from(context.app.ctx.policy.password_min_length).unwrap_or(i64::MAX);
    Field {
        name: "password",
        label: context.t("field-password"),
        kind: "password",
        autocomplete: "new-password",
        hint: Some(context.t_args("field-new-password-hint", &[("min", min.into())])),
        ..Field::default()
    }
}

/// Signs a new user in and redirects.
fn signed_up(context: &PageContext, registered: SignedUp) -> Response {
    let response = match registered.joined {
        Some(Ok(acceptance)) => context.flash(
            &urls::account(acceptance.summary.account.id),
            &FlashMessage::Joined,
        ),
        Some(Err(_)) => context.flash(urls::ACCOUNTS, &FlashMessage::NotJoined),
        None => context.flash(urls::ACCOUNTS, &FlashMessage::SignedUp),
    };
    context.with_session(response, &registered.signed_in)
}

async fn check_mail(context: PageContext) -> Response {
    Notice::new(&context, "sign-up-check-mail")
        .paragraph(context.t("check-mail-hint"))
        .link(context.t("way-sign-in"), urls::SIGN_IN)
        .show(StatusCode::OK)
}

async fn show_confirm(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let presented_token = token.clone();
    // Only checks the token; the form consumes it.
    let result = context
        .app
        .read(move |tx| users::find_pending_registration(tx, &presented_token).map(|_| ()))
        .await;
    match result {
        Ok(()) => Ok(confirm_page(&context, FormErrors::none(), &token)),
        Err(error) => link_expired_page(&context, error, &token),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Confirmation {
    password: String,
}

async fn confirm(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(form): Form<Confirmation>,
) -> PageResult {
    let password = Secret::new(form.password);
    let client = context.client.clone();
    match context
        .app
        .confirm_registration(client, token.clone(), password)
        .await
    {
        Ok(registered) => Ok(signed_up(&context, registered)),
        Err(error @ Error::LinkNoLongerValid) => link_expired_page(&context, error, &token),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "password")?;
            Ok(confirm_page(&context, errors, &token))
        }
    }
}

fn confirm_page(context: &PageContext, errors: FormErrors, token: &str) -> Response {
    let mut form = FormPage::new(context, "confirm", urls::confirm(token));
    form.intro.push(context.t("confirm-text"));
    form.fields.push(Field {
        name: "password",
        label: context.t("field-password"),
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    });
    form.show(errors)
}

fn link_expired_page(context: &PageContext, error: Error, token: &str) -> PageResult {
    if !matches!(error, Error::LinkNoLongerValid) {
        return Err(context.error_page(error));
    }
    let mut notice = Notice::new(context, "confirm-no-longer")
        .link(context.t("way-sign-in"), urls::SIGN_IN)
        .link(context.t("confirm-no-longer-again"), urls::SIGN_UP);
    // Only a well-formed token is put into an address.
    notice.button = token_hash(TokenKind::Confirmation, token).map(|_| Button {
        action: urls::confirm_again(token),
        label: context.t("confirm-no-longer-send"),
        hidden: None,
    });
    Ok(notice.show(StatusCode::GONE))
}

/// Sends another link for an expired one; the response is the same without a pending registration.
async fn resend(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let client = context.client.clone();
    let result = context
        .app
        .write(move |tx| users::resend_confirmation(tx, &client, &token))
        .await;
    result.map_err(|error| context.error_page(error))?;
    Ok(see_other(urls::SIGN_UP_CHECK_MAIL))
}
