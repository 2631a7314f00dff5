//! Sign-up, and the mailed link that finishes it.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::error_text;
use super::form::{EmptyForm, Field, Form, FormErrors, FormPage, Link};
use super::invitations;
use super::notice::{Button, Notice};
use super::oauth::services;
use super::return_to::sign_in_path;
use crate::app::App;
use crate::core::language;
use crate::core::secret::{Secret, TokenKind, token_hash};
use crate::domain::Error;
use crate::domain::users::{self, Registration, RegistrationOutcome, SignedUp};
use crate::http::extract::PathIds;

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
    /// The browser's, where script could tell it.
    time_zone: String,
}

async fn show(visit: PageContext) -> PageResult {
    let invitation = visit.query.text("invitation");
    if visit.caller.is_some() {
        return Ok(see_other("/accounts"));
    }
    let waiting = invitations::load_pending(&visit, &invitation).await?;
    if let Err(refusal @ Error::SignUpClosed { .. }) =
        users::check_registration_allowed(&visit.app, waiting.is_some())
    {
        return Ok(closed(&visit, &refusal));
    }
    // A link that was handed over may be anybody's; whoever got the mail knows the address.
    let known = waiting.filter(|it| it.proves_mailbox);
    let form = SignUp {
        email: known.map_or_else(String::new, |it| it.invitation.email),
        invitation,
        ..SignUp::default()
    };
    page(&visit, FormErrors::none(), form).await
}

async fn submit(visit: PageContext, Form(form): Form<SignUp>) -> PageResult {
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
    let origin = visit.origin.clone();
    match visit
        .app
        .register(origin, request, password, visit.locale)
        .await
    {
        Ok(RegistrationOutcome::ConfirmationSent) => Ok(see_other("/sign-up/check-mail")),
        Ok(RegistrationOutcome::SignedUp(done)) => Ok(signed_up(&visit, *done)),
        Err(Error::NotFound) if invited => Ok(invitations::unknown_page(&visit)),
        Err(refusal) => {
            let refused = FormErrors::from_error(&visit, refusal, "email", &form.password)?;
            page(&visit, refused, form).await
        }
    }
}

/// Why nobody can sign up here, and what to do instead.
fn closed(visit: &PageContext, refusal: &Error) -> Response {
    let title = visit.t("sign-up-closed-title");
    Notice::titled(visit, title, error_text::error_text(visit.locale, refusal))
        .link(visit.t("way-sign-in"), "/sign-in")
        .show(StatusCode::FORBIDDEN)
}

async fn page(visit: &PageContext, refused: FormErrors, form: SignUp) -> PageResult {
    let waiting = invitations::load_pending(visit, &form.invitation).await?;
    let sign_in = match &waiting {
        Some(_) => sign_in_path(&format!("/invitations/{}", form.invitation)),
        None => "/sign-in".to_owned(),
    };
    let mut view = FormPage::new(visit, "sign-up", "/sign-up".to_owned());
    let path = format!("/invitations/{}", form.invitation);
    view.services = match &waiting {
        Some(_) => services(visit, Some(&path), &form.invitation),
        None => services(visit, None, ""),
    };
    view.services_only = !visit.app.policy.password_sign_in;
    if let Some(it) = waiting {
        view.banner = Some(invitations::banner_text(visit, &it.invitation));
        if !view.services_only {
            view.intro.push(visit.t("sign-up-invited"));
        }
        view.hidden.push(("invitation", form.invitation));
    }
    view.hidden.push(("time_zone", form.time_zone));
    view.fields = fields(visit, form.first_name, form.last_name, form.email);
    view.links.push(Link {
        lead: visit.t("sign-up-known"),
        label: visit.t("sign-up-sign-in"),
        href: sign_in,
    });
    Ok(view.show(refused))
}

