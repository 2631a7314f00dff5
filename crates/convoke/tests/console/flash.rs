//! Flash messages are shown once, by the next page that the browser loads, and never by an address.

use axum::http::header;
use convoke_core::public_url::PublicUrl;
use serde_json::json;

use crate::on_both;
use crate::support::{Client, Database, PASSWORD, TestApp, TestResponse, redirect_cookie};

const BANNER: &str = ".banner";

const FLASH: &str = "convoke-flash";

/// The messages without values, from the keys of their texts.
fn messages() -> Vec<&'static str> {
    let texts = [
        include_str!("../../../i18n/locales/en/accounts.ftl"),
        include_str!("../../../i18n/locales/en/invitations.ftl"),
        include_str!("../../../i18n/locales/en/members.ftl"),
        include_str!("../../../i18n/locales/en/pages.ftl"),
        include_str!("../../../i18n/locales/en/profile.ftl"),
        include_str!("../../../i18n/locales/en/services.ftl"),
    ];
    let with_values = ["resent", "revoked", "again", "edited-none", "link-none"];
    let lines = texts.iter().flat_map(|text| text.lines());
    let words: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("done-")?.split(' ').next())
        .filter(|word| !with_values.iter().any(|other| word.starts_with(other)))
        .collect();
    assert!(words.len() > 20, "{words:?}");
    words
}

/// Signs in by the form with this `return_to`.
async fn sign_in(browser: &mut Client, email: &str, return_to: &str) -> TestResponse {
    let fields = [
        ("login", email),
        ("password", PASSWORD),
        ("return_to", return_to),
    ];
    browser.submit("/sign-in", &fields).await
}

