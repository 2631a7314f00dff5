//! Where the forms of pages of a pending authorization request may lead: browsers check `form-action` for each redirect that follows
//! a form, and a sign-in ends with one to the client.

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::security_headers::content_security_policy;
use crate::console::{ACCOUNTS, pending_authorization};
use convoke_api::oauth2::paths;
use convoke_app::App;
use convoke_domain::oauth2;

/// The local path that a page's form leads to in the end, as its handler knows it.
#[derive(Clone, Debug)]
struct LeadsTo(String);

/// The same response, whose form leads to a local path in the end.
pub(crate) fn leads_to(mut response: Response, path: String) -> Response {
    response.extensions_mut().insert(LeadsTo(path));
    response
}

/// Whether a form of a page can go on with the request of the browser's cookie: those that sign in or up, or accept an invitation.
fn returns_to_request(path: &str) -> bool {
    const FIRST_PARTS: [&str; 5] = ["sign-in", "sign-up", "confirm", "reset", "invitations"];
    let first = path.trim_start_matches('/').split('/').next();
    path == ACCOUNTS || first.is_some_and(|part| FIRST_PARTS.contains(&part))
}

/// The addresses of authorization requests that a page may return to.
pub(super) struct FormTargets(Vec<String>);

impl FormTargets {
    /// Those of the request's address, of its `return_to` and of its cookie.
    pub(super) fn from_request(app: &App, request: &Request) -> Self {
        if !app.has_clients() {
            return Self(Vec::new());
        }
        let path = request.uri().path();
        let pending = pending_authorization::find(app, request.headers());
        let mut found: Vec<String> = pending
            .filter(|_| returns_to_request(path))
            .into_iter()
            .collect();
        let query = request.uri().query().unwrap_or_default();
        if path == paths::AUTHORIZE {
            found.push(format!("{}?{query}", paths::AUTHORIZE));
        } else if query.contains("return_to=") {
            let pairs = form_urlencoded::parse(query.as_bytes());
            let targets = pairs.filter(|(name, _)| name == "return_to");
            found.extend(targets.map(|(_, path)| path.into_owned()));
        }
        Self(found)
    }

    /// Allows the forms of a page to lead to their clients, unless its handler has set a policy.
    pub(super) fn allow(mut self, app: &App, response: &mut Response) {
        if let Some(LeadsTo(path)) = response.extensions_mut().remove() {
            self.0.push(path);
        }
        if self.0.is_empty()
            || response
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        {
            return;
        }
        let mut origins: Vec<String> = self
            .0
            .iter()
            .filter_map(|path| {
                let query = path.strip_prefix(paths::AUTHORIZE)?.strip_prefix('?')?;
                let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
                oauth2::redirect_origin(&pairs.collect::<Vec<_>>(), &app.ctx.catalogue)
            })
            .collect();
        origins.sort_unstable();
        origins.dedup();
        if origins.is_empty() {
            return;
        }
        if let Ok(policy) = HeaderValue::try_from(content_security_policy(&origins)) {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}
