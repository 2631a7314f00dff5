//! Flash messages such as `?done=saved`, shown once, in the browser that made the change.
//!
//! The redirect to such a page sets a cookie with a fingerprint of its address. The page shows the message of its address only
//! when the cookie matches, and expires the cookie. So a link from elsewhere to the same address shows no message.
//!
//! The page with the result of sending invitations has a second cookie with a longer lifetime, so that it can be reloaded.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use crate::extract::{cookies, set_cookie};
use convoke_app::App;
use convoke_core::ids::UserId;
use convoke_core::secret::{Secret, sha256};

/// The lifetime of the cookie of a redirect, in seconds.
const MAX_AGE: u64 = 60;

/// The lifetime of the cookie of a result, in seconds.
const RESULT_MAX_AGE: u64 = 600;

/// Whether a request follows the redirect that led to its address; an extension of every request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flash {
    /// Whether this is the first request after the redirect.
    pub is_first: bool,
    /// The fingerprint of the last result's address, which can be reloaded.
    result: Option<u128>,
}

const fn cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-convoke-done"
    } else {
        "convoke-done"
    }
}

const fn result_cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-convoke-result"
    } else {
        "convoke-result"
    }
}

/// A hash of the address, which may contain a token.
fn fingerprint(address: &str) -> u128 {
    let hash = sha256(address.as_bytes());
    hash.iter()
        .take(16)
        .fold(0_u128, |hash, byte| (hash << 8) | u128::from(*byte))
}

/// The fingerprint of a user's result; it does not match for other users of the same browser.
fn result_fingerprint(user: UserId, address: &str) -> u128 {
    fingerprint(&format!("{user} {address}"))
}

/// A redirect's cookie for the address that it leads to.
pub(super) fn cookie(app: &App, address: &str) -> HeaderValue {
    let value = Secret::new(format!("{:032x}", fingerprint(address)));
    set_cookie(app, cookie_name(app.https), &value, MAX_AGE)
}

/// The same for the address of a user's result.
pub(super) fn result_cookie(app: &App, user: UserId, address: &str) -> HeaderValue {
    let value = Secret::new(format!("{:032x}", result_fingerprint(user, address)));
    set_cookie(app, result_cookie_name(app.https), &value, RESULT_MAX_AGE)
}

impl Flash {
    /// Reads the cookies of a request.
    pub(crate) fn from_request(app: &App, uri: &Uri, headers: &HeaderMap) -> Self {
        let read = |name: &str| {
            let mut cookies = cookies(headers).filter(|(cookie, _)| *cookie == name);
            cookies.find_map(|(_, value)| u128::from_str_radix(value, 16).ok())
        };
        let address = uri.path_and_query().map_or("", |address| address.as_str());
        Self {
            is_first: read(cookie_name(app.https)) == Some(fingerprint(address)),
            result: read(result_cookie_name(app.https)),
        }
    }

    /// Whether an address is that of the user's last result in this browser.
    pub(crate) fn is_result(&self, user: UserId, address: &str) -> bool {
        self.result == Some(result_fingerprint(user, address))
    }

    /// Expires the cookie with the response of the page. Error pages keep it, so that the page can be reloaded.
    pub(crate) fn clear(self, app: &App, response: &mut Response) {
        let name = cookie_name(app.https);
        let headers = response.headers_mut();
        let is_replaced = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .any(|cookie| cookie.as_bytes().starts_with(name.as_bytes()));
        if self.is_first && !is_replaced {
            let empty = Secret::new(String::new());
            headers.append(header::SET_COOKIE, set_cookie(app, name, &empty, 0));
        }
    }
}
