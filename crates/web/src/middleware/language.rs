//! The language of a request.

use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;

use convoke_api::extract::{cookies, list_header, set_cookie};
use convoke_app::App;
use convoke_core::language::Locale;
use convoke_core::secret::Secret;

const LANGUAGE_COOKIE: &str = "convoke-language";

/// The lifetime of the cookie, in seconds: a year.
const MAX_AGE: u64 = 31_536_000;

/// Adds the [`Locale`] of a request: of `?lang=`, else of the cookie, else of `Accept-Language`. Returns the one of `?lang=`, to
/// be remembered.
pub(super) fn add(request: &mut Request) -> Option<Locale> {
    let chosen = chosen_language(request.uri());
    let locale = chosen.unwrap_or_else(|| accepted_language(request.uri(), request.headers()));
    request.extensions_mut().insert(locale);
    chosen
}

/// Stores a chosen language in a cookie.
pub(super) fn remember(app: &App, response: &mut Response, chosen: Locale) {
    let value = Secret::new(chosen.to_string());
    let cookie = set_cookie(app, LANGUAGE_COOKIE, &value, MAX_AGE);
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

/// The language of `?lang=`, chosen in the page's footer.
fn chosen_language(uri: &Uri) -> Option<Locale> {
    let query = uri.query()?;
    // Skips parsing for most requests.
    if !query.contains("lang=") {
        return None;
    }
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "lang")
        .and_then(|(_, tag)| tag.parse().ok())
}

/// The language of the cookie, else that of `ui_locales`, which a product asks for (OpenID Connect Core section 3.1.2.1), else that
/// of `Accept-Language`.
fn accepted_language(uri: &Uri, headers: &HeaderMap) -> Locale {
    let remembered = cookies(headers).find(|(name, _)| *name == LANGUAGE_COOKIE);
    if let Some(Ok(locale)) = remembered.map(|(_, tag)| tag.parse()) {
        return locale;
    }
    let query = uri.query().filter(|query| query.contains("ui_locales="));
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if let Some((_, tags)) = pairs.find(|(name, _)| name == "ui_locales") {
        return Locale::negotiate(&tags.replace(' ', ","));
    }
    match list_header(headers, &header::ACCEPT_LANGUAGE) {
        none if none.is_empty() => Locale::default(),
        ranges => Locale::negotiate(&ranges),
    }
}
