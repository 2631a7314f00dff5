//! What every request passes: its id, the cross-site rule, time and panics, and the format of its response.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::client_address::client_address;
use super::console::{Flash, ProblemContext, problem_page};
use super::extract::{cookies, device, list_header, session_token};
use super::host::misdirected;
use super::problem::{self, Problem};
use convoke_app::App;
use convoke_core::language::Locale;
use convoke_core::text::ForeignText;
use convoke_domain::ClientInfo;

/// The time limit of a request, receiving its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest `User-Agent` that is stored.
const MAX_USER_AGENT_CHARS: usize = 256;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The middleware around every route.
pub(super) async fn add_middleware(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let id = request_id(&app);
    let origin = client(&app, &request);
    let chosen = chosen_language(request.uri());
    let locale = chosen.unwrap_or_else(|| accepted_language(request.headers()));
    let method = request.method().clone();
    let api = request.uri().path().starts_with("/api/");
    // The pattern, never the path: paths of mailed links carry secrets.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", |path| path.as_str())
        .to_owned();
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(locale);
    let flash = Flash::from_request(&app, request.uri(), request.headers());
    request.extensions_mut().insert(flash);

    let rejected = misdirected(&app, &request)
        .or_else(|| csrf_check(&app, &method, request.headers()))
        .or_else(|| starting(&app, request.uri().path()));
    let answered = match rejected {
        Some(problem) => Ok(problem.into_response()),
        None => tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await,
    };
    let mut response = answered.unwrap_or_else(|_| timeout_problem().into_response());
    if let Some(found) = response.extensions_mut().remove::<Problem>() {
        // A page's handler knows who reads it.
        let reader = response.extensions_mut().remove();
        let reader = reader.unwrap_or_else(|| ProblemContext::anonymous(locale));
        response = render_problem(&app, &found, &id, api, reader, response.headers());
    }
    set_security_headers(&app, &mut response, &id);
    if response.status().is_success() {
        flash.clear(&app, &mut response);
    }
    if let Some(chosen) = chosen {
        remember_language(&app, &mut response, chosen);
    }
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    record_metrics(&method, &route, status, elapsed);
    log(&id, &method, &route, status, elapsed);
    response
}

fn request_id(app: &App) -> String {
    let mut bytes = [0; 16];
    app.ctx.random.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn timeout_problem() -> Problem {
    unavailable("The request took too long, and nothing was acknowledged. Try again in a moment.")
}

/// The answer to everything but the health checks until the database can be used.
fn starting(app: &App, path: &str) -> Option<Problem> {
    let is_served = !app.is_starting() || matches!(path, "/healthz" | "/readyz");
    (!is_served).then(|| unavailable("The database cannot be reached. Try again in a moment."))
}

fn unavailable(detail: &str) -> Problem {
    let mut problem = Problem::new(problem::UNAVAILABLE, detail);
    problem.retry_after = Some(2);
    problem
}

/// Where a request comes from; `X-Forwarded-For` counts only from configured proxies.
fn client(app: &App, request: &Request) -> ClientInfo {
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let ip = peer.map(|info| {
        let forwarded = headers.get_all("x-forwarded-for").into_iter();
        let forwarded = forwarded.map(HeaderValue::as_bytes);
        client_address(info.0.ip(), forwarded, |ip| app.config.trusts(ip))
    });
    let user_agent = headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .map(|text| ForeignText::new(&text, MAX_USER_AGENT_CHARS));
    ClientInfo {
        ip,
        user_agent,
        session: session_token(app, headers),
        device: device(app, headers),
    }
}

const LANGUAGE_COOKIE: &str = "convoke-language";

/// The language that a page's footer was asked for.
fn chosen_language(uri: &Uri) -> Option<Locale> {
    let query = uri.query()?;
    // Nearly no request has one.
    if !query.contains("lang=") {
        return None;
    }
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "lang")
        .and_then(|(_, tag)| tag.parse().ok())
}

/// Lets the browser remember the choice; nothing of it is kept here.
fn remember_language(app: &App, response: &mut Response<Body>, chosen: Locale) {
    let secure = if app.https { "; Secure" } else { "" };
    let cookie = format!(
        "{LANGUAGE_COOKIE}={chosen}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{secure}"
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What the browser remembers, else what it prefers.
fn accepted_language(headers: &HeaderMap) -> Locale {
    let remembered = cookies(headers).find(|(name, _)| *name == LANGUAGE_COOKIE);
    if let Some(Ok(locale)) = remembered.map(|(_, tag)| tag.parse()) {
        return locale;
    }
    match list_header(headers, &header::ACCEPT_LANGUAGE) {
        none if none.is_empty() => Locale::default(),
        ranges => Locale::negotiate(&ranges),
    }
}

/// The cross-site rule of the HTTP contract: browsers send where a request comes from, and a state change comes
/// from our own pages or from no page at all.
fn csrf_check(app: &App, method: &Method, headers: &HeaderMap) -> Option<Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    // A header that is repeated is no browser's; each of its values must be ours.
    let ours = if headers.contains_key(SEC_FETCH_SITE) {
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
        sites.all(|site| site == "same-origin" || site == "none")
    } else {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        origins.all(|origin| origin.as_bytes() == app.public_origin.as_bytes())
    };
    (!ours).then(|| {
        let address = &app.public_origin;
        let detail = format!(
            "A page of another site sent this request, so it was not carried out. Repeat it from our own pages, at {address}."
        );
        Problem::new(problem::CROSS_SITE_REQUEST, detail).with("public_url", address.as_str())
    })
}

fn render_problem(
    app: &App,
    found: &Problem,
    id: &str,
    api: bool,
    reader: ProblemContext,
    headers: &HeaderMap,
) -> Response {
    let status =
        StatusCode::from_u16(found.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if api {
        let body = found.to_json(&app.public_origin, id).to_string();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, kind, body).into_response()
    } else {
        problem_page(app, found, id, reader)
    };
    if let Some(seconds) = found.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = headers.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}

/// Headers of security rules 2 and 14; what a handler has set stays.
fn set_security_headers(app: &App, response: &mut Response<Body>, id: &str) {
    const FIXED_HEADERS: [(HeaderName, &str); 5] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let headers = response.headers_mut();
    for (name, value) in FIXED_HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if app.https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
}

/// Reads that went well are many and dull; they are logged only when somebody wants to see everything.
fn log(id: &str, method: &Method, route: &str, status: u16, elapsed: Duration) {
    let method_name = method_label(method);
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    if method.is_safe() && status < 400 {
        tracing::debug!(
            request_id = id,
            method = method_name,
            route,
            status,
            micros,
            "answered"
        );
    } else {
        tracing::info!(
            request_id = id,
            method = method_name,
            route,
            status,
            micros,
            "answered"
        );
    }
}

/// The method as a metric and the log name it: a client can make methods up, and each name would be stored for ever.
fn method_label(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS
        | Method::CONNECT
        | Method::TRACE => method.as_str(),
        _ => "other",
    }
}

fn record_metrics(method: &Method, route: &str, status: u16, elapsed: Duration) {
    let labels = [
        ("method", method_label(method).to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("convoke_http_requests_total", &labels).increment(1);
    metrics::histogram!("convoke_http_request_seconds", "route" => route.to_owned())
        .record(elapsed.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_share_one_label() {
        assert_eq!(method_label(&Method::PATCH), "PATCH");
        for name in ["AAAA0001", "get", "BREW"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(method_label(&method), "other");
        }
    }
}
