//! For whoever runs it: does the process live, can it serve, what does it measure.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::host::misdirected;
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
pub fn metrics_router(app: &App, handle: PrometheusHandle) -> Router {
    let render = move || {
        let handle = handle.clone();
        async move {
            handle.run_upkeep();
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], handle.render())
        }
    };
    let router = Router::new().route("/metrics", get(render));
    match app.config.metrics_listen {
        // What this machine alone may read is not for pages of other sites.
        Some(listen) if listen.ip().is_loopback() => {
            router.layer(middleware::from_fn_with_state(app.clone(), under_our_name))
        }
        _ => router,
    }
}

async fn under_our_name(State(app): State<App>, request: Request, next: Next) -> Response {
    match misdirected(&app, &request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}
