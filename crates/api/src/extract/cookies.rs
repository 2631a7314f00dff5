//! Cookies: of sessions, of known devices, and all others.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use convoke_app::App;
use convoke_core::secret::{Secret, TokenHash, TokenKind, token_hash};
use convoke_domain::sessions::SignedIn;
use convoke_domain::{self as domain};

/// The name of the cookie of a session.
#[must_use]
pub const fn session_cookie_name(https: bool) -> &'static str {
    if https { "__Host-convoke" } else { "convoke" }
}

/// The hash of the session's token. An `Authorization` header takes precedence over the cookie; no API keys are supported yet.
pub fn session_token(app: &App, headers: &HeaderMap) -> Option<TokenHash> {
    if headers.contains_key(header::AUTHORIZATION) {
        return None;
    }
    let name = session_cookie_name(app.https);
    let (_, token) = cookies(headers).find(|(cookie_name, _)| *cookie_name == name)?;
    token_hash(TokenKind::Session, token)
}

/// Names and values of all cookies of a request.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    // A cookie that is not UTF-8, such as that of another program on the same host, is skipped.
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| pair.trim().split_once('='))
}

/// The cookies of a request.
pub struct Cookies(HeaderMap);

impl<S: Sync> FromRequestParts<S> for Cookies {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut headers = HeaderMap::new();
        for value in parts.headers.get_all(header::COOKIE) {
            headers.append(header::COOKIE, value.clone());
        }
        Ok(Self(headers))
    }
}

impl Cookies {
    /// The value of a cookie.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = cookies(&self.0);
        all.find_map(|(cookie_name, value)| (cookie_name == name).then_some(value))
    }

    /// The names of cookies that begin with `prefix`.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = &str> {
        cookies(&self.0)
            .map(|(name, _)| name)
            .filter(move |name| name.starts_with(prefix))
    }
}

/// The cookie of a new session (security rule 8).
#[must_use]
pub fn session_cookie(app: &App, signed_in: &SignedIn) -> HeaderValue {
    let age = domain::policy::SESSION_LIFETIME.as_secs();
    cookie(app, &signed_in.token, age)
}

const fn device_cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-convoke-device"
    } else {
        "convoke-device"
    }
}

/// The hash of the known device's token, where a user has signed in with this browser before.
#[must_use]
pub fn device(app: &App, headers: &HeaderMap) -> Option<TokenHash> {
    let name = device_cookie_name(app.https);
    let (_, token) = cookies(headers).find(|(cookie_name, _)| *cookie_name == name)?;
    token_hash(TokenKind::Device, token)
}

/// Adds the cookies of a new session: the session's, and the device's if the device is new.
pub fn with_session(app: &App, mut response: Response, signed_in: &SignedIn) -> Response {
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, session_cookie(app, signed_in));
    if let Some(token) = &signed_in.device {
        let age = domain::known_devices::DEVICE_LIFETIME.as_secs();
        let name = device_cookie_name(app.https);
        headers.append(header::SET_COOKIE, set_cookie(app, name, token, age));
    }
    response
}

/// The cookie that expires a session's cookie.
#[must_use]
pub fn expired_session_cookie(app: &App) -> HeaderValue {
    cookie(app, &Secret::new(String::new()), 0)
}

fn cookie(app: &App, token: &Secret, max_age: u64) -> HeaderValue {
    set_cookie(app, session_cookie_name(app.https), token, max_age)
}

/// A cookie that scripts cannot read, for `max_age` seconds.
#[must_use]
pub fn set_cookie(app: &App, name: &str, value: &Secret, max_age: u64) -> HeaderValue {
    let secure = if app.https { "; Secure" } else { "" };
    let text = format!(
        "{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}",
        value.expose()
    );
    let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
