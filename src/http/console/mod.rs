use super::problem::Problem;
use crate::app::App;
use crate::core::language::Locale;
use axum::Router;
pub(super) fn routes() -> Router<App> {
    Router::new()
}
pub(super) fn problem_page(
    _: &App,
    problem: &Problem,
    _: &str,
    _: Locale,
) -> axum::response::Html<String> {
    axum::response::Html(problem.detail.clone())
}
