//! The viewer's profile, section by section (rule U6).

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
use crate::console::flash::FlashMessage;
use crate::console::urls;
use convoke_app::App;
use convoke_infra::avatar;

pub(super) fn routes() -> Router<App> {
    // The multipart encoding adds to the size of the file.
    let body_limit = DefaultBodyLimit::max(avatar::MAX_UPLOAD_BYTES + 16 * 1024);
    Router::new()
        .route("/profile", get(show::show))
        .route("/profile/name", post(save::name))
        .route("/profile/phone", post(save::phone))
        .route("/profile/password", post(save::password))
        .route("/profile/language", post(save::language))
        .route("/profile/time-zone", post(save::time_zone))
        .route("/profile/theme", post(save::theme))
        .route("/profile/shortcuts", post(save::shortcuts))
        .route("/profile/picture", post(picture::set).layer(body_limit))
        .route("/profile/picture/remove", post(picture::remove))
        .route("/profile/services/disconnect", post(services::disconnect))
        .route("/profile/sessions/end", post(sessions::end))
        .route("/profile/sessions/end-others", post(sessions::end_others))
        .route(
            "/profile/invitations-by-mail",
            post(save::allow_invitations_by_mail),
        )
        .merge(email::routes())
}

/// Redirects to the profile with a flash message.
fn redirect_to_profile(context: &PageContext, message: &FlashMessage) -> Response {
    context.flash(urls::PROFILE, message)
}
