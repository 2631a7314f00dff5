//! Pasted and typed lists in the wizard with script: groups of roles, slips, and chips by keyboard.

use serde_json::{Value, json};

use crate::support::{Browser, Client, Setup, Site};

const ENTER: &str = "\u{e007}";
const BACK_TAB: &str = "\u{e008}\u{e004}\u{e000}";

/// The wizard's second step of an owner, and the owner.
async fn wizard(site: &Site) -> (Browser, Client, String) {
    let mut ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let account = site.test_app.account(&mut ana, "Northwind Traders").await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    let account = format!("/accounts/{account}");
    browser
        .goto(&format!("{account}/invite?product=platform"))
        .await;
    browser.wait_for(".address-chips").await;
    (browser, ana, account)
}

async fn paste(browser: &Browser, text: &str) {
    let script = "const data = new DataTransfer(); data.setData('text', arguments[0]);
        document.querySelector('#emails').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
    browser.js_with(script, vec![json!(text)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_table_is_sent_in_groups_with_one_button() {
    let site = Site::new().await;
    let (browser, mut ana, account) = wizard(&site).await;
    let table = "Name\tEmail\tRole\tDepartment\nMia Meer\tmia@x.io\tDeveloper\tSales\nBob Ray\tbob@x.io\tDeveloper\tSales\nCy Young\tcy@x.io\tOperator\tSales";
    paste(&browser, table).await;
    browser.wait_for_text("3 of 20 addresses").await;
    browser.wait_for_text("2 Developer, 1 Operator").await;
    browser
        .wait_for_text("Left out: Name, Role, Department +1.")
        .await;
    browser.click("[data-groups] summary").await;
    let choose = "const select = document.querySelector('[data-groups] select');
        select.focus(); select.value = 'LINGUIST'; select.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.js(choose).await;
    browser.wait_for_text("2 Linguist, 1 Operator").await;
    browser.press("Invite 3 users").await;
    browser.wait_for_text("3 on the way").await;
    let list = ana.get(&format!("{account}/invitations")).await.json();
    let items = list["items"].as_array().unwrap();
    let sent: Vec<(&Value, &Value)> = items
        .iter()
        .map(|item| (&item["name"], &item["roles"][0]))
        .collect();
    assert_eq!(
        sent,
        [
            (&json!("Cy Young"), &json!("AGENT_OPERATOR")),
            (&json!("Bob Ray"), &json!("LINGUIST")),
            (&json!("Mia Meer"), &json!("LINGUIST")),
        ]
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slips_are_fixed_in_place_and_chips_are_edited_by_keyboard() {
    let site = Site::new().await;
    let (browser, _, _) = wizard(&site).await;
    // A space after an address makes a chip.
    browser.fill("#emails", "Ana Costa ana@gmial.com ").await;
    browser.wait_for_text("1 of 20 addresses").await;
    browser.press("Use ana@gmail.com").await;
    let list = "document.querySelector('[name=emails]').value";
    let becomes = |text: &str| format!("{list} === {}", json!(text));
    let fixed = "\"Ana Costa\" <ana@gmail.com>";
    browser.until("it is fixed", &becomes(fixed)).await;
    paste(&browser, "a..b@x.io, wrong@, Sales, fay@x.io").await;
    browser.wait_for_text("Left out: Sales.").await;
    browser.press("Remove the 2 that are not addresses").await;
    let rest = format!("{fixed}\nfay@x.io");
    browser.until("faults are removed", &becomes(&rest)).await;
    browser.wait_for_text("2 of 20 addresses").await;
    // From the field back: the last chip's remove button, then the chip itself.
    browser
        .js("document.querySelector('#emails').focus()")
        .await;
    browser.keys(BACK_TAB).await;
    browser.keys(BACK_TAB).await;
    browser.keys(ENTER).await;
    let field = "document.querySelector('#emails')";
    let typed = format!("document.activeElement === {field} && {field}.value === 'fay@x.io'");
    browser.until("it can be typed anew", &typed).await;
    browser.keys("n,").await;
    let rest = format!("{fixed}\nfay@x.ion");
    browser.until("it is changed", &becomes(&rest)).await;
    browser.close().await;
}
