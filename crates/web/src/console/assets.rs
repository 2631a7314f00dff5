//! Files of pages: compiled in, with their content's hash in the path and a year of cache.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::extract::list_header;
use crate::problem::Problem;
use convoke_app::App;
use convoke_core::secret::sha256;

/// A compiled-in file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: Cow<'static, [u8]>,
    /// The same compressed as well as possible, where that makes it smaller: once at start, not at every request.
    packed: Option<Vec<u8>>,
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
            packed: (!kind.starts_with("font/"))
                .then(|| packed(&content))
                .flatten(),
            content,
            path,
        }
    }
}

fn packed(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < content.len()).then_some(packed)
}

/// Whether a browser takes gzip (RFC 9110 section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = list_header(headers, &header::ACCEPT_ENCODING);
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        named && !parts.any(|part| ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&part))
    })
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
        include_bytes!(concat!("../../assets/", $path))
    };
}

/// Text files below `assets/`, one after the other.
macro_rules! joined {
    ($($path:literal),+) => {
        concat!($(include_str!(concat!("../../assets/", $path))),+)
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
    headers: HeaderMap,
    Path((hash, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let wanted = format!("/assets/{hash}/{name}");
    let cached = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    if let Some(asset) = ASSETS.iter().find(|asset| asset.path == wanted) {
        let kind = (header::CONTENT_TYPE, asset.kind);
        let varies = (header::VARY, "accept-encoding");
        let content: &'static [u8] = &asset.content;
        return Ok(match asset.packed.as_deref() {
            Some(packed) if takes_gzip(&headers) => {
                let coding = (header::CONTENT_ENCODING, "gzip");
                ([kind, cached, varies, coding], packed).into_response()
            }
            Some(_) => ([kind, cached, varies], content).into_response(),
            None => ([kind, cached], content).into_response(),
        });
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
