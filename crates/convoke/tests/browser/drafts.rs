//! What is entered in a form stays in the tab until the form is accepted.

use serde_json::json;

use crate::support::{Browser, PASSWORD, Setup, Site};

const LIST: &str = "return document.querySelector('[name=emails]').value";

/// An owner's browser, and the wizard of an account that has sent an invitation.
async fn wizard(site: &Site) -> (Browser, String) {
    let test_app = &site.test_app;
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    test_app
        .invite(&mut ana, &account, "old@x.io", &["DEVELOPER"])
        .await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    (browser, format!("/accounts/{account}/invite"))
}

/// Checks what the wizard has.
async fn has_all(browser: &Browser) {
    browser.wait_for_text("2 of 20 addresses").await;
    assert_eq!(browser.js(LIST).await, "\"Fay\" <fay@x.io>\ngus@x.io");
    let rest = "return [document.querySelector('#emails').value, document.querySelector('[value=LINGUIST]').checked,
        document.querySelector('#locale').value]";
    assert_eq!(browser.js(rest).await, json!(["half", true, "ru"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_survives_until_it_is_sent() {
    let site = Site::new().await;
    let (browser, path) = wizard(&site).await;
    browser.goto(&path).await;
    browser.paste("#emails", "Fay <fay@x.io>, gus@x.io").await;
    browser.click("[value=LINGUIST]").await;
    browser.click("#locale option[value=ru]").await;
    browser.fill("#emails", "half").await;
    // Another page, and back.
    browser.press("Accounts").await;
    browser.at("/accounts").await;
    browser.back().await;
    browser.at(&path).await;
    has_all(&browser).await;
    browser.reload().await;
    has_all(&browser).await;
    // The product, there and back.
    browser.press("Change product").await;
    browser.click("input[value=agent]").await;
    browser.press("Continue").await;
    browser.wait_for_text("to Tovie Agent").await;
    has_all(&browser).await;
    let address = browser.js("return location.href").await;
    assert!(!address.as_str().unwrap().contains("x.io"), "{address}");
    // Signed out meanwhile: nothing is sent, and after the next sign-in the list is there.
    browser.clear_cookies().await;
    browser.fill("#emails", "").await;
    browser.click("[data-send]").await;
    browser.wait_for_text("You were signed out meanwhile").await;
    browser.press("Sign in").await;
    browser.fill("#login", "ana@northwind.example").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form .primary").await;
    browser.wait_for_text("2 of 20 addresses").await;
    // A lost connection.
    let offline =
        json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
    browser
        .cdp("Network.emulateNetworkConditions", &offline)
        .await;
    browser.click("[data-send]").await;
    browser
        .until("no page", "!document.querySelector('[data-send]')")
        .await;
    let online =
        json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser
        .cdp("Network.emulateNetworkConditions", &online)
        .await;
    browser.goto_after_failure(&path).await;
    browser.wait_for_text("2 of 20 addresses").await;
    // A refusal keeps everything too, and a reload after it asks nothing.
    browser.fill("#emails", "wrong@\u{e007}").await;
    browser.click("[data-send]").await;
    browser.wait_for(".summary").await;
    browser.reload().await;
    browser.wait_for_text("3 of 20 addresses").await;
    browser.press("Remove wrong@").await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.click("[data-send]").await;
    browser.wait_for_text("2 on the way").await;
    browser.press("Invite more users").await;
    browser.wait_for(".address-chips").await;
    assert_eq!(browser.js(LIST).await, "");
    let drafts = "return Object.keys(sessionStorage).filter((key) => key.endsWith('/invite'))";
    assert_eq!(browser.js(drafts).await, json!([]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_and_other_users_forms_are_not_kept() {
    let site = Site::new().await;
    let (browser, path) = wizard(&site).await;
    browser.goto("/profile/email").await;
    browser.fill("#email", "ana@home.example").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("Show").await;
    browser.goto(&path).await;
    browser.paste("#emails", "fay@x.io").await;
    browser.goto("/profile/email").await;
    let fields = "return [document.querySelector('#email').value, document.querySelector('#password').value]";
    assert_eq!(browser.js(fields).await, json!(["ana@home.example", ""]));
    let stored = browser.js("return JSON.stringify(sessionStorage)").await;
    assert!(
        !stored.as_str().unwrap().contains(PASSWORD) && !stored.as_str().unwrap().contains("cvf_"),
        "{stored}"
    );
    // Another user in the same tab sees nothing of it.
    let eve = site.test_app.user("eve@mail.example", "Eve").await;
    browser.sign_in_as(eve.cookie.as_deref().unwrap()).await;
    browser.goto("/profile/email").await;
    assert_eq!(browser.js(fields).await, json!(["", ""]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_button_of_a_form_that_is_sent_is_disabled() {
    let site = Site::new().await;
    let (browser, _) = wizard(&site).await;
    browser.goto("/accounts/new").await;
    browser.fill("#name", "Engines").await;
    // The page stays until the server responds, so that the state of the button can be read.
    let state = "const done = arguments[0], button = document.querySelector('main form .primary');
        document.querySelector('main form').addEventListener('submit', () => setTimeout(() => setTimeout(() => {
            const busy = [button.disabled, button.textContent, document.querySelector('#live').textContent];
            // As after a navigation that was given up.
            dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
            done([busy, button.disabled, button.textContent]);
        })));
        button.click()";
    let state = browser.js_async(state).await;
    let expected = json!([[true, "Sending…", "Sending…"], false, "Create account"]);
    assert_eq!(state, expected);
    browser.wait_for_text("Engines").await;
    browser.close().await;
}
