//! The log entry and the metrics of each request.

use std::time::Duration;

use axum::http::Method;

/// Logs a request: successful reads at debug level, all others at info level.
pub(super) fn log(id: &str, method: &Method, route: &str, status: u16, elapsed: Duration) {
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

/// The method as a label of metrics and the log. Unknown methods share one label, which bounds the cardinality.
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

pub(super) fn record_metrics(method: &Method, route: &str, status: u16, elapsed: Duration) {
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
    fn unknown_methods_share_one_label() {
        assert_eq!(method_label(&Method::PATCH), "PATCH");
        for name in ["AAAA0001", "get", "BREW"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(method_label(&method), "other");
        }
    }
}
