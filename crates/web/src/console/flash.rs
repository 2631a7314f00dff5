//! What a page says about what was just done, such as `?done=saved`: only after it was done, in the browser that did it, once.
//!
//! The redirect to such a page carries a cookie with a fingerprint of the address it leads to. The page shows what its address
//! says only when the cookie came along, and takes it away. A link from elsewhere to the same address shows the page alone.
//!
//! The page with the result of sending invitations is one as a whole: its cookie stays for a while, so that it can be loaded
//! again.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use crate::extract::{cookies, set_cookie};
use convoke_app::App;
use convoke_core::ids::UserId;
use convoke_core::secret::{Secret, sha256};

/// How long a browser may take to follow a redirect, in seconds.
const MAX_AGE: u64 = 60;

/// How long a browser may load a result again, in seconds.
const RESULT_MAX_AGE: u64 = 600;

/// Whether a request follows the redirect that led to its address; an extension of every request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flash {
    /// For the first time.
    pub is_first: bool,
    /// The fingerprint of the last result's address, which can be loaded again.
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

/// Does not disclose the address, which may hold a token.
fn fingerprint(address: &str) -> u128 {
    let hash = sha256(address.as_bytes());
    hash.iter()
        .take(16)
        .fold(0_u128, |hash, byte| (hash << 8) | u128::from(*byte))
}

/// The fingerprint of a user's result: it is nobody else's who signs in in the same browser.
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
    pub fn from_request(app: &App, uri: &Uri, headers: &HeaderMap) -> Self {
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
    pub fn is_result(&self, user: UserId, address: &str) -> bool {
        self.result == Some(result_fingerprint(user, address))
    }

    /// Takes the cookie away with the page that has used it. An error page leaves it, so that the page can be loaded again.
    pub fn clear(self, app: &App, response: &mut Response) {
        let name = cookie_name(app.https);
        let headers = response.headers_mut();
        let is_set_anew = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .any(|cookie| cookie.as_bytes().starts_with(name.as_bytes()));
        if self.is_first && !is_set_anew {
            let none = Secret::new(String::new());
            headers.append(header::SET_COOKIE, set_cookie(app, name, &none, 0));
        }
    }
}