on_both! {
    async fn a_foreign_link_shows_no_banner(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Analytical Engines").await;
        let mut anonymous_client = test_app.anonymous();
        for word in messages() {
            for page in ["/sign-in", "/sign-up", "/reset"] {
                let address = format!("{page}?done={word}&n=7&m=7&flash={word}");
                anonymous_client.page(&address).await.expect(200).lacks(BANNER);
                // The cookie that binds a page to its redirect carries no message.
                anonymous_client.jar.insert("convoke-redirect".to_owned(), redirect_cookie(&address));
                anonymous_client.page(&address).await.expect(200).lacks(BANNER);
            }
            for page in ["/accounts".to_owned(), "/profile".to_owned(), format!("/accounts/{account}/invitations"),
                format!("/accounts/{account}/settings")] {
                ada.page(&format!("{page}?done={word}&n=7&m=7&flash={word}")).await.expect(200).lacks(BANNER);
            }
        }
        // Control: the cookie shows each message once, on any page.
        for word in messages() {
            for page in ["/accounts".to_owned(), "/profile".to_owned(), format!("/accounts/{account}/settings")] {
                ada.page_with_flash(&page, word).await.expect(200).has(BANNER);
                ada.page(&page).await.expect(200).lacks(BANNER);
            }
        }
    }

    async fn a_cookie_that_is_no_message_shows_no_banner(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        for value in ["", "done-saved", "saved.1", "resent", "resent.1", "resent.1.0.x", "edited-none", "<b>hi</b>", "layout-accounts"] {
            ada.page_with_flash("/accounts", value).await.expect(200).lacks(BANNER).hides("<b>hi</b>");
        }
    }

    async fn a_banner_is_shown_once_by_the_next_page_of_its_browser(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let response = ada.submit("/profile/phone", &[("phone", "112")]).await.leads_to("/profile").flashes("saved");
        let mut elsewhere = ada.clone();
        elsewhere.jar.clear();
        elsewhere.page("/profile").await.expect(200).lacks(BANNER);
        let mut other_tab = ada.clone();
        ada.follow(response).await.expect(200).has(BANNER).shows("Saved.");
        ada.page("/profile").await.expect(200).lacks(BANNER).hides("Saved.");
        ada.page("/accounts").await.expect(200).lacks(BANNER);
        // Another page of the browser is loaded first.
        other_tab.page("/accounts").await.expect(200).has(BANNER).shows("Saved.");
        other_tab.page("/profile").await.expect(200).lacks(BANNER);
    }

    async fn only_a_page_that_shows_the_message_consumes_it(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Analytical Engines").await;
        ada.submit("/profile/phone", &[("phone", "112")]).await.flashes("saved");
        // The API, an error page, a redirect, and a rejected form.
        ada.get("/me").await.expect(200);
        ada.page("/nowhere").await.expect(404).lacks(BANNER);
        ada.page("/accounts/acc_01h455vb4pex5vsknk084sn02q").await.expect(404).lacks(BANNER);
        ada.page(&format!("/accounts/{account}")).await.expect(303);
        ada.submit("/profile/name", &[("first_name", "")]).await.expect(422).lacks(BANNER);
        ada.page("/profile").await.expect(200).shows("Saved.");
        ada.page("/profile").await.expect(200).lacks(BANNER);
    }

    async fn a_page_that_is_gone_shows_the_message_once(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Analytical Engines").await;
        test_app.invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"]).await;
        let page = format!("/invitations/{}", test_app.mailed_token("bob@example.com", "invitations").await);
        let mut bob = test_app.anonymous();
        let response = bob.submit(&format!("{page}/decline"), &[]).await.leads_to(&page).flashes("declined");
        bob.follow(response).await.expect(410).shows("You have declined the invitation.");
        bob.page(&page).await.expect(410).lacks(BANNER);
        bob.page("/sign-in").await.expect(200).lacks(BANNER);
    }

    async fn a_message_is_never_shown_to_another_user(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        test_app.user("bob@example.com", "Bob").await;
        let saved = [("phone", "112")];
        // By the pages.
        ada.submit("/profile/phone", &saved).await.flashes("saved");
        ada.submit("/sign-out", &[("return_to", "/sign-in")]).await.leads_to("/sign-in");
        assert_eq!(ada.jar.get(FLASH), None);
        ada.page("/sign-in").await.expect(200).lacks(BANNER);
        ada.jar.insert(FLASH.to_owned(), "saved".to_owned());
        sign_in(&mut ada, "bob@example.com", "").await.leads_to("/accounts");
        ada.page("/accounts").await.expect(200).shows("Bob").lacks(BANNER);
        // By the API.
        ada.submit("/profile/phone", &saved).await.flashes("saved");
        ada.delete("/sessions/current").await.expect(204);
        ada.page("/sign-in").await.expect(200).lacks(BANNER);
        ada.jar.insert(FLASH.to_owned(), "saved".to_owned());
        ada.post("/sessions", &json!({ "login": "ada@example.com", "password": PASSWORD })).await.expect(201);
        ada.page("/accounts").await.expect(200).lacks(BANNER);
        // A message of the response that signs out replaces the other.
        ada.submit("/profile/phone", &saved).await.flashes("saved");
        let response = ada.submit("/sign-out", &[]).await.flashes("signed-out");
        ada.follow(response).await.expect(200).shows("You are signed out.").hides("Saved.");
    }

    async fn return_to_shows_no_banner(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        let mut browser = test_app.anonymous();
        let response = sign_in(&mut browser, "ada@example.com", "/accounts?done=owner").await;
        browser.follow(response.leads_to("/accounts?done=owner")).await.expect(200).lacks(BANNER);
        let fields = [("return_to", "/sign-in?done=password-reset")];
        let response = browser.submit("/sign-out", &fields).await.leads_to("/sign-in?done=password-reset");
        browser.follow(response).await.expect(200).lacks(BANNER);
        // The redirect from an account to its users forwards no parameter, and the message waits for the list.
        sign_in(&mut browser, "ada@example.com", "").await.expect(303);
        let account = test_app.account(&mut browser, "Analytical Engines").await;
        let path = format!("/accounts/{account}");
        browser.page(&format!("{path}?done=owner")).await.leads_to(&format!("{path}/users"));
        let response = browser.page_with_flash(&path, "owner").await.leads_to(&format!("{path}/users"));
        browser.follow(response).await.expect(200).shows("You are the owner of this account now.");
    }

    async fn ended_invitations_are_named_only_after_an_action(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Analytical Engines").await;
        let id = test_app.invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"]).await;
        let list = format!("/accounts/{account}/invitations");
        ada.submit(&format!("{list}/revoke"), &[("id", &id)]).await.expect(303);
        ada.page(&list).await.expect(200).shows("revoked");
        ada.page(&format!("{list}?done=resent-none&ended={id}")).await.expect(200).hides("bob@example.com");
        let response = ada.submit(&format!("{list}/resend"), &[("id", &id)]).await;
        let response = response.leads_to(&list).flashes(&format!("resent.0.1.{id}"));
        ada.follow(response).await.expect(200).shows("bob@example.com").has(BANNER);
        ada.page(&list).await.expect(200).hides("bob@example.com").lacks(BANNER);
    }
}

#[tokio::test]
async fn the_flash_cookie_is_short_lived_and_http_only() {
    let trial = TestApp::new(Database::sqlite()).await;
    let public = TestApp::with(Database::sqlite(), |config| {
        config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
    })
    .await;
    let common = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=60";
    for (test_app, expected) in [
        (&trial, format!("convoke-flash=signed-out{common}")),
        (
            &public,
            format!("__Host-convoke-flash=signed-out{common}; Secure"),
        ),
    ] {
        let mut browser = test_app.anonymous();
        let response = browser.submit("/sign-out", &[]).await.leads_to("/sign-in");
        let cookies = response.set_cookies();
        assert!(cookies.contains(&expected), "{cookies:?}");
        let page = browser.follow(response).await.expect(200).has(BANNER);
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        let cleared = page.set_cookies();
        assert!(
            cleared[0].contains("convoke-flash=;") && cleared[0].contains("Max-Age=0"),
            "{cleared:?}"
        );
    }
}
