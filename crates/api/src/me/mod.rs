//! The signed-in user.

mod email;
mod grants;
mod identities;
mod password;
mod picture;
pub(crate) mod sessions;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::activity::ActivityView;
use crate::extract::{Caller, QueryParams};
use crate::json::{JsonBody, reject_invalid};
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_domain::sessions::User;
use convoke_domain::users::ProfileUpdate;
use convoke_domain::{activity, users};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, update))
        .routes(routes!(picture::set_picture, picture::remove_picture))
        .routes(routes!(email::request_email))
        .routes(routes!(email::confirm_email))
        .routes(routes!(password::change_password))
        .routes(routes!(my_activity))
        .routes(routes!(
            sessions::list_sessions,
            sessions::end_other_sessions
        ))
        .routes(routes!(sessions::end_session))
        .routes(routes!(grants::list_grants))
        .routes(routes!(grants::end_grant))
        .routes(routes!(identities::list_identities))
        .routes(routes!(identities::disconnect_identity))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    id: UserId,
    login: String,
    email: Option<String>,
    first_name: String,
    last_name: Option<String>,
    phone: Option<String>,
    #[schema(value_type = String, example = "en")]
    locale: Locale,
    time_zone: String,
    picture_url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl UserView {
    pub(super) fn new(app: &App, user: &User) -> Self {
        let picture = user.picture.as_ref();
        Self {
            id: user.id,
            login: user.login.clone(),
            email: user.email.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            phone: user.phone.clone(),
            locale: user.locale,
            time_zone: user.time_zone.clone(),
            picture_url: picture.map(|id| format!("{}/pictures/{id}", app.public_origin)),
            created_at: user.created_at,
        }
    }
}

/// Show me
#[utoipa::path(get, path = "/me", tag = "Me", responses((status = 200, description = "The signed-in user", body = UserView)))]
async fn show(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    json(StatusCode::OK, &UserView::new(&app, &caller.user))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[expect(
    clippy::option_option,
    reason = "absent, null and given are three things"
)]
struct Profile {
    #[schema(nullable = false)]
    first_name: Option<String>,
    #[serde(deserialize_with = "present_field")]
    #[schema(value_type = Option<String>)]
    last_name: Option<Option<String>>,
    #[serde(deserialize_with = "present_field")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// `en` or `ru`.
    #[schema(nullable = false)]
    locale: Option<String>,
    /// IANA name.
    #[schema(nullable = false)]
    time_zone: Option<String>,
}

/// Deserializes a present field, so that null differs from absent.
#[expect(
    clippy::option_option,
    reason = "absent, null and given are three things"
)]
fn present_field<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Change my profile
///
/// Fields that are left out stay; null clears a last name or phone.
#[utoipa::path(patch, path = "/me", tag = "Me", request_body = Profile,
    responses((status = 200, description = "The user as it is now", body = UserView)))]
async fn update(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<Profile>,
) -> ApiResult {
    let checked = body.check(|profile| {
        let update = ProfileUpdate {
            first_name: profile.first_name,
            last_name: profile.last_name,
            phone: profile.phone,
            locale: profile.locale,
            time_zone: profile.time_zone,
            ..ProfileUpdate::default()
        };
        users::validate_profile(&caller.user, &update)?;
        Ok(update)
    });
    let update = reject_invalid(checked)?;
    let user = app
        .write(move |tx| users::update_profile(tx, &caller, &update))
        .await?;
    json(StatusCode::OK, &UserView::new(&app, &user))
}

/// List what happened to me
///
/// Sign-ins, changes of password and address, sessions; newest first.
#[utoipa::path(get, path = "/me/activity", tag = "Me",
    params(("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of entries", body = List<ActivityView>)))]
async fn my_activity(
    State(app): State<App>,
    Caller(caller): Caller,
    params: QueryParams,
) -> ApiResult {
    let limit = params.limit()?;
    let page = app
        .read(move |tx| {
            let cursor = params.cursor();
            activity::list_of_caller(tx, &caller, cursor.as_deref(), limit)
        })
        .await?;
    json(StatusCode::OK, &List::from_page(page, ActivityView::new))
}
