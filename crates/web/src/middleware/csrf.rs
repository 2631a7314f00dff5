//! Protection against cross-site request forgery (HTTP contract, cross-site rule).

use axum::http::{HeaderMap, HeaderName, Method, header};

use crate::problem::{self, Problem};
use convoke_app::App;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Rejects state changes that a page of another site sent, by `Sec-Fetch-Site`, else by `Origin`.
pub(super) fn csrf_check(app: &App, method: &Method, headers: &HeaderMap) -> Option<Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    // Browsers send each header once; every value of a repeated one must be allowed.
    let is_allowed = if headers.contains_key(SEC_FETCH_SITE) {
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
        sites.all(|site| site == "same-origin" || site == "none")
    } else {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        origins.all(|origin| origin.as_bytes() == app.public_origin.as_bytes())
    };
    (!is_allowed).then(|| {
        let address = &app.public_origin;
        let detail = format!(
            "A page of another site sent this request, so it was not carried out. Repeat it from our own pages, at {address}."
        );
        Problem::new(problem::CROSS_SITE_REQUEST, detail).with("public_url", address.as_str())
    })
}
