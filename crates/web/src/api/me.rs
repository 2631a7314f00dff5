//! The signed-in user.

use axum::extract::State;
use axum::http::{StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::activity::ActivityView;
use super::registrations::StatusView;
use crate::extract::{Caller, PathIds, QueryParams, session_cookie};
use crate::json::{JsonBody, PictureFile, reject_invalid};
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{IdentityId, SessionId, UserId};
use convoke_core::language::Locale;
use convoke_core::secret::Secret;
use convoke_domain::identities::{self, Identity};
use convoke_domain::sessions::{Session, User};
use convoke_domain::users::ProfileUpdate;
use convoke_domain::validation;
use convoke_domain::{activity, sessions, users};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, update))
        .routes(routes!(set_picture, remove_picture))
        .routes(routes!(request_email))
        .routes(routes!(confirm_email))
        .routes(routes!(change_password))
        .routes(routes!(my_activity))
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
        .routes(routes!(list_identities))
        .routes(routes!(disconnect_identity))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserView {
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
    pub fn new(app: &App, user: &User) -> Self {
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

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    #[schema(value_type = String, example = "ses_01h455vb4pex5vsknk084sn02q")]
    id: SessionId,
    /// The client's own words about itself.
    user_agent: Option<String>,
    /// The address it was begun from.
    ip: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Kept to five minutes.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionView {
    pub fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            user_agent: session.user_agent.clone().map(String::from),
            ip: session.ip.clone(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            current: session.id == current,
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

/// Tells a field that is null from one that is absent.
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
    let checked = body.check(|wish| {
        let update = ProfileUpdate {
            first_name: wish.first_name,
            last_name: wish.last_name,
            phone: wish.phone,
            locale: wish.locale,
            time_zone: wish.time_zone,
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

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it only describes the body")]
struct PictureBody(Vec<u8>);

/// Set my picture
///
/// PNG, JPEG or WebP, up to 2 MiB. It is cut square, made no larger than 512 pixels and written anew.
#[utoipa::path(put, path = "/me/picture", tag = "Me",
    request_body(content((PictureBody = "image/png"), (PictureBody = "image/jpeg"), (PictureBody = "image/webp"))),
    responses((status = 204, description = "It is my picture now")))]
async fn set_picture(
    State(app): State<App>,
    Caller(caller): Caller,
    PictureFile(file): PictureFile,
) -> ApiResult {
    app.set_picture(caller, file).await?;
    json(StatusCode::NO_CONTENT, &())
}

/// Remove my picture
#[utoipa::path(delete, path = "/me/picture", tag = "Me",
    responses((status = 204, description = "I have no picture any more")))]
async fn remove_picture(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    app.write(move |tx| users::remove_picture(tx, &caller))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct EmailChange {
    #[schema(required)]
    email: String,
    /// The current password; may be left out within 10 minutes of a sign-in through a service.
    password: String,
}

/// Begin a change of my address
///
/// Whether the address is in use is disclosed by the email only.
#[utoipa::path(post, path = "/me/email", tag = "Me", request_body = EmailChange,
    responses((status = 202, description = "A mail to the new address is on its way", body = StatusView)))]
async fn request_email(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<EmailChange>,
) -> ApiResult {
    let checked = body.check(|wish| {
        let mut errors = validation::parse_email(&wish.email)
            .err()
            .unwrap_or_default();
        errors.extend(users::require_current_password(
            &app.ctx,
            &caller,
            "/password",
            &wish.password,
        ));
        if errors.is_empty() {
            Ok(wish)
        } else {
            Err(errors)
        }
    });
    let wish = reject_invalid(checked)?;
    app.request_email(caller, &wish.email, Secret::new(wish.password))
        .await?;
    let view = StatusView {
        status: "confirmation_sent",
    };
    json(StatusCode::ACCEPTED, &view)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct EmailConfirmation {
    #[schema(required)]
    token: String,
}

/// Finish a change of my address
///
/// Needs a session of the same user; all other sessions end.
#[utoipa::path(post, path = "/me/email/confirm", tag = "Me", request_body = EmailConfirmation,
    responses((status = 200, description = "The user with the new address", body = UserView)))]
async fn confirm_email(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<EmailConfirmation>,
) -> ApiResult {
    let wish = reject_invalid(body.valid())?;
    let done = app
        .write(move |tx| users::confirm_email(tx, &caller, &wish.token))
        .await?;
    let mut response = json(StatusCode::OK, &UserView::new(&app, &done.user))?;
    let cookie = session_cookie(&app, &done);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct PasswordChange {
    /// May be left out by those who have none, within 10 minutes of a sign-in through a service.
    current_password: String,
    /// The new one.
    #[schema(required)]
    password: String,
}

/// Change my password
///
/// All other sessions end and this one gets a new cookie.
#[utoipa::path(post, path = "/me/password", tag = "Me", request_body = PasswordChange,
    responses((status = 204, description = "The password is changed")))]
