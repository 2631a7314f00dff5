//! Protection against cross-site request forgery (HTTP contract, cross-site rule). Our own instead of `tower_http`'s layer: it
//! responds with a [`Problem`], compares `Origin` with `public_url` instead of the `Host` that the client sends, and requires
//! every value of a repeated header to be allowed.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, header};

use convoke_api::oauth2::is_without_cookie;
use convoke_api::problem::{self, Problem};
use convoke_app::App;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The problem of a state change that a page of another site sent.
pub(super) fn cross_site(app: &App, request: &Request) -> Option<Problem> {
    let address = &app.public_origin;
    let path = request.uri().path();
    if is_without_cookie(path) || is_allowed(address, request.method(), request.headers()) {
        return None;
    }
    let detail = format!(
        "A page of another site sent this request, so it was not carried out. Repeat it from our own pages, at {address}."
    );
    let problem = Problem::new(problem::CROSS_SITE_REQUEST, detail);
    Some(problem.with("public_url", address.as_str()))
}

/// Whether a request changes nothing or comes from `public_origin`, by `Sec-Fetch-Site`, else by `Origin`.
fn is_allowed(public_origin: &str, method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    // Browsers send each header once; every value of a repeated one must be allowed.
    if headers.contains_key(SEC_FETCH_SITE) {
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
        sites.all(|site| site == "same-origin" || site == "none")
    } else {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        origins.all(|origin| origin.as_bytes() == public_origin.as_bytes())
    }
}
