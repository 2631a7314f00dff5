//! Connecting a service to one's user, disconnecting it, and acts of those who have no password (rules U6 and U8).

use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, ended};
use crate::on_both;
use crate::support::{Client, PASSWORD};

/// The link of the profile that begins to connect the service.
async fn link(browser: &mut Client) -> String {
    let page = browser.page("/profile").await.expect(200).body();
    link_in(&page)
}

/// The link of a page that begins to connect the service.
fn link_in(page: &str) -> String {
    let (_, rest) = page.split_once("href=\"/connect/work?").unwrap();
    let query = rest.split('"').next().unwrap();
    format!("/connect/work?{query}")
}

impl Scene {
    /// The way from the profile to the service and back.
    pub(super) async fn connect(&self, browser: &mut Client) -> crate::support::Answer {
        let link = link(browser).await;
        let there = browser.page(&link).await.location();
        browser.page(&self.service.agree(&there)).await
    }
}

on_both! {
    async fn a_connected_service_signs_in_the_same_user(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut ada = scene.test_app.user("ada@home.example", "Ada").await;
        scene.service.is("ada-at-work", "ada@home.example");
        let answer = scene.connect(&mut ada).await.leads_to("/profile?done=connected");
        ada.follow(answer).await.expect(200).shows("The service is connected.").shows("ada-at-work");
        scene.connect(&mut ada).await.leads_to("/profile?done=connected");
        assert_eq!(ada.column("/me/identities", "/provider").await, ["work"]);
        let mut again = scene.signed_in("/accounts").await;
        assert_eq!(ada.id().await, again.id().await);
        let actions = ada.column("/me/activity", "/action").await;
        assert_eq!(actions.iter().filter(|it| *it == "user.identity_connected").count(), 1);
    }

    async fn what_is_connected_to_somebody_stays_theirs(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let mut ada = scene.test_app.user("ada@home.example", "Ada").await;
        let answer = scene.connect(&mut ada).await;
        assert_eq!(ended(&answer), "elsewhere");
        ada.follow(answer).await.expect(409).shows("belongs to another user");
        assert!(ada.column("/me/identities", "/id").await.is_empty());
        assert_eq!(gil.column("/me/identities", "/id").await.len(), 1);
    }

    async fn only_the_links_of_ones_own_pages_begin_it(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut ada = scene.test_app.user("ada@home.example", "Ada").await;
        let mut bob = scene.test_app.user("bob@home.example", "Bob").await;
        let bobs = link(&mut bob).await;
        for path in ["/connect/work", "/connect/work?intent=", "/connect/work?intent=guessed", &bobs] {
            let page = ada.page(path).await.expect(200);
            let page = page.shows("will then be able to sign in here as you").body();
            assert!(ada.jar.is_empty(), "{path}");
            let there = ada.clone().page(&link_in(&page)).await.location();
            assert!(there.starts_with(scene.service.origin()), "{there}");
        }
        let answer = scene.test_app.anonymous().page(&bobs).await;
        answer.leads_to("/sign-in?return_to=/profile");
        // Signing in leads to the question, not past it.
        let fields = [("login", "ada@home.example"), ("password", PASSWORD), ("return_to", "/connect/work")];
        let mut browser = scene.test_app.anonymous();
        let answer = browser.submit("/sign-in", &fields).await.leads_to("/connect/work");
        browser.follow(answer).await.expect(200).shows("will then be able to sign in here as you");
    }

    async fn connecting_asks_who_it_is_after_ten_minutes(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut ada = scene.test_app.user("ada@home.example", "Ada").await;
        scene.service.is("ada-at-work", "ada@work.example");
        let begin = link(&mut ada).await;
        let there = ada.page(&begin).await.location();
        scene.test_app.advance(Duration::from_mins(10));
        // What was begun in time and comes back too late connects nothing.
        let answer = ada.page(&scene.service.agree(&there)).await;
        assert_eq!(ended(&answer), "stale");
        ada.page(&begin).await.expect(200).shows("Type your password first.");
        ada.submit("/connect/work", &[("password", "wrong")]).await.expect(403)
            .shows("The password is not right.");
        ada.page(&begin).await.expect(200).shows("Type your password first.");
        let page = ada.submit("/connect/work", &[("password", PASSWORD)]).await.expect(200).body();
        let there = ada.page(&link_in(&page)).await.location();
        ada.page(&scene.service.agree(&there)).await.leads_to("/profile?done=connected");

        // Those without a password come through their service again.
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let begin = link(&mut gil).await;
        scene.test_app.advance(Duration::from_mins(10));
        gil.page(&begin).await.expect(403).shows("href=\"/sign-in/work?return_to=%2Fprofile\"");
        gil.submit("/connect/work", &[("password", "")]).await.expect(403);
    }

    async fn the_wish_to_connect_is_one_sessions_and_nobody_elses(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut ada = scene.test_app.user("ada@home.example", "Ada").await;
        let mut bob = scene.test_app.user("bob@home.example", "Bob").await;
        scene.service.is("eve", "eve@work.example");
        let begin = link(&mut ada).await;
        let there = ada.page(&begin).await.location();
        let back = scene.service.agree(&there);
        // The same browser, with somebody else signed in by now; then nobody; then another session of the same user.
        bob.jar = ada.jar.clone();
        let mut nobody = scene.test_app.anonymous();
        nobody.jar = ada.jar.clone();
        let mut again = scene.test_app.sign_in("ada@home.example").await;
        again.jar = ada.jar.clone();
        for browser in [&mut bob, &mut nobody, &mut again] {
            let answer = browser.page(&back).await;
            assert_eq!(ended(&answer), "stale");
        }
        for who in [&mut ada, &mut bob] {
            assert!(who.column("/me/identities", "/id").await.is_empty());
        }
        assert_eq!(scene.users().await, 2);
    }

    async fn the_last_way_to_sign_in_stays(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let id = gil.get("/me/identities").await.text("/items/0/id");
        let path = format!("/me/identities/{id}");
        gil.delete(&path).await.problem(409, "last-sign-in-method");
        gil.submit("/profile/services/disconnect", &[("id", &id)]).await.expect(409)
            .shows("You could not sign in any more without it.");

        gil.submit("/profile/password", &[("password", PASSWORD)]).await
            .leads_to("/profile?done=password-changed");
        let mut other = scene.test_app.user("ada@home.example", "Ada").await;
        other.delete(&path).await.problem(404, "not-found");
        gil.submit("/profile/services/disconnect", &[("id", &id)]).await.leads_to("/profile?done=disconnected");
        gil.delete(&path).await.problem(404, "not-found");
        scene.test_app.try_sign_in("gil@work.example", PASSWORD).await.expect(201);
        // The same subject is somebody new now, whose address is taken.
        let answer = scene.come(&mut scene.test_app.anonymous(), "").await;
        assert_eq!(ended(&answer), "address-taken");
        let actions = gil.column("/me/activity", "/action").await;
        assert_eq!(actions.iter().filter(|it| *it == "user.identity_disconnected").count(), 1);
    }

    async fn two_services_do_not_let_both_be_removed_at_once(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        scene.service.is("gil-too", "gil@home.example");
        scene.connect(&mut gil).await.leads_to("/profile?done=connected");
        let ids = gil.column("/me/identities", "/id").await;
        let (mut one, mut two) = (gil.clone(), gil.clone());
        let (first, second) = (format!("/me/identities/{}", ids[0]), format!("/me/identities/{}", ids[1]));
        let (a, b) = tokio::join!(one.delete(&first), two.delete(&second));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
        assert_eq!(gil.column("/me/identities", "/id").await.len(), 1);
    }

    async fn a_sign_in_of_the_last_ten_minutes_stands_in_for_a_password(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        scene.test_app.advance(Duration::from_mins(10));
        let wish = json!({ "email": "gil@home.example" });
        gil.post("/me/email", &wish).await.problem(403, "fresh-sign-in-required");
        gil.post("/me/password", &json!({ "password": PASSWORD })).await.problem(403, "fresh-sign-in-required");
        gil.submit("/profile/password", &[("password", PASSWORD)]).await.expect(403)
            .shows("href=\"/sign-in/work?return_to=%2Fprofile\"");

        scene.come(&mut gil, "").await.leads_to("/accounts");
        scene.test_app.advance_just_before(Duration::from_mins(10));
        gil.post("/me/email", &wish).await.expect(202);
        let token = scene.test_app.mailed_token("gil@home.example", "confirm-email").await;
        gil.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        // Proving an address is no sign-in: the ten minutes do not begin anew.
        scene.test_app.advance(Duration::from_millis(1));
        gil.post("/me/email", &wish).await.problem(403, "fresh-sign-in-required");
    }

    async fn those_who_have_a_password_type_it_or_have_just_come_through_a_service(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut ada = scene.test_app.user("ada@home.example", "Ada").await;
        scene.service.is("ada", "ada@work.example");
        scene.connect(&mut ada).await.leads_to("/profile?done=connected");
        let wish = json!({ "email": "ada@new.example" });
        ada.post("/me/email", &wish).await.errors(&[("/password", "required")]);
        ada.post("/me/email", &json!({ "email": "ada@new.example", "password": "wrong" })).await
            .problem(403, "wrong-password");
        let mut ada = scene.signed_in("/accounts").await;
        ada.post("/me/email", &wish).await.expect(202);
        ada.page("/profile/email").await.expect(200).shows("You may leave it empty");
        scene.test_app.advance(Duration::from_mins(10));
        ada.post("/me/email", &wish).await.errors(&[("/password", "required")]);
    }

    async fn an_owner_without_a_password_offers_an_account_after_a_fresh_sign_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let account = scene.test_app.account(&mut gil, "Northwind").await;
        let mut bob = scene.test_app.member(&mut gil, &account, "bob@work.example", &[]).await;
        let offer = json!({ "user_id": bob.id().await, "account_name": "Northwind", "password": Value::Null });
        let path = format!("/accounts/{account}/ownership-offer");
        gil.post(&path, &offer).await.errors(&[("/password", "wrong-type")]);
        let offer = json!({ "user_id": bob.id().await, "account_name": "Northwind" });
        gil.post(&path, &offer).await.expect(201);
        scene.test_app.advance(Duration::from_mins(10));
        gil.post(&path, &offer).await.problem(403, "fresh-sign-in-required");
    }
}
