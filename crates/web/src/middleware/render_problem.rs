//! Problems as JSON or as a page.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::request_id::request_id;
use crate::console::{ProblemContext, problem_page};
use crate::problem::Problem;
use convoke_app::App;
use convoke_core::language::Locale;

/// What a problem's document or page needs of its request.
pub(super) struct ProblemRequest {
    id: String,
    is_api: bool,
    locale: Locale,
}

impl ProblemRequest {
    /// Of a request whose language is known.
    pub(super) fn new(request: &Request) -> Self {
        let locale = request.extensions().get::<Locale>();
        Self {
            id: request_id(request),
            is_api: request.uri().path().starts_with("/api/"),
            locale: locale.copied().unwrap_or_default(),
        }
    }

    /// The same response, or its [`Problem`] as JSON or as a page.
    pub(super) fn render(self, app: &App, mut response: Response) -> Response {
        let Some(problem) = response.extensions_mut().remove::<Problem>() else {
            return response;
        };
        // Handlers of pages set the context of their error page.
        let context = response.extensions_mut().remove();
        let context = context.unwrap_or_else(|| ProblemContext::anonymous(self.locale));
        render(
            app,
            &problem,
            &self.id,
            self.is_api,
            context,
            response.headers(),
        )
    }
}

fn render(
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
