//! The reset of a forgotten password.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::flash::FlashMessage;
use super::form::{Field, Form, FormErrors, FormPage, Link};
use super::notice::Notice;
use super::sign_up::new_password;
use crate::console::urls;
use crate::extract::PathIds;
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::{Error, users};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/reset", get(show).post(submit))
        .route("/reset/check-mail", get(check_mail))
        .route("/reset/{token}", get(show_new).post(change))
}

async fn show(context: PageContext) -> Response {
    if !context.app.ctx.policy.password_sign_in {
        return Notice::titled(
            &context,
            context.t("reset-title"),
            context.t("error-password-sign-in-off"),
        )
        .link(context.t("way-sign-in"), urls::SIGN_IN)
        .show(StatusCode::FORBIDDEN);
    }
    page(&context, FormErrors::none(), String::new())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ResetForm {
    email: String,
}

async fn submit(context: PageContext, Form(form): Form<ResetForm>) -> PageResult {
    match context
        .app
        .request_reset(&context.client, &form.email)
        .await
    {
        Ok(()) => Ok(see_other(urls::RESET_CHECK_MAIL)),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "email")?;
            Ok(page(&context, errors, form.email))
        }
    }
}

fn page(context: &PageContext, errors: FormErrors, email: String) -> Response {
    let mut form = FormPage::new(context, "reset", urls::RESET.to_owned());
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
        href: urls::SIGN_IN.to_owned(),
    });
    form.show(errors)
}

async fn check_mail(context: PageContext) -> Response {
    Notice::new(&context, "reset-check-mail")
        .paragraph(context.t("check-mail-hint"))
        .link(context.t("way-sign-in"), urls::SIGN_IN)
        .show(StatusCode::OK)
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
    PathIds((token,)): PathIds<(String,)>,
    Form(form): Form<NewPassword>,
) -> PageResult {
    let password = Secret::new(form.password.clone());
    let client = context.client.clone();
    match context
        .app
        .reset_password(client, token.clone(), password)
        .await
    {
        Ok(()) => Ok(context.flash(urls::SIGN_IN, &FlashMessage::PasswordReset)),
        Err(error @ Error::LinkNoLongerValid) => link_expired_page(&context, error),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "password")?;
            Ok(new_page(&context, errors, &token))
        }
    }
}

fn new_page(context: &PageContext, errors: FormErrors, token: &str) -> Response {
    let mut form = FormPage::new(context, "new-password", urls::reset(token));
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
