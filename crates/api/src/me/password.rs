//! Changes of the password.

use axum::extract::State;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{Caller, session_cookie};
use crate::json::{JsonBody, reject_invalid};
use crate::response::{ApiResult, json};
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::users;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct PasswordChange {
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
pub(super) async fn change_password(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<PasswordChange>,
) -> ApiResult {
    let checked = body.check(|change| {
        let mut errors = users::validate_new_password(&app.ctx, &caller.user, &change.password)
            .err()
            .unwrap_or_default();
        let current = &change.current_password;
        errors.extend(users::require_current_password(
            &app.ctx,
            &caller,
            "/current_password",
            current,
        ));
        if errors.is_empty() {
            Ok(change)
        } else {
            Err(errors)
        }
    });
    let change = reject_invalid(checked)?;
    let current = Secret::new(change.current_password);
    let signed_in = app
        .change_password(caller, current, Secret::new(change.password), None)
        .await?;
    let mut response = json(StatusCode::NO_CONTENT, &())?;
    let cookie = session_cookie(&app, &signed_in);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
