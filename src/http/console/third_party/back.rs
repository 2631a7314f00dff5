//! The way back from a service.

use axum::extract::State;
use axum::response::Response;

use super::ended::{self, Why};
use super::{and_cookie, cookie_name, no_cookie, provider};
use crate::app::{App, AuthorizationResponse, ExternalLoginError};
use crate::config::SignUpPolicy;
use crate::core::ids::SessionId;
use crate::core::language;
use crate::domain::Error;
use crate::domain::error::AcceptRequirement;
use crate::domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use crate::domain::identities::{ConnectOutcome, ExternalLogin, ExternalLoginOutcome};
use crate::http::console::return_to::local_path;
use crate::http::console::visit::{Failure, Shown, Visit, query_of, to};
use crate::http::extract::{Cookies, PathIds};
use crate::identity_providers::Provider;

/// Whoever the service sends back. Everything counts only together with the cookie of the same browser.
pub(super) async fn callback(
    visit: Visit,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let Some((name, attempt)) = attempt(&visit, &cookies, &id) else {
        return Ok(ended::lead(
            &visit,
            provider,
            Why::Stale,
            &AuthorizationIntent::default(),
        ));
    };
    let text = |name: &str| visit.query.get(name).map(str::to_owned);
    let returned = AuthorizationResponse {
        code: text("code"),
        error: text("error"),
        issuer: text("iss"),
    };
    let response = match &attempt.errand.connect {
        Some(session) => connected(&visit, provider, &attempt, &returned, session).await?,
        None => arrived(&visit, provider, &attempt, &returned).await?,
    };
    Ok(and_cookie(response, Some(no_cookie(&app, &name))))
}

/// The attempt that this browser has begun with this service and this state, and its cookie's name.
fn attempt(
    visit: &Visit,
    cookies: &Cookies,
    provider: &str,
) -> Option<(String, AuthorizationFlow)> {
    let state = visit.query.get("state")?;
    let name = cookie_name(&visit.app, state)?;
    let attempt = AuthorizationFlow::read(cookies.get(&name)?)?;
    let ours = attempt.state() == state && attempt.errand.provider == provider;
    ours.then_some((name, attempt))
}

async fn arrived(
    visit: &Visit,
    provider: &Provider,
    attempt: &AuthorizationFlow,
    returned: &AuthorizationResponse,
) -> Result<Response, Failure> {
    let errand = &attempt.errand;
    let arrival = ExternalLogin {
        invitation: errand.invitation.clone(),
        locale: visit.locale,
        time_zone: errand.time_zone.as_deref().and_then(language::time_zone),
    };
    let origin = visit.origin.clone();
    let done = visit
        .app
        .complete_external_login(origin, provider, attempt, returned, arrival)
        .await;
    let why = match done {
        Ok(ExternalLoginOutcome::SignedIn(it)) => {
            let path = afterwards(errand).unwrap_or_else(|| "/accounts".to_owned());
            return Ok(visit.begin(&it, &path));
        }
        Ok(ExternalLoginOutcome::SignedUp(it)) => {
            let response = match afterwards(errand) {
                Some(path) => to(&path),
                None => visit.flash("/accounts?done=signed-up"),
            };
            return Ok(visit.with_session(response, &it.signed_in));
        }
        Ok(ExternalLoginOutcome::Needs(need)) => {
            return Ok(visit.flash(&needs(provider, errand, need)));
        }
        Ok(ExternalLoginOutcome::AddressTaken) if visit.app.policy.password_sign_in => {
            Why::AddressTaken
        }
        Ok(ExternalLoginOutcome::AddressTaken) => Why::AddressTakenForGood,
        Ok(ExternalLoginOutcome::SignUpClosed)
            if visit.app.policy.sign_up == SignUpPolicy::Invited =>
        {
            Why::Uninvited
        }
        Ok(ExternalLoginOutcome::SignUpClosed) => Why::Closed,
        Ok(ExternalLoginOutcome::Disabled) => Why::Disabled,
        Err(failed) => why(visit, provider, failed)?,
    };
    Ok(ended::lead(visit, provider, why, errand))
}

async fn connected(
    visit: &Visit,
    provider: &Provider,
    attempt: &AuthorizationFlow,
    returned: &AuthorizationResponse,
    session: &str,
) -> Result<Response, Failure> {
    let session: Option<SessionId> = session.parse().ok();
    // The wish was that session's and nobody else's.
    let caller = visit.caller.clone();
    let caller = caller.filter(|caller| Some(caller.session.id) == session);
    let Some(caller) = caller else {
        return Ok(ended::lead(visit, provider, Why::Stale, &attempt.errand));
    };
    let done = visit.app.connect(caller, provider, attempt, returned).await;
    let why = match done {
        Ok(ConnectOutcome::Connected | ConnectOutcome::AlreadyConnected) => {
            return Ok(visit.flash("/profile?done=connected"));
        }
        Ok(ConnectOutcome::ConnectedToOther) => Why::Elsewhere,
        Err(failed) => why(visit, provider, failed)?,
    };
    Ok(ended::lead(visit, provider, why, &attempt.errand))
}

/// Why somebody came back in vain, where that is a page of its own.
fn why(visit: &Visit, provider: &Provider, failed: ExternalLoginError) -> Result<Why, Failure> {
    Ok(match failed {
        // Another request of the same browser was faster.
        ExternalLoginError::Stale
        | ExternalLoginError::Refusal(Error::VersionConflict | Error::SignInRequired) => Why::Stale,
        ExternalLoginError::Cancelled => Why::Cancelled,
        ExternalLoginError::Provider(fault) => Why::of_fault(provider, &fault),
        ExternalLoginError::Refusal(refusal) => return Err(visit.fail(refusal)),
    })
}

/// Where somebody wanted to go: the page they came from, else the invitation they came by, if any.
fn afterwards(errand: &AuthorizationIntent) -> Option<String> {
    let return_to = errand.return_to.as_deref().and_then(local_path);
    match (return_to, &errand.invitation) {
        (Some(path), _) => Some(path.to_owned()),
        (None, Some(token)) => Some(format!("/invitations/{token}")),
        (None, None) => None,
    }
}

/// The invitation's page, saying what the service tells of addresses.
fn needs(provider: &Provider, errand: &AuthorizationIntent, need: AcceptRequirement) -> String {
    let token = errand.invitation.as_deref().unwrap_or_default();
    let params = [
        ("through", provider.settings.id.as_str()),
        ("needs", need.as_str()),
    ];
    query_of(&format!("/invitations/{token}"), &params)
}
