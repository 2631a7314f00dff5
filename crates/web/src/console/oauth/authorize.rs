//! The start of a sign-in through a service: the redirect to it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::error::{self, LoginErrorReason};
use super::{
    append_cookie, connect_path, cookie_prefix, expire_cookie, flow_cookie, invitation_token,
    provider,
};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::form::{Field, Form, FormErrors, FormPage, Link};
use crate::console::notice::Notice;
use crate::console::return_to::for_cookie;
use crate::console::urls;
use convoke_api::extract::{Cookies, PathIds};
use convoke_app::App;
use convoke_core::language;
use convoke_core::secret::Secret;
use convoke_domain::identities::authorization_flow::AuthorizationIntent;
use convoke_domain::identities::connect_intent;
use convoke_domain::{Caller, Error, sessions};
use convoke_infra::identity_providers::Provider;

/// The maximum number of flows in progress per browser; cookies of further ones are expired.
const MAX_FLOWS: usize = 4;

/// Redirects to the service to sign in or up.
pub(super) async fn start(
    context: PageContext,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let return_to = context.return_to();
    let token_of_path = return_to.and_then(urls::invitation_token);
    let invitation = context.query.get("invitation").or(token_of_path);
    let intent = AuthorizationIntent {
        provider: id,
        connect: None,
        return_to: return_to.map(|path| for_cookie(path).to_owned()),
        invitation: invitation.and_then(invitation_token).map(str::to_owned),
        time_zone: context.query.get("time_zone").and_then(language::time_zone),
    };
    Ok(redirect_to_provider(&context, &cookies, provider, intent).await)
}

/// Redirects to the service to connect it to the caller. Requires recent authentication and the intent token of a link on the
/// caller's own pages: a page of another site could have signed this browser in at the service as another user, and a connected
/// identity can sign in from then on.
pub(super) async fn connect(
    context: PageContext,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let caller = context.require_user_or_redirect(urls::PROFILE_SERVICES)?;
    if !sessions::is_recently_authenticated(&caller.session, app.ctx.clock.now()) {
        return password_prompt(&context, provider, &caller, FormErrors::none());
    }
    let intent_token = context.query.get("intent").unwrap_or_default().to_owned();
    let (user, service) = (caller.clone(), id.clone());
    let is_intended = app
        .write(move |tx| connect_intent::redeem(tx, &user, &service, &intent_token))
        .await
        .map_err(|error| context.error_page(error))?;
    if !is_intended {
        return Ok(confirm_page(&context, provider, &caller));
    }
    let intent = AuthorizationIntent {
        provider: id,
        connect: Some(caller.session.id.to_string()),
        ..AuthorizationIntent::default()
    };
    Ok(redirect_to_provider(&context, &cookies, provider, intent).await)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PasswordForm {
    password: String,
}

/// Confirms the password of callers who have not authenticated recently.
pub(super) async fn submit_password(
    context: PageContext,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
    Form(form): Form<PasswordForm>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let caller = context.require_user_or_redirect(urls::PROFILE_SERVICES)?;
    let password = Secret::new(form.password);
    match app.confirm_password(caller.clone(), password).await {
        // A GET of the same address shows the confirmation page.
        Ok(()) => Ok(see_other(&urls::connect(&id))),
        Err(error) => {
            let errors = FormErrors::from_error(&context, error, "password")?;
            password_prompt(&context, provider, &caller, errors)
        }
    }
}

/// The form for the password. Callers without one have to reauthenticate through their service.
fn password_prompt(
    context: &PageContext,
    provider: &Provider,
    caller: &Caller,
    errors: FormErrors,
) -> PageResult {
    if !context.app.ctx.policy.allows_password(&caller.user) {
        return Err(context.error_page(Error::ReauthenticationRequired));
    }
    let id = &provider.settings.id;
    let name = [("service", provider.name().into())];
    let title = context.t_args("connect-title", &name);
    let button = context.t("connect-password-button");
    let mut form = FormPage::titled(context, title, button, urls::connect(id));
    form.intro.push(context.t("connect-password-text"));
    form.fields.push(Field {
        name: "password",
        label: context.t("field-current-password"),
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    });
    form.links.push(Link {
        lead: String::new(),
        label: context.t("way-profile"),
        href: urls::PROFILE_SERVICES.to_owned(),
    });
    Ok(form.show(errors))
}

/// The confirmation page, which explains what connecting means.
fn confirm_page(context: &PageContext, provider: &Provider, caller: &Caller) -> Response {
    let name = [("service", provider.name().into())];
    Notice::titled(
        context,
        context.t_args("connect-title", &name),
        context.t_args("connect-text", &name),
    )
    .link(
        context.t_args("connect-button", &name),
        connect_path(&context.app, provider, caller),
    )
    .link(context.t("way-profile"), urls::PROFILE_SERVICES)
    .show(StatusCode::OK)
}

async fn redirect_to_provider(
    context: &PageContext,
    cookies: &Cookies,
    provider: &Provider,
    intent: AuthorizationIntent,
) -> Response {
    let app = &context.app;
    match app.start_authorization(provider, intent.clone()).await {
        Ok((flow, url)) => {
            let response = Redirect::to(&url).into_response();
            let mut response = append_cookie(response, flow_cookie(app, &flow));
            let flow_cookies = cookies.with_prefix(cookie_prefix(app));
            for name in flow_cookies.skip(MAX_FLOWS - 1) {
                response = append_cookie(response, Some(expire_cookie(app, name)));
            }
            response
        }
        Err(error) => {
            let reason = LoginErrorReason::from_provider_error(provider, &error);
            error::redirect_to_error(context, provider, reason, &intent)
        }
    }
}
