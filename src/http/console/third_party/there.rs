//! The way to a service.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::ended::{self, Why};
use super::{
    and_cookie, attempt_cookie, connect_path, cookie_prefix, invitation_token, no_cookie, provider,
};
use crate::app::App;
use crate::core::language;
use crate::core::secret::Secret;
use crate::domain::identities::authorization_flow::AuthorizationIntent;
use crate::domain::identities::connect_intent;
use crate::domain::{Caller, Error, sessions};
use crate::http::console::form::{Field, Form, FormPage, Refused, Way};
use crate::http::console::notice::Notice;
use crate::http::console::visit::{Shown, Visit};
use crate::http::extract::{Cookies, PathIds};
use crate::identity_providers::Provider;

/// A browser that has more attempts under way has lost most of them.
const MOST_ATTEMPTS: usize = 4;

/// Leads to the service, to sign in or up.
pub(super) async fn start(
    visit: Visit,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let return_to = visit.return_to();
    let by_path = return_to.and_then(|path| path.strip_prefix("/invitations/"));
    let invitation = visit.query.get("invitation").or(by_path);
    let errand = AuthorizationIntent {
        provider: id,
        connect: None,
        return_to: return_to.map(str::to_owned),
        invitation: invitation.and_then(invitation_token).map(str::to_owned),
        time_zone: visit.query.get("time_zone").and_then(language::time_zone),
    };
    Ok(go(&visit, &cookies, provider, errand).await)
}

/// Leads to the service, to connect it to the caller. Only by a link that their own pages show, and soon after they have
/// proven who they are: a foreign page could have signed this browser in at the service as somebody else before, and
/// what is connected opens the user for good.
pub(super) async fn connect(
    visit: Visit,
    cookies: Cookies,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let caller = visit.signed_in("/profile")?;
    if !sessions::is_recently_authenticated(&caller.session, app.clock.now()) {
        return ask_first(&visit, provider, &caller, Refused::not_yet());
    }
    let intent = visit.query.get("intent").unwrap_or_default().to_owned();
    let (user, service) = (caller.clone(), id.clone());
    let is_intended = app
        .write(move |tx| connect_intent::redeem(tx, &user, &service, &intent))
        .await
        .map_err(|error| visit.fail(error))?;
    if !is_intended {
        return Ok(question(&visit, provider, &caller));
    }
    let errand = AuthorizationIntent {
        provider: id,
        connect: Some(caller.session.id.to_string()),
        ..AuthorizationIntent::default()
    };
    Ok(go(&visit, &cookies, provider, errand).await)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Proof {
    password: String,
}

/// Takes the password of those who have not signed in a moment ago.
pub(super) async fn prove(
    visit: Visit,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
    Form(form): Form<Proof>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let caller = visit.signed_in("/profile")?;
    let password = Secret::new(form.password);
    match app.confirm_password(caller.clone(), password).await {
        Ok(()) => Ok(question(&visit, provider, &caller)),
        Err(refusal) => {
            let refused = Refused::of(&visit, refusal, "password", "")?;
            ask_first(&visit, provider, &caller, refused)
        }
    }
}

/// Asks for the password; those who have none prove through their service who they are.
fn ask_first(visit: &Visit, provider: &Provider, caller: &Caller, refused: Refused) -> Shown {
    if !visit.app.policy.allows_password(&caller.user) {
        return Err(visit.fail(Error::ReauthenticationRequired));
    }
    let id = &provider.settings.id;
    let mut form = FormPage::new(visit, "connect-prove", format!("/connect/{id}"));
    let name = [("service", provider.name().into())];
    form.page.title = visit.say("connect-title", &name);
    form.intro.push(visit.t("connect-prove-text"));
    form.fields.push(Field {
        name: "password",
        label: visit.t("field-current-password"),
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    });
    form.ways.push(Way {
        lead: String::new(),
        label: visit.t("way-profile"),
        href: "/profile".to_owned(),
    });
    Ok(form.show(refused))
}

/// Asks whether the service is to be connected, saying what that means.
fn question(visit: &Visit, provider: &Provider, caller: &Caller) -> Response {
    let name = [("service", provider.name().into())];
    Notice::titled(
        visit,
        visit.say("connect-title", &name),
        visit.say("connect-text", &name),
    )
    .way(
        visit.say("connect-button", &name),
        connect_path(&visit.app, provider, caller),
    )
    .way(visit.t("way-profile"), "/profile")
    .show(StatusCode::OK)
}

async fn go(
    visit: &Visit,
    cookies: &Cookies,
    provider: &Provider,
    errand: AuthorizationIntent,
) -> Response {
    let app = &visit.app;
    match app.start_authorization(provider, errand.clone()).await {
        Ok((attempt, url)) => {
            let response = Redirect::to(&url).into_response();
            let mut response = and_cookie(response, attempt_cookie(app, &attempt));
            let others = cookies.with_prefix(cookie_prefix(app));
            for name in others.skip(MOST_ATTEMPTS - 1) {
                response = and_cookie(response, Some(no_cookie(app, name)));
            }
            response
        }
        Err(fault) => {
            let why = Why::of_fault(provider, &fault);
            ended::lead(visit, provider, why, &errand)
        }
    }
}
