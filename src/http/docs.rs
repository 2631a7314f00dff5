use axum::Router;
use crate::app::App;
pub(super) fn routes(_: &utoipa::openapi::OpenApi) -> Router<App> { Router::new() }
