//! What is sent compressed, and what is not.

use std::io::Read as _;

use flate2::read::GzDecoder;
use image::ImageFormat;

use crate::support::{Client, Database, TestApp, TestResponse, picture_file};

fn unpacked(response: &TestResponse) -> Vec<u8> {
    let mut whole = Vec::new();
    GzDecoder::new(response.bytes.as_slice())
        .read_to_end(&mut whole)
        .unwrap();
    whole
}

async fn open(client: &mut Client, path: &str) -> TestResponse {
    client.page(path).await.expect(200)
}

/// Paths of our files of these kinds that a page or stylesheet names.
fn assets(text: &str, kinds: &[&str]) -> Vec<String> {
    let ends = ['"', ')', '#', '\''];
    let mut paths: Vec<_> = text
        .split("/assets/")
        .skip(1)
        .map(|rest| format!("/assets/{}", rest.split(ends).next().unwrap()))
        .collect();
    paths.retain(|path| kinds.contains(&path.rsplit('.').next().unwrap()));
    paths.sort();
    paths.dedup();
    paths
}

#[tokio::test]
async fn pages_assets_and_json_are_compressed_by_accept_encoding() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let mut plain = test_app.user("ada@example.com", "Ada").await;
    let mut able = plain.with("accept-encoding", "gzip, br");
    let page = open(&mut plain, "/accounts").await.body();
    let mut paths = assets(&page, &["css", "js"]);
    assert_eq!(paths.len(), 2);
    paths.extend(["/accounts", "/api/v1/products", "/api/v1/openapi.json"].map(str::to_owned));
    for path in paths {
        let whole = open(&mut plain, &path).await;
        assert!(!whole.headers.contains_key("content-encoding"), "{path}");
        let packed = open(&mut able, &path).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert!(packed.bytes.len() < whole.bytes.len() / 2, "{path}");
        assert_eq!(unpacked(&packed), whole.bytes, "{path}");
        for response in [whole, packed] {
            let vary = response.header("vary").to_ascii_lowercase();
            assert!(vary.contains("accept-encoding"), "{path}: {vary}");
        }
    }
}

#[tokio::test]
async fn images_fonts_and_small_responses_are_not_compressed() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let plain = test_app.user("ada@example.com", "Ada").await;
    let mut able = plain.with("accept-encoding", "gzip");
    let picture = picture_file(ImageFormat::Png, 512, 512);
    let kind = Some("image/png");
    able.raw("PUT".parse().unwrap(), "/api/v1/me/picture", kind, picture)
        .await
        .expect(204);
    let url = able.get("/me").await.text("/picture_url");
    let page = unpacked(&open(&mut able, "/accounts").await);
    let styles = assets(&String::from_utf8(page).unwrap(), &["css"]);
    let css = unpacked(&open(&mut able, &styles[0]).await);
    let mut paths = assets(&String::from_utf8(css).unwrap(), &["woff2"]);
    assert_eq!(paths.len(), 6);
    paths.push(
        url.strip_prefix("http://localhost:8080")
            .unwrap()
            .to_owned(),
    );
    paths.extend(["/healthz", "/api/v1/me"].map(str::to_owned));
    for path in paths {
        let response = open(&mut able, &path).await;
        assert!(!response.headers.contains_key("content-encoding"), "{path}");
    }
}
