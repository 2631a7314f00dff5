//! Sign-in and sign-out.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::context::{PageContext, PageError, PageResult, see_other, with_cookie};
use super::flash::FlashMessage;
use super::form::{Field, Form, FormErrors, FormPage, Link};
use super::invitation;
use super::oauth::services;
use super::return_to::local_path;
use super::urls;
use convoke_api::extract::expired_session_cookie;
use convoke_api::oauth2::paths;
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::{Error, sessions};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(index))
        .route("/sign-in", get(show).post(submit))
        .route("/sign-out", post(sign_out))
}

async fn index(context: PageContext) -> Response {
    see_other(if context.caller.is_some() {
        urls::ACCOUNTS
    } else {
        urls::SIGN_IN
    })
}

async fn show(context: PageContext) -> PageResult {
    let return_to = context.return_to();
    let is_again = context.query.get("prompt") == Some("login");
    if context.caller.is_some() && !is_again {
        return Ok(see_other(return_to.unwrap_or(urls::ACCOUNTS)));
    }
    let with_password = context.query.get("with") == Some("password");
    let login = match return_to.and_then(login_hint) {
        Some(login) => login,
        None => invited_email(&context, return_to).await?,
    };
    page(
        &context,
        FormErrors::none(),
        login,
        return_to,
        with_password,
    )
    .await
}

/// The login that the product of an authorization request expects.
fn login_hint(return_to: &str) -> Option<String> {
    let query = return_to
        .strip_prefix(paths::AUTHORIZE)?
        .strip_prefix('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let hint = pairs.find(|(name, _)| name == "login_hint");
    hint.map(|(_, login)| login.into_owned())
}

/// The invited address of a mailed link; empty for other links, which disclose none, and for users with another address.
async fn invited_email(
    context: &PageContext,
    return_to: Option<&str>,
) -> Result<String, PageError> {
    let token = return_to.and_then(urls::invitation_token);
    let token = token.filter(|_| context.query.get("login").is_none());
    let pending = invitation::load_pending(context, token.unwrap_or_default()).await?;
    let mailed = pending.filter(|preview| preview.proves_mailbox);
    Ok(mailed.map_or_else(String::new, |preview| preview.invitation.email))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SignIn {
    login: String,
    password: String,
    return_to: String,
}

async fn submit(context: PageContext, Form(form): Form<SignIn>) -> PageResult {
    let return_to = local_path(&form.return_to);
    let password = Secret::new(form.password);
    let client = context.client.clone();
    match context.app.sign_in(client, &form.login, password).await {
        Ok(signed_in) => {
            Ok(context.redirect_with_session(&signed_in, return_to.unwrap_or(urls::ACCOUNTS)))
        }
        Err(error) => {
            let only_services = matches!(error, Error::PasswordSignInDisabled);
            let mut errors = FormErrors::from_error(&context, error, "login")?;
            if only_services {
                // The same text for all users, emergency users included (rule V12).
                for item in &mut errors.items {
                    item.text = context.t("sign-in-emergency-rejected");
                }
            }
            page(&context, errors, form.login, return_to, true).await
        }
    }
}

async fn page(
    context: &PageContext,
    errors: FormErrors,
    login: String,
    return_to: Option<&str>,
    with_password: bool,
) -> PageResult {
    let token = return_to.and_then(urls::invitation_token);
    let pending = invitation::load_pending(context, token.unwrap_or_default()).await?;
    let sign_up = match token {
        Some(token) if pending.is_some() => urls::sign_up_invited(token),
        _ => urls::SIGN_UP.to_owned(),
    };
    let mut form = FormPage::new(context, "sign-in", urls::SIGN_IN.to_owned());
    let policy = &context.app.ctx.policy;
    let invitation = token.filter(|_| pending.is_some()).unwrap_or_default();
    form.services = services(context, return_to, invitation);
    form.services_only = !policy.password_sign_in && !with_password;
    let allows_sign_up = policy.allows_sign_up(pending.is_some());
    form.banner = pending.map(|pending| invitation::banner_text(context, &pending.invitation));
    form.hidden = return_to
        .map(|path| ("return_to", path.to_owned()))
        .into_iter()
        .collect();
    form.fields = vec![
        Field {
            name: "login",
            label: context.t("field-login"),
            kind: "text",
            autocomplete: "username",
            value: login,
            ..Field::default()
        },
        Field {
            name: "password",
            label: context.t("field-password"),
            kind: "password",
            autocomplete: "current-password",
            ..Field::default()
        },
    ];
    if !policy.password_sign_in {
        if form.services_only {
            form.links.push(Link {
                lead: context.t("sign-in-emergency-lead"),
                label: context.t("sign-in-emergency"),
                href: urls::path_with_query(
                    urls::SIGN_IN,
                    &[
                        ("with", "password"),
                        ("return_to", return_to.unwrap_or_default()),
                    ],
                ),
            });
        } else {
            form.intro.push(context.t("sign-in-emergency-text"));
        }
        return Ok(form.show(errors));
    }
    form.links.push(Link {
        lead: context.t("sign-in-forgotten"),
        label: context.t("sign-in-reset"),
        href: return_to.map_or_else(|| urls::RESET.to_owned(), urls::reset_returning),
    });
    if allows_sign_up {
        form.links.push(Link {
            lead: context.t("sign-in-new"),
            label: context.t("sign-in-sign-up"),
            href: sign_up,
        });
    }
    Ok(form.show(errors))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SignOut {
    return_to: String,
}

async fn sign_out(context: PageContext, Form(form): Form<SignOut>) -> PageResult {
    let response = local_path(&form.return_to).map_or_else(
        || context.flash(urls::SIGN_IN, &FlashMessage::SignedOut),
        see_other,
    );
    if let Some(caller) = context.caller.clone() {
        let result = context
            .app
            .write(move |tx| sessions::end(tx, &caller, caller.session.id))
            .await;
        match result {
            // A concurrent request of the same browser has ended it.
            Ok(()) | Err(Error::NotFound | Error::SignInRequired) => {}
            Err(other) => return Err(context.error_page(other)),
        }
    }
    Ok(with_cookie(response, expired_session_cookie(&context.app)))
}
