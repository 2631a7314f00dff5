//! The way back from a service.

use axum::extract::State;
use axum::response::Response;

use super::error::{self, LoginErrorReason};
use super::{append_cookie, cookie_name, expire_cookie, provider};
use crate::console::context::{PageContext, PageError, PageResult, path_with_query, see_other};
use crate::console::return_to::local_path;
use crate::console::urls;
use crate::extract::{Cookies, PathIds};
use convoke_app::{App, AuthorizationResponse, ExternalLoginError};
use convoke_core::ids::SessionId;
use convoke_core::language;
use convoke_domain::Error;
use convoke_domain::error::AcceptRequirement;
use convoke_domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use convoke_domain::identities::{ConnectOutcome, ExternalLogin, ExternalLoginOutcome};
use convoke_domain::policy::SignUpPolicy;
use convoke_infra::identity_providers::Provider;

/// The callback of a service. It counts only together with the cookie of the same browser.
pub(super) async fn callback(
    context: PageContext,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let Some((name, attempt)) = attempt(&context, &cookies, &id) else {
        return Ok(error::redirect_to_error(
            &context,
            provider,
            LoginErrorReason::Stale,
            &AuthorizationIntent::default(),
        ));
    };
    let text = |name: &str| context.query.get(name).map(str::to_owned);
    let returned = AuthorizationResponse {
        code: text("code"),
        error: text("error"),
        issuer: text("iss"),
    };
    let response = match &attempt.errand.connect {
        Some(session) => finish_connect(&context, provider, &attempt, &returned, session).await?,
        None => finish_login(&context, provider, &attempt, &returned).await?,
    };
    Ok(append_cookie(response, Some(expire_cookie(&app, &name))))
}

/// The attempt that this browser has begun with this service and this state, and its cookie's name.
fn attempt(
    context: &PageContext,
    cookies: &Cookies,
    provider: &str,
) -> Option<(String, AuthorizationFlow)> {
    let state = context.query.get("state")?;
    let name = cookie_name(&context.app, state)?;
    let attempt = AuthorizationFlow::read(cookies.get(&name)?)?;
    let ours = attempt.state() == state && attempt.errand.provider == provider;
    ours.then_some((name, attempt))
}

async fn finish_login(
    context: &PageContext,
    provider: &Provider,
    attempt: &AuthorizationFlow,
    returned: &AuthorizationResponse,
) -> Result<Response, PageError> {
    let errand = &attempt.errand;
    let arrival = ExternalLogin {
        invitation: errand.invitation.clone(),
        locale: context.locale,
        time_zone: errand.time_zone.as_deref().and_then(language::time_zone),
    };
    let origin = context.origin.clone();
    let done = context
        .app
        .complete_external_login(origin, provider, attempt, returned, arrival)
        .await;
    let why = match done {
        Ok(ExternalLoginOutcome::SignedIn(it)) => {
            let path = redirect_target(errand).unwrap_or_else(|| "/accounts".to_owned());
            return Ok(context.redirect_with_session(&it, &path));
        }
        Ok(ExternalLoginOutcome::SignedUp(it)) => {
            let response = match redirect_target(errand) {
                Some(path) => see_other(&path),
                None => context.flash("/accounts?done=signed-up"),
            };
            return Ok(context.with_session(response, &it.signed_in));
        }
        Ok(ExternalLoginOutcome::Needs(need)) => {
            return Ok(context.flash(&needs(provider, errand, need)));
        }
        Ok(ExternalLoginOutcome::AddressTaken) if context.app.ctx.policy.password_sign_in => {
            LoginErrorReason::AddressTaken
        }
        Ok(ExternalLoginOutcome::AddressTaken) => LoginErrorReason::AddressTakenForGood,
        Ok(ExternalLoginOutcome::SignUpClosed)
            if context.app.ctx.policy.sign_up == SignUpPolicy::Invited =>
        {
            LoginErrorReason::Uninvited
        }
        Ok(ExternalLoginOutcome::SignUpClosed) => LoginErrorReason::Closed,
        Ok(ExternalLoginOutcome::Disabled) => LoginErrorReason::Disabled,
        Err(failed) => classify_error(context, provider, failed)?,
    };
    Ok(error::redirect_to_error(context, provider, why, errand))
}

async fn finish_connect(
    context: &PageContext,
    provider: &Provider,
    attempt: &AuthorizationFlow,
    returned: &AuthorizationResponse,
    session: &str,
) -> Result<Response, PageError> {
    let session: Option<SessionId> = session.parse().ok();
    // The intent belongs to that session only.
    let caller = context.caller.clone();
    let caller = caller.filter(|caller| Some(caller.session.id) == session);
    let Some(caller) = caller else {
        return Ok(error::redirect_to_error(
            context,
            provider,
            LoginErrorReason::Stale,
            &attempt.errand,
        ));
    };
    let done = context
        .app
        .connect(caller, provider, attempt, returned)
        .await;
    let why = match done {
        Ok(ConnectOutcome::Connected | ConnectOutcome::AlreadyConnected) => {
            return Ok(context.flash("/profile?done=connected"));
        }
        Ok(ConnectOutcome::ConnectedToOther) => LoginErrorReason::Elsewhere,
        Err(failed) => classify_error(context, provider, failed)?,
    };
    Ok(error::redirect_to_error(
        context,
        provider,
        why,
        &attempt.errand,
    ))
}

/// Why the sign-in failed, where that is a page of its own.
fn classify_error(
    context: &PageContext,
    provider: &Provider,
    failed: ExternalLoginError,
) -> Result<LoginErrorReason, PageError> {
    Ok(match failed {
        // Another request of the same browser was faster.
        ExternalLoginError::Stale
        | ExternalLoginError::Refusal(Error::VersionConflict | Error::SignInRequired) => {
            LoginErrorReason::Stale
        }
        ExternalLoginError::Cancelled => LoginErrorReason::Cancelled,
        ExternalLoginError::Provider(error) => {
            LoginErrorReason::from_provider_error(provider, &error)
        }
        ExternalLoginError::Refusal(error) => return Err(context.error_page(error)),
    })
}

/// Where somebody wanted to go: the page they came from, else the invitation they came by, if any.
fn redirect_target(errand: &AuthorizationIntent) -> Option<String> {
    let return_to = errand.return_to.as_deref().and_then(local_path);
    match (return_to, &errand.invitation) {
        (Some(path), _) => Some(path.to_owned()),
        (None, Some(token)) => Some(urls::invitation(&token)),
        (None, None) => None,
    }
}

/// The invitation's page, with what the service disclosed about addresses.
fn needs(provider: &Provider, errand: &AuthorizationIntent, need: AcceptRequirement) -> String {
    let token = errand.invitation.as_deref().unwrap_or_default();
    let params = [
        ("through", provider.settings.id.as_str()),
        ("needs", need.as_str()),
    ];
    path_with_query(&urls::invitation(&token), &params)
}
