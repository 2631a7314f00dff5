//! The change of the viewer's address, and the emailed link that confirms it.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::layout::{Section, SectionLink, titled};
use super::password::current_password;
use crate::console::context::{PageContext, PageError, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, ErrorSummaryItem, Field, Form, FormErrors};
use crate::console::mailed::{CheckMail, sent_again};
use crate::console::notice::{Button, Notice};
use crate::console::once::OnceForm;
use crate::console::page::{Page, render_page};
use crate::console::return_to::sign_in_path;
use crate::console::{unsaved_input, urls};
use convoke_api::extract::PathIds;
use convoke_app::App;
use convoke_core::secret::{Secret, TokenKind, token_hash};
use convoke_domain::{Caller, Error, invitations, submitted_forms, users};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/profile/email", get(show).post(submit))
        .route(
            "/profile/email/check-mail",
            get(check_mail).post(send_again),
        )
        .route("/profile/invitations-by-mail", post(allow_invitations))
        .route("/confirm-email/{token}", get(show_confirm).post(confirm))
}

async fn show(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    page(&context, &caller, FormErrors::none(), String::new()).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct EmailForm {
    email: String,
    password: String,
}

async fn submit(context: PageContext, OnceForm { form, key }: OnceForm<EmailForm>) -> PageResult {
    let caller =
        unsaved_input::require_user_keeping_input(&context, urls::PROFILE_EMAIL, &form.email)?;
    let password = Secret::new(form.password);
    match context
        .app
        .request_email(
            caller.clone(),
            &form.email,
            password,
            key.map(|key| key.idempotency_key()),
        )
        .await
    {
        Ok(()) => Ok(see_other(urls::PROFILE_EMAIL_CHECK_MAIL)),
        Err(error) => {
            let main = match error {
                Error::WrongPassword => "password",
                _ => "email",
            };
            let input = Some(form.email.clone());
            let errors = FormErrors::from_error_with_input(&context, error, main, input)?;
            page(&context, &caller, errors, form.email).await
        }
    }
}

#[derive(Template)]
#[template(path = "profile/email.html")]
struct EmailPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    text: String,
    fields: Vec<Field>,
    /// The key of the form.
    form_key: String,
    /// Whether invitations by mail to the address are stopped.
    is_unsubscribed: bool,
    errors: Vec<ErrorSummaryItem>,
}

