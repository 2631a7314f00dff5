//! Headers of security rules 2 and 14.

use axum::http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

type SetHeader = SetResponseHeaderLayer<Option<HeaderValue>>;

/// What pages may load.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The same for a page whose form may lead to these origins, by redirects included: those of clients.
pub(crate) fn content_security_policy(form_targets: &[String]) -> String {
    // A host-source cannot be an IPv6 address (CSP Level 3 section 2.3.1), so there the scheme stands for it.
    let source = |target: &String| match target.split_once("//[") {
        Some((scheme, _)) => scheme.to_owned(),
        None => target.clone(),
    };
    let targets: Vec<String> = form_targets.iter().map(source).collect();
    let targets = targets.join(" ");
    let form_action = format!("form-action 'self' {targets}");
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", form_action.trim_end())
}

/// Sets the headers of security rules 2 and 14, except those that a handler has set; HSTS over HTTPS only, and always.
pub(super) fn security_headers(
    https: bool,
) -> (
    SetHeader,
    SetHeader,
    SetHeader,
    SetHeader,
    SetHeader,
    SetHeader,
) {
    let set_if_absent = |name: HeaderName, value: &'static str| {
        SetHeader::if_not_present(name, Some(HeaderValue::from_static(value)))
    };
    let hsts = https.then(|| HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    let cross_origin_opener_policy = HeaderName::from_static("cross-origin-opener-policy");
    (
        set_if_absent(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        set_if_absent(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        set_if_absent(header::REFERRER_POLICY, "same-origin"),
        set_if_absent(cross_origin_opener_policy, "same-origin"),
        set_if_absent(header::CACHE_CONTROL, "no-store"),
        SetHeader::overriding(header::STRICT_TRANSPORT_SECURITY, hsts),
    )
}
