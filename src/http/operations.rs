//! For whoever runs it: does the process live, can it serve, what does it measure.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::app::{App, Schema};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> Response {
    match app.schema().await {
        Ok(Schema::Current) => "ready\n".into_response(),
        Ok(Schema::Old) => away("the schema is old: run convoke migrate"),
        Ok(Schema::Newer) => away("the schema is newer than this program: run a newer convoke"),
        Err(fault) => {
            tracing::warn!(%fault, "not ready");
            away("the database does not answer")
        }
    }
}

fn away(why: &str) -> Response {
    let headers = [(header::RETRY_AFTER, "2")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, format!("{why}\n")).into_response()
}

/// `/metrics` for its own listener, in Prometheus' text form.
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    let render = move || {
        let handle = handle.clone();
        async move {
            handle.run_upkeep();
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], handle.render())
        }
    };
    Router::new().route("/metrics", get(render))
}
