//! Sign-in through providers in a real browser.

use super::pages::axe_violations;
use crate::support::{Browser, Client, Provider, Setup, Site};
use convoke_domain::policy::SignUpPolicy;
use convoke_infra::identity_providers::ProviderKind;

const INVITED: &str = "gil@work.example";

/// An installation with a provider and an invitation to an account.
struct Fixture {
    site: Site,
    service: Provider,
    link: String,
}

impl Fixture {
    async fn of(kind: ProviderKind) -> Self {
        let service = Provider::start().await;
        let settings = service.settings("work", kind);
        let site = Site::with(|config| config.providers = vec![settings]).await;
        service.use_clock_of(&site.test_app);
        let test_app = &site.test_app;
        let mut ana: Client = test_app.user("ana.costa@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        test_app
            .invite(&mut ana, &account, INVITED, &["DEVELOPER"])
            .await;
        let token = test_app.mailed_token(INVITED, "invitations").await;
        Self {
            site,
            service,
            link: format!("/invitations/{token}"),
        }
    }

    async fn phone(&self) -> Browser {
        Browser::open(&self.site, Setup::phone()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitee_joins_through_an_oidc_provider() {
    let fixture = Fixture::of(ProviderKind::Oidc).await;
    fixture.service.is("gil", INVITED);
    let browser = fixture.phone().await;
    browser.goto(&fixture.link).await;
    browser.press("Continue with Work").await;
    browser.press("Agree").await;
    browser.at(&fixture.link).await;
    browser.wait_for_text("You are joining as Gil Tester").await;
    browser.press("Accept").await;
    browser.wait_for_text("You have joined this account.").await;
    browser.goto("/profile/password").await;
    browser.wait_for_text("You sign in through a service").await;
    assert_eq!(browser.saved_time_zone().await, browser.time_zone().await);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitee_with_a_hidden_github_address_adds_it_in_the_profile() {
    let fixture = Fixture::of(ProviderKind::Github).await;
    fixture.service.is_at_github(7, "gil", &[]);
    let browser = fixture.phone().await;
    browser.goto(&fixture.link).await;
    browser.press("Continue with GitHub").await;
    browser.press("Agree").await;
    browser
        .wait_for_text("We cannot see your email address")
        .await;
    browser
        .wait_for_text("Settings → Public profile → Public email")
        .await;
    browser.assert_no_browser_errors().await;
    browser.press("Go on and add the address").await;
    browser.press("Agree").await;
    browser.at("/profile/email").await;
    browser.fill("#email", INVITED).await;
    browser.click("main form .primary").await;
    browser.wait_for_text("Check your mail").await;
    let token = fixture
        .site
        .test_app
        .mailed_token(INVITED, "confirm-email")
        .await;
    browser.goto(&format!("/confirm-email/{token}")).await;
    browser.click("main form .primary").await;
    browser.wait_for_text("Northwind Traders").await;
    browser.goto(&fixture.link).await;
    browser.press("Accept").await;
    browser.wait_for_text("You have joined this account.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_denies_consent_can_try_again() {
    let fixture = Fixture::of(ProviderKind::Oidc).await;
    fixture.service.is("gil", INVITED);
    let browser = fixture.phone().await;
    browser.goto(&fixture.link).await;
    browser.press("Continue with Work").await;
    browser.press("Refuse").await;
    browser
        .wait_for_text("You did not let Work tell us who you are")
        .await;
    browser.assert_no_browser_errors().await;
    browser.press("Try again").await;
    browser.press("Agree").await;
    browser.at(&fixture.link).await;
    browser.wait_for_text("You are joining as Gil Tester").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_connected_in_the_profile_and_signs_in_afterwards() {
    let fixture = Fixture::of(ProviderKind::Github).await;
    let test_app = &fixture.site.test_app;
    let eve = test_app.user("eve@mail.example", "Eve").await;
    fixture
        .service
        .is_at_github(9, "eve-at-github", &["eve@other.example"]);
    let browser = Browser::open(&fixture.site, Setup::default()).await;
    browser.sign_in_as(eve.cookie.as_deref().unwrap()).await;
    browser.goto("/profile/services").await;
    browser.press("Connect GitHub").await;
    browser.press("Agree").await;
    browser.wait_for_text("The service is connected.").await;
    browser.wait_for_text("eve-at-github").await;
    browser.clear_cookies().await;
    browser.goto("/sign-in").await;
    browser.press("Continue with GitHub").await;
    browser.press("Agree").await;
    browser.at("/accounts").await;
    browser.goto("/profile/services").await;
    browser.press("Disconnect: GitHub eve-at-github").await;
    browser.wait_for_text("The service is disconnected.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_without_password_sign_in_are_accessible() {
    let service = Provider::start().await;
    let settings = service.settings("work", ProviderKind::Oidc);
    let site = Site::with(|config| {
        config.providers = vec![settings];
        config.password_sign_in = false;
        config.sign_up = SignUpPolicy::Invited;
    })
    .await;
    let browser = Browser::open(&site, Setup::default()).await;
    for (path, text) in [
        ("/sign-in", "Sign in with a password"),
        ("/sign-in?with=password", "for emergencies"),
        ("/sign-up", "Only people who are invited can sign up here."),
        ("/reset", "Nobody signs in with a password here."),
    ] {
        browser.goto(path).await;
        browser.wait_for_text(text).await;
        for width in [1280, 390] {
            browser.resize(width).await;
            let wrong = axe_violations(&browser).await;
            assert!(wrong.is_empty(), "{path}: {}", wrong.join("\n"));
        }
    }
    browser.close().await;
}
