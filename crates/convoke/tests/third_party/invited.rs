//! An invitation survives the whole way to a service and back, and every row of "additional actions are required" is
//! produced and fixed (rules U5 and I10).

use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, ended};
use crate::on_both;
use crate::support::{Client, PASSWORD};

const INVITED: &str = "gil@work.example";

/// Somebody invited to Northwind, by their link.
struct Invited {
    scene: Scene,
    boss: Client,
    account: String,
    token: String,
    page: String,
}

impl Invited {
    async fn to(scene: Scene) -> Self {
        let mut boss = scene.test_app.user("boss@northwind.example", "Boss").await;
        let account = scene.test_app.account(&mut boss, "Northwind").await;
        scene
            .test_app
            .invite(&mut boss, &account, INVITED, &["DEVELOPER"])
            .await;
        let token = scene.test_app.mailed_token(INVITED, "invitations").await;
        let page = format!("/invitations/{token}");
        Self {
            scene,
            boss,
            account,
            token,
            page,
        }
    }

    /// Comes through the service from the invitation's page.
    async fn come(&self, browser: &mut Client) -> crate::support::Answer {
        let way = format!("?return_to={}&invitation={}", self.page, self.token);
        self.scene.come(browser, &way).await
    }

    async fn accept(&self, browser: &mut Client) -> crate::support::Answer {
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
    async fn the_invited_address_is_taken_where_the_service_discloses_it(test_app: TestApp) {
        let scene = Scene::github(test_app).await;
        let mut invited = Invited::to(scene).await;
        invited.scene.service.is_at_github(7, "gil", &["gil@home.example", "Gil@Work.Example"]);
        let mut gil = invited.scene.test_app.anonymous();
        gil.page(&format!("/sign-in?return_to={}", invited.page)).await.expect(200)
            .shows("Continue with GitHub");
        gil.page(&format!("/sign-up?invitation={}", invited.token)).await.expect(200)
            .shows("Continue with GitHub");
        let answer = invited.come(&mut gil).await;
        let page = gil.follow(answer.leads_to(&invited.page.clone())).await.expect(200);
        page.shows("You are joining as Gil").shows("Gil@work.example");
        // Nobody has joined by coming back: that is a decision of its own.
        assert_eq!(gil.column("/accounts", "/name").await.len(), 1);
        invited.joins(&mut gil).await;
    }

    async fn no_user_is_created_where_the_invited_address_is_not_disclosed(test_app: TestApp) {
        let scene = Scene::github(test_app).await;
        let mut invited = Invited::to(scene).await;
        let before = invited.scene.users().await;
        for (emails, needs, words) in [
            (vec![], "email_not_disclosed", "GitHub does not tell us your address."),
            (vec!["gil@home.example"], "email_mismatch", "GitHub does not tell us that this address is yours."),
        ] {
            invited.scene.service.is_at_github(7, "gil", &emails);
            let mut gil = invited.scene.test_app.anonymous();
            let answer = invited.come(&mut gil).await;
            let led = format!("{}?through=work&needs={needs}", invited.page);
            let page = gil.follow(answer.leads_to(&led)).await.expect(200);
            assert_eq!(page.heading(), "We cannot see your email address");
            page.shows(words).shows("gi••••@work.example").hides("gil@work.example")
                .shows("Settings → Public profile → Public email")
                .shows(&format!("href=\"/sign-up?invitation={}\"", invited.token))
                .shows("href=\"/sign-in/work?return_to=%2Finvitations%2F")
                .shows("href=\"/sign-in/work?return_to=%2Fprofile%2Femail\"");
            gil.get("/me").await.expect(401);
        }
        assert_eq!(invited.scene.users().await, before);

        // Mended at GitHub, the same link works.
        invited.scene.service.is_at_github(7, "gil", &["gil@home.example", INVITED]);
        let mut gil = invited.scene.test_app.anonymous();
        let page = invited.page.clone();
        invited.come(&mut gil).await.leads_to(&page);
        invited.joins(&mut gil).await;
    }

    async fn registering_with_the_invited_address_mends_it(test_app: TestApp) {
        let scene = Scene::github(test_app).await;
        let mut invited = Invited::to(scene).await;
        invited.scene.service.is_at_github(7, "gil", &[]);
        let mut gil = invited.scene.test_app.anonymous();
        invited.come(&mut gil).await;
        let fields = [("first_name", "Gil"), ("last_name", ""), ("email", INVITED), ("password", PASSWORD),
            ("invitation", invited.token.as_str()), ("time_zone", "")];
        let answer = gil.submit("/sign-up", &fields).await;
        assert!(answer.location().ends_with("?done=joined"), "{}", answer.location());
        let members = format!("/accounts/{}/members", invited.account);
        assert_eq!(invited.boss.column(&members, "/user/email").await.len(), 2);
    }

    async fn going_on_without_the_invitation_and_adding_the_address_mends_it(test_app: TestApp) {
        let scene = Scene::github(test_app).await;
        let mut invited = Invited::to(scene).await;
        invited.scene.service.is_at_github(7, "gil", &[]);
        let mut gil = invited.scene.test_app.anonymous();
        invited.come(&mut gil).await;
        invited.scene.come(&mut gil, "?return_to=/profile/email").await.leads_to("/profile/email");
        assert_eq!(gil.get("/me").await.json()["email"], Value::Null);

        // Signed in without an address, the API and the page tell the same.
        let refused = invited.accept(&mut gil).await.problem(403, "additional-actions-required").json();
        assert_eq!(refused["reason"], "email_not_disclosed");
        assert_eq!(refused["provider"], "work");
        assert_eq!(refused["invited_email"], "gi••••@work.example");
        assert_eq!(refused["remedies"].as_array().unwrap().len(), 3);
        let preview = gil.post("/invitations/preview", &json!({ "token": invited.token })).await.expect(200).json();
        assert_eq!((&preview["needs"], &preview["can_accept"]), (&json!("email_not_disclosed"), &json!(false)));
        gil.page(&invited.page).await.expect(200).shows("We cannot see your email address")
            .shows("Settings → Public profile → Public email").shows("href=\"/profile/email\"");

        // Nothing waits for somebody without an address; it does once it is verified.
        assert!(gil.column("/me/invitations", "/id").await.is_empty());
        gil.page("/profile/email").await.expect(200).hides("Current password");
        gil.submit("/profile/email", &[("email", INVITED)]).await.leads_to("/profile/email/check-mail");
        let token = invited.scene.test_app.mailed_token(INVITED, "confirm-email").await;
        let answer = gil.submit(&format!("/confirm-email/{token}"), &[]).await;
        gil.follow(answer).await.expect(200).shows("Northwind");
        assert_eq!(gil.column("/me/invitations", "/account/name").await, ["Northwind"]);
        invited.joins(&mut gil).await;
    }

    async fn making_the_address_public_and_following_the_link_again_mends_it(test_app: TestApp) {
        let scene = Scene::github(test_app).await;
        // They had come without an invitation first, and have a user without an address.
        scene.service.is_at_github(7, "gil", &[]);
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let mut invited = Invited::to(scene).await;
        gil.page(&invited.page).await.expect(200).shows("We cannot see your email address");
        invited.scene.service.is_at_github(7, "gil", &["gil@home.example", INVITED]);
        let page = invited.page.clone();
        invited.come(&mut gil).await.leads_to(&page);
        assert_eq!(gil.get("/me").await.text("/email"), INVITED);
        let actions = gil.column("/me/activity", "/action").await;
        assert_eq!(actions.iter().filter(|action| *action == "user.email_changed").count(), 1);
        invited.joins(&mut gil).await;
    }

    async fn an_address_that_somebody_holds_is_not_adopted(test_app: TestApp) {
        let scene = Scene::github(test_app).await;
        scene.service.is_at_github(7, "gil", &[]);
        scene.signed_in("/accounts?done=signed-up").await;
        scene.test_app.user("gil@home.example", "Other").await;
        scene.service.is_at_github(7, "gil", &["gil@home.example"]);
        let mut gil = scene.signed_in("/accounts").await;
        assert_eq!(gil.get("/me").await.json()["email"], Value::Null);
    }

    async fn another_address_is_mended_by_coming_back_as_the_invited_one(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil-at-home", "gil@home.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let mut invited = Invited::to(scene).await;
        let page = invited.page.clone();
        invited.come(&mut gil).await.leads_to(&page);
        gil.page(&page).await.expect(200).shows("One more step: use the invited address");
        let refused = invited.accept(&mut gil).await.problem(403, "additional-actions-required").json();
        assert_eq!((&refused["reason"], &refused["provider"]), (&json!("email_mismatch"), &json!("work")));
        let back = format!("/sign-in?return_to={page}");
        gil.submit("/sign-out", &[("return_to", &back)]).await.leads_to(&back);
        invited.scene.service.is("gil-at-work", INVITED);
        invited.come(&mut gil).await.leads_to(&page);
        invited.joins(&mut gil).await;
    }

    async fn an_invitation_that_has_ended_meanwhile_does_not_stop_a_sign_up(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let invited = Invited::to(scene).await;
        let mut gil = invited.scene.test_app.anonymous();
        invited.scene.test_app.advance(Duration::from_hours(7 * 24));
        invited.scene.service.is("gil", "gil@home.example");
        let page = invited.page.clone();
        invited.come(&mut gil).await.leads_to(&page);
        gil.page(&page).await.expect(410).shows("This invitation has expired");
        assert_eq!(gil.get("/me").await.text("/email"), "gil@home.example");
    }

    async fn the_invitation_survives_a_refusal_and_is_gone_back_to(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let invited = Invited::to(scene).await;
        let mut gil = invited.scene.test_app.anonymous();
        let there = gil.page(&format!("/sign-in/work?invitation={}", invited.token)).await.location();
        let back = invited.scene.service.agree(&there).replace("code=", "error=access_denied&x=");
        let answer = gil.page(&back).await;
        assert_eq!(ended(&answer), "cancelled");
        gil.follow(answer).await.expect(403).shows("You did not let Work tell us who you are")
            .shows(&format!("href=\"/sign-in/work?invitation={}\"", invited.token))
            .shows(&format!("href=\"{}\"", invited.page));
    }
}
