//! Files of pages: compiled in, with their content's hash in the path and a year of cache.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, State};
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
    content: Cow<'static, [u8]>,
    path: String,
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, content: &'static [u8]) -> Self {
        Self::made(name, kind, Cow::Borrowed(content))
    }

    fn made(name: &'static str, kind: &'static str, content: Cow<'static, [u8]>) -> Self {
        let hash = u64::from_be_bytes(first_eight(sha256(&content)));
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

/// A file below `assets/`.
macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../../../assets/", $path))
    };
}

/// Text files below `assets/`, one after the other.
macro_rules! joined {
    ($($path:literal),+) => {
        concat!($(include_str!(concat!("../../../assets/", $path))),+)
    };
}

const STYLESHEET: &str = joined!(
    "css/fonts.css",
    "css/base.css",
    "css/parts.css",
    "css/forms.css",
    "css/account.css",
    "css/invite.css",
    "css/profile.css",
    "css/docs.css"
);

const SCRIPT: &str = joined!("js/console.js", "js/invite.js");

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    const WOFF2: &str = "font/woff2";
    let mut assets = vec![
        Asset::new(
            "console.js",
            "text/javascript; charset=utf-8",
            SCRIPT.as_bytes(),
        ),
        Asset::new("mark.svg", "image/svg+xml", file!("mark.svg")),
        Asset::new("icons.svg", "image/svg+xml", file!("icons.svg")),
        Asset::new("inter-latin.woff2", WOFF2, file!("fonts/inter-latin.woff2")),
        Asset::new(
            "inter-latin-ext.woff2",
            WOFF2,
            file!("fonts/inter-latin-ext.woff2"),
        ),
        Asset::new(
            "inter-cyrillic.woff2",
            WOFF2,
            file!("fonts/inter-cyrillic.woff2"),
        ),
    ];
    // The stylesheet names files whose paths are known only now.
    let mut css = STYLESHEET.to_owned();
    for asset in &assets {
        css = css.replace(&format!("{{{}}}", asset.name), &asset.path);
    }
    assets.push(Asset::made(
        "console.css",
        "text/css; charset=utf-8",
        Cow::Owned(css.into_bytes()),
    ));
    assets
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

async fn serve(
    State(app): State<App>,
    Path((hash, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let wanted = format!("/assets/{hash}/{name}");
    let cached = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    if let Some(asset) = ASSETS.iter().find(|asset| asset.path == wanted) {
        let headers = [(header::CONTENT_TYPE, asset.kind), cached];
        let content: &'static [u8] = &asset.content;
        return Ok((headers, content).into_response());
    }
    let brand = &app.config.brand.files;
    let mut files = brand.style.iter().chain(&brand.logo);
    let file = files.find(|file| file.path == wanted);
    let file = file.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, file.media_type),
        cached,
        // A logo that somebody opens by itself runs nothing.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ),
    ];
    Ok((headers, file.content.clone()).into_response())
}
