//! Responses of handlers that panic.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use convoke_api::problem;

/// Logs a panic, and responds with an internal error.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer passes it by value"
)]
pub(super) fn panic_response(cause: Box<dyn Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(panic = text, "handler panicked");
    problem::internal().into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;
    use convoke_api::problem::Problem;

    async fn handler() {
        panic!("a test");
    }

    #[tokio::test]
    async fn a_panic_becomes_a_problem() {
        let router = Router::new()
            .route("/", get(handler))
            .layer(CatchPanicLayer::custom(panic_response));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!(problem.code.word, "internal-error");
    }
}
