//! The log entry and the metrics of each request.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;

use super::request_id::request_id;

/// A request that is logged and counted once it has a response.
pub(super) struct Entry {
    started: Instant,
    id: String,
    method: Method,
    route: Option<MatchedPath>,
}

impl Entry {
    /// Of a request that begins now.
    pub(super) fn start(request: &Request) -> Self {
        Self {
            started: Instant::now(),
            id: request_id(request),
            method: request.method().clone(),
            // The pattern, never the path: paths of mailed links contain secrets.
            route: request.extensions().get::<MatchedPath>().cloned(),
        }
    }

    /// Logs and counts the request with its response's status.
    pub(super) fn finish(&self, response: &Response) {
        let route = self.route.as_ref().map_or("(none)", MatchedPath::as_str);
        let elapsed = self.started.elapsed();
        let status = response.status().as_u16();
        record_metrics(&self.method, route, status, elapsed);
        write_entry(&self.id, &self.method, route, status, elapsed);
    }
}

/// Logs a request: successful reads at debug level, all others at info level.
fn write_entry(id: &str, method: &Method, route: &str, status: u16, elapsed: Duration) {
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
    fn unknown_methods_share_one_label() {
        assert_eq!(method_label(&Method::PATCH), "PATCH");
        for name in ["AAAA0001", "get", "BREW"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(method_label(&method), "other");
        }
    }
}
