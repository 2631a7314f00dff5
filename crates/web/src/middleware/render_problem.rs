//! Problems as JSON or as a page.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::console::{ProblemContext, problem_page};
use crate::problem::Problem;
use convoke_app::App;

pub(super) fn render_problem(
    app: &App,
    problem: &Problem,
    id: &str,
    api: bool,
    context: ProblemContext,
    headers: &HeaderMap,
) -> Response {
    let status =
        StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if api {
        let body = problem.to_json(&app.public_origin, id).to_string();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, kind, body).into_response()
    } else {
        problem_page(app, problem, id, context)
    };
    if let Some(seconds) = problem.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = headers.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}
