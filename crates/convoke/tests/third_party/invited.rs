//! An invitation is kept during a sign-in through a provider, and every reason of "additional actions are required" is
//! produced and fixed (rules U5 and I10).

use std::time::Duration;

use serde_json::{Value, json};

use super::{Fixture, ended};
use crate::on_both;
use crate::support::{Client, PASSWORD};

const INVITED: &str = "gil@work.example";

/// An invitation to Northwind with its link.
struct Invited {
    fixture: Fixture,
    boss: Client,
    account: String,
    token: String,
    page: String,
}

impl Invited {
    async fn to(fixture: Fixture) -> Self {
        let mut boss = fixture
            .test_app
            .user("boss@northwind.example", "Boss")
            .await;
        let account = fixture.test_app.account(&mut boss, "Northwind").await;
        fixture
            .test_app
            .invite(&mut boss, &account, INVITED, &["DEVELOPER"])
            .await;
        let token = fixture.test_app.mailed_token(INVITED, "invitations").await;
        let page = format!("/invitations/{token}");
        Self {
            fixture,
            boss,
            account,
            token,
            page,
        }
    }

    /// Signs in through the provider from the invitation's page.
    async fn sign_in_through_provider(&self, browser: &mut Client) -> crate::support::TestResponse {
        let way = format!("?return_to={}&invitation={}", self.page, self.token);
        self.fixture.sign_in_through_provider(browser, &way).await
    }

    async fn accept(&self, browser: &mut Client) -> crate::support::TestResponse {
        let body = json!({ "token": self.token });
        browser.post("/invitations/accept", &body).await
    }

    async fn joins(&mut self, browser: &mut Client) {
        self.accept(browser).await.expect(200);
        let members = format!("/accounts/{}/members", self.account);
        let emails = self.boss.column(&members, "/user/email").await;
        assert!(
            emails
                .iter()
                .any(|email| email.eq_ignore_ascii_case(INVITED)),
            "{emails:?}"
        );
    }
}

