//! The callback of a sign-in through a service.

use axum::extract::State;
use axum::response::Response;

use super::error::{self, LoginErrorReason};
use super::{append_cookie, cookie_name, expire_cookie, provider};
use crate::console::context::{PageContext, PageError, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::return_to::local_path;
use crate::console::urls;
use convoke_api::extract::{Cookies, PathIds};
use convoke_app::{App, AuthorizationResponse, ExternalLoginError};
use convoke_core::ids::SessionId;
use convoke_core::language;
use convoke_domain::Error;
use convoke_domain::error::AcceptRequirement;
use convoke_domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use convoke_domain::identities::{ConnectOutcome, ExternalLogin, ExternalLoginOutcome};
use convoke_domain::policy::SignUpPolicy;
use convoke_infra::identity_providers::Provider;

/// The callback of a service; valid only together with the flow's cookie (RFC 6749 section 10.12).
pub(super) async fn callback(
    context: PageContext,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let Some((name, flow)) = find_flow(&context, &cookies, &id) else {
        return Ok(error::redirect_to_error(
            &context,
            provider,
            LoginErrorReason::Stale,
            &AuthorizationIntent::default(),
        ));
    };
    let text = |name: &str| context.query.get(name).map(str::to_owned);
    let auth_response = AuthorizationResponse {
        code: text("code"),
        error: text("error"),
        issuer: text("iss"),
    };
    let response = match &flow.intent.connect {
        Some(session) => finish_connect(&context, provider, &flow, &auth_response, session).await?,
        None => finish_login(&context, provider, &flow, &auth_response).await?,
    };
    Ok(append_cookie(response, Some(expire_cookie(&app, &name))))
}

/// The flow that this browser has started with this service and state, and the name of its cookie.
fn find_flow(
    context: &PageContext,
    cookies: &Cookies,
    provider: &str,
) -> Option<(String, AuthorizationFlow)> {
    let state = context.query.get("state")?;
    let name = cookie_name(&context.app, state)?;
    let flow = AuthorizationFlow::read(cookies.get(&name)?)?;
    let is_own = flow.state() == state && flow.intent.provider == provider;
    is_own.then_some((name, flow))
}

async fn finish_login(
    context: &PageContext,
    provider: &Provider,
    flow: &AuthorizationFlow,
    auth_response: &AuthorizationResponse,
) -> Result<Response, PageError> {
    let intent = &flow.intent;
    let login = ExternalLogin {
        invitation: intent.invitation.clone(),
        locale: context.locale,
        time_zone: intent.time_zone.as_deref().and_then(language::time_zone),
    };
    let client = context.client.clone();
    let result = context
        .app
        .complete_external_login(client, provider, flow, auth_response, login)
        .await;
    let reason = match result {
        Ok(ExternalLoginOutcome::SignedIn(signed_in)) => {
            let path = redirect_target(intent).unwrap_or_else(|| urls::ACCOUNTS.to_owned());
            return Ok(context.redirect_with_session(&signed_in, &path));
        }
        Ok(ExternalLoginOutcome::SignedUp(signed_up)) => {
            let response = match redirect_target(intent) {
                Some(path) => see_other(&path),
                None => context.flash(urls::ACCOUNTS, &FlashMessage::SignedUp),
            };
            return Ok(context.with_session(response, &signed_up.signed_in));
        }
        Ok(ExternalLoginOutcome::Needs(requirement)) => {
            return Ok(context.bound_redirect(&invitation_path(provider, intent, requirement)));
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
        Err(error) => classify_error(context, provider, error)?,
    };
    Ok(error::redirect_to_error(context, provider, reason, intent))
}

async fn finish_connect(
    context: &PageContext,
    provider: &Provider,
    flow: &AuthorizationFlow,
    auth_response: &AuthorizationResponse,
    session: &str,
) -> Result<Response, PageError> {
    let session: Option<SessionId> = session.parse().ok();
    // The intent is bound to that session.
    let caller = context.caller.clone();
    let caller = caller.filter(|caller| Some(caller.session.id) == session);
    let Some(caller) = caller else {
        return Ok(error::redirect_to_error(
            context,
            provider,
            LoginErrorReason::Stale,
            &flow.intent,
        ));
    };
    let result = context
        .app
        .connect(caller, provider, flow, auth_response)
        .await;
    let reason = match result {
        Ok(ConnectOutcome::Connected | ConnectOutcome::AlreadyConnected) => {
            return Ok(context.flash(urls::PROFILE_SERVICES, &FlashMessage::ServiceConnected));
        }
        Ok(ConnectOutcome::ConnectedToOther) => LoginErrorReason::Elsewhere,
        Err(error) => classify_error(context, provider, error)?,
    };
    Ok(error::redirect_to_error(
        context,
        provider,
        reason,
        &flow.intent,
    ))
}

/// The reason of a failed sign-in, for its page.
///
/// # Errors
/// An error page for errors without a reason of their own.
fn classify_error(
    context: &PageContext,
    provider: &Provider,
    error: ExternalLoginError,
) -> Result<LoginErrorReason, PageError> {
    Ok(match error {
        // A concurrent request of the same browser has completed the flow.
        ExternalLoginError::Stale
        | ExternalLoginError::Rejected(Error::VersionConflict | Error::SignInRequired) => {
            LoginErrorReason::Stale
        }
        ExternalLoginError::Cancelled => LoginErrorReason::Cancelled,
        ExternalLoginError::Provider(error) => {
            LoginErrorReason::from_provider_error(provider, &error)
        }
        ExternalLoginError::Rejected(error) => return Err(context.error_page(error)),
    })
}

/// The target of the redirect: the page where the sign-in was started, else the invitation, if any.
fn redirect_target(intent: &AuthorizationIntent) -> Option<String> {
    let return_to = intent.return_to.as_deref().and_then(local_path);
    match (return_to, &intent.invitation) {
        (Some(path), _) => Some(path.to_owned()),
        (None, Some(token)) => Some(urls::invitation(token)),
        (None, None) => None,
    }
}

/// The invitation's page for a login that does not fulfil the requirement.
fn invitation_path(
    provider: &Provider,
    intent: &AuthorizationIntent,
    requirement: AcceptRequirement,
) -> String {
    let token = intent.invitation.as_deref().unwrap_or_default();
    let params = [
        ("through", provider.settings.id.as_str()),
        ("needs", requirement.as_str()),
    ];
    urls::path_with_query(&urls::invitation(token), &params)
}
