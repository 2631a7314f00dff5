//! Sign-up, and the mailed link that finishes it.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::form::{EmptyForm, Field, Form, FormErrors, FormPage, Link};
use super::notice::{Button, Notice};
use super::oauth::services;
use super::return_to::sign_in_path;
use super::{error_text, invitation};
use crate::console::urls;
use crate::extract::PathIds;
use convoke_app::App;
use convoke_core::language;
use convoke_core::secret::{Secret, TokenKind, token_hash};
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
    /// The browser's, when a script has sent it.
    time_zone: String,
}

async fn show(context: PageContext) -> PageResult {
    let invitation = context.query.text("invitation");
    if context.caller.is_some() {
        return Ok(see_other("/accounts"));
    }
    let waiting = invitation::load_pending(&context, &invitation).await?;
    if let Err(error @ Error::SignUpClosed { .. }) =
        users::check_registration_allowed(&context.app.ctx, waiting.is_some())
    {
        return Ok(closed(&context, &error));
    }
    // A link that was handed over may be anybody's; whoever got the mail knows the address.
    let known = waiting.filter(|waiting| waiting.proves_mailbox);
    let form = SignUp {
        email: known.map_or_else(String::new, |it| it.invitation.email),
        invitation,
        ..SignUp::default()
    };
    page(&context, FormErrors::none(), form).await
}

async fn submit(context: PageContext, Form(form): Form<SignUp>) -> PageResult {
    let invited = !form.invitation.is_empty();
    let request = Registration {
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: Some(form.last_name.clone()),
        invitation_token: invited.then(|| form.invitation.clone()),
        accept_invitation: invited,
        time_zone: language::time_zone(&form.time_zone),
        ..Registration::default()
    };
    let password = Secret::new(form.password.clone());
    let origin = context.origin.clone();
    match context
        .app
        .register(origin, request, password, context.locale)
        .await
    {
        Ok(RegistrationOutcome::ConfirmationSent) => Ok(see_other("/sign-up/check-mail")),
        Ok(RegistrationOutcome::SignedUp(done)) => Ok(signed_up(&context, *done)),
        Err(Error::NotFound) if invited => Ok(invitation::unknown_page(&context)),
        Err(error) => {
            let refused = FormErrors::from_error(&context, error, "email", &form.password)?;
            page(&context, refused, form).await
        }
    }
}

/// Why nobody can sign up here, and what to do instead.
fn closed(context: &PageContext, error: &Error) -> Response {
    let title = context.t("sign-up-closed-title");
    Notice::titled(
        context,
        title,
        error_text::error_text(context.locale, error),
    )
    .link(context.t("way-sign-in"), "/sign-in")
    .show(StatusCode::FORBIDDEN)
}

async fn page(context: &PageContext, refused: FormErrors, form: SignUp) -> PageResult {
    let waiting = invitation::load_pending(context, &form.invitation).await?;
    let sign_in = match &waiting {
        Some(_) => sign_in_path(&urls::invitation(&form.invitation)),
        None => "/sign-in".to_owned(),
    };
    let mut view = FormPage::new(context, "sign-up", "/sign-up".to_owned());
    let path = urls::invitation(&form.invitation);
    view.services = match &waiting {
        Some(_) => services(context, Some(&path), &form.invitation),
        None => services(context, None, ""),
    };
    view.services_only = !context.app.ctx.policy.password_sign_in;
    if let Some(it) = waiting {
        view.banner = Some(invitation::banner_text(context, &it.invitation));
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
    Ok(view.show(refused))
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

/// The field for a password that is being chosen.
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

/// The way on for somebody whose user has just come to be.
fn signed_up(context: &PageContext, done: SignedUp) -> Response {
    let path = match done.joined {
        Some(Ok(acceptance)) => format!("/accounts/{}?done=joined", acceptance.summary.account.id),
        Some(Err(_)) => "/accounts?done=not-joined".to_owned(),
        None => "/accounts?done=signed-up".to_owned(),
    };
    context.with_session(context.flash(&path), &done.signed_in)
}

async fn check_mail(context: PageContext) -> Response {
    Notice::new(&context, "sign-up-check-mail")
        .paragraph(context.t("check-mail-hint"))
        .link(context.t("way-sign-in"), "/sign-in")
        .show(StatusCode::OK)
}

async fn show_confirm(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let presented = token.clone();
    // Only looks whether the link still works.
    let found = context
        .app
        .read(move |tx| users::find_pending_registration(tx, &presented).map(|_| ()))
        .await;
    match found {
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
    let origin = context.origin.clone();
    match context
        .app
        .confirm_registration(origin, token.clone(), password)
        .await
    {
        Ok(done) => Ok(signed_up(&context, done)),
        Err(error @ Error::LinkNoLongerValid) => link_expired_page(&context, error, &token),
        Err(error) => {
            let refused = FormErrors::from_error(&context, error, "password", "")?;
            Ok(confirm_page(&context, refused, &token))
        }
    }
}

fn confirm_page(context: &PageContext, refused: FormErrors, token: &str) -> Response {
    let mut form = FormPage::new(context, "confirm", urls::confirm(&token));
    form.intro.push(context.t("confirm-text"));
    form.fields.push(Field {
        name: "password",
        label: context.t("field-password"),
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    });
    form.show(refused)
}

fn link_expired_page(context: &PageContext, error: Error, token: &str) -> PageResult {
    if !matches!(error, Error::LinkNoLongerValid) {
        return Err(context.error_page(error));
    }
    let mut notice = Notice::new(context, "confirm-no-longer")
        .link(context.t("way-sign-in"), "/sign-in")
        .link(context.t("confirm-no-longer-again"), "/sign-up");
    // A text that cannot be a token of ours is not put into an address.
    notice.button = token_hash(TokenKind::Confirmation, token).map(|_| Button {
        action: urls::confirm_again(&token),
        label: context.t("confirm-no-longer-send"),
        hidden: None,
    });
    Ok(notice.show(StatusCode::GONE))
}

/// Another link for a sign-up whose link has ended; the response is the same where nothing waits.
async fn resend(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let origin = context.origin.clone();
    let sent = context
        .app
        .write(move |tx| users::resend_confirmation(tx, &origin, &token))
        .await;
    sent.map_err(|error| context.error_page(error))?;
    Ok(see_other("/sign-up/check-mail"))
}
