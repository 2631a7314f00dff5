//! The form that invites: its button stays in view, and nothing that was entered is lost.

use serde_json::{Value, json};

use crate::support::{Browser, ENTER, Setup, Site};

/// The wizard's second step of an owner whose last invitation was to this product.
async fn wizard(site: &Site) -> (Browser, String) {
    let mut ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let account = site.test_app.account(&mut ana, "Northwind Traders").await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    let path = format!("/accounts/{account}/invite?product=platform");
    browser.goto(&path).await;
    browser.wait_for(".address-chips").await;
    (browser, path)
}

async fn resize(browser: &Browser, width: u32, height: u32) {
    let params =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
    browser
        .cdp("Emulation.setDeviceMetricsOverride", &params)
        .await;
}

/// The lines of the list, and the text that is still in the field.
const LIST: &str = "return [document.querySelector('[name=emails]').value, document.querySelector('#emails').value]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_button_stays_in_view_below_many_errors() {
    const IN_VIEW: &str = "
        return arguments[0].filter((selector) => {
            const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
            return top < 0 || bottom > innerHeight;
        })";
    let site = Site::new().await;
    let (browser, _) = wizard(&site).await;
    let invalid: Vec<String> = (0..13)
        .map(|number| format!("a-rather-long-name-{number}@agency,example"))
        .collect();
    browser.paste("#emails", &invalid.join("\n")).await;
    browser.click("[data-send]").await;
    browser.wait_for(".summary").await;
    let lines = browser.js("return document.querySelectorAll('.summary li').length");
    assert!(lines.await.as_i64() >= Some(13));
    let (seats, preview, button) = ("[aria-labelledby=h-seats]", "#preview", ".send .primary");
    for (width, height, expected) in [
        (1280, 900, vec![".summary", seats, preview, button]),
        (1280, 600, vec![button]),
        (1000, 700, vec![button]),
        (390, 844, vec![".summary", button]),
        (320, 568, vec![button]),
    ] {
        resize(&browser, width, height).await;
        browser.js("scrollTo(0, 0)").await;
        let hidden = browser.js_with(IN_VIEW, vec![json!(expected)]).await;
        assert_eq!(hidden, json!([]), "at {width} x {height}");
    }
    // The summary scrolls by its links.
    resize(&browser, 390, 844).await;
    browser
        .js("document.querySelector('.summary li:last-child a').focus()")
        .await;
    let seen = "((link, list) => link.bottom <= list.bottom + 1)(document.activeElement.getBoundingClientRect(),
        document.querySelector('.summary ul').getBoundingClientRect())";
    browser.until("the last line is in view", seen).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_of_groups_survive_a_reload() {
    const ROLES: &str =
        "return [...document.querySelectorAll('[data-groups] select')].map(({ value }) => value)";
    let choose = |index: usize, role: &str| {
        format!(
            "const select = document.querySelectorAll('[data-groups] select')[{index}];
            select.value = '{role}';
            select.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        )
    };
    let site = Site::new().await;
    let (browser, _) = wizard(&site).await;
    let table = "mia@x.io\tDeveloper\nbob@x.io\tDeveloper\ncy@x.io\tOperator";
    browser.paste("#emails", table).await;
    browser.wait_for_text("2 Developer, 1 Operator").await;
    browser.js(&choose(0, "LINGUIST")).await;
    browser.wait_for_text("2 Linguist, 1 Operator").await;
    browser.js(&choose(1, "DEVELOPER")).await;
    browser.wait_for_text("2 Linguist, 1 Developer").await;
    browser.reload().await;
    browser.wait_for_text("2 Linguist, 1 Developer").await;
    assert_eq!(browser.js(ROLES).await, json!(["LINGUIST", "DEVELOPER"]));
    // The same after an error.
    browser.fill("#emails", "wrong@\u{e007}").await;
    browser.click("[data-send]").await;
    browser.wait_for(".summary").await;
    assert_eq!(
        browser.js(ROLES).await,
        json!(["LINGUIST", "DEVELOPER", ""])
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_of_the_field_stays_in_the_list_when_sending_is_stopped() {
    let site = Site::new().await;
    let (browser, _) = wizard(&site).await;
    browser.fill("#emails", "fay@x.io\u{e007}").await;
    browser.fill("#emails", "half").await;
    let stop = "document.querySelector('[data-invite-form]').addEventListener('submit', (event) => event.preventDefault(), { once: true })";
    browser.js(stop).await;
    browser.click("[data-send]").await;
    assert_eq!(browser.js(LIST).await, json!(["fay@x.io\nhalf", ""]));
    browser.fill("#emails", "gus@x.io").await;
    let list = browser.js(LIST).await;
    assert_eq!(list, json!(["fay@x.io\nhalf", "gus@x.io"]));
    browser.keys(ENTER).await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.wait_for_text("Left out: half.").await;
    assert_eq!(browser.js(LIST).await, json!(["fay@x.io\ngus@x.io", ""]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visible_field_is_invalid_while_an_address_is() {
    let site = Site::new().await;
    let (browser, _) = wizard(&site).await;
    let is_invalid = |state: &str| {
        format!("document.querySelector('#emails').getAttribute('aria-invalid') === '{state}'")
    };
    browser.until("it is valid", &is_invalid("false")).await;
    browser.fill("#emails", "fay@x.io, wrong@\u{e007}").await;
    browser.until("it is invalid", &is_invalid("true")).await;
    browser.press("Remove wrong@").await;
    browser
        .until("it is valid again", &is_invalid("false"))
        .await;
    // An error of the server stays with the field.
    browser.press("Clear all").await;
    browser.click("[data-send]").await;
    browser
        .wait_for_text("Enter at least one email address.")
        .await;
    browser.until("it is invalid", &is_invalid("true")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_are_left_out_stay_named() {
    let site = Site::new().await;
    let (browser, _) = wizard(&site).await;
    browser.paste("#emails", "fay@x.io, @ana, Sales\n").await;
    browser.wait_for_text("Left out: @ana, Sales.").await;
    browser.fill("#emails", "gus@x.io\u{e007}").await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.wait_for_text("Left out: @ana, Sales.").await;
    browser.reload().await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.wait_for_text("Left out: @ana, Sales.").await;
    browser.press("Clear all").await;
    let is_gone = "!document.querySelector('[data-notes] .note')";
    browser.until("nothing is left out", is_gone).await;
    let stored = browser.js("return document.querySelector('[name=left_out]').value");
    assert_eq!(stored.await, Value::from(""));
    browser.close().await;
}
