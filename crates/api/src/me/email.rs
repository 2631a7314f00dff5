//! Changes of the address.

use axum::extract::State;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserView;
use crate::extract::{Caller, session_cookie};
use crate::json::{JsonBody, reject_invalid};
use crate::registrations::StatusView;
use crate::response::{ApiResult, json};
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::{users, validation};

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct EmailChange {
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
pub(super) async fn request_email(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<EmailChange>,
) -> ApiResult {
    let checked = body.check(|change| {
        let mut errors = validation::parse_email(&change.email)
            .err()
            .unwrap_or_default();
        errors.extend(users::require_current_password(
            &app.ctx,
            &caller,
            "/password",
            &change.password,
        ));
        if errors.is_empty() {
            Ok(change)
        } else {
            Err(errors)
        }
    });
    let change = reject_invalid(checked)?;
    app.request_email(caller, &change.email, Secret::new(change.password), None)
        .await?;
    let view = StatusView {
        status: "confirmation_sent",
    };
    json(StatusCode::ACCEPTED, &view)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct EmailConfirmation {
    #[schema(required)]
    token: String,
}

/// Finish a change of my address
///
/// Needs a session of the same user; all other sessions end.
#[utoipa::path(post, path = "/me/email/confirm", tag = "Me", request_body = EmailConfirmation,
    responses((status = 200, description = "The user with the new address", body = UserView)))]
pub(super) async fn confirm_email(
    State(app): State<App>,
    Caller(caller): Caller,
    body: JsonBody<EmailConfirmation>,
) -> ApiResult {
    let confirmation = reject_invalid(body.valid())?;
    let signed_in = app
        .write(move |tx| users::confirm_email(tx, &caller, &confirmation.token))
        .await?;
    let mut response = json(StatusCode::OK, &UserView::new(&app, &signed_in.user))?;
    let cookie = session_cookie(&app, &signed_in);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
