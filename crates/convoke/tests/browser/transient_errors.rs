//! The pages of transient errors: an unavailable database and a rate limit.

use std::time::Duration;

use convoke_app::config::Config;

use super::pages::axe_violations;
use crate::support::{Browser, DbProbe, PASSWORD, Setup, Site};

async fn assert_accessible(browser: &Browser) {
    for width in [1280, 390] {
        browser.resize(width).await;
        let wrong = axe_violations(browser).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_for_an_unavailable_database_is_accessible() {
    let short_timeout = |config: &mut Config| config.database.timeout = Duration::from_millis(200);
    let site = Site::with(short_timeout).await;
    let ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let browser = Browser::open(&site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    let mut probe = DbProbe::of(&site.test_app.database.url);
    let DbProbe::Lite(connection) = &mut probe else {
        unreachable!()
    };
    browser.goto("/accounts/new").await;
    browser.fill("#name", "Spring Launch").await;
    connection.execute_batch("begin immediate").unwrap();
    browser.press("Create account").await;
    browser
        .wait_for_text("The service is temporarily unavailable")
        .await;
    let unsaved_name = browser.wait_for("#list").await.text().await.unwrap();
    assert_eq!(unsaved_name, "Spring Launch");
    assert_accessible(&browser).await;
    connection.execute_batch("rollback").unwrap();
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_limit_page_is_accessible() {
    let limit_registrations = |config: &mut Config| {
        config.rate_limits.enabled = true;
        config.rate_limits.registrations_per_address = 1;
    };
    let site = Site::with(limit_registrations).await;
    let test_app = &site.test_app;
    test_app
        .begin_sign_up("eve@mail.example", "Eve", PASSWORD)
        .await
        .expect(202);
    let token = test_app.mailed_token("eve@mail.example", "confirm").await;
    test_app.advance(Duration::from_hours(25));
    let browser = Browser::open(&site, Setup::default()).await;
    for text in ["Check your mail", "Too many requests"] {
        browser.goto(&format!("/confirm/{token}")).await;
        browser.press("Send another link").await;
        browser.wait_for_text(text).await;
    }
    assert_accessible(&browser).await;
    browser.close().await;
}
