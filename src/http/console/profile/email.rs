//! Change of one's own address, and the mailed link that finishes it.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use crate::app::App;
use crate::core::secret::{Secret, TokenKind, token_hash};
use crate::domain::{Caller, Error, users};
use crate::http::console::context::{PageContext, PageResult, see_other};
use crate::http::console::form::{EmptyForm, Field, Form, FormErrors, FormPage};
use crate::http::console::notice::{Button, Notice};
use crate::http::console::page::NavSection;
use crate::http::console::profile::current_password;
use crate::http::console::return_to::sign_in_path;
use crate::http::console::unsaved_input;
use crate::http::extract::PathIds;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/profile/email", get(show).post(submit))
        .route("/profile/email/check-mail", get(check_mail))
        .route("/confirm-email/{token}", get(show_confirm).post(confirm))
}

async fn show(visit: PageContext) -> PageResult {
    let caller = visit.require_user()?;
    Ok(page(&visit, &caller, FormErrors::none(), String::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct EmailForm {
    email: String,
    password: String,
}

async fn submit(visit: PageContext, Form(form): Form<EmailForm>) -> PageResult {
    let caller = unsaved_input::require_user_keeping_input(&visit, "/profile/email", &form.email)?;
    let password = Secret::new(form.password);
    match visit
        .app
        .request_email(caller.clone(), &form.email, password)
        .await
    {
        Ok(()) => Ok(see_other("/profile/email/check-mail")),
        Err(refusal) => {
            let main = match refusal {
                Error::WrongPassword => "password",
                _ => "email",
            };
            let typed = Some(form.email.clone());
            let refused = FormErrors::from_error_with_input(&visit, refusal, main, "", typed)?;
            Ok(page(&visit, &caller, refused, form.email))
        }
    }
}

fn page(visit: &PageContext, caller: &Caller, refused: FormErrors, email: String) -> Response {
    let mut form = FormPage::new(visit, "email", "/profile/email".to_owned());
    form.page.place = NavSection::Profile;
    form.page = form.page.crumb(visit.t("layout-profile"), Some("/profile"));
    if caller.user.email.is_none() {
        form.page.title = visit.t("email-add-title");
    }
    let title = form.page.title.clone();
    form.page = form.page.crumb(title, None);
    form.intro.push(match &caller.user.email {
        Some(own) => visit.t_args("email-text", &[("email", own.into())]),
        None => visit.t("email-text-none"),
    });
    form.fields = vec![Field {
        name: "email",
        label: visit.t("field-new-email"),
        kind: "email",
        autocomplete: "email",
        value: email,
        ..Field::default()
    }];
    if visit.app.policy.allows_password(&caller.user) {
        form.fields.push(Field {
            name: "password",
            ..current_password(visit)
        });
    }
    form.show(refused)
}

async fn check_mail(visit: PageContext) -> PageResult {
    visit.require_user()?;
    let notice = Notice::new(&visit, "email-check-mail")
        .paragraph(visit.t("check-mail-hint"))
        .link(visit.t("way-accounts"), "/accounts");
    Ok(notice.show(StatusCode::OK))
}

async fn show_confirm(visit: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    if token_hash(TokenKind::Confirmation, &token).is_none() {
        return Ok(link_expired_page(&visit, None));
    }
    let caller = visit.require_user()?;
    let text = visit.t_args("confirm-email-text", &[("name", caller.user.name().into())]);
    let mut notice = Notice::titled(&visit, visit.t("confirm-email-title"), text);
    notice.button = Some(Button {
        action: format!("/confirm-email/{token}"),
        label: visit.t("confirm-email-button"),
        hidden: None,
    });
    Ok(notice.show(StatusCode::OK))
}

async fn confirm(
    visit: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let path = format!("/confirm-email/{token}");
    let known = token_hash(TokenKind::Confirmation, &token).is_some();
    let caller = visit.require_user_or_redirect(if known { &path } else { "/accounts" })?;
    let done = visit
        .app
        .write(move |tx| users::confirm_email(tx, &caller, &token))
        .await;
    match done {
        Ok(signed_in) => {
            Ok(visit.with_session(visit.flash("/accounts?done=email-changed"), &signed_in))
        }
        Err(Error::LinkNoLongerValid) => Ok(link_expired_page(&visit, known.then_some(path))),
        Err(other) => Err(visit.error_page(other)),
    }
}

/// The link is unknown, used, old, or another sign-in's, which signs in and comes back.
fn link_expired_page(visit: &PageContext, back: Option<String>) -> Response {
    let mut notice = Notice::new(visit, "confirm-email-no-longer");
    if visit.caller.is_some() {
        notice = notice.link(visit.t("confirm-email-no-longer-again"), "/profile/email");
        notice.other_sign_in = back.map(|path| sign_in_path(&path));
    } else {
        notice = notice.link(visit.t("way-sign-in"), "/sign-in");
    }
    notice.show(StatusCode::GONE)
}
