use crate::app::App;
use axum::Router;
pub(super) fn routes(_: &utoipa::openapi::OpenApi) -> Router<App> {
    Router::new()
}
