//! Static files: compiled in, with the hash of their content in the path, cached for a year.

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

use convoke_api::extract::list_header;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::secret::sha256;

/// A compiled-in file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: Cow<'static, [u8]>,
    /// The content compressed with gzip at start, where that is smaller.
    compressed: Option<Vec<u8>>,
    path: String,
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, content: &'static [u8]) -> Self {
        Self::from_content(name, kind, Cow::Borrowed(content))
    }

    fn from_content(name: &'static str, kind: &'static str, content: Cow<'static, [u8]>) -> Self {
        let hash = u64::from_be_bytes(first_eight(sha256(&content)));
        let path = format!("/assets/{hash:016x}/{name}");
        Self {
            name,
            kind,
            compressed: (!kind.starts_with("font/"))
                .then(|| compressed(&content))
                .flatten(),
            content,
            path,
        }
    }
}

fn compressed(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < content.len()).then_some(compressed)
}

/// Whether a client accepts gzip (RFC 9110 section 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = list_header(headers, &header::ACCEPT_ENCODING);
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|part| ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&part))
    })
}

/// A script or style without indentation and without lines that are only a comment. None of their texts spans lines.
fn compact(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    let is_code = |line: &&str| {
        let is_comment = line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
        !line.is_empty() && !is_comment
    };
    lines.filter(is_code).collect::<Vec<_>>().join("\n")
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
    ($path:expr) => {
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
    "css/docs.css",
    "css/print.css"
);

/// Files below `assets/fonts/` with their names.
macro_rules! fonts {
    ($($name:literal),+) => {
        [$(($name, file!(concat!("fonts/", $name)))),+]
    };
}

/// The font of the pages, one file for each range of letters in `css/fonts.css`; `scripts/fonts` makes them.
const FONTS: [(&str, &[u8]); 6] = fonts!(
    "inter-latin.woff2",
    "inter-latin-ext-a.woff2",
    "inter-latin-ext-b.woff2",
    "inter-latin-additional.woff2",
    "inter-vietnamese.woff2",
    "inter-cyrillic.woff2"
);

const SCRIPT: &str = joined!("js/console.js", "js/drafts.js");

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let mut assets = vec![
        Asset::from_content(
            "console.js",
            "text/javascript; charset=utf-8",
            Cow::Owned(compact(SCRIPT).into_bytes()),
        ),
        Asset::new(
            "mailbox.js",
            "text/javascript; charset=utf-8",
            file!("js/mailbox.js"),
        ),
        Asset::new("mark.svg", "image/svg+xml", file!("mark.svg")),
        Asset::new("icons.svg", "image/svg+xml", file!("icons.svg")),
    ];
    assets.extend(FONTS.map(|(name, content)| Asset::new(name, "font/woff2", content)));
    let invite = with_paths(compact(include_str!("../../assets/js/invite.js")), &assets);
    let css = with_paths(compact(STYLESHEET), &assets);
    for (name, kind, content) in [
        ("invite.js", "text/javascript; charset=utf-8", invite),
        ("console.css", "text/css; charset=utf-8", css),
    ] {
        let content = Cow::Owned(content.into_bytes());
        assets.push(Asset::from_content(name, kind, content));
    }
    assets
});

/// A style or script with the names of files in braces replaced by their paths.
fn with_paths(mut source: String, assets: &[Asset]) -> String {
    for asset in assets {
        source = source.replace(&format!("{{{}}}", asset.name), &asset.path);
    }
    source
}

/// The path of a compiled-in file.
pub(crate) fn path(name: &str) -> &'static str {
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
    let path = format!("/assets/{hash}/{name}");
    let cached = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    if let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) {
        let kind = (header::CONTENT_TYPE, asset.kind);
        let varies = (header::VARY, "accept-encoding");
        let content: &'static [u8] = &asset.content;
        return Ok(match asset.compressed.as_deref() {
            Some(compressed) if accepts_gzip(&headers) => {
                let coding = (header::CONTENT_ENCODING, "gzip");
                ([kind, cached, varies, coding], compressed).into_response()
            }
            Some(_) => ([kind, cached, varies], content).into_response(),
            None => ([kind, cached], content).into_response(),
        });
    }
    let brand = &app.config.brand.files;
    let mut files = brand.style.iter().chain(&brand.logo);
    let file = files.find(|file| file.path == path);
    let file = file.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, file.media_type),
        cached,
        // An SVG logo that is opened directly must not run scripts.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ),
    ];
    Ok((headers, file.content.clone()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_left_out() {
        let source =
            "/* Colors. */\n\na {\n  color: red;\n}\n// Why.\n  const url = \"http://x\"; // no";
        let compacted = "a {\ncolor: red;\n}\nconst url = \"http://x\"; // no";
        assert_eq!(compact(source), compacted);
    }
}
