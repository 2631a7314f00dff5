//! Pictures of users. Their ids are random and change with each picture.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_domain::users;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pictures/{picture}", get(serve))
}

async fn serve(
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> Result<Response, Problem> {
    let (media_type, content) = app.read(move |tx| users::find_picture(tx, &id)).await?;
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable".to_owned(),
        ),
    ];
    Ok((headers, content).into_response())
}
