//! The language of a request.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use crate::extract::{cookies, list_header};
use convoke_app::App;
use convoke_core::language::Locale;

const LANGUAGE_COOKIE: &str = "convoke-language";

/// The language of `?lang=`, chosen in the page's footer.
pub(super) fn chosen_language(uri: &Uri) -> Option<Locale> {
    let query = uri.query()?;
    // Skips parsing for most requests.
    if !query.contains("lang=") {
        return None;
    }
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "lang")
        .and_then(|(_, tag)| tag.parse().ok())
}

/// Stores the chosen language in a cookie.
pub(super) fn remember_language(app: &App, response: &mut Response<Body>, chosen: Locale) {
    let secure = if app.https { "; Secure" } else { "" };
    let cookie = format!(
        "{LANGUAGE_COOKIE}={chosen}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{secure}"
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The language of the cookie, else that of `Accept-Language`.
pub(super) fn accepted_language(headers: &HeaderMap) -> Locale {
    let remembered = cookies(headers).find(|(name, _)| *name == LANGUAGE_COOKIE);
    if let Some(Ok(locale)) = remembered.map(|(_, tag)| tag.parse()) {
        return locale;
    }
    match list_header(headers, &header::ACCEPT_LANGUAGE) {
        none if none.is_empty() => Locale::default(),
        ranges => Locale::negotiate(&ranges),
    }
}
