//! What a redirect passes to the page that it leads to, in cookies.
//!
//! A change redirects to a page (303), and its flash message is in a cookie that scripts cannot read. The next page that the
//! browser loads shows the message and expires the cookie, so a reload shows none. An address never carries a message: a link
//! from elsewhere shows none. Responses that are no pages, redirects and error pages leave the message for the next page. A
//! response that starts or ends a session expires it, so a page of another user never shows it.
//!
//! Some addresses may only be opened by the redirect to them; see [`redirect_binding`].

mod bulk_counts;
mod message;
mod redirect_binding;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use convoke_api::extract::{cookies, session_cookie_name, set_cookie};
use convoke_app::App;
use convoke_core::ids::UserId;
use convoke_core::secret::Secret;

pub(super) use bulk_counts::BulkCounts;
pub(super) use message::FlashMessage;
use redirect_binding::RedirectBinding;
pub(super) use redirect_binding::{redirect_cookie, result_cookie};

/// The lifetime of the message's cookie, in seconds.
const MAX_AGE: u64 = 60;

const fn cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-convoke-flash"
    } else {
        "convoke-flash"
    }
}

/// The cookie with a message for the next page.
pub(super) fn message_cookie(app: &App, message: &FlashMessage) -> HeaderValue {
    let value = Secret::new(message.encode());
    set_cookie(app, cookie_name(app.https), &value, MAX_AGE)
}

/// The flash cookies of a request; an extension of every request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flash {
    message: Option<FlashMessage>,
    /// Whether the response shows the message; shared by the clones of the request.
    is_shown: Arc<AtomicBool>,
    binding: RedirectBinding,
}

impl Flash {
    /// Reads the cookies of a request.
    pub(crate) fn from_request(app: &App, uri: &Uri, headers: &HeaderMap) -> Self {
        let name = cookie_name(app.https);
        let mut values = cookies(headers).filter(|(cookie, _)| *cookie == name);
        Self {
            message: values.find_map(|(_, value)| FlashMessage::decode(value)),
            is_shown: Arc::default(),
            binding: RedirectBinding::from_request(app, uri, headers),
        }
    }

    /// The message for the next page.
    pub(super) const fn message(&self) -> Option<&FlashMessage> {
        self.message.as_ref()
    }

    /// The same for a page that shows it, whose response expires the cookie.
    pub(super) fn show(&self) -> Option<&FlashMessage> {
        self.is_shown.store(true, Ordering::Relaxed);
        self.message()
    }

    /// Whether the request follows the redirect that led to its address.
    pub(super) const fn follows_redirect(&self) -> bool {
        self.binding.is_followed
    }

    /// Whether an address is that of the user's last result in this browser.
    pub(super) fn is_result(&self, user: UserId, address: &str) -> bool {
        self.binding.is_result(user, address)
    }

    /// Expires the cookies that the response has used, or that must not outlive the session.
    pub(crate) fn clear(&self, app: &App, response: &mut Response) {
        let status = response.status();
        let headers = response.headers_mut();
        let is_used = self.is_shown.load(Ordering::Relaxed) && !status.is_server_error();
        let session_changes = sets_cookie(headers, session_cookie_name(app.https));
        if self.message.is_some() && (is_used || session_changes) {
            expire(app, headers, cookie_name(app.https));
        }
        if self.binding.is_followed && status.is_success() {
            expire(app, headers, redirect_binding::cookie_name(app.https));
        }
    }
}

/// Whether a response sets a cookie.
fn sets_cookie(headers: &HeaderMap, name: &str) -> bool {
    let mut cookies = headers.get_all(header::SET_COOKIE).iter();
    cookies.any(|cookie| {
        let rest = cookie.as_bytes().strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"="))
    })
}

/// Expires a cookie, unless the response sets it anew.
fn expire(app: &App, headers: &mut HeaderMap, name: &str) {
    if !sets_cookie(headers, name) {
        let empty = Secret::new(String::new());
        headers.append(header::SET_COOKIE, set_cookie(app, name, &empty, 0));
    }
}
