//! The way to a service.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::ended::{self, Why};
use super::{and_cookie, attempt_cookie, cookie_prefix, invitation_token, no_cookie, provider};
use crate::app::App;
use crate::core::language;
use crate::domain::identities::attempt::Errand;
use crate::http::console::notice::Notice;
use crate::http::console::return_to::local_path;
use crate::http::console::visit::{Shown, Visit};
use crate::http::extract::{Cookies, FromOurPage, Ids};
use crate::providers::Provider;

/// A browser that has more attempts under way has lost most of them.
const MOST_ATTEMPTS: usize = 4;

/// Leads to the service, to sign in or up.
pub(super) async fn start(
    visit: Visit,
    cookies: Cookies,
    State(app): State<App>,
    Ids((id,)): Ids<(String,)>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let return_to = visit.return_to();
    let by_path = return_to.and_then(|path| path.strip_prefix("/invitations/"));
    let invitation = visit.query.get("invitation").or(by_path);
    let errand = Errand {
        provider: id,
        connect: None,
        return_to: return_to.map(str::to_owned),
        invitation: invitation.and_then(invitation_token).map(str::to_owned),
        time_zone: visit.query.get("time_zone").and_then(language::time_zone),
    };
    Ok(go(&visit, &cookies, provider, errand).await)
}

/// Leads to the service, to connect it to the caller. Only from a page of ours: a foreign page that leads here could
/// have signed this browser in at the service as somebody else before.
pub(super) async fn connect(
    visit: Visit,
    cookies: Cookies,
    State(app): State<App>,
    FromOurPage(ours): FromOurPage,
    Ids((id,)): Ids<(String,)>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let caller = visit.signed_in("/profile")?;
    if !ours {
        let name = [("service", provider.name().into())];
        let title = visit.say("connect-title", &name);
        let notice = Notice::titled(&visit, title, visit.say("connect-text", &name))
            .way(visit.say("connect-button", &name), format!("/connect/{id}"))
            .way(visit.t("way-profile"), "/profile");
        return Ok(notice.show(StatusCode::OK));
    }
    let errand = Errand {
        provider: id,
        connect: Some(caller.session.id.to_string()),
        return_to: local_path("/profile").map(str::to_owned),
        ..Errand::default()
    };
    Ok(go(&visit, &cookies, provider, errand).await)
}

async fn go(visit: &Visit, cookies: &Cookies, provider: &Provider, errand: Errand) -> Response {
    let app = &visit.app;
    match app.begin_attempt(provider, errand.clone()).await {
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
            ended::lead(provider, why, &errand)
        }
    }
}
