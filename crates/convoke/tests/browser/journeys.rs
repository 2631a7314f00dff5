//! End-to-end journeys in a real browser, with email from a local SMTP server.

use std::time::Duration;

use convoke_app::config::Config;
use convoke_core::secret::Secret;
use serde_json::{Value, json};

use crate::support::{Browser, Client, FakeSmtpServer, PASSWORD, Setup, Site, token_in};

/// An owner with an account, and how to reach it.
struct Fixture {
    site: Site,
    ana: Client,
    account: String,
}

impl Fixture {
    async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let site = Site::with(set).await;
        let mut ana = site
            .test_app
            .user("ana.costa@northwind.example", "Ana")
            .await;
        let account = site.test_app.account(&mut ana, "Northwind Traders").await;
        Self { site, ana, account }
    }

    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with a real SMTP server.
    async fn mailing(smtp: &FakeSmtpServer) -> Self {
        let url = smtp.url();
        let site = Site::with(|config| config.mail.smtp_url = Some(Secret::new(url))).await;
        let mut ana = site.test_app.anonymous();
        let email = "ana.costa@northwind.example";
        let body = json!({ "email": email, "password": PASSWORD, "first_name": "Ana" });
        ana.post("/registrations", &body).await.expect(202);
        let token = token_in(&mail(&site, smtp, email).await, "confirm");
        let body = json!({ "token": token, "password": PASSWORD });
        ana.post("/registrations/confirm", &body).await.expect(201);
        let account = site.test_app.account(&mut ana, "Northwind Traders").await;
        Self { site, ana, account }
    }

    fn path(&self, rest: &str) -> String {
        format!("/accounts/{}/{rest}", self.account)
    }

    async fn browser_of(&self, client: &Client, setup: Setup) -> Browser {
        let browser = Browser::open(&self.site, setup).await;
        browser.sign_in_as(client.cookie.as_deref().unwrap()).await;
        browser
    }

    async fn pending(&mut self) -> Vec<String> {
        let path = self.path("invitations?status=pending");
        let list = self.ana.get(&path).await.expect(200).json();
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["email"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The path of the link in the newest mail to an address.
    async fn link(&self, email: &str) -> String {
        let token = self.site.test_app.mailed_token(email, "invitations").await;
        format!("/invitations/{token}")
    }
}

async fn sign_in(browser: &Browser, login: &str) {
    browser.fill("#login", login).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form .primary").await;
}

/// The text of the newest mail that the sink has for an address.
async fn mail(site: &Site, smtp: &FakeSmtpServer, email: &str) -> String {
    site.test_app.deliver().await;
    let received = smtp
        .newest_to(email)
        .unwrap_or_else(|| panic!("no mail to {email}"));
    received.text
}

/// From an invitation in the mail, on a phone, to the account it is about.
async fn an_anonymous_visitor_joins(script: bool) {
    let smtp = FakeSmtpServer::new();
    let mut fixture = Fixture::mailing(&smtp).await;
    fixture
        .site
        .test_app
        .invite(
            &mut fixture.ana,
            &fixture.account,
            "fay@contoso.example",
            &["DEVELOPER"],
        )
        .await;
    let token = token_in(
        &mail(&fixture.site, &smtp, "fay@contoso.example").await,
        "invitations",
    );
    let phone = Setup {
        script,
        ..Setup::phone()
    };
    let browser = Browser::open(&fixture.site, phone).await;
    browser.goto(&format!("/invitations/{token}")).await;
    assert_eq!(browser.heading().await, "Join Northwind Traders");
    browser
        .wait_for_text("Ana (ana.costa@northwind.example) invited you")
        .await;
    browser.fill("#name", "Fay Fisher").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form .primary").await;
    browser.wait_for_text("You have joined this account.").await;
    browser.wait_for_text("Tovie Platform: Developer").await;
    assert_eq!(fixture.pending().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitee_on_a_phone_joins_with_one_form() {
    an_anonymous_visitor_joins(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitee_without_script_joins_with_one_form() {
    an_anonymous_visitor_joins(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_signs_up_confirms_and_accepts_pending_invitations() {
    let smtp = FakeSmtpServer::new();
    let mut fixture = Fixture::mailing(&smtp).await;
    let browser = Browser::open(&fixture.site, Setup::default()).await;
    browser.goto("/").await;
    browser.press("Sign up").await;
    browser.at("/sign-up").await;
    for (field, text) in [
        ("#first_name", "Eve"),
        ("#last_name", "Adams"),
        ("#email", "eve@mail.example"),
    ] {
        browser.fill(field, text).await;
    }
    browser.fill("#password", PASSWORD).await;
    // A password can be shown while it is typed.
    browser.press("Show").await;
    browser.wait_for("#password[type=text]").await;
    browser.click("main form .primary").await;
    browser.wait_for_text("Check your mail").await;
    let token = token_in(
        &mail(&fixture.site, &smtp, "eve@mail.example").await,
        "confirm",
    );
    browser.goto(&format!("/confirm/{token}")).await;
    browser.fill("#password", "something else entirely").await;
    browser.click("main form .primary").await;
    browser.wait_for_text("The password is not right.").await;
    browser
        .until(
            "the summary has the focus",
            "document.activeElement.className === 'summary'",
        )
        .await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form .primary").await;
    browser.wait_for_text("You are signed up.").await;
    let zone = browser
        .js("return Intl.DateTimeFormat().resolvedOptions().timeZone")
        .await;
    fixture
        .site
        .test_app
        .invite(
            &mut fixture.ana,
            &fixture.account,
            "eve@mail.example",
            &["DEVELOPER"],
        )
        .await;
    browser.goto("/accounts").await;
    browser.press("Accept").await;
    browser.wait_for_text("You have joined this account.").await;
    assert_eq!(browser.saved_time_zone().await, zone);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifteen_addresses_are_invited_in_one_request() {
    let mut fixture = Fixture::new().await;
    fixture
        .site
        .test_app
        .member(
            &mut fixture.ana,
            &fixture.account.clone(),
            "bo@northwind.example",
            &["DEVELOPER"],
        )
        .await;
    fixture
        .site
        .test_app
        .invite(
            &mut fixture.ana,
            &fixture.account,
            "old@contoso.example",
            &["DEVELOPER"],
        )
        .await;
    let browser = fixture.browser_of(&fixture.ana, Setup::default()).await;
    browser.goto(&fixture.path("users")).await;
    // The product of the last invitation is chosen already, and the field has the focus.
    browser.press("Invite users").await;
    browser.wait_for_text("to Tovie Platform").await;
    browser
        .until(
            "the field has the focus",
            "document.activeElement.id === 'emails'",
        )
        .await;
    // Typed one by one, and pasted as a list.
    browser
        .fill("#emails", "Fatima Noor <fatima@contoso.example>\u{e007}")
        .await;
    browser.wait_for(".chip.fine").await;
    browser.wait_for_text("1 of 20 addresses").await;
    browser.fill("#emails", "ivan@agency,example\u{e007}").await;
    browser.wait_for_text("\"ivan@agency,example\" is not an email address. Replace the comma with a full stop, or remove it.").await;
    browser.wait_for(".chip.error").await;
    let list: Vec<String> = (1..=14)
        .map(|number| format!("p{number}@contoso.example"))
        .collect();
    let text = format!(
        "{}; bo@northwind.example, old@contoso.example\nP1@contoso.example",
        list.join(", ")
    );
    browser.paste("#emails", &text).await;
    browser
        .wait_for_text("18 of 20 addresses · 1 duplicate merged · 1 to fix")
        .await;
    browser
        .wait_for_text("bo is already a user here. No invitation needed.")
        .await;
    browser
        .wait_for_text("Invited on 22 November by Ana.")
        .await;
    browser.wait_for_text("Invite 15 users").await;
    browser.wait_for_text("+ 15 now = ").await;
    browser.wait_for_text("18 of 250").await;
    // The error goes, and the roles show in the mail's preview.
    browser
        .click("[aria-label='Remove ivan@agency,example']")
        .await;
    browser
        .wait_for_text("17 of 20 addresses · 1 duplicate merged")
        .await;
    browser.click("input[value=DEVELOPER]").await;
    browser
        .until(
            "the preview names the role",
            "document.querySelector('[data-roles]').textContent === 'Developer'",
        )
        .await;
    browser.press("Invite 15 users").await;
    browser
        .wait_for_text("15 on the way, 2 needed nothing")
        .await;
    // The page updates itself, its title too, and says so.
    fixture.site.test_app.deliver().await;
    browser
        .wait_for_text("15 invitations sent, 2 needed nothing")
        .await;
    browser
        .until(
            "title and announcement have changed",
            "document.title.startsWith('15 invitations sent') \
             && document.querySelector('#live').textContent.startsWith('15 invitations sent')",
        )
        .await;
    let result = browser.js("return location.href").await;
    browser.goto(result.as_str().unwrap()).await;
    browser
        .wait_for_text("15 invitations sent, 2 needed nothing")
        .await;
    assert_eq!(fixture.pending().await.len(), 16);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_above_the_maximum_are_kept_for_the_next_request() {
    let mut fixture = Fixture::new().await;
    let browser = fixture.browser_of(&fixture.ana, Setup::phone()).await;
    let list: Vec<String> = (1..=23).map(|number| format!("p{number}@x.io")).collect();
    browser
        .goto(&fixture.path("invite?product=platform&roles=DEVELOPER"))
        .await;
    browser.paste("#emails", &list.join(" ")).await;
    browser
        .wait_for_text(
            "You have 23 addresses; 20 fit in one go. The other 3 stay here for the next round.",
        )
        .await;
    browser.press("Keep the first 20").await;
    browser
        .wait_for_text("3 addresses for the next round")
        .await;
    browser.press("Invite 20 users").await;
    browser.wait_for_text("20 on the way").await;
    browser.press("Invite the other 3 addresses").await;
    browser.press("Invite 3 users").await;
    browser.wait_for_text("3 on the way").await;
    assert_eq!(fixture.pending().await.len(), 23);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_and_registered_only_errors_show_before_and_after_sending() {
    let mut fixture = Fixture::with(|config| config.limits.users_per_account = 3).await;
    let browser = fixture.browser_of(&fixture.ana, Setup::default()).await;
    let people = "invite?product=platform&roles=DEVELOPER";
    browser.goto(&fixture.path(people)).await;
    browser.paste("#emails", "a@x.io b@x.io c@x.io").await;
    let text = "2 seats are left and you are inviting 3.";
    browser.wait_for_text(text).await;
    browser.click("[data-send]").await;
    browser.wait_for(".summary").await;
    browser.wait_for_text(text).await;
    // The links to free seats open in a new tab, so the list is kept.
    let link = "main a[target=_blank][href$='/users?sort=last_active_at']";
    browser.wait_for(link).await;
    let script = format!("return document.querySelector({link:?}).href");
    let inactive = browser.js(&script).await;
    browser.goto(inactive.as_str().unwrap()).await;
    browser
        .wait_for("th[aria-sort]:has(svg):nth-child(3)")
        .await;
    let settings = json!({ "settings": { "registered_users_only": true } });
    fixture
        .ana
        .patch(&format!("/accounts/{}", fixture.account), &settings)
        .await
        .expect(200);
    browser.goto(&fixture.path(people)).await;
    browser.wait_for_text("3 of 20 addresses").await;
    browser.press("Clear all").await;
    browser.paste("#emails", "hana@x.io").await;
    let text = "hana@x.io is not registered. Only registered users can be invited to this account.";
    browser.wait_for_text(text).await;
    browser.click("[data-send]").await;
    browser.wait_for(".summary").await;
    browser
        .wait_for_text("Or allow new users in the account's settings.")
        .await;
    assert!(fixture.pending().await.is_empty());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wizard_works_without_script() {
    let mut fixture = Fixture::new().await;
    let setup = Setup {
        script: false,
        ..Setup::phone()
    };
    let browser = fixture.browser_of(&fixture.ana, setup).await;
    browser.goto(&fixture.path("users")).await;
    browser.press("Invite users").await;
    browser.press("Continue").await;
    browser.wait_for_text("Choose a product.").await;
    browser.click("input[value=agent]").await;
    browser.press("Continue").await;
    browser
        .fill("#emails", "fay@x.io, ivan@agency,example")
        .await;
    browser.press("Invite users").await;
    browser
        .wait_for_text("Replace the comma with a full stop, or remove it.")
        .await;
    browser.wait_for_text("Choose at least one role.").await;
    // Also the product is changed without losing the list.
    browser.press("Change product").await;
    browser.press("Continue").await;
    let list = browser.wait_for("#emails").await.text().await.unwrap();
    assert_eq!(list, "fay@x.io, ivan@agency,example");
    browser.fill("#emails", "fay@x.io, eve@x.io").await;
    browser.click("input[value=AGENT_OPERATOR]").await;
    browser.press("Invite users").await;
    browser.wait_for_text("2 on the way").await;
    browser.press("Go to invitations").await;
    browser.click("input[name=id]").await;
    browser.press("Revoke").await;
    browser.wait_for_text("Revoke this invitation?").await;
    browser.press("Revoke invitation").await;
    browser.wait_for_text("The invitation is revoked.").await;
    assert_eq!(fixture.pending().await.len(), 1);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_with_another_address_sees_the_remedy_and_returns() {
    let mut fixture = Fixture::new().await;
    let test_app = &fixture.site.test_app;
    let eve = test_app.user("eve@mail.example", "Eve").await;
    test_app.user("fay@contoso.example", "Fay").await;
    test_app
        .invite(
            &mut fixture.ana,
            &fixture.account,
            "fay@contoso.example",
            &["DEVELOPER"],
        )
        .await;
    let link = fixture.link("fay@contoso.example").await;
    let browser = fixture.browser_of(&eve, Setup::phone()).await;
    browser.goto(&link).await;
    assert_eq!(
        browser.heading().await,
        "One more step: use the invited address"
    );
    browser.wait_for_text("fa••••@contoso.example").await;
    browser
        .wait_for_text("Ask to be invited at eve@mail.example")
        .await;
    browser.press("Sign in as someone else").await;
    browser
        .wait_for_text("To accept Ana's invitation to Northwind Traders")
        .await;
    sign_in(&browser, "fay@contoso.example").await;
    browser.at(&link).await;
    browser
        .wait_for_text("You are joining as Fay (fay@contoso.example).")
        .await;
    browser.press("Accept").await;
    browser.wait_for_text("You have joined this account.").await;
    browser.goto(&link).await;
    assert_eq!(browser.heading().await, "You are already in");
    browser.clear_cookies().await;
    browser.goto(&link).await;
    assert_eq!(browser.heading().await, "This invitation was used");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_that_ends_while_its_page_is_open_shows_its_state() {
    let mut fixture = Fixture::new().await;
    let test_app = &fixture.site.test_app;
    let fay = test_app.user("fay@contoso.example", "Fay").await;
    let id = test_app
        .invite(
            &mut fixture.ana,
            &fixture.account,
            "fay@contoso.example",
            &["DEVELOPER"],
        )
        .await;
    let link = fixture.link("fay@contoso.example").await;
    let browser = fixture.browser_of(&fay, Setup::default()).await;
    browser.goto(&link).await;
    browser.wait_for_text("You are joining as Fay").await;
    // It is revoked while the page is open.
    fixture
        .ana
        .post(
            &fixture.path(&format!("invitations/{id}/revoke")),
            &Value::Null,
        )
        .await
        .expect(200);
    browser.press("Accept").await;
    browser.wait_for_text("This invitation was withdrawn").await;
    browser
        .wait_for_text("Ask Ana (ana.costa@northwind.example) for a new one.")
        .await;
    let test_app = &fixture.site.test_app;
    test_app
        .invite(
            &mut fixture.ana,
            &fixture.account,
            "fay@contoso.example",
            &["DEVELOPER"],
        )
        .await;
    let link = fixture.link("fay@contoso.example").await;
    test_app.advance(Duration::from_hours(7 * 24));
    browser.goto(&link).await;
    browser.wait_for_text("This invitation has expired").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_are_edited_and_a_user_is_removed_with_sent_invitations() {
    let mut fixture = Fixture::new().await;
    let test_app = &fixture.site.test_app;
    let account = fixture.account.clone();
    let mut bo = test_app
        .member(
            &mut fixture.ana,
            &account,
            "bo@northwind.example",
            &["USER_ADMIN"],
        )
        .await;
    test_app
        .invite(&mut bo, &account, "fay@contoso.example", &["DEVELOPER"])
        .await;
    let browser = fixture.browser_of(&fixture.ana, Setup::default()).await;
    browser.goto(&fixture.path("users")).await;
    browser.click("[aria-label='Actions for bo']").await;
    browser.press("Edit roles").await;
    browser.click("input[value=USER_AUDITOR]").await;
    browser.press("Save roles").await;
    browser.wait_for_text("Roles saved.").await;
    browser.wait_for_text("User auditor").await;
    browser.click("[aria-label='Actions for bo']").await;
    browser.press("Remove from account").await;
    browser.wait_for("dialog[open]").await;
    browser
        .wait_for_text("Remove bo from Northwind Traders?")
        .await;
    let focus = browser
        .js("return document.activeElement.textContent.trim()")
        .await;
    assert_eq!(focus, "Keep bo");
    browser.press("Keep bo").await;
    browser
        .until(
            "the dialog is closed",
            "!document.querySelector('dialog[open]')",
        )
        .await;
    browser.click("[aria-label='Actions for bo']").await;
    browser.press("Remove from account").await;
    browser.click("dialog input[value=keep]").await;
    browser.press("Remove bo").await;
    browser.wait_for_text("The user is removed.").await;
    assert_eq!(fixture.pending().await, ["fay@contoso.example"]);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_copied_and_several_invitations_are_resent() {
    let mut fixture = Fixture::new().await;
    for email in ["a@x.io", "b@x.io", "c@x.io"] {
        fixture
            .site
            .test_app
            .invite(&mut fixture.ana, &fixture.account, email, &["DEVELOPER"])
            .await;
    }
    let browser = fixture.browser_of(&fixture.ana, Setup::default()).await;
    browser.goto(&fixture.path("invitations")).await;
    browser.click("[aria-label='Copy link: b@x.io']").await;
    browser.wait_for("dialog[open] #link").await;
    browser.press("Done").await;
    browser
        .until(
            "the dialog is closed",
            "!document.querySelector('dialog[open]')",
        )
        .await;
    browser
        .until(
            "nothing is selected yet",
            "document.querySelector('.bulk').hidden",
        )
        .await;
    browser.click("[data-all]").await;
    browser.wait_for_text("3 selected").await;
    browser.click("[aria-label='Select b@x.io']").await;
    browser.wait_for_text("2 selected").await;
    browser.click(".bulk button:not(.red)").await;
    browser.wait_for_text("2 invitations are sent again").await;
    browser.close().await;
}
