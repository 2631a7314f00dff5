//! Files of pages: compiled in, with their content's hash in the path and a year of cache.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::core::secret::sha256;
use crate::http::problem::Problem;

/// A compiled-in file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
    path: String,
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, content: &'static str) -> Self {
        let hash = u64::from_be_bytes(first_eight(sha256(content.as_bytes())));
        let path = format!("/assets/{hash:016x}/{name}");
        Self {
            name,
            kind,
            content,
            path,
        }
    }
}

fn first_eight(hash: [u8; 32]) -> [u8; 8] {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(hash) {
        *to = from;
    }
    first
}

static ASSETS: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    [
        Asset::new(
            "console.css",
            "text/css; charset=utf-8",
            include_str!("../../../assets/console.css"),
        ),
        Asset::new(
            "mark.svg",
            "image/svg+xml",
            include_str!("../../../assets/mark.svg"),
        ),
    ]
});

/// Where a compiled-in file is served.
pub(super) fn path(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or("", |asset| asset.path.as_str())
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/assets/{hash}/{name}", get(serve))
}

async fn serve(Path((hash, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let wanted = format!("/assets/{hash}/{name}");
    let found = ASSETS.iter().find(|asset| asset.path == wanted);
    let asset = found.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.content).into_response())
}
