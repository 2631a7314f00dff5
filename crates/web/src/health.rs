//! Health checks and metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Mutex;

use super::middleware::reject_misdirected;
use convoke_app::{App, Schema};
use convoke_domain::DatabaseError;

/// The minimum interval between two database checks of `/readyz`.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// An overloaded node is ready while it has committed a change within this time.
const COMMIT_WINDOW: Duration = Duration::from_secs(5);

/// The last check and when it ended; `None` where it failed.
type LastCheck = Mutex<Option<(Instant, Option<Schema>)>>;

pub(super) fn routes() -> Router<App> {
    let last: Arc<LastCheck> = Arc::default();
    let ready = move |State(app): State<App>| {
        let last = last.clone();
        async move { ready(&app, &last).await }
    };
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

async fn ready(app: &App, last: &LastCheck) -> Response {
    if app.is_starting() {
        return unavailable("waiting for the database");
    }
    match check(app, last).await {
        Some(Schema::Current) => "ready\n".into_response(),
        Some(Schema::Empty) => unavailable("the database is empty: run convoke migrate"),
        Some(Schema::Old) => unavailable("the schema is old: run convoke migrate"),
        Some(Schema::Newer) => {
            unavailable("the schema is newer than this program: run a newer convoke")
        }
        None => unavailable("the database does not answer or cannot be written"),
    }
}

/// The schema of a database that can be written, checked at most once per [`CHECK_INTERVAL`]. Concurrent calls wait for the
/// check in progress.
async fn check(app: &App, last: &LastCheck) -> Option<Schema> {
    let mut last = last.lock().await;
    if let Some((at, schema)) = *last
        && at.elapsed() < CHECK_INTERVAL
    {
        return schema;
    }
    let schema = match app.check_write().await {
        Ok(schema) => Some(schema),
        // Overloaded, but still committing: taking this node out of rotation would move its load to the others.
        Err(DatabaseError::Busy) if app.has_committed_within(COMMIT_WINDOW) => {
            last.and_then(|(_, schema)| schema)
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            None
        }
    };
    *last = Some((Instant::now(), schema));
    schema
}

fn unavailable(reason: &str) -> Response {
    let headers = [(header::RETRY_AFTER, "2")];
    (
        StatusCode::SERVICE_UNAVAILABLE,
        headers,
        format!("{reason}\n"),
    )
        .into_response()
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
        // Prevents DNS rebinding: pages of other sites must not read a loopback listener.
        Some(listen) if listen.ip().is_loopback() => {
            router.layer(from_fn_with_state(app.clone(), reject_misdirected))
        }
        _ => router,
    }
}