async fn page(
    context: &PageContext,
    caller: &Caller,
    errors: FormErrors,
    email: String,
) -> Result<Response, PageError> {
    let is_unsubscribed = match caller.user.email_canonical.clone() {
        Some(email) => context
            .app
            .read(move |tx| invitations::is_unsubscribed(tx, &email))
            .await
            .map_err(|error| context.error_page(error))?,
        None => false,
    };
    let (title, text) = match &caller.user.email {
        Some(email) => (
            context.t("email-title"),
            context.t_args("email-text", &[("email", email.into())]),
        ),
        None => (context.t("email-add-title"), context.t("email-text-none")),
    };
    let mut fields = vec![Field {
        name: "email",
        label: context.t("field-new-email"),
        kind: "email",
        autocomplete: "email",
        value: email,
        ..Field::default()
    }];
    if context.app.ctx.policy.allows_password(&caller.user) {
        fields.push(Field {
            name: "password",
            ..current_password(context)
        });
    }
    let items = errors.attach_to_fields(&mut fields);
    let mut page = titled(context, title);
    page.failed = !items.is_empty();
    let view = EmailPage {
        page,
        sections: Section::Email.links(context),
        text,
        fields,
        form_key: context.form_key(),
        is_unsubscribed,
        errors: items,
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

/// The page after a request.
async fn check_mail(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    let email = context
        .app
        .read(move |tx| users::pending_email(tx, &caller))
        .await
        .map_err(|error| context.error_page(error))?;
    let page = CheckMail {
        key: "email-check-mail",
        path: urls::PROFILE_EMAIL_CHECK_MAIL,
        sent: email
            .as_deref()
            .map(|email| (email, urls::PROFILE_EMAIL.to_owned())),
        way: (context.t("way-accounts"), urls::ACCOUNTS.to_owned()),
    };
    Ok(page.show(&context))
}

/// Sends the email of the viewer's change again.
async fn send_again(
    context: PageContext,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let path = urls::PROFILE_EMAIL_CHECK_MAIL;
    let caller = context.require_user_or_redirect(path)?;
    let key = key.map(|key| key.idempotency_key());
    let result = context
        .app
        .write(move |tx| users::resend_email(tx, &caller, key.as_ref()))
        .await;
    sent_again(&context, path, result)
}

/// Allows invitations by mail to the viewer's address again.
async fn allow_invitations(
    context: PageContext,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE_EMAIL)?;
    let result = context
        .app
        .write(move |tx| invitations::subscribe_own(tx, &caller))
        .await;
    match result {
        Ok(()) => Ok(Section::Email.redirect(&context, &FlashMessage::InvitationMailAllowed)),
        Err(error) => Err(context.error_page(error)),
    }
}

async fn show_confirm(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    if token_hash(TokenKind::Confirmation, &token).is_none() {
        return Ok(link_expired_page(&context, None));
    }
    let caller = context.require_user()?;
    let (viewer, shown) = (caller.clone(), token.clone());
    let can_confirm = context
        .app
        .read(move |tx| users::can_confirm_email(tx, &viewer, &shown))
        .await
        .map_err(|error| context.error_page(error))?;
    // The button of a link that was used by the viewer leads to the result.
    if !can_confirm && !was_confirmed(&context, token.clone()).await? {
        return Ok(link_expired_page(
            &context,
            Some(urls::confirm_email(&token)),
        ));
    }
    let text = context.t_args("confirm-email-text", &[("name", caller.user.name().into())]);
    let mut notice = Notice::titled(&context, context.t("confirm-email-title"), text);
    notice.button = Some(Button {
        action: urls::confirm_email(&token),
        label: context.t("confirm-email-button"),
        hidden: None,
    });
    Ok(notice.show(StatusCode::OK))
}

/// Finishes the change. The session ends with it, so a second submission of the link may have another session or none; it leads to
/// the same page.
async fn confirm(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let path = urls::confirm_email(&token);
    let is_token = token_hash(TokenKind::Confirmation, &token).is_some();
    let result = match context.caller.clone() {
        Some(caller) => {
            let token = token.clone();
            let confirm = context
                .app
                .write(move |tx| users::confirm_email(tx, &caller, &token));
            confirm.await
        }
        None => Err(Error::SignInRequired),
    };
    let changed = || context.flash(urls::ACCOUNTS, &FlashMessage::EmailChanged);
    let error = match result {
        Ok(signed_in) => return Ok(context.with_session(changed(), &signed_in)),
        Err(error) => error,
    };
    let is_ended = matches!(error, Error::LinkNoLongerValid | Error::SignInRequired);
    if is_ended && was_confirmed(&context, token).await? {
        return Ok(changed());
    }
    context.require_user_or_redirect(if is_token { &path } else { urls::ACCOUNTS })?;
    match error {
        Error::LinkNoLongerValid => Ok(link_expired_page(&context, is_token.then_some(path))),
        other => Err(context.error_page(other)),
    }
}

/// Whether the link has changed the address of the viewer; without a session, of anybody.
async fn was_confirmed(context: &PageContext, token: String) -> Result<bool, PageError> {
    let user = context
        .app
        .read(move |tx| submitted_forms::find_email_change(tx, &token))
        .await
        .map_err(|error| context.error_page(error))?;
    let viewer = context.caller.as_ref().map(|caller| caller.user.id);
    Ok(user.is_some() && (viewer.is_none() || viewer == user))
}

/// The page for a link that is unknown, used, expired or another user's. `back` is the address to return to after a sign-in.
fn link_expired_page(context: &PageContext, back: Option<String>) -> Response {
    let mut notice = Notice::new(context, "confirm-email-no-longer");
    if context.caller.is_some() {
        notice = notice.link(
            context.t("confirm-email-no-longer-again"),
            urls::PROFILE_EMAIL,
        );
        notice.other_sign_in = back.map(|path| sign_in_path(&path));
    } else {
        notice = notice.link(context.t("way-sign-in"), urls::SIGN_IN);
    }
    notice.show(StatusCode::GONE)
}