on_both! {
    async fn the_invited_address_is_used_if_the_provider_discloses_it(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        let mut invited = Invited::to(fixture).await;
        invited.fixture.service.is_at_github(7, "gil", &["gil@home.example", "Gil@Work.Example"]);
        let mut gil = invited.fixture.test_app.anonymous();
        gil.page(&format!("/sign-in?return_to={}", invited.page)).await.expect(200)
            .shows("Continue with GitHub");
        gil.page(&invited.page).await.expect(200).shows("Continue with GitHub");
        let response = invited.sign_in_through_provider(&mut gil).await;
        let page = gil.follow(response.leads_to(&invited.page.clone())).await.expect(200);
        page.shows("You are joining as Gil").shows("Gil@work.example");
        // The callback does not accept the invitation.
        assert_eq!(gil.column("/accounts", "/name").await.len(), 1);
        invited.joins(&mut gil).await;
    }

    async fn no_user_is_created_if_the_invited_address_is_not_disclosed(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        let mut invited = Invited::to(fixture).await;
        let before = invited.fixture.users().await;
        for (emails, needs, text) in [
            (vec![], "email_not_disclosed", "GitHub does not tell us your address."),
            (vec!["gil@home.example"], "email_mismatch", "GitHub does not tell us that this address is yours."),
        ] {
            invited.fixture.service.is_at_github(7, "gil", &emails);
            let mut gil = invited.fixture.test_app.anonymous();
            let response = invited.sign_in_through_provider(&mut gil).await;
            let led = format!("{}?through=work&needs={needs}", invited.page);
            let page = gil.follow(response.leads_to(&led)).await.expect(200);
            assert_eq!(page.heading(), "We cannot see your email address");
            page.shows(text).shows("gi••••@work.example").hides("gil@work.example")
                .shows("Settings → Public profile → Public email")
                .has_link(&format!("/sign-up?invitation={}", invited.token))
                .has("a[href^='/sign-in/work?return_to=%2Finvitations%2F']")
                .has_link("/sign-in/work?return_to=%2Fprofile%2Femail");
            gil.get("/me").await.expect(401);
        }
        assert_eq!(invited.fixture.users().await, before);

        // After the change at GitHub the same link works.
        invited.fixture.service.is_at_github(7, "gil", &["gil@home.example", INVITED]);
        let mut gil = invited.fixture.test_app.anonymous();
        let page = invited.page.clone();
        invited.sign_in_through_provider(&mut gil).await.leads_to(&page);
        invited.joins(&mut gil).await;
    }

    async fn an_undisclosed_address_is_fixed_by_registering_with_the_invited_address(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        let mut invited = Invited::to(fixture).await;
        invited.fixture.service.is_at_github(7, "gil", &[]);
        let mut gil = invited.fixture.test_app.anonymous();
        invited.sign_in_through_provider(&mut gil).await;
        let fields = [("first_name", "Gil"), ("last_name", ""), ("email", INVITED), ("password", PASSWORD),
            ("invitation", invited.token.as_str()), ("time_zone", "")];
        let response = gil.submit("/sign-up", &fields).await;
        response.leads_to(&format!("/accounts/{}", invited.account)).flashes("joined");
        let members = format!("/accounts/{}/members", invited.account);
        assert_eq!(invited.boss.column(&members, "/user/email").await.len(), 2);
    }

    async fn an_undisclosed_address_is_fixed_by_signing_up_and_adding_it(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        let mut invited = Invited::to(fixture).await;
        invited.fixture.service.is_at_github(7, "gil", &[]);
        let mut gil = invited.fixture.test_app.anonymous();
        invited.sign_in_through_provider(&mut gil).await;
        invited.fixture.sign_in_through_provider(&mut gil, "?return_to=/profile/email").await.leads_to("/profile/email");
        assert_eq!(gil.get("/me").await.json()["email"], Value::Null);

        // For a user without an address the API and the page give the same reason.
        let rejected = invited.accept(&mut gil).await.problem(403, "additional-actions-required").json();
        assert_eq!(rejected["reason"], "email_not_disclosed");
        assert_eq!(rejected["provider"], "work");
        assert_eq!(rejected["invited_email"], "gi••••@work.example");
        assert_eq!(rejected["remedies"].as_array().unwrap().len(), 3);
        let preview = gil.post("/invitations/preview", &json!({ "token": invited.token })).await.expect(200).json();
        assert_eq!((&preview["needs"], &preview["can_accept"]), (&json!("email_not_disclosed"), &json!(false)));
        gil.page(&invited.page).await.expect(200).shows("We cannot see your email address")
            .shows("Settings → Public profile → Public email").has_link("/profile/email");

        // A user without an address has no pending invitation until the address is verified.
        assert!(gil.column("/me/invitations", "/id").await.is_empty());
        gil.page("/profile/email").await.expect(200).hides("Current password");
        gil.submit("/profile/email", &[("email", INVITED)]).await.leads_to("/profile/email/check-mail");
        let token = invited.fixture.test_app.mailed_token(INVITED, "confirm-email").await;
        let response = gil.submit(&format!("/confirm-email/{token}"), &[]).await;
        gil.follow(response).await.expect(200).shows("Northwind");
        assert_eq!(gil.column("/me/invitations", "/account/name").await, ["Northwind"]);
        invited.joins(&mut gil).await;
    }

    async fn an_undisclosed_address_is_fixed_by_making_it_public(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        // The user signed up without the invitation and has no address.
        fixture.service.is_at_github(7, "gil", &[]);
        let mut gil = fixture.signed_up().await;
        let mut invited = Invited::to(fixture).await;
        gil.page(&invited.page).await.expect(200).shows("We cannot see your email address");
        invited.fixture.service.is_at_github(7, "gil", &["gil@home.example", INVITED]);
        let page = invited.page.clone();
        invited.sign_in_through_provider(&mut gil).await.leads_to(&page);
        assert_eq!(gil.get("/me").await.text("/email"), INVITED);
        let actions = gil.column("/me/activity", "/action").await;
        assert_eq!(actions.iter().filter(|action| *action == "user.email_changed").count(), 1);
        invited.joins(&mut gil).await;
    }

    async fn a_registered_address_is_not_assigned_to_a_new_user(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        fixture.service.is_at_github(7, "gil", &[]);
        fixture.signed_up().await;
        fixture.test_app.user("gil@home.example", "Other").await;
        fixture.service.is_at_github(7, "gil", &["gil@home.example"]);
        let mut gil = fixture.signed_in("/accounts").await;
        assert_eq!(gil.get("/me").await.json()["email"], Value::Null);
    }

    async fn a_mismatched_address_is_fixed_by_signing_in_as_the_invited_user(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil-at-home", "gil@home.example");
        let mut gil = fixture.signed_up().await;
        let mut invited = Invited::to(fixture).await;
        let page = invited.page.clone();
        invited.sign_in_through_provider(&mut gil).await.leads_to(&page);
        gil.page(&page).await.expect(200).shows("One more step: use the invited address");
        let rejected = invited.accept(&mut gil).await.problem(403, "additional-actions-required").json();
        assert_eq!((&rejected["reason"], &rejected["provider"]), (&json!("email_mismatch"), &json!("work")));
        let back = format!("/sign-in?return_to={page}");
        gil.submit("/sign-out", &[("return_to", &back)]).await.leads_to(&back);
        invited.fixture.service.is("gil-at-work", INVITED);
        invited.sign_in_through_provider(&mut gil).await.leads_to(&page);
        invited.joins(&mut gil).await;
    }

    async fn an_invitation_that_ended_in_the_meantime_does_not_prevent_the_sign_up(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let invited = Invited::to(fixture).await;
        let mut gil = invited.fixture.test_app.anonymous();
        invited.fixture.test_app.advance(Duration::from_hours(7 * 24));
        invited.fixture.service.is("gil", "gil@home.example");
        let page = invited.page.clone();
        invited.sign_in_through_provider(&mut gil).await.leads_to(&page);
        gil.page(&page).await.expect(410).shows("This invitation has expired");
        assert_eq!(gil.get("/me").await.text("/email"), "gil@home.example");
    }

    async fn the_invitation_survives_denied_consent(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let invited = Invited::to(fixture).await;
        let mut gil = invited.fixture.test_app.anonymous();
        let authorization_url = gil.page(&format!("/sign-in/work?invitation={}", invited.token)).await.location();
        let back = invited.fixture.service.agree(&authorization_url).replace("code=", "error=access_denied&x=");
        let response = gil.page(&back).await;
        assert_eq!(ended(&response), "cancelled");
        gil.follow(response).await.expect(403).shows("You did not let Work tell us who you are")
            .has_link(&format!("/sign-in/work?invitation={}", invited.token))
            .has_link(&invited.page);
    }
}
