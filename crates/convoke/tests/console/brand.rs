//! An operator's logo and colour.

use std::path::Path;

use crate::support::{Client, Database, TestApp, TestResponse, convoke};

const SVG: &[u8] = br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;

async fn branded(logo: Option<&Path>) -> TestApp {
    TestApp::with(Database::sqlite(), |config| {
        config.brand.logo = logo.map(|path| path.to_str().unwrap().to_owned());
        config.brand.colour = Some("#0a7d55".to_owned());
    })
    .await
}

/// The file that an attribute of the last matching element of the sign-in page names.
async fn file_of(client: &mut Client, css: &str, attribute: &str) -> TestResponse {
    let page = client.page("/sign-in").await.expect(200);
    let files = page.html().attributes(css, attribute);
    client.page(files.last().unwrap()).await.expect(200)
}

#[tokio::test]
async fn the_brand_colour_stylesheet_follows_the_default_one() {
    let test_app = branded(None).await;
    let mut client = test_app.anonymous();
    let style = file_of(&mut client, "link[rel='stylesheet']", "href").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    let css = style.body();
    assert!(
        css.starts_with(":root{--brand:light-dark(#0a7d55,"),
        "{css}"
    );
    for name in ["brand-over", "on-brand", "link", "badge", "on-badge"] {
        assert!(css.contains(&format!("--{name}:light-dark(#")), "{css}");
    }
}

/// A logo that is opened directly runs no script.
#[tokio::test]
async fn a_logo_is_served_with_its_type_and_a_restrictive_csp() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logo");
    for (content, media_type) in [
        (SVG, "image/svg+xml"),
        (b"\x89PNG\r\n\x1a\n and more", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ] {
        std::fs::write(&path, content).unwrap();
        let test_app = branded(Some(&path)).await;
        // It was read at start.
        std::fs::remove_file(&path).unwrap();
        let logo = file_of(&mut test_app.anonymous(), "img[src]", "src").await;
        assert_eq!(logo.bytes, content);
        assert_eq!(logo.header("content-type"), media_type);
        assert_eq!(logo.header("x-content-type-options"), "nosniff");
        assert_eq!(
            logo.header("content-security-policy"),
            "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        );
    }
}

#[test]
fn an_invalid_brand_colour_or_logo_is_reported_at_start() {
    for (setting, text) in [
        (
            ("CONVOKE_BRAND__COLOUR", "#ffd200"),
            "brand.colour: #ffd200 is too light",
        ),
        (
            ("CONVOKE_BRAND__LOGO", "/nowhere/logo.svg"),
            "brand.logo: /nowhere/logo.svg cannot be read",
        ),
    ] {
        for command in ["check", "serve"] {
            let database = Database::sqlite();
            let environment = [("CONVOKE_DATABASE__URL", database.url.as_str()), setting];
            let output = convoke(&[command], &environment, None);
            assert_eq!(output.status.code(), Some(1), "{command}");
            let printed = [output.stdout, output.stderr].concat();
            let printed = String::from_utf8_lossy(&printed);
            assert!(printed.contains(text), "{command}: {printed}");
        }
    }
}
