//! Sign-up, and the emailed link that confirms it.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use uuid::Uuid;

use super::context::{PageContext, PageResult, see_other};
use super::flash::FlashMessage;
use super::form::{EmptyForm, Field, Form, FormErrors, FormPage, Link};
use super::mailed::{CheckMail, Mailed, MailedKind, sent_again};
use super::new_user::{new_password, signed_up};
use super::notice::{Button, Notice};
use super::oauth::services;
use super::once::OnceForm;
use super::return_to::sign_in_path;
use super::submitted_form::repeated;
use super::{error_text, invitation};
use crate::console::urls;
use convoke_api::extract::{Cookies, PathIds};
use convoke_app::App;
use convoke_core::email_address::EmailAddress;
use convoke_core::language;
use convoke_core::secret::{Secret, TokenKind, token_hash};
use convoke_domain::Error;
use convoke_domain::invitations::Preview;
use convoke_domain::submitted_forms;
use convoke_domain::users::{self, Registration, RegistrationOutcome};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-up", get(show).post(submit))
        .route("/sign-up/check-mail", get(check_mail).post(send_again))
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
    // The page of a mailed link is itself the sign-up, or says that the address has a user.
    if pending
        .as_ref()
        .is_some_and(|preview| preview.proves_mailbox)
    {
        return Ok(see_other(&urls::invitation(&invitation)));
    }
    if let Err(error @ Error::SignUpClosed { .. }) =
        users::check_registration_allowed(&context.app.ctx, pending.is_some())
    {
        return Ok(closed_page(&context, &error));
    }
    let form = SignUp {
        invitation,
        ..SignUp::default()
    };
    page(&context, FormErrors::none(), form).await
}

async fn submit(context: PageContext, OnceForm { form, key }: OnceForm<SignUp>) -> PageResult {
    let has_invitation = !form.invitation.is_empty();
    let request = Registration {
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: Some(form.last_name.clone()),
        invitation_token: has_invitation.then(|| form.invitation.clone()),
        accept_invitation: has_invitation,
        time_zone: language::time_zone(&form.time_zone),
        form_key: key.map(|key| key.hash),
        ..Registration::default()
    };
    let password = Secret::new(form.password.clone());
    let client = context.client.clone();
    let result = context
        .app
        .register(client, request, password.clone(), context.locale)
        .await;
    let result = match result {
        Ok(RegistrationOutcome::ConfirmationSent(registration)) => {
            return confirmation_sent(&context, form, registration).await;
        }
        Ok(RegistrationOutcome::SignedUp(registered)) => Ok(signed_up(&context, &registered)),
        Ok(RegistrationOutcome::Repeated(result)) => repeated(&context, result, password).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(response) => Ok(response),
        Err(error @ (Error::NotFound | Error::LinkNoLongerValid)) if has_invitation => {
            Err(invitation::link_error(&context, error))
        }
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "email")?;
            page(&context, errors, form).await
        }
    }
}

/// The page that asks to open the email. A mailed link of an invitation to the same address verifies the mailbox, so its page says
/// that the address has a user.
async fn confirmation_sent(context: &PageContext, form: SignUp, registration: Uuid) -> PageResult {
    let pending = invitation::load_pending(context, &form.invitation).await?;
    let path = urls::invitation(&form.invitation);
    let is_invited = |preview: &Preview| {
        let email = EmailAddress::parse(&form.email);
        email.is_ok_and(|email| email.canonical() == preview.invitation.email_canonical)
    };
    if pending
        .as_ref()
        .is_some_and(|preview| preview.invitee_has_user == Some(true) && is_invited(preview))
    {
        return Ok(context.flash(&path, &FlashMessage::SignUpHasUser));
    }
    let mailed = Mailed {
        email: form.email,
        registration,
        return_to: pending.map_or_else(String::new, |_| path),
    };
    Ok(mailed.redirect(context, MailedKind::SignUp, urls::SIGN_UP_CHECK_MAIL))
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
    let mut view = FormPage::new(context, "sign-up", urls::SIGN_UP.to_owned()).once(context);
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

/// The page after a sign-up.
async fn check_mail(context: PageContext, cookies: Cookies) -> Response {
    let mailed = Mailed::from_cookies(&context.app, &cookies, MailedKind::SignUp);
    let page = CheckMail {
        key: "sign-up-check-mail",
        path: urls::SIGN_UP_CHECK_MAIL,
        sent: mailed.as_ref().map(|mailed| {
            let token = urls::invitation_token(&mailed.return_to);
            let change = token.map_or_else(|| urls::SIGN_UP.to_owned(), urls::sign_up_invited);
            (mailed.email.as_str(), change)
        }),
        way: (context.t("way-sign-in"), urls::SIGN_IN.to_owned()),
    };
    page.show(&context)
}

/// Sends the email of this browser's sign-up again.
async fn send_again(
    context: PageContext,
    cookies: Cookies,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let Some(mailed) = Mailed::from_cookies(&context.app, &cookies, MailedKind::SignUp) else {
        return Ok(see_other(urls::SIGN_UP));
    };
    let client = context.client.clone();
    let key = key.map(|key| key.hash);
    let result = context
        .app
        .write(move |tx| users::resend_registration(tx, &client, mailed.registration, key.as_ref()))
        .await;
    sent_again(&context, urls::SIGN_UP_CHECK_MAIL, result)
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
    let result = context
        .app
        .confirm_registration(client, token.clone(), password.clone())
        .await;
    let result = match result {
        Ok(registered) => Ok(signed_up(&context, &registered)),
        Err(Error::LinkNoLongerValid) => confirm_again(&context, &token, password).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(response) => Ok(response),
        Err(error @ Error::LinkNoLongerValid) => link_expired_page(&context, error, &token),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "password")?;
            Ok(confirm_page(&context, errors, &token))
        }
    }
}

/// The response to the second confirmation by a link.
async fn confirm_again(
    context: &PageContext,
    token: &str,
    password: Secret,
) -> Result<Response, Error> {
    let token = token.to_owned();
    let result = context
        .app
        .read(move |tx| submitted_forms::find_sign_up(tx, &token))
        .await?;
    let result = result.ok_or(Error::LinkNoLongerValid)?;
    repeated(context, result, password).await
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
    notice.button = token_hash(TokenKind::Confirmation, token).map(|_| {
        let label = context.t("confirm-no-longer-send");
        Button::once(context, urls::confirm_again(token), label)
    });
    Ok(notice.show(StatusCode::GONE))
}

/// Sends another link for an expired one; the response is the same without a pending registration.
async fn resend(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let client = context.client.clone();
    let key = key.map(|key| key.hash);
    let result = context
        .app
        .write(move |tx| users::resend_confirmation(tx, &client, &token, key.as_ref()))
        .await;
    result.map_err(|error| context.error_page(error))?;
    Ok(see_other(urls::SIGN_UP_CHECK_MAIL))
}
