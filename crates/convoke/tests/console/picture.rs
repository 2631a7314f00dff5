//! The profile picture: the form, its three errors, and the stored image.

use axum::http::Method;
use image::ImageFormat;

use crate::on_both;
use crate::support::{Client, TestResponse, picture_file};

/// Sends the form as a browser does; no file is chosen where it is empty.
async fn send(who: &mut Client, file: &[u8]) -> TestResponse {
    let mut body =
        b"--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n"
            .to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let kind = Some("multipart/form-data; boundary=b");
    who.raw(Method::POST, "/profile/picture", kind, body).await
}

on_both! {
    async fn a_picture_is_saved_shown_and_removed(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        ana.page("/profile").await.expect(200).lacks("img[src^='/pictures/']").hides("/profile/picture/remove");
        let response = send(&mut ana, &picture_file(ImageFormat::Png, 90, 60)).await.leads_to("/profile").flashes("picture");
        let page = ana.follow(response).await.expect(200)
            .shows("The picture is saved.").has("form[action='/profile/picture/remove']");
        let pictures = page.html().attributes("img[src^='/pictures/']", "src");
        ana.page(&pictures[0]).await.expect(200);
        ana.submit("/profile/picture/remove", &[]).await.leads_to("/profile").flashes("picture-removed");
        ana.page("/profile").await.expect(200)
            .shows("The picture is removed.").lacks("img[src^='/pictures/']");
    }

    async fn picture_errors_are_shown_at_the_field(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        let large = vec![0; 2 * 1024 * 1024 + 64 * 1024];
        for (file, status, text) in [
            (&b""[..], 422, "Choose a picture first."),
            (b"not a picture", 422, "This is not a PNG, JPEG or WebP file. Choose a picture of one of these kinds."),
            (&large, 413, "The picture is larger than 2 MB. Choose a smaller one."),
        ] {
            let page = send(&mut ana, file).await.expect(status);
            page.shows(text).shows("There is a problem").has_link("#picture").has("input[name=picture][aria-invalid=true]")
                .has_texts("#picture-error", &[&format!("Error: {text}")])
                .titled("Error:").lacks("img[src^='/pictures/']");
        }
    }
}
