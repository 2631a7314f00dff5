//! What handlers ask of a request: who calls, from where, about what.

use std::str::FromStr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use super::parameters;
use super::problem::Problem;
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;
use convoke_core::pagination::PageLimit;
use convoke_core::secret::{Secret, TokenHash, TokenKind, sha256, token_hash};
use convoke_domain::sessions::SignedIn;
use convoke_domain::{self as domain, Error, FieldError};

/// The signed-in caller; rejects everybody else.
pub(super) struct Caller(pub domain::Caller);

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = session_token(app, &parts.headers);
        let found = match token {
            Some(token) => app.authenticate(token, client_info(parts)).await,
            None => Err(Error::SignInRequired),
        };
        Ok(Self(found?))
    }
}

impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Problem;

    /// Nobody where no session lives; an outage stays an outage.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        let Some(token) = session_token(app, &parts.headers) else {
            return Ok(None);
        };
        match app.authenticate(token, client_info(parts)).await {
            Ok(caller) => Ok(Some(Self(caller))),
            Err(Error::SignInRequired) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }
}

fn client_info(parts: &Parts) -> domain::ClientInfo {
    parts
        .extensions
        .get::<domain::ClientInfo>()
        .cloned()
        .unwrap_or_default()
}

/// Where a request comes from.
pub(super) struct ClientInfo(pub domain::ClientInfo);

impl<S: Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(client_info(parts)))
    }
}

/// The language of the caller's browser.
pub(super) struct PreferredLanguage(pub Locale);

impl<S: Sync> FromRequestParts<S> for PreferredLanguage {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(
            parts
                .extensions
                .get::<Locale>()
                .copied()
                .unwrap_or_default(),
        ))
    }
}

const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-convoke" } else { "convoke" }
}

/// The session's token; an `Authorization` header stands instead of the cookie, and nobody has a key yet.
pub(super) fn session_token(app: &App, headers: &HeaderMap) -> Option<TokenHash> {
    if headers.contains_key(header::AUTHORIZATION) {
        return None;
    }
    let name = cookie_name(app.https);
    let (_, token) = cookies(headers).find(|(found, _)| *found == name)?;
    token_hash(TokenKind::Session, token)
}

/// Names and values of all cookies of a request.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    // A cookie that is not text, such as another program's on the same host, hides no other.
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| pair.trim().split_once('='))
}

/// The value of a header that is a list; its lines are joined (RFC 9110 section 5.3). Empty when there is none.
pub(super) fn list_header(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines = headers.get_all(name).iter();
    let lines: Vec<_> = lines
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    lines.join(", ")
}

/// The value of a header that is not a list: none when it is absent, repeated or not visible ASCII.
pub(super) fn single_header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}

/// The cookies of a request.
pub(super) struct Cookies(HeaderMap);

impl<S: Sync> FromRequestParts<S> for Cookies {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut kept = HeaderMap::new();
        for value in parts.headers.get_all(header::COOKIE) {
            kept.append(header::COOKIE, value.clone());
        }
        Ok(Self(kept))
    }
}

impl Cookies {
    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = cookies(&self.0);
        all.find_map(|(found, value)| (found == name).then_some(value))
    }

    /// Names that begin like this.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = &str> {
        cookies(&self.0)
            .map(|(name, _)| name)
            .filter(move |name| name.starts_with(prefix))
    }
}

/// The cookie of a session that has begun (security rule 8).
pub(super) fn session_cookie(app: &App, signed_in: &SignedIn) -> HeaderValue {
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

/// The device that a request comes from, where somebody has signed in with it before.
pub(super) fn device(app: &App, headers: &HeaderMap) -> Option<TokenHash> {
    let name = device_cookie_name(app.https);
    let (_, token) = cookies(headers).find(|(found, _)| *found == name)?;
    token_hash(TokenKind::Device, token)
}

/// The response with the cookies of a session that has begun: the session's, and that of a device not known yet.
pub(super) fn with_session(app: &App, mut response: Response, signed_in: &SignedIn) -> Response {
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
pub(super) fn expired_session_cookie(app: &App) -> HeaderValue {
    cookie(app, &Secret::new(String::new()), 0)
}

fn cookie(app: &App, token: &Secret, max_age: u64) -> HeaderValue {
    set_cookie(app, cookie_name(app.https), token, max_age)
}

/// A cookie that scripts cannot read, for `max_age` seconds.
pub(super) fn set_cookie(app: &App, name: &str, value: &Secret, max_age: u64) -> HeaderValue {
    let secure = if app.https { "; Secure" } else { "" };
    let text = format!(
        "{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}",
        value.expose()
    );
    let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Ids of the path, in its order. What is not an id of the wanted kind is not found, like an unknown one.
pub(super) struct PathIds<T>(pub T);

fn path_values(params: &RawPathParams) -> Vec<String> {
    params.iter().map(|(_, value)| value.to_owned()).collect()
}

fn id<T: FromStr>(values: &[String], at: usize) -> Result<T, Problem> {
    values
        .get(at)
        .and_then(|text| text.parse().ok())
        .ok_or_else(Problem::not_found)
}

impl<S: Send + Sync, A: FromStr> FromRequestParts<S> for PathIds<(A,)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let values = path_values(&params.map_err(|_| Problem::not_found())?);
        Ok(Self((id(&values, 0)?,)))
    }
}

impl<S: Send + Sync, A: FromStr, B: FromStr> FromRequestParts<S> for PathIds<(A, B)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let values = path_values(&params.map_err(|_| Problem::not_found())?);
        Ok(Self((id(&values, 0)?, id(&values, 1)?)))
    }
}

