//! Script features of lists and the wizard: confirmation dialogs, and actions that keep the page.

use serde_json::json;

use crate::support::{Browser, Client, ENTER, ESCAPE, PASSWORD, Setup, Site};

/// An owner's browser and their account.
async fn owner(site: &Site) -> (Browser, Client, String) {
    let mut ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let account = site.test_app.account(&mut ana, "Northwind Traders").await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    (browser, ana, format!("/accounts/{account}"))
}

async fn invite(site: &Site, ana: &mut Client, account: &str, emails: &[&str]) {
    let account = account.trim_start_matches("/accounts/");
    for email in emails {
        site.test_app
            .invite(ana, account, email, &["DEVELOPER"])
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_invitations_are_revoked_from_a_dialog() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    invite(&site, &mut ana, &account, &["a@x.io", "b@x.io", "c@x.io"]).await;
    browser.goto(&format!("{account}/invitations")).await;
    browser.click("[aria-label='Select a@x.io']").await;
    browser.wait_for_text("Resend invitation").await;
    browser.click("[aria-label='Select b@x.io']").await;
    browser.wait_for_text("Resend 2 invitations").await;
    browser.press("Revoke 2 invitations").await;
    browser.wait_for("dialog[open]").await;
    browser.wait_for_text("Revoke 2 invitations?").await;
    browser.has_focus("Keep the invitations").await;
    browser.click("dialog .danger").await;
    browser.wait_for_text("2 invitations are revoked.").await;
    browser.wait_for_text("c@x.io").await;
    browser.close().await;
}

/// Everything on the page that opens a dialog, and where the focus belongs when it closes.
const OPENERS: &str = "document.querySelectorAll('a[data-dialog], form[data-dialog] button')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn escape_returns_the_focus_to_what_opened_the_dialog() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    let id = account.trim_start_matches("/accounts/");
    site.test_app
        .member(&mut ana, id, "bo@northwind.example", &["DEVELOPER"])
        .await;
    invite(&site, &mut ana, &account, &["a@x.io"]).await;
    for page in [
        "/accounts".to_owned(),
        format!("{account}/users"),
        format!("{account}/invitations"),
        format!("{account}/settings"),
    ] {
        browser.goto(&page).await;
        let count = browser.js(&format!("return {OPENERS}.length")).await;
        let count = count.as_u64().unwrap();
        assert!(count > 0, "{page}");
        for number in 0..count {
            let open = format!(
                "const opener = {OPENERS}[{number}];
                const menu = opener.closest('details.menu');
                if (menu) menu.open = true;
                opener.focus();
                opener.click();"
            );
            browser.js(&open).await;
            browser.wait_for("dialog[open]").await;
            browser.keys(ESCAPE).await;
            let returned = format!(
                "((opener) => !document.querySelector('dialog[open], .menu[open]')
                    && document.activeElement === (opener.closest('details.menu')?.querySelector('summary') ?? opener))({OPENERS}[{number}])"
            );
            browser
                .until(&format!("the focus is back, {number} of {page}"), &returned)
                .await;
        }
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_link_is_announced_inside_the_dialog() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    invite(&site, &mut ana, &account, &["a@x.io"]).await;
    browser
        .cdp(
            "Browser.grantPermissions",
            &json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        )
        .await;
    browser.goto(&format!("{account}/invitations")).await;
    browser.press("Copy link: a@x.io").await;
    // What is outside of a modal dialog is inert, live regions included.
    let announced =
        "document.querySelector('dialog[open] [role=status]')?.textContent === 'Copied'";
    browser.until("the copy is announced", announced).await;
    browser.press("Done").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resend_returns_the_focus_to_its_row() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    let emails: Vec<String> = (0..12).map(|number| format!("p{number}@x.io")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    invite(&site, &mut ana, &account, &emails).await;
    browser.goto(&format!("{account}/invitations")).await;
    browser.press("Resend: p3@x.io").await;
    browser.wait_for_text("The invitation is sent again").await;
    let row = "document.activeElement.localName === 'tr' && document.activeElement.textContent.includes('p3@x.io')";
    browser.until("the row has the focus", row).await;
    let seen = "((box) => box.top >= 0 && box.bottom <= innerHeight)(document.querySelector('.banner').getBoundingClientRect())";
    browser.until("the message is in view", seen).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ownership_is_offered_from_a_dialog() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    let id = account.trim_start_matches("/accounts/");
    site.test_app
        .member(&mut ana, id, "bo@northwind.example", &["DEVELOPER"])
        .await;
    browser.goto(&format!("{account}/settings")).await;
    browser.press("Transfer ownership").await;
    browser
        .fill("dialog[open] #member", "bo@northwind.example")
        .await;
    browser.fill("#account_name", "Northwind Traders").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("Offer ownership").await;
    browser.wait_for_text("The ownership is offered.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_resent_from_the_wizard_without_losing_the_list() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    invite(&site, &mut ana, &account, &["old@x.io"]).await;
    site.test_app.deliver().await;
    browser.goto(&format!("{account}/invite")).await;
    browser.fill("#emails", "old@x.io\u{e007}").await;
    browser.fill("#emails", "new@x.io\u{e007}").await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser
        .wait_for_text("Invited on 22 November by Ana.")
        .await;
    browser.wait_for("[data-notes] a[target=_blank]").await;
    browser.press("Resend").await;
    browser
        .wait_for_text("The invitation is sent again and valid again from now on.")
        .await;
    browser.wait_for_text("2 of 20 addresses").await;
    let list = browser.js("return document.querySelector('[name=emails]').value");
    assert_eq!(list.await, "old@x.io\nnew@x.io");
    assert!(browser.path().await.ends_with("/invite"));
    site.test_app.deliver().await;
    assert_eq!(site.test_app.mails_to("old@x.io").len(), 2);
    browser.close().await;
}

/// Whether the page has been loaded again in the background after `window.before`.
const UPDATED: &str =
    "performance.getEntriesByType('resource').some(({ initiatorType, responseEnd }) =>
    initiatorType === 'fetch' && responseEnd > window.before)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_result_keeps_its_buttons_while_nothing_changes() {
    let site = Site::new().await;
    let (browser, _, account) = owner(&site).await;
    browser
        .goto(&format!(
            "{account}/invite?product=platform&roles=DEVELOPER"
        ))
        .await;
    browser.paste("#emails", "fay@x.io, gus@x.io").await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.click("[data-send]").await;
    browser.wait_for_text("2 on the way").await;
    let mark = "window.before = performance.now();
        window.buttons = [...document.querySelectorAll('.acts button, #result-actions a')];
        return window.buttons.length";
    assert!(browser.js(mark).await.as_i64() > Some(2));
    browser.until("the page is loaded again", UPDATED).await;
    let stays = "window.buttons.every((button) => button.isConnected)";
    browser.until("the buttons are the same", stays).await;
    // A change of the page waits until the dialog is closed.
    browser.press("Copy link: fay@x.io").await;
    browser.wait_for("dialog[open]").await;
    site.test_app.deliver().await;
    browser.keys(ESCAPE).await;
    let focused = "document.activeElement.getAttribute('aria-label') === 'Copy link: fay@x.io'";
    browser.until("the focus is back", focused).await;
    browser.wait_for_text("2 invitations sent").await;
    browser.until("the focus stays", focused).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_in_a_checkbox_without_a_selection_sends_nothing() {
    let site = Site::new().await;
    let (browser, mut ana, account) = owner(&site).await;
    invite(&site, &mut ana, &account, &["a@x.io", "b@x.io"]).await;
    let list = format!("{account}/invitations");
    browser.goto(&list).await;
    browser
        .js("document.querySelector('[aria-label=\"Select a@x.io\"]').focus()")
        .await;
    browser.keys(ENTER).await;
    browser.click("[aria-label='Select a@x.io']").await;
    browser.wait_for_text("Resend invitation").await;
    assert_eq!(browser.path().await, list);
    // Closing checks that no script has failed.
    browser.close().await;
}
