//! The time limit of a request. `tower_http`'s layer responds without a body, so `tower`'s is used: it returns an error, which
//! becomes a problem.

use std::time::Duration;

use axum::BoxError;

use crate::problem::Problem;

/// The time limit of a request, including receiving its body.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The problem of a request that exceeded [`REQUEST_TIMEOUT`], the only error of the layers below.
pub(super) async fn timeout_problem(_: BoxError) -> Problem {
    Problem::unavailable(
        "The request took too long, and nothing was acknowledged. Try again in a moment.",
    )
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::Router;
    use axum::body::Body;
    use axum::error_handling::HandleErrorLayer;
    use axum::extract::Request;
    use axum::routing::get;
    use tower::timeout::TimeoutLayer;
    use tower::{ServiceBuilder, ServiceExt as _};

    use super::*;

    #[tokio::test]
    async fn a_late_response_becomes_a_problem() {
        let layers = ServiceBuilder::new()
            .layer(HandleErrorLayer::new(timeout_problem))
            .layer(TimeoutLayer::new(Duration::ZERO));
        let router = Router::new().route("/", get(pending::<()>)).layer(layers);
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!(problem.code.word, "unavailable");
        assert_eq!(problem.retry_after, Some(2));
    }
}
