//! The reset of a forgotten password.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::flash::FlashMessage;
use super::form::{EmptyForm, Field, FormErrors, FormPage, Link};
use super::invitation;
use super::mailed::{CheckMail, Mailed, MailedKind, sent_again};
use super::new_user::new_password;
use super::notice::Notice;
use super::once::OnceForm;
use super::return_to::{for_cookie, local_path, sign_in_path};
use crate::console::urls;
use convoke_api::extract::{Cookies, PathIds};
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::{Error, users};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/reset", get(show).post(submit))
        .route("/reset/check-mail", get(check_mail).post(send_again))
        .route("/reset/{token}", get(show_new).post(change))
}

async fn show(context: PageContext) -> PageResult {
    if !context.app.ctx.policy.password_sign_in {
        let notice = Notice::titled(
            &context,
            context.t("reset-title"),
            context.t("error-password-sign-in-off"),
        );
        let notice = notice.link(context.t("way-sign-in"), urls::SIGN_IN);
        return Ok(notice.show(StatusCode::FORBIDDEN));
    }
    let return_to = context.return_to();
    // Only a mailed link discloses the invited address.
    let token = return_to.and_then(urls::invitation_token);
    let pending = invitation::load_pending(&context, token.unwrap_or_default()).await?;
    let invited = pending.filter(|preview| preview.proves_mailbox);
    let email = invited.map_or_else(String::new, |preview| preview.invitation.email);
    Ok(page(&context, FormErrors::none(), email, return_to))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ResetForm {
    email: String,
    return_to: String,
}

async fn submit(context: PageContext, OnceForm { form, key }: OnceForm<ResetForm>) -> PageResult {
    let return_to = local_path(&form.return_to);
    let key = key.map(|key| key.hash);
    match context
        .app
        .request_reset(&context.client, &form.email, key)
        .await
    {
        Ok(()) => {
            let mailed = Mailed {
                email: form.email,
                return_to: for_cookie(return_to.unwrap_or_default()).to_owned(),
                ..Mailed::default()
            };
            Ok(mailed.redirect(&context, MailedKind::Reset, urls::RESET_CHECK_MAIL))
        }
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "email")?;
            Ok(page(&context, errors, form.email, return_to))
        }
    }
}

fn page(
    context: &PageContext,
    errors: FormErrors,
    email: String,
    return_to: Option<&str>,
) -> Response {
    let mut form = FormPage::new(context, "reset", urls::RESET.to_owned()).once(context);
    form.hidden
        .extend(return_to.map(|path| ("return_to", path.to_owned())));
    form.intro.push(context.t("reset-text"));
    form.fields.push(Field {
        name: "email",
        label: context.t("field-email"),
        kind: "email",
        autocomplete: "username",
        value: email,
        ..Field::default()
    });
    form.links.push(Link {
        lead: context.t("reset-known"),
        label: context.t("way-sign-in"),
        href: return_to.map_or_else(|| urls::SIGN_IN.to_owned(), sign_in_path),
    });
    form.show(errors)
}

/// The page after a request.
async fn check_mail(context: PageContext, cookies: Cookies) -> Response {
    let mailed = Mailed::from_cookies(&context.app, &cookies, MailedKind::Reset);
    let return_to = mailed.as_ref().map_or("", |mailed| &mailed.return_to);
    let page = CheckMail {
        key: "reset-check-mail",
        path: urls::RESET_CHECK_MAIL,
        sent: mailed
            .as_ref()
            .map(|mailed| (mailed.email.as_str(), urls::reset_returning(return_to))),
        way: (context.t("way-sign-in"), after_reset(return_to)),
    };
    page.show(&context)
}

/// Sends the email of this browser's request again.
async fn send_again(
    context: PageContext,
    cookies: Cookies,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let Some(mailed) = Mailed::from_cookies(&context.app, &cookies, MailedKind::Reset) else {
        return Ok(see_other(urls::RESET));
    };
    let (app, client) = (&context.app, &context.client);
    let key = key.map(|key| key.hash);
    let result = app.request_reset(client, &mailed.email, key).await;
    sent_again(&context, urls::RESET_CHECK_MAIL, result)
}

/// The sign-in page that returns to a path, where there is one.
fn after_reset(return_to: &str) -> String {
    local_path(return_to).map_or_else(|| urls::SIGN_IN.to_owned(), sign_in_path)
}

async fn show_new(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let presented_token = token.clone();
    // Only checks the token; the form consumes it.
    let result = context
        .app
        .read(move |tx| users::find_reset(tx, &presented_token).map(|_| ()))
        .await;
    match result {
        Ok(()) => Ok(new_page(&context, FormErrors::none(), &token)),
        Err(error) => link_expired_page(&context, error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NewPassword {
    password: String,
}

async fn change(
    context: PageContext,
    cookies: Cookies,
    PathIds((token,)): PathIds<(String,)>,
    OnceForm { form, key }: OnceForm<NewPassword>,
) -> PageResult {
    let password = Secret::new(form.password.clone());
    let client = context.client.clone();
    match context
        .app
        .reset_password(client, token.clone(), password, key.map(|key| key.hash))
        .await
    {
        Ok(()) => {
            let mailed = Mailed::from_cookies(&context.app, &cookies, MailedKind::Reset);
            let path = after_reset(&mailed.unwrap_or_default().return_to);
            let response = context.flash(&path, &FlashMessage::PasswordReset);
            Ok(MailedKind::Reset.forget(&context.app, response))
        }
        Err(error @ Error::LinkNoLongerValid) => link_expired_page(&context, error),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "password")?;
            Ok(new_page(&context, errors, &token))
        }
    }
}

fn new_page(context: &PageContext, errors: FormErrors, token: &str) -> Response {
    let mut form = FormPage::new(context, "new-password", urls::reset(token)).once(context);
    form.intro.push(context.t("new-password-text"));
    form.fields.push(Field {
        label: context.t("field-new-password"),
        ..new_password(context)
    });
    form.show(errors)
}

fn link_expired_page(context: &PageContext, error: Error) -> PageResult {
    if !matches!(error, Error::LinkNoLongerValid) {
        return Err(context.error_page(error));
    }
    let notice = Notice::new(context, "reset-no-longer")
        .link(context.t("reset-no-longer-again"), urls::RESET);
    Ok(notice.show(StatusCode::GONE))
}
