//! Script features of lists and the wizard: confirmation dialogs, and actions that keep the page.

use crate::support::{Browser, Client, PASSWORD, Setup, Site};

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
