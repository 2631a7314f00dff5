//! Flash banners are shown once, only after the action, in the browser that sent it.

use axum::http::header;
use convoke_core::public_url::PublicUrl;

use crate::on_both;
use crate::support::{Answer, Client, Database, PASSWORD, TestApp, flash_cookie};

const BANNER: &str = "class=\"banner";

/// Every value of the `done` parameter.
fn done_values() -> Vec<&'static str> {
    let texts = [
        include_str!("../../../i18n/locales/en/accounts.ftl"),
        include_str!("../../../i18n/locales/en/invitations.ftl"),
        include_str!("../../../i18n/locales/en/members.ftl"),
        include_str!("../../../i18n/locales/en/pages.ftl"),
        include_str!("../../../i18n/locales/en/profile.ftl"),
        include_str!("../../../i18n/locales/en/services.ftl"),
    ];
    let lines = texts.iter().flat_map(|text| text.lines());
    let values: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("done-")?.split(' ').next())
        .collect();
    assert!(values.len() > 20, "{values:?}");
    values
}

/// The cookies of a response.
fn set_cookies(answer: &Answer) -> Vec<String> {
    let all = answer.headers.get_all(header::SET_COOKIE).iter();
    all.map(|cookie| cookie.to_str().unwrap().to_owned())
        .collect()
}

/// Signs in by the form with this `return_to`.
async fn sign_in(test_app: &TestApp, return_to: &str) -> (Client, Answer) {
    let mut browser = test_app.anonymous();
    let fields = [
        ("login", "ada@example.com"),
        ("password", PASSWORD),
        ("return_to", return_to),
    ];
    let answer = browser.submit("/sign-in", &fields).await;
    (browser, answer)
}

on_both! {
    async fn a_foreign_link_shows_no_banner(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Analytical Engines").await;
        let mut anonymous_client = test_app.anonymous();
        for value in done_values() {
            for page in ["/sign-in", "/sign-up", "/reset"] {
                let address = format!("{page}?done={value}&n=7&m=7");
                anonymous_client.page(&address).await.expect(200).hides(BANNER);
                // The flash cookie of another path is ignored.
                anonymous_client.jar.insert("convoke-done".to_owned(), flash_cookie(page));
                anonymous_client.page(&address).await.expect(200).hides(BANNER);
            }
            for page in ["/accounts".to_owned(), "/profile".to_owned(), format!("/accounts/{account}/invitations"),
                format!("/accounts/{account}/settings")] {
                ada.page(&format!("{page}?done={value}&n=7&m=7")).await.expect(200).hides(BANNER);
            }
        }
        // Control: with its cookie each banner is shown.
        for value in done_values() {
            ada.just_done(&format!("/accounts?done={value}")).await.expect(200).shows(BANNER);
        }
    }

    async fn a_banner_is_shown_once_for_its_path_and_browser(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let answer = ada.submit("/profile/phone", &[("phone", "112")]).await.leads_to("/profile?done=saved");
        let path = answer.location();
        let elsewhere = ada.clone();
        // Another path is opened in between.
        for other in ["/profile?done=password-changed", "/profile?done=saved&n=2", "/accounts?done=saved"] {
            ada.page(other).await.expect(200).hides(BANNER);
        }
        ada.page(&path).await.expect(200).shows("Saved.");
        ada.page(&path).await.expect(200).hides(BANNER);
        let mut other = elsewhere;
        other.jar.clear();
        other.page(&path).await.expect(200).hides(BANNER);
    }

    async fn return_to_shows_no_banner(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        let (mut browser, answer) = sign_in(&test_app, "/accounts?done=owner").await;
        let page = browser.follow(answer.leads_to("/accounts?done=owner")).await.expect(200);
        page.hides(BANNER);
        let fields = [("return_to", "/sign-in?done=password-reset")];
        let answer = browser.submit("/sign-out", &fields).await.leads_to("/sign-in?done=password-reset");
        browser.follow(answer).await.expect(200).hides(BANNER);
        // The redirect from an account to its users does not forward `done`.
        let (mut browser, _) = sign_in(&test_app, "").await;
        let account = test_app.account(&mut browser, "Analytical Engines").await;
        let path = format!("/accounts/{account}");
        browser.page(&format!("{path}?done=owner")).await.leads_to(&format!("{path}/users"));
    }

    async fn ended_invitations_are_named_only_after_an_action(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Analytical Engines").await;
        let id = test_app.invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"]).await;
        let list = format!("/accounts/{account}/invitations");
        ada.submit(&format!("{list}/revoke"), &[("id", &id)]).await.expect(303);
        let address = format!("{list}?done=resent-none&ended={id}");
        ada.page(&address).await.expect(200).hides("was withdrawn");
        let answer = ada.submit(&format!("{list}/resend"), &[("id", &id)]).await;
        ada.follow(answer).await.expect(200).shows("bob@example.com").shows(BANNER);
    }
}

#[tokio::test]
async fn the_flash_cookie_is_short_lived_and_http_only() {
    let trial = TestApp::new(Database::sqlite()).await;
    let public = TestApp::with(Database::sqlite(), |config| {
        config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
    })
    .await;
    let address = "/sign-in?done=signed-out";
    let value = flash_cookie(address);
    let common = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=60";
    for (test_app, expected) in [
        (&trial, format!("convoke-done={value}{common}")),
        (
            &public,
            format!("__Host-convoke-done={value}{common}; Secure"),
        ),
    ] {
        let mut browser = test_app.anonymous();
        let answer = browser.submit("/sign-out", &[]).await.leads_to(address);
        assert!(
            set_cookies(&answer).contains(&expected),
            "{:?}",
            set_cookies(&answer)
        );
        let page = browser.follow(answer).await.expect(200).shows(BANNER);
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        let cleared = set_cookies(&page);
        assert!(
            cleared[0].contains("convoke-done=;") && cleared[0].contains("Max-Age=0"),
            "{cleared:?}"
        );
    }
}