async fn change_password(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<PasswordChange>,
) -> ApiResult {
    let checked = body.check(|wish| {
        let mut errors = users::validate_new_password(&app.ctx, &caller.user, &wish.password)
            .err()
            .unwrap_or_default();
        let current = &wish.current_password;
        errors.extend(users::require_current_password(
            &app.ctx,
            &caller,
            "/current_password",
            current,
        ));
        if errors.is_empty() {
            Ok(wish)
        } else {
            Err(errors)
        }
    });
    let wish = reject_invalid(checked)?;
    let current = Secret::new(wish.current_password);
    let done = app
        .change_password(caller, current, Secret::new(wish.password))
        .await?;
    let mut response = json(StatusCode::NO_CONTENT, &())?;
    let cookie = session_cookie(&app, &done);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
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

/// List my sessions
#[utoipa::path(get, path = "/me/sessions", tag = "Me",
    responses((status = 200, description = "Live sessions, last used first", body = List<SessionView>)))]
async fn list_sessions(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    let current = caller.session.id;
    let found = app.read(move |tx| sessions::list(tx, &caller)).await?;
    let items = found
        .iter()
        .map(|session| SessionView::new(session, current))
        .collect();
    json(StatusCode::OK, &List::single_page(items))
}

/// End all my sessions but this one
#[utoipa::path(delete, path = "/me/sessions", tag = "Me",
    responses((status = 204, description = "They have ended")))]
async fn end_other_sessions(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    app.write(move |tx| sessions::end_others(tx, &caller))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}

/// End one of my sessions
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "Me", params(("session" = String, Path)),
    responses((status = 204, description = "It has ended")))]
async fn end_session(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((session,)): PathIds<(SessionId,)>,
) -> ApiResult {
    app.write(move |tx| sessions::end(tx, &caller, session))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}

#[derive(Debug, Serialize, ToSchema)]
struct IdentityView {
    #[schema(value_type = String, example = "idn_01h455vb4pex5vsknk084sn02q")]
    id: IdentityId,
    /// The service's id, as in `GET /providers`.
    provider: String,
    /// What I am called at the service.
    name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    connected_at: Timestamp,
}

impl IdentityView {
    fn new(identity: Identity) -> Self {
        Self {
            id: identity.id,
            provider: identity.provider,
            name: identity.label.map(String::from),
            connected_at: identity.created_at,
        }
    }
}

/// List my connected third-party services
#[utoipa::path(get, path = "/me/identities", tag = "Me",
    responses((status = 200, description = "Connected services", body = List<IdentityView>)))]
async fn list_identities(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    let found = app.read(move |tx| identities::list(tx, &caller)).await?;
    let items = found.into_iter().map(IdentityView::new).collect();
    json(StatusCode::OK, &List::single_page(items))
}

/// Disconnect a third-party service
///
/// Never the last way to sign in: `last-sign-in-method`.
#[utoipa::path(delete, path = "/me/identities/{identity}", tag = "Me", params(("identity" = String, Path)),
    responses((status = 204, description = "It is disconnected")))]
async fn disconnect_identity(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((identity,)): PathIds<(IdentityId,)>,
) -> ApiResult {
    app.write(move |tx| identities::disconnect(tx, &caller, identity))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}
