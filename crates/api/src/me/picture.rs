//! The picture.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;

use crate::extract::Caller;
use crate::json::PictureFile;
use crate::response::{ApiResult, json};
use convoke_app::App;
use convoke_domain::users;

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
pub(super) async fn set_picture(
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
pub(super) async fn remove_picture(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    app.write(move |tx| users::remove_picture(tx, &caller))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}
