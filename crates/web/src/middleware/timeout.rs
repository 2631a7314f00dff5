//! The time limit of a request. Our own instead of `tower_http`'s layer, whose response has no body and is no problem.

use std::time::Duration;

use axum::response::{IntoResponse, Response};

use convoke_api::problem::Problem;

/// The time limit of a request, including receiving its body.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The response, or the problem of a request that exceeded its limit.
pub(super) async fn limit(limit: Duration, response: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(limit, response)
        .await
        .unwrap_or_else(|_| late().into_response())
}

fn late() -> Problem {
    Problem::unavailable(
        "The request took too long, and nothing was acknowledged. Try again in a moment.",
    )
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_late_response_becomes_a_problem() {
        let response = limit(Duration::ZERO, pending()).await;
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!(problem.code.word, "unavailable");
        assert_eq!(problem.retry_after, Some(2));
    }
}
