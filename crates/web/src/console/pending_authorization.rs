//! The authorization request that this browser has started last, in a cookie: a sign-up that goes on from an email, or an invitation
//! that is accepted meanwhile, returns to it. The endpoint reads it like any other request, so that it permits nothing.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::return_to::local_path;
use convoke_api::extract::{cookies, set_cookie};
use convoke_api::oauth2::paths;
use convoke_app::App;
use convoke_core::secret::Secret;

/// The lifetime of the cookie, in seconds.
const MAX_AGE: u64 = 3_600;

/// The longest address that a cookie holds; browsers drop cookies of more than 4,096 bytes (RFC 6265 section 6.1).
const MAX_LENGTH: usize = 3_800;

const fn cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-convoke-authorization"
    } else {
        "convoke-authorization"
    }
}

/// The address of the request of this browser.
pub(crate) fn find(app: &App, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(app.https);
    let (_, query) = cookies(headers).find(|(cookie_name, _)| *cookie_name == name)?;
    let path = format!("{}?{query}", paths::AUTHORIZE);
    let is_request = !query.is_empty() && local_path(&path).is_some();
    is_request.then_some(path)
}

/// The same response with the cookie of a request, by its address; a very long one is left out.
pub(super) fn remember(app: &App, response: Response, path: &str) -> Response {
    match path.split_once('?') {
        Some((_, query)) if query.len() <= MAX_LENGTH => {
            let value = Secret::new(query.to_owned());
            let cookie = set_cookie(app, cookie_name(app.https), &value, MAX_AGE);
            append(response, cookie)
        }
        _ => response,
    }
}

/// Whether the request of an address has this redirect URI and state.
pub(super) fn is_of(path: &str, redirect_uri: &str, state: Option<&str>) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let pair = pairs.find(|(known, _)| known == name);
        pair.map(|(_, value)| value.into_owned())
    };
    value("redirect_uri").as_deref() == Some(redirect_uri) && value("state").as_deref() == state
}

/// The same response without the cookie: the request has its response.
pub(super) fn clear(app: &App, response: Response) -> Response {
    let empty = Secret::new(String::new());
    append(response, set_cookie(app, cookie_name(app.https), &empty, 0))
}

fn append(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
