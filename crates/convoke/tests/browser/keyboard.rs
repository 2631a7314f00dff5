//! A journey by keyboard only, after the first page is opened.

use crate::support::{Browser, ENTER, ESCAPE, PASSWORD, Setup, Site, TAB};

/// Shift and Tab, then Shift is released.
const BACK_TAB: &str = "\u{e008}\u{e004}\u{e000}";
const BACKSPACE: &str = "\u{e003}";
const DOWN: &str = "\u{e015}";
const UP: &str = "\u{e013}";

/// An owner who is invited elsewhere, with a member, signed in at their accounts.
async fn signed_in(site: &Site) -> Browser {
    let test_app = &site.test_app;
    let mut ana = test_app.user("ana.costa@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    test_app
        .member(&mut ana, &account, "bo@northwind.example", &["DEVELOPER"])
        .await;
    let mut lone = test_app.user("lone@mail.example", "Lone").await;
    let other = test_app.account(&mut lone, "Contoso Freight").await;
    test_app
        .invite(
            &mut lone,
            &other,
            "ana.costa@northwind.example",
            &["DEVELOPER"],
        )
        .await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.goto("/sign-in").await;
    browser.keys(TAB).await;
    browser.has_focus("Skip to the content").await;
    browser.tab_to("#login").await;
    browser.keys("ana.costa@northwind.example").await;
    browser.tab_to("#password").await;
    browser.keys(PASSWORD).await;
    browser.keys(ENTER).await;
    browser.wait_for_text("Your accounts").await;
    browser
}

/// Accepts the pending invitation, then opens the account.
async fn accepts(browser: &Browser) {
    browser.tab_to("form[action$='/accept'] button").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("You have joined this account.").await;
    browser.tab_to(".main-nav a[href='/accounts']").await;
    browser.keys(ENTER).await;
    browser.at("/accounts").await;
    let northwind = "[...document.querySelectorAll('h3 a')].find((link) => link.textContent === 'Northwind Traders').id = 'there'";
    browser.js(northwind).await;
    browser.tab_to("#there").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("ana.costa@northwind.example").await;
}

/// Opens and closes the list of shortcuts, then searches without a match.
async fn searches(browser: &Browser) {
    browser.keys("?").await;
    browser.wait_for("#shortcuts[open]").await;
    browser.keys(ESCAPE).await;
    // The browser takes the focus out of it a moment after it is closed.
    let closed = "!document.querySelector('#shortcuts[open]') && !document.activeElement.closest('#shortcuts')";
    browser.until("the list of keys is closed", closed).await;
    browser.keys("/").await;
    let focused = "document.activeElement.type === 'search'";
    browser.until("the search has the focus", focused).await;
    browser.keys("zed").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("No users match \"zed\".").await;
    browser.tab_to(".empty a").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("bo@northwind.example").await;
}

/// Opens the dialog of a row, cancels it, then removes the user.
async fn removes(browser: &Browser) {
    let menu = "summary[aria-label='Actions for bo']";
    browser.tab_to(menu).await;
    browser.keys(ENTER).await;
    browser.tab_to(".menu[open] a[href$='/remove']").await;
    browser.keys(ENTER).await;
    browser.wait_for("dialog[open]").await;
    browser.has_focus("Keep bo").await;
    browser.keys(ENTER).await;
    // The menu closes with the dialog and its button gets the focus.
    let closed = format!(
        "document.activeElement.matches({menu:?}) && !document.querySelector('dialog[open], .menu[open]')"
    );
    browser.until("the menu is closed", &closed).await;
    browser.keys(ENTER).await;
    browser.tab_to(".menu[open] a[href$='/remove']").await;
    browser.keys(ENTER).await;
    browser.wait_for("dialog[open]").await;
    browser.tab_to("dialog .danger").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("The user is removed.").await;
}

/// Chooses a product with the arrows, types addresses, fixes one, removes one, and sends the rest.
async fn invites(browser: &Browser) {
    browser.keys("i").await;
    browser.wait_for(".address-chips").await;
    let focused = "document.activeElement.id === 'emails'";
    browser.until("the field has the focus", focused).await;
    // The button before it leads to the products.
    browser.keys(BACK_TAB).await;
    browser.has_focus("Change product").await;
    browser.keys(ENTER).await;
    browser
        .wait_for_text("Which product are you inviting people to?")
        .await;
    browser.tab_to("input[name=product]").await;
    browser.keys(" ").await;
    let chosen = browser.js("return document.activeElement.value").await;
    browser.keys(DOWN).await;
    browser.keys(UP).await;
    let again = browser.js("return document.activeElement.value").await;
    assert_eq!(chosen, again);
    browser.keys(ENTER).await;
    browser.wait_for(".address-chips").await;
    browser.until("the field has the focus", focused).await;
    browser.keys("fay@x.io,").await;
    browser.wait_for(".chip.fine").await;
    browser.keys("gus@x.io").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.keys("wrong@").await;
    browser.keys(ENTER).await;
    browser.wait_for(".chip.error").await;
    // Backspace takes the last one back into the field.
    browser.keys(BACKSPACE).await;
    let typed = "document.querySelector('#emails').value === 'wrong@'";
    browser.until("it can be typed anew", typed).await;
    browser.keys("x.io").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("3 of 20 addresses").await;
    // The button of the last chip is one step back.
    browser.keys(BACK_TAB).await;
    let label = "return document.activeElement.getAttribute('aria-label')";
    assert_eq!(browser.js(label).await, "Remove wrong@x.io");
    browser.keys(ENTER).await;
    browser.wait_for_text("2 of 20 addresses").await;
    browser.tab_to("[name=roles]").await;
    browser.keys(" ").await;
    browser.tab_to("[data-send]").await;
    browser.keys(ENTER).await;
    browser.wait_for_text("2 on the way").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_can_be_done_with_the_keyboard() {
    let site = Site::new().await;
    let browser = signed_in(&site).await;
    accepts(&browser).await;
    searches(&browser).await;
    removes(&browser).await;
    invites(&browser).await;
    browser.close().await;
}
