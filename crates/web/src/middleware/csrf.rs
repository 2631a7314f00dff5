//! The cross-site rule of the HTTP contract.

use axum::http::{HeaderMap, HeaderName, Method, header};

use crate::problem::{self, Problem};
use convoke_app::App;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The cross-site rule of the HTTP contract: browsers send where a request comes from, and a state change comes
/// from our own pages or from no page at all.
pub(super) fn csrf_check(app: &App, method: &Method, headers: &HeaderMap) -> Option<Problem> {
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
