//! Middleware around every route: request id, CSRF protection, timeout, format of problems, security headers, log and metrics.

mod client_info;
mod csrf;
mod language;
mod log;
mod render_problem;
mod security_headers;

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use client_info::client_info;
use csrf::csrf_check;
use language::{accepted_language, chosen_language, remember_language};
use log::{log, record_metrics};
use render_problem::render_problem;
use security_headers::set_security_headers;

use crate::console::{Flash, ProblemContext};
use crate::host::misdirected;
use crate::problem::{self, Problem};
use convoke_app::App;

/// The time limit of a request, including receiving its body.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The middleware around every route.
pub(crate) async fn add_middleware(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id(&app);
    let client = client_info(&app, &request);
    let chosen = chosen_language(request.uri());
    let locale = chosen.unwrap_or_else(|| accepted_language(request.headers()));
    let method = request.method().clone();
    let api = request.uri().path().starts_with("/api/");
    // The pattern, never the path: paths of mailed links contain secrets.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", |path| path.as_str())
        .to_owned();
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(locale);
    let flash = Flash::from_request(&app, request.uri(), request.headers());
    request.extensions_mut().insert(flash);

    let rejected = misdirected(&app, &request)
        .or_else(|| csrf_check(&app, &method, request.headers()))
        .or_else(|| starting(&app, request.uri().path()));
    let result = match rejected {
        Some(problem) => Ok(problem.into_response()),
        None => tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await,
    };
    let mut response = result.unwrap_or_else(|_| timeout_problem().into_response());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        // Handlers of pages set the context of their error page.
        let context = response.extensions_mut().remove();
        let context = context.unwrap_or_else(|| ProblemContext::anonymous(locale));
        response = render_problem(&app, &problem, &id, api, context, response.headers());
    }
    set_security_headers(&app, &mut response, &id);
    if response.status().is_success() {
        flash.clear(&app, &mut response);
    }
    if let Some(chosen) = chosen {
        remember_language(&app, &mut response, chosen);
    }
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    record_metrics(&method, &route, status, elapsed);
    log(&id, &method, &route, status, elapsed);
    response
}

fn request_id(app: &App) -> String {
    let mut bytes = [0; 16];
    app.ctx.random.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn timeout_problem() -> Problem {
    unavailable("The request took too long, and nothing was acknowledged. Try again in a moment.")
}

/// The problem for all requests but health checks until the database is available.
fn starting(app: &App, path: &str) -> Option<Problem> {
    let is_served = !app.is_starting() || matches!(path, "/healthz" | "/readyz");
    (!is_served).then(|| unavailable("The database cannot be reached. Try again in a moment."))
}

fn unavailable(detail: &str) -> Problem {
    let mut problem = Problem::new(problem::UNAVAILABLE, detail);
    problem.retry_after = Some(2);
    problem
}
