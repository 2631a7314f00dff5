//! Controls that script adds to fields: what they are called, and what is announced while they are used.

use serde_json::json;

use crate::support::{Browser, Setup, Site};

async fn open(site: &Site, path: &str) -> Browser {
    let ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    browser.goto(path).await;
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_button_keeps_its_name() {
    let site = Site::new().await;
    let browser = open(&site, "/profile").await;
    let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    browser.cdp("Browser.grantPermissions", &permissions).await;
    let icon = |name: &str| {
        format!(
            "document.querySelector('button.copy use').getAttribute('href').endsWith('#{name}')"
        )
    };
    browser.click("button.copy").await;
    browser.until("it is copied", &icon("check")).await;
    let name = browser.js("return document.querySelector('button.copy').textContent");
    assert_eq!(name.await, "Copy the user id");
    // A second copy does not keep the sign of the first.
    browser.click("button.copy").await;
    browser.until("its icon is back", &icon("copy")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buttons_that_show_passwords_are_named_after_their_fields() {
    let site = Site::new().await;
    let browser = open(&site, "/profile/password").await;
    let names = "return [...document.querySelectorAll('.with-button button')].map((button) => button.ariaLabel)";
    let names = browser.js(names).await;
    assert_eq!(
        names,
        json!(["Show: Current password", "Show: New password"])
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_strength_of_a_password_is_announced_once_for_each_reason() {
    let site = Site::new().await;
    let browser = open(&site, "/profile/password").await;
    let listen = "window.announced = [];
        new MutationObserver(() => window.announced.push(document.querySelector('#live').textContent))
            .observe(document.querySelector('#live'), { childList: true })";
    browser.js(listen).await;
    browser.fill("#password", "blue whale 42 tango").await;
    browser.wait_for(".strength.good").await;
    let announced = browser.js("return window.announced").await;
    assert_eq!(announced.as_array().unwrap().len(), 2, "{announced}");
    browser.close().await;
}
