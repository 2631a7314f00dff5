//! Pages for trials: the mailbox, the sample pages of products, and the notice about another address.

use convoke_app::config::Config;
use convoke_core::public_url::PublicUrl;

use crate::on_both;
use crate::support::{AccountFixture, Database, TestApp};

fn with_sample_products(config: &mut Config) {
    config.sample_products = true;
}

fn over_https(config: &mut Config) {
    config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
}

#[tokio::test]
async fn the_mailbox_shows_emails_as_people_see_them() {
    let test_app = TestApp::new(Database::sqlite()).await;
    test_app.user("ada@example.com", "Ada").await;
    let mut reader = test_app.anonymous();
    let list = reader.page("/dev/mailbox").await.expect(200);
    let path = list.shows("ada@example.com").html().link("/dev/mailbox/");
    let message = reader.page(&path).await.expect(200);
    let policy = message.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("; frame-src 'self'"));
    message
        .has(&format!("iframe[sandbox][title][src='{path}/html']"))
        .has("pre a[href^='http://localhost:8080/confirm/cvc_']");
    let html = reader.page(&format!("{path}/html")).await.expect(200);
    let policy = html.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with(
            "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        )
    );
    assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
    // Links open outside of the frame, which no page of ours may be in.
    html.has("base[target='_blank']")
        .has("a[href^='http://localhost:8080/confirm/cvc_']");
    reader.page("/dev/mailbox/nothing").await.expect(404);
}

#[tokio::test]
async fn the_mailbox_is_filtered_by_address() {
    let test_app = TestApp::new(Database::sqlite()).await;
    test_app.user("ada@example.com", "Ada").await;
    test_app.user("bob@example.com", "Bob").await;
    let mut reader = test_app.anonymous();
    let page = reader.page("/dev/mailbox").await.expect(200);
    page.shows("ada@example.com")
        .shows("bob@example.com")
        .has("a[href='/dev/mailbox?q=bob%40example.com']");
    let page = reader.page("/dev/mailbox?q=BOB@").await.expect(200);
    page.shows("bob@example.com")
        .shows("1 email")
        .hides("ada@example.com")
        .has_link("/dev/mailbox");
    let page = reader.page("/dev/mailbox?q=eve").await.expect(200);
    page.shows("No mail to \"eve\".").hides("ada@example.com");
}

#[tokio::test]
async fn the_mailbox_is_not_served_on_public_addresses() {
    let test_app = TestApp::with(Database::sqlite(), over_https).await;
    test_app.anonymous().page("/dev/mailbox").await.expect(404);
}

on_both! {
    async fn products_of_the_demo_are_clients_of_this_installation(test_app: TestApp, with_sample_products) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let products = bob.get("/products").await.expect(200).json();
        assert_eq!(products["products"][0]["url"], "http://localhost:8080/demo/platform");
        let go = format!("/go/platform?account={}", team.account);
        bob.page(&format!("/accounts/{}", team.account)).await.expect(200).has_link(&go);
        let login = bob.page(&go).await.expect(303).header("location").to_owned();
        assert!(login.starts_with("http://localhost:8080/demo/platform/login?iss="), "{login}");
        let page = bob.page("/demo/platform").await.expect(200);
        page.shows("You are not signed in.").has_link("/demo/platform/login");
        let authorize = bob.page("/demo/platform/login").await.expect(303).header("location").to_owned();
        assert!(authorize.starts_with("http://localhost:8080/oauth2/authorize?client_id=platform&"), "{authorize}");
        bob.page("/demo/unknown").await.expect(404);
    }

    async fn only_the_demo_has_sample_pages(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        ada.page("/demo/platform").await.expect(404);
        let products = ada.get("/products").await.expect(200).json();
        assert!(products["products"][0]["url"].is_null());
    }

    async fn a_page_under_another_address_names_the_right_one(test_app: TestApp, over_https) {
        let reader = test_app.anonymous().with("host", "10.0.0.5:8080");
        for (language, text) in [
            ("en", "This page was opened under another address. Use https://accounts.example.com"),
            ("ru", "Страница открыта по другому адресу. Используйте https://accounts.example.com"),
        ] {
            let page = reader.speaking(language).page("/sign-in?return_to=/profile").await.expect(200);
            page.shows(text)
                .has_link("https://accounts.example.com/sign-in?return_to=/profile")
                .has("[data-origin='https://accounts.example.com']");
        }
        let mut right = test_app.anonymous().with("host", "accounts.example.com");
        right.page("/sign-in").await.expect(200).hides("another address");
    }
}
