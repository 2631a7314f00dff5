//! The viewer's profile, section by section (rule U6).

mod appearance;
mod choice;
mod email;
mod language;
mod layout;
mod password;
mod personal;
mod picture;
mod products;
mod services;
mod sessions;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub(super) use layout::{Section, SectionLink};
pub(super) use password::current_password;

use crate::console::urls;
use convoke_app::App;
use convoke_infra::avatar;

pub(super) fn routes() -> Router<App> {
    // The multipart encoding adds to the size of the file.
    let body_limit = DefaultBodyLimit::max(avatar::MAX_UPLOAD_BYTES + 16 * 1024);
    Router::new()
        .route(urls::PROFILE, get(personal::show))
        .route("/profile/name", post(personal::save_name))
        .route("/profile/phone", post(personal::save_phone))
        .route("/profile/picture", post(picture::set).layer(body_limit))
        .route("/profile/picture/remove", post(picture::remove))
        .route(
            urls::PROFILE_PASSWORD,
            get(password::show).post(password::save),
        )
        .route(
            urls::PROFILE_LANGUAGE,
            get(language::show).post(language::save_language),
        )
        .route("/profile/time-zone", post(language::save_time_zone))
        .route(urls::PROFILE_APPEARANCE, get(appearance::show))
        .route("/profile/theme", post(appearance::save_theme))
        .route("/profile/shortcuts", post(appearance::save_shortcuts))
        .route(urls::PROFILE_SESSIONS, get(sessions::show))
        .route("/profile/sessions/end", post(sessions::end))
        .route("/profile/sessions/end-others", post(sessions::end_others))
        .route(urls::PROFILE_PRODUCTS, get(products::show))
        .route("/profile/products/end", post(products::end))
        .route(urls::PROFILE_SERVICES, get(services::show))
        .route("/profile/services/disconnect", post(services::disconnect))
        .merge(email::routes())
}
