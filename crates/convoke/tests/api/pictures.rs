//! Pictures of people (rule U6): what is taken, what is served, and what hostile files cost.

use axum::http::Method;
use image::ImageFormat;

use crate::on_both;
use crate::support::{Client, PASSWORD, TestResponse, picture_file as file};

async fn put(client: &mut Client, kind: Option<&str>, body: Vec<u8>) -> TestResponse {
    client
        .raw(Method::PUT, "/api/v1/me/picture", kind, body)
        .await
}

async fn path_of(client: &mut Client) -> Option<String> {
    let url = client.get("/me").await.expect(200).json()["picture_url"].clone();
    let url = url.as_str()?;
    Some(
        url.strip_prefix("http://localhost:8080")
            .unwrap()
            .to_owned(),
    )
}

async fn seen(client: &mut Client, path: &str) -> TestResponse {
    client.raw(Method::GET, path, None, Vec::new()).await
}

async fn actions(client: &mut Client) -> Vec<String> {
    client.column("/me/activity", "/action").await
}

on_both! {
    async fn a_picture_is_uploaded_replaced_and_removed(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        assert_eq!(path_of(&mut ada).await, None);
        put(&mut ada, Some("image/png"), file(ImageFormat::Png, 900, 600)).await.expect(204);
        let first = path_of(&mut ada).await.unwrap();
        // Anyone with its URL can load it.
        let response = seen(&mut test_app.anonymous(), &first).await.expect(200);
        assert_eq!(response.header("content-type"), "image/jpeg");
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(response.header("cache-control"), "private, max-age=31536000, immutable");
        let read = image::load_from_memory(&response.bytes).unwrap();
        assert_eq!((read.width(), read.height()), (512, 512));
        put(&mut ada, Some("image/webp"), file(ImageFormat::WebP, 30, 40)).await.expect(204);
        let second = path_of(&mut ada).await.unwrap();
        assert_ne!(first, second);
        seen(&mut ada, &first).await.expect(404);
        seen(&mut ada, &second).await.expect(200);
        ada.delete("/me/picture").await.expect(204);
        assert_eq!(path_of(&mut ada).await, None);
        seen(&mut ada, &second).await.expect(404);
        let written = actions(&mut ada).await;
        assert_eq!(written[..3], ["user.picture_removed", "user.picture_changed", "user.picture_changed"]);
        ada.delete("/me/picture").await.expect(204);
        assert_eq!(actions(&mut ada).await, written);
    }

    async fn pictures_of_different_users_are_independent(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        for client in [&mut ada, &mut bob] {
            put(client, Some("image/jpeg"), file(ImageFormat::Jpeg, 64, 64)).await.expect(204);
        }
        let (of_ada, of_bob) = (path_of(&mut ada).await.unwrap(), path_of(&mut bob).await.unwrap());
        assert_ne!(of_ada, of_bob);
        ada.delete("/me/picture").await.expect(204);
        seen(&mut ada, &of_ada).await.expect(404);
        seen(&mut ada, &of_bob).await.expect(200);
    }

    async fn files_that_are_no_images_are_rejected(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        put(&mut ada, Some("image/png"), file(ImageFormat::Png, 64, 64)).await.expect(204);
        let before = test_app.database.rows();
        let whole = file(ImageFormat::Png, 64, 64);
        let mut huge = whole.clone();
        huge[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        for body in [
            Vec::new(),
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
            b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
            b"\x89PNG\r\n\x1a\n".to_vec(),
            b"\xff\xd8\xff".to_vec(),
            b"RIFF\xff\xff\xff\xffWEBPVP8L".to_vec(),
            whole[..whole.len() / 2].to_vec(),
            huge,
        ] {
            put(&mut ada, Some("image/png"), body).await.errors(&[("/picture", "wrong-type")]);
        }
        for kind in [None, Some("image/gif"), Some("image/svg+xml"), Some("application/json"), Some("image/*"), Some("")] {
            put(&mut ada, kind, whole.clone()).await.problem(415, "unsupported-media-type");
        }
        let mut large = whole.clone();
        large.resize(2 * 1024 * 1024 + 1, 0);
        put(&mut ada, Some("image/png"), large.clone()).await.problem(413, "body-too-large");
        put(&mut test_app.anonymous(), Some("image/png"), whole).await.problem(401, "sign-in-required");
        assert_eq!(test_app.database.rows(), before);
        // Data after the end of an image is dropped.
        large.truncate(2 * 1024 * 1024);
        put(&mut ada, Some("image/png"), large).await.expect(204);
        let path = path_of(&mut ada).await.unwrap();
        assert!(seen(&mut ada, &path).await.bytes.len() < 10_000);
    }

    async fn unknown_picture_urls_return_404(test_app: TestApp) {
        for path in ["/pictures/0", "/pictures/%00", "/pictures/..%2f..%2fetc", "/pictures/", "/pictures"] {
            seen(&mut test_app.anonymous(), path).await.expect(404);
        }
        let long = format!("/pictures/{}", "a".repeat(5_000));
        seen(&mut test_app.anonymous(), &long).await.expect(404);
    }

    async fn a_session_contains_the_picture_url(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        put(&mut ada, Some("image/png"), file(ImageFormat::Png, 64, 64)).await.expect(204);
        let body = serde_json::json!({ "login": "ada@example.com", "password": PASSWORD });
        let response = test_app.anonymous().post("/sessions", &body).await.expect(201);
        assert_eq!(response.text("/user/picture_url"), ada.get("/me").await.text("/picture_url"));
    }
}