fn fields(visit: &PageContext, first_name: String, last_name: String, email: String) -> Vec<Field> {
    vec![
        Field {
            name: "first_name",
            label: visit.t("field-first-name"),
            kind: "text",
            autocomplete: "given-name",
            value: first_name,
            ..Field::default()
        },
        Field {
            name: "last_name",
            label: visit.t("field-last-name"),
            kind: "text",
            autocomplete: "family-name",
            value: last_name,
            optional: true,
            ..Field::default()
        },
        Field {
            name: "email",
            label: visit.t("field-email"),
            kind: "email",
            autocomplete: "email",
            value: email,
            hint: Some(visit.t("field-email-hint")),
            ..Field::default()
        },
        new_password(visit),
    ]
}

/// The field for a password that is being chosen.
pub(super) fn new_password(visit: &PageContext) -> Field {
    let min = i64::try_from(visit.app.policy.password_min_length).unwrap_or(i64::MAX);
    Field {
        name: "password",
        label: visit.t("field-password"),
        kind: "password",
        autocomplete: "new-password",
        hint: Some(visit.t_args("field-new-password-hint", &[("min", min.into())])),
        ..Field::default()
    }
}

/// The way on for somebody whose user has just come to be.
fn signed_up(visit: &PageContext, done: SignedUp) -> Response {
    let path = match done.joined {
        Some(Ok(acceptance)) => format!("/accounts/{}?done=joined", acceptance.card.account.id),
        Some(Err(_)) => "/accounts?done=not-joined".to_owned(),
        None => "/accounts?done=signed-up".to_owned(),
    };
    visit.with_session(visit.flash(&path), &done.signed_in)
}

async fn check_mail(visit: PageContext) -> Response {
    Notice::new(&visit, "sign-up-check-mail")
        .paragraph(visit.t("check-mail-hint"))
        .link(visit.t("way-sign-in"), "/sign-in")
        .show(StatusCode::OK)
}

async fn show_confirm(visit: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let presented = token.clone();
    // Only looks whether the link still works.
    let found = visit
        .app
        .read(move |tx| users::find_pending_registration(tx, &presented).map(|_| ()))
        .await;
    match found {
        Ok(()) => Ok(confirm_page(&visit, FormErrors::none(), &token)),
        Err(refusal) => link_expired_page(&visit, refusal, &token),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Confirmation {
    password: String,
}

async fn confirm(
    visit: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(form): Form<Confirmation>,
) -> PageResult {
    let password = Secret::new(form.password);
    let origin = visit.origin.clone();
    match visit
        .app
        .confirm_registration(origin, token.clone(), password)
        .await
    {
        Ok(done) => Ok(signed_up(&visit, done)),
        Err(refusal @ Error::LinkNoLongerValid) => link_expired_page(&visit, refusal, &token),
        Err(refusal) => {
            let refused = FormErrors::from_error(&visit, refusal, "password", "")?;
            Ok(confirm_page(&visit, refused, &token))
        }
    }
}

fn confirm_page(visit: &PageContext, refused: FormErrors, token: &str) -> Response {
    let mut form = FormPage::new(visit, "confirm", format!("/confirm/{token}"));
    form.intro.push(visit.t("confirm-text"));
    form.fields.push(Field {
        name: "password",
        label: visit.t("field-password"),
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    });
    form.show(refused)
}

fn link_expired_page(visit: &PageContext, refusal: Error, token: &str) -> PageResult {
    if !matches!(refusal, Error::LinkNoLongerValid) {
        return Err(visit.error_page(refusal));
    }
    let mut notice = Notice::new(visit, "confirm-no-longer")
        .link(visit.t("way-sign-in"), "/sign-in")
        .link(visit.t("confirm-no-longer-again"), "/sign-up");
    // A text that cannot be a token of ours is not put into an address.
    notice.button = token_hash(TokenKind::Confirmation, token).map(|_| Button {
        action: format!("/confirm/{token}/again"),
        label: visit.t("confirm-no-longer-send"),
        hidden: None,
    });
    Ok(notice.show(StatusCode::GONE))
}

/// Another link for a sign-up whose link has ended; the answer is the same where nothing waits.
async fn resend(
    visit: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let origin = visit.origin.clone();
    let sent = visit
        .app
        .write(move |tx| users::resend_confirmation(tx, &origin, &token))
        .await;
    sent.map_err(|refusal| visit.error_page(refusal))?;
    Ok(see_other("/sign-up/check-mail"))
}