/// Parameters of the query.
pub(super) struct QueryParams(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for QueryParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(parameters::parse(query.as_bytes(), '?')?))
    }
}

impl QueryParams {
    /// The last value of a parameter; empty counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// Every value of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(found, value)| found == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Text of a parameter, empty when absent.
    pub fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// The value of a parameter read by `read`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with `remedy` when it cannot be read.
    pub fn parse<T>(
        &self,
        name: &str,
        remedy: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(invalid_parameter(name, text, remedy)),
            },
        }
    }

    /// The page's size.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn limit(&self) -> Result<PageLimit, Error> {
        let text = self.get("limit");
        PageLimit::parse(text).ok_or_else(|| {
            let remedy = "limit must be a whole number from 1 to 100.";
            invalid_parameter("limit", text.unwrap_or_default(), remedy)
        })
    }

    /// Where the page begins.
    pub fn cursor(&self) -> Option<String> {
        self.get("cursor").map(str::to_owned)
    }

    /// A moment.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>, Error> {
        let remedy = "Write the time as RFC 3339, such as 2026-11-22T14:05:00Z.";
        self.parse(name, remedy, Timestamp::parse)
    }
}

/// The error of a query parameter.
pub(super) fn invalid_parameter(name: &str, value: &str, remedy: &str) -> Error {
    let pointer = format!("?{name}");
    Error::Invalid(vec![
        FieldError::new(pointer, "invalid-parameter", remedy).with_value(value),
    ])
}

/// The `Idempotency-Key` of a request, hashed, if it has one.
///
/// # Errors
/// [`Error::Invalid`].
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<[u8; 32]>, Error> {
    const NAME: HeaderName = HeaderName::from_static("idempotency-key");
    if !headers.contains_key(NAME) {
        return Ok(None);
    }
    let key = single_header(headers, &NAME).unwrap_or_default().as_bytes();
    let visible = key.iter().all(|byte| (0x21..=0x7e).contains(byte));
    if visible && (1..=parameters::max_length("Idempotency-Key")).contains(&key.len()) {
        return Ok(Some(sha256(key)));
    }
    Err(Error::Invalid(vec![FieldError::new(
        "Idempotency-Key",
        "invalid-parameter",
        "The Idempotency-Key header must come once, with 1 to 255 visible ASCII characters.",
    )]))
}

/// What the client wants to read: `?format=` of a link, which cannot set headers, else the order of its `Accept`.
pub(super) struct Accept(Vec<Format>);

impl Accept {
    /// The first wanted format that is among those offered, else JSON.
    pub fn best(&self, offered: &[Format]) -> Format {
        let wanted = self.0.iter().find(|format| offered.contains(format));
        wanted.copied().unwrap_or(Format::Json)
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
    Ndjson,
}

impl<S: Sync> FromRequestParts<S> for Accept {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = QueryParams::from_request_parts(parts, state).await?;
        match query.get("format") {
            Some("csv") => return Ok(Self(vec![Format::Csv])),
            Some("ndjson") => return Ok(Self(vec![Format::Ndjson])),
            _ => {}
        }
        let accept = list_header(&parts.headers, &header::ACCEPT);
        let wanted = accept
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim())
            .filter_map(|range| match range {
                "text/csv" => Some(Format::Csv),
                "application/x-ndjson" => Some(Format::Ndjson),
                "application/json" | "application/*" | "*/*" => Some(Format::Json),
                _ => None,
            });
        Ok(Self(wanted.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_that_is_not_text_hides_no_other() {
        let headers = headers(&header::COOKIE, &[b"a=1; b=\xff; c=3", b"\xfe; d=4"]);
        let found: Vec<_> = cookies(&headers).collect();
        assert_eq!(found, [("a", "1"), ("c", "3"), ("d", "4")]);
    }

    #[test]
    fn lines_of_a_list_are_joined() {
        let headers = headers(&header::ACCEPT, &[b"text/html", b"\xff, text/csv"]);
        let joined = list_header(&headers, &header::ACCEPT);
        assert_eq!(joined, "text/html, \u{fffd}, text/csv");
        assert_eq!(list_header(&headers, &header::COOKIE), "");
    }

    #[test]
    fn what_is_no_list_comes_once() {
        let read = |values: &[&[u8]]| {
            let headers = headers(&header::IF_MATCH, values);
            single_header(&headers, &header::IF_MATCH).map(str::to_owned)
        };
        assert_eq!(read(&[b"1"]), Some("1".to_owned()));
        let rejected: [&[&[u8]]; 4] = [&[], &[b"1", b"1"], &[b"1", b"2"], &[b"\xff"]];
        for values in rejected {
            assert_eq!(read(values), None);
        }
    }

    #[test]
    fn an_idempotency_key_comes_once() {
        let name = HeaderName::from_static("idempotency-key");
        let read = |values: &[&[u8]]| idempotency_key(&headers(&name, values));
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[b"k"]).unwrap(), Some(sha256(b"k")));
        let long = [b'k'; 256];
        let rejected: [&[&[u8]]; 5] = [&[b""], &[b"k", b"k"], &[b"a b"], &[b"\xff"], &[&long]];
        for values in rejected {
            assert!(read(values).is_err());
        }
    }
}
