//! Problems as JSON or as a page.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::request_id::request_id;
use crate::console::{ProblemContext, problem_page};
use convoke_api::oauth2::{self, OAuthError};
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::language::Locale;

/// How a problem is shown.
#[derive(Clone, Copy)]
enum ProblemForm {
    /// As a problem document (RFC 9457).
    Api,
    /// As an error of an endpoint for products (RFC 6749 section 5.2).
    OAuth,
    /// As a page.
    Page,
}

impl ProblemForm {
    fn of_path(path: &str) -> Self {
        if path.starts_with("/api/") {
            Self::Api
        } else if oauth2::is_endpoint(path) {
            Self::OAuth
        } else {
            Self::Page
        }
    }
}

/// What a problem's document or page needs of its request.
pub(super) struct ProblemRequest {
    id: String,
    form: ProblemForm,
    locale: Locale,
}

impl ProblemRequest {
    /// Of a request whose language is known.
    pub(super) fn new(request: &Request) -> Self {
        let locale = request.extensions().get::<Locale>();
        Self {
            id: request_id(request),
            form: ProblemForm::of_path(request.uri().path()),
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
            self.form,
            context,
            response.headers(),
        )
    }
}

fn render(
    app: &App,
    problem: &Problem,
    id: &str,
    form: ProblemForm,
    context: ProblemContext,
    headers: &HeaderMap,
) -> Response {
    let status =
        StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match form {
        ProblemForm::Api => {
            let body = problem.to_json(&app.public_origin, id).to_string();
            let kind = [(header::CONTENT_TYPE, "application/problem+json")];
            (status, kind, body).into_response()
        }
        ProblemForm::OAuth => OAuthError::from_problem(problem).into_response(),
        ProblemForm::Page => problem_page(app, problem, id, context),
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
