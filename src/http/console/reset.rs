//! Reset of a forgotten password.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::form::{Field, Form, FormErrors, FormPage, Link};
use super::notice::Notice;
use super::sign_up::new_password;
use crate::app::App;
use crate::core::secret::Secret;
use crate::domain::{Error, users};
use crate::http::extract::PathIds;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/reset", get(show).post(submit))
        .route("/reset/check-mail", get(check_mail))
        .route("/reset/{token}", get(show_new).post(change))
}

async fn show(visit: PageContext) -> Response {
    if !visit.app.policy.password_sign_in {
        return Notice::titled(
            &visit,
            visit.t("reset-title"),
            visit.t("refusal-password-sign-in-off"),
        )
        .link(visit.t("way-sign-in"), "/sign-in")
        .show(StatusCode::FORBIDDEN);
    }
    page(&visit, FormErrors::none(), String::new())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ResetForm {
    email: String,
}

async fn submit(visit: PageContext, Form(form): Form<ResetForm>) -> PageResult {
    match visit.app.request_reset(&visit.origin, &form.email).await {
        Ok(()) => Ok(see_other("/reset/check-mail")),
        Err(refusal) => {
            let refused = FormErrors::from_error(&visit, refusal, "email", "")?;
            Ok(page(&visit, refused, form.email))
        }
    }
}

fn page(visit: &PageContext, refused: FormErrors, email: String) -> Response {
    let mut form = FormPage::new(visit, "reset", "/reset".to_owned());
    form.intro.push(visit.t("reset-text"));
    form.fields.push(Field {
        name: "email",
        label: visit.t("field-email"),
        kind: "email",
        autocomplete: "email",
        value: email,
        ..Field::default()
    });
    form.links.push(Link {
        lead: visit.t("reset-known"),
        label: visit.t("way-sign-in"),
        href: "/sign-in".to_owned(),
    });
    form.show(refused)
}

async fn check_mail(visit: PageContext) -> Response {
    Notice::new(&visit, "reset-check-mail")
        .paragraph(visit.t("check-mail-hint"))
        .link(visit.t("way-sign-in"), "/sign-in")
        .show(StatusCode::OK)
}

async fn show_new(visit: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let presented = token.clone();
    // Only looks whether the link still works.
    let found = visit
        .app
        .read(move |tx| users::find_reset(tx, &presented).map(|_| ()))
        .await;
    match found {
        Ok(()) => Ok(new_page(&visit, FormErrors::none(), &token)),
        Err(refusal) => link_expired_page(&visit, refusal),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NewPassword {
    password: String,
}

async fn change(
    visit: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(form): Form<NewPassword>,
) -> PageResult {
    let password = Secret::new(form.password.clone());
    let origin = visit.origin.clone();
    match visit
        .app
        .reset_password(origin, token.clone(), password)
        .await
    {
        Ok(()) => Ok(visit.flash("/sign-in?done=password-reset")),
        Err(refusal @ Error::LinkNoLongerValid) => link_expired_page(&visit, refusal),
        Err(refusal) => {
            let refused = FormErrors::from_error(&visit, refusal, "password", &form.password)?;
            Ok(new_page(&visit, refused, &token))
        }
    }
}

fn new_page(visit: &PageContext, refused: FormErrors, token: &str) -> Response {
    let mut form = FormPage::new(visit, "new-password", format!("/reset/{token}"));
    form.intro.push(visit.t("new-password-text"));
    form.fields.push(Field {
        label: visit.t("field-new-password"),
        ..new_password(visit)
    });
    form.show(refused)
}

fn link_expired_page(visit: &PageContext, refusal: Error) -> PageResult {
    if !matches!(refusal, Error::LinkNoLongerValid) {
        return Err(visit.error_page(refusal));
    }
    let notice =
        Notice::new(visit, "reset-no-longer").link(visit.t("reset-no-longer-again"), "/reset");
    Ok(notice.show(StatusCode::GONE))
}
