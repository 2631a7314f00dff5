//! What a page says about what was just done, such as `?done=saved`: only after it was done, in the browser that did it, once.
//!
//! The redirect to such a page carries a cookie with a fingerprint of the address it leads to. The page shows what its address
//! says only when the cookie came along, and takes it away. A link from elsewhere to the same address shows the page alone.
//!
//! The page with the result of sending invitations is one as a whole: its cookie stays for a while, so that it can be loaded
//! again.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use crate::app::App;
use crate::core::secret::{Secret, sha256};
use crate::http::extract::{cookies, set_cookie};

/// How long a browser may take to follow a redirect, in seconds.
const MAX_AGE: u64 = 60;

/// How long a browser may load a result again, in seconds.
const RESULT_MAX_AGE: u64 = 600;

/// Whether a request follows the redirect that led to its address; an extension of every request.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::http) struct Flash {
    /// For the first time.
    pub is_first: bool,
    /// To a result, which can be loaded again.
    pub is_result: bool,
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

/// Does not give the address away, which may hold a token.
fn fingerprint(address: &str) -> String {
    let hash = sha256(address.as_bytes());
    let first = hash
        .iter()
        .take(16)
        .fold(0_u128, |hash, byte| (hash << 8) | u128::from(*byte));
    format!("{first:032x}")
}

/// A redirect's cookie for the address that it leads to.
pub(super) fn cookie(app: &App, address: &str) -> HeaderValue {
    let value = Secret::new(fingerprint(address));
    set_cookie(app, cookie_name(app.https), &value, MAX_AGE)
}

/// The same for the address of a result.
pub(super) fn result_cookie(app: &App, address: &str) -> HeaderValue {
    let value = Secret::new(fingerprint(address));
    set_cookie(app, result_cookie_name(app.https), &value, RESULT_MAX_AGE)
}

impl Flash {
    /// Reads the cookies of a request.
    pub fn from_request(app: &App, uri: &Uri, headers: &HeaderMap) -> Self {
        let address = uri.path_and_query().map_or("", |address| address.as_str());
        let has = |name: &str| {
            let mut cookies = cookies(headers).filter(|(found, _)| *found == name);
            cookies.any(|(_, value)| value == fingerprint(address))
        };
        Self {
            is_first: has(cookie_name(app.https)),
            is_result: has(result_cookie_name(app.https)),
        }
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
