//! One's own profile, section by section (rule U6).

mod email;
mod picture;
mod save;
mod services;
mod sessions;
mod show;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};

pub(super) use show::current_password;

use crate::console::context::PageContext;
use convoke_app::App;
use convoke_infra::avatar;

pub(super) fn routes() -> Router<App> {
    // A form around the file takes some room of its own.
    let largest = DefaultBodyLimit::max(avatar::MAX_UPLOAD_BYTES + 16 * 1024);
    Router::new()
        .route("/profile", get(show::show))
        .route("/profile/name", post(save::name))
        .route("/profile/phone", post(save::phone))
        .route("/profile/password", post(save::password))
        .route("/profile/language", post(save::language))
        .route("/profile/time-zone", post(save::time_zone))
        .route("/profile/theme", post(save::theme))
        .route("/profile/shortcuts", post(save::shortcuts))
        .route("/profile/picture", post(picture::set).layer(largest))
        .route("/profile/picture/remove", post(picture::remove))
        .route("/profile/services/disconnect", post(services::disconnect))
        .route("/profile/sessions/end", post(sessions::end))
        .route("/profile/sessions/end-others", post(sessions::end_others))
        .merge(email::routes())
}

/// The profile, saying that this is done.
fn done(context: &PageContext, word: &str) -> Response {
    context.flash(&format!("/profile?done={word}"))
}
