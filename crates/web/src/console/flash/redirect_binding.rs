//! Addresses that only the redirect to them may open: the redirect sets a cookie with a fingerprint of the address.
//!
//! The page of a failed sign-in reports the reason of its address, and an invitation's page the missing address of a service,
//! only when the cookie matches. So a link from elsewhere to the same address reports nothing. The page with the result of
//! sending invitations has a second cookie with a longer lifetime, so that it can be reloaded.

use axum::http::{HeaderMap, HeaderValue, Uri};

use convoke_api::extract::{cookies, set_cookie};
use convoke_app::App;
use convoke_core::ids::UserId;
use convoke_core::secret::{Secret, sha256};

/// The lifetime of the cookie of a redirect, in seconds.
const MAX_AGE: u64 = 60;

/// The lifetime of the cookie of a result, in seconds: the page stays open, and is updated while it is.
const RESULT_MAX_AGE: u64 = 86_400;

/// The addresses that the cookies of a request are bound to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RedirectBinding {
    /// Whether this is the first request after the redirect to its address.
    pub is_followed: bool,
    /// The fingerprint of the last result's address, which can be reloaded.
    result: Option<u128>,
}

pub(super) const fn cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-convoke-redirect"
    } else {
        "convoke-redirect"
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
pub(in crate::console) fn redirect_cookie(app: &App, address: &str) -> HeaderValue {
    let value = Secret::new(format!("{:032x}", fingerprint(address)));
    set_cookie(app, cookie_name(app.https), &value, MAX_AGE)
}

/// The same for the address of a user's result.
pub(in crate::console) fn result_cookie(app: &App, user: UserId, address: &str) -> HeaderValue {
    let value = Secret::new(format!("{:032x}", result_fingerprint(user, address)));
    set_cookie(app, result_cookie_name(app.https), &value, RESULT_MAX_AGE)
}

impl RedirectBinding {
    /// Reads the cookies of a request.
    pub(super) fn from_request(app: &App, uri: &Uri, headers: &HeaderMap) -> Self {
        let read = |name: &str| {
            let mut cookies = cookies(headers).filter(|(cookie, _)| *cookie == name);
            cookies.find_map(|(_, value)| u128::from_str_radix(value, 16).ok())
        };
        let address = uri.path_and_query().map_or("", |address| address.as_str());
        Self {
            // Without the cookie there is nothing to compare, so the address is not hashed.
            is_followed: read(cookie_name(app.https))
                .is_some_and(|expected| expected == fingerprint(address)),
            result: read(result_cookie_name(app.https)),
        }
    }

    /// Whether an address is that of the user's last result in this browser.
    pub(super) fn is_result(&self, user: UserId, address: &str) -> bool {
        self.result == Some(result_fingerprint(user, address))
    }
}
