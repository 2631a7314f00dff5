//! The change of the viewer's address, and the emailed link that confirms it.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::layout::{Section, SectionLink};
use super::password::current_password;
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, ErrorSummaryItem, Field, Form, FormErrors};
use crate::console::notice::{Button, Notice};
use crate::console::page::{Page, render};
use crate::console::return_to::sign_in_path;
use crate::console::{unsaved_input, urls};
use crate::extract::PathIds;
use convoke_app::App;
use convoke_core::secret::{Secret, TokenKind, token_hash};
use convoke_domain::{Caller, Error, users};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/profile/email", get(show).post(submit))
        .route("/profile/email/check-mail", get(check_mail))
        .route("/confirm-email/{token}", get(show_confirm).post(confirm))
}

async fn show(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    Ok(page(&context, &caller, FormErrors::none(), String::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct EmailForm {
    email: String,
    password: String,
}

async fn submit(context: PageContext, Form(form): Form<EmailForm>) -> PageResult {
    let caller =
        unsaved_input::require_user_keeping_input(&context, urls::PROFILE_EMAIL, &form.email)?;
    let password = Secret::new(form.password);
    match context
        .app
        .request_email(caller.clone(), &form.email, password)
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
            Ok(page(&context, &caller, errors, form.email))
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
    errors: Vec<ErrorSummaryItem>,
}

fn page(context: &PageContext, caller: &Caller, errors: FormErrors, email: String) -> Response {
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
    let mut page = Section::Email.titled(context, title);
    page.failed = !items.is_empty();
    let view = EmailPage {
        page,
        sections: Section::Email.links(context),
        text,
        fields,
        errors: items,
    };
    errors.add_retry_after(render(errors.status, &view))
}

async fn check_mail(context: PageContext) -> PageResult {
    context.require_user()?;
    let notice = Notice::new(&context, "email-check-mail")
        .paragraph(context.t("check-mail-hint"))
        .link(context.t("way-accounts"), urls::ACCOUNTS);
    Ok(notice.show(StatusCode::OK))
}

async fn show_confirm(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    if token_hash(TokenKind::Confirmation, &token).is_none() {
        return Ok(link_expired_page(&context, None));
    }
    let caller = context.require_user()?;
    let text = context.t_args("confirm-email-text", &[("name", caller.user.name().into())]);
    let mut notice = Notice::titled(&context, context.t("confirm-email-title"), text);
    notice.button = Some(Button {
        action: urls::confirm_email(&token),
        label: context.t("confirm-email-button"),
        hidden: None,
    });
    Ok(notice.show(StatusCode::OK))
}

async fn confirm(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let path = urls::confirm_email(&token);
    let is_token = token_hash(TokenKind::Confirmation, &token).is_some();
    let caller = context.require_user_or_redirect(if is_token { &path } else { urls::ACCOUNTS })?;
    let result = context
        .app
        .write(move |tx| users::confirm_email(tx, &caller, &token))
        .await;
    match result {
        Ok(signed_in) => Ok(context.with_session(
            context.flash(urls::ACCOUNTS, &FlashMessage::EmailChanged),
            &signed_in,
        )),
        Err(Error::LinkNoLongerValid) => Ok(link_expired_page(&context, is_token.then_some(path))),
        Err(other) => Err(context.error_page(other)),
    }
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
