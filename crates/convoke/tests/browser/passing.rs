//! The pages of what passes by itself: a database that is away, and a limit.

use std::time::Duration;

use convoke_app::config::Config;

use super::pages::everything_wrong;
use crate::support::{Browser, DbProbe, PASSWORD, Setup, Site};

async fn is_for_everybody(browser: &Browser) {
    for width in [1280, 390] {
        browser.resize(width).await;
        let wrong = everything_wrong(browser).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_database_that_is_away_is_for_everybody() {
    let patience = |config: &mut Config| config.database.timeout = Duration::from_millis(200);
    let site = Site::with(patience).await;
    let ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let browser = Browser::open(&site, Setup::default()).await;
    browser.be(ana.cookie.as_deref().unwrap()).await;
    let mut other = DbProbe::of(&site.test_app.database.url);
    let DbProbe::Lite(other) = &mut other else {
        unreachable!()
    };
    browser.goto("/accounts/new").await;
    browser.fill("#name", "Spring Launch").await;
    other.execute_batch("begin immediate").unwrap();
    browser.press("Create account").await;
    browser.says("The service is away for a moment").await;
    let kept = browser.wait_for("#list").await.text().await.unwrap();
    assert_eq!(kept, "Spring Launch");
    is_for_everybody(&browser).await;
    other.execute_batch("rollback").unwrap();
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_limit_is_for_everybody() {
    let once = |config: &mut Config| {
        config.rate_limits.enabled = true;
        config.rate_limits.registrations_per_address = 1;
    };
    let site = Site::with(once).await;
    let test_app = &site.test_app;
    test_app
        .begin_sign_up("eve@mail.example", "Eve", PASSWORD)
        .await
        .expect(202);
    let token = test_app.mailed_token("eve@mail.example", "confirm").await;
    test_app.advance(Duration::from_hours(25));
    let browser = Browser::open(&site, Setup::default()).await;
    for words in ["Check your mail", "Too many requests"] {
        browser.goto(&format!("/confirm/{token}")).await;
        browser.press("Send another link").await;
        browser.says(words).await;
    }
    is_for_everybody(&browser).await;
    browser.close().await;
}
