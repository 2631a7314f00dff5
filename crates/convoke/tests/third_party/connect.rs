//! Connecting and disconnecting providers, and actions of users without a password (rules U6 and U8).

use std::time::Duration;

use serde_json::{Value, json};

use super::{Fixture, ended};
use crate::on_both;
use crate::support::{Client, PASSWORD, TestResponse};

/// The link on the profile page that starts to connect the provider.
async fn link(browser: &mut Client) -> String {
    let page = browser.page("/profile/services").await.expect(200);
    link_in(&page)
}

/// The link on a page that starts to connect the provider.
fn link_in(page: &TestResponse) -> String {
    page.html().link("/connect/work?")
}

impl Fixture {
    /// Connects the provider from the profile page.
    pub(super) async fn connect(&self, browser: &mut Client) -> TestResponse {
        let link = link(browser).await;
        let authorization_url = browser.page(&link).await.location();
        browser.page(&self.service.agree(&authorization_url)).await
    }
}

on_both! {
    async fn a_connected_provider_signs_in_the_same_user(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        fixture.service.is("ada-at-work", "ada@home.example");
        let response = fixture.connect(&mut ada).await.leads_to("/profile/services").flashes("connected");
        ada.follow(response).await.expect(200).shows("The service is connected.").shows("ada-at-work");
        fixture.connect(&mut ada).await.leads_to("/profile/services").flashes("connected");
        assert_eq!(ada.column("/me/identities", "/provider").await, ["work"]);
        let mut again = fixture.signed_in("/accounts").await;
        assert_eq!(ada.id().await, again.id().await);
        let actions = ada.column("/me/activity", "/action").await;
        assert_eq!(actions.iter().filter(|action| *action == "user.identity_connected").count(), 1);
    }

    async fn an_identity_connected_to_another_user_is_rejected(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        let response = fixture.connect(&mut ada).await;
        assert_eq!(ended(&response), "elsewhere");
        ada.follow(response).await.expect(409).shows("belongs to another user");
        assert!(ada.column("/me/identities", "/id").await.is_empty());
        assert_eq!(gil.column("/me/identities", "/id").await.len(), 1);
    }

    async fn connecting_without_an_intent_asks_for_confirmation(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        let mut bob = fixture.test_app.user("bob@home.example", "Bob").await;
        let bobs = link(&mut bob).await;
        for path in ["/connect/work", "/connect/work?intent=", "/connect/work?intent=guessed", &bobs] {
            let page = ada.page(path).await.expect(200);
            let page = page.shows("will then be able to sign in here as you");
            assert!(ada.jar.is_empty(), "{path}");
            let authorization_url = ada.clone().page(&link_in(&page)).await.location();
            assert!(authorization_url.starts_with(fixture.service.origin()), "{authorization_url}");
        }
        let response = fixture.test_app.anonymous().page(&bobs).await;
        response.leads_to("/sign-in?return_to=/profile/services");
        // A sign-in leads to the confirmation page and does not skip it.
        let fields = [("login", "ada@home.example"), ("password", PASSWORD), ("return_to", "/connect/work")];
        let mut browser = fixture.test_app.anonymous();
        let response = browser.submit("/sign-in", &fields).await.leads_to("/connect/work");
        browser.follow(response).await.expect(200).shows("will then be able to sign in here as you");
    }

    async fn connecting_requires_reauthentication_after_ten_minutes(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        fixture.service.is("ada-at-work", "ada@work.example");
        let begin = link(&mut ada).await;
        let authorization_url = ada.page(&begin).await.location();
        fixture.test_app.advance(Duration::from_mins(10));
        // A callback after the expiry connects nothing.
        let response = ada.page(&fixture.service.agree(&authorization_url)).await;
        assert_eq!(ended(&response), "stale");
        ada.page(&begin).await.expect(200).shows("Type your password first.");
        ada.submit("/connect/work", &[("password", "wrong")]).await.expect(403)
            .shows("The password is not right.");
        ada.page(&begin).await.expect(200).shows("Type your password first.");
        let response = ada.submit("/connect/work", &[("password", PASSWORD)]).await.leads_to("/connect/work");
        let page = ada.follow(response).await.expect(200).shows("will then be able to sign in here as you");
        let authorization_url = ada.page(&link_in(&page)).await.location();
        ada.page(&fixture.service.agree(&authorization_url)).await.leads_to("/profile/services").flashes("connected");

        // A user without a password signs in through the provider again.
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        let begin = link(&mut gil).await;
        fixture.test_app.advance(Duration::from_mins(10));
        gil.page(&begin).await.expect(403).has_link("/sign-in/work?return_to=%2Fprofile%2Fservices");
        gil.submit("/connect/work", &[("password", "")]).await.expect(403);
    }

    async fn a_double_click_on_connect_reaches_the_provider(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        fixture.service.is("ada-at-work", "ada@home.example");
        let begin = link(&mut ada).await;
        // The browser gives up the first response.
        ada.clone().page(&begin).await.expect(303);
        let authorization_url = ada.page(&begin).await.location();
        ada.page(&fixture.service.agree(&authorization_url)).await.leads_to("/profile/services").flashes("connected");
        fixture.test_app.advance(Duration::from_secs(5));
        ada.page(&begin).await.expect(200).shows("will then be able to sign in here as you");
    }

    async fn a_connect_intent_is_bound_to_its_session(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        let mut bob = fixture.test_app.user("bob@home.example", "Bob").await;
        fixture.service.is("eve", "eve@work.example");
        let begin = link(&mut ada).await;
        let authorization_url = ada.page(&begin).await.location();
        let back = fixture.service.agree(&authorization_url);
        // The same browser with another user, without a session, and with another session of the same user.
        bob.jar = ada.jar.clone();
        let mut anonymous_client = fixture.test_app.anonymous();
        anonymous_client.jar = ada.jar.clone();
        let mut again = fixture.test_app.sign_in("ada@home.example").await;
        again.jar = ada.jar.clone();
        for browser in [&mut bob, &mut anonymous_client, &mut again] {
            let response = browser.page(&back).await;
            assert_eq!(ended(&response), "stale");
        }
        for who in [&mut ada, &mut bob] {
            assert!(who.column("/me/identities", "/id").await.is_empty());
        }
        assert_eq!(fixture.users().await, 2);
    }

    async fn the_last_sign_in_method_cannot_be_removed(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        let id = gil.get("/me/identities").await.text("/items/0/id");
        let path = format!("/me/identities/{id}");
        gil.delete(&path).await.problem(409, "last-sign-in-method");
        gil.page("/profile/services").await.expect(200).lacks("form[action$='/disconnect']")
            .shows("Connect another sign-in at Work");
        gil.submit("/profile/services/disconnect", &[("id", &id)]).await.expect(409)
            .shows("You could not sign in any more without it.");

        gil.submit("/profile/password", &[("password", PASSWORD)]).await
            .leads_to("/profile/password").flashes("password-changed");
        gil.page("/profile/services").await.expect(200).has("form[action$='/disconnect']");
        let mut other = fixture.test_app.user("ada@home.example", "Ada").await;
        other.delete(&path).await.problem(404, "not-found");
        gil.submit("/profile/services/disconnect", &[("id", &id)]).await.leads_to("/profile/services").flashes("disconnected");
        gil.delete(&path).await.problem(404, "not-found");
        fixture.test_app.try_sign_in("gil@work.example", PASSWORD).await.expect(201);
        // The same subject would be a new user now, whose address is in use.
        let response = fixture.sign_in_through_provider(&mut fixture.test_app.anonymous(), "").await;
        assert_eq!(ended(&response), "address-taken");
        let actions = gil.column("/me/activity", "/action").await;
        assert_eq!(actions.iter().filter(|action| *action == "user.identity_disconnected").count(), 1);
    }

    async fn concurrent_disconnects_keep_one_sign_in_method(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        fixture.service.is("gil-too", "gil@home.example");
        fixture.connect(&mut gil).await.leads_to("/profile/services").flashes("connected");
        let ids = gil.column("/me/identities", "/id").await;
        let (mut one, mut two) = (gil.clone(), gil.clone());
        let (first, second) = (format!("/me/identities/{}", ids[0]), format!("/me/identities/{}", ids[1]));
        let (a, b) = tokio::join!(one.delete(&first), two.delete(&second));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
        assert_eq!(gil.column("/me/identities", "/id").await.len(), 1);
    }

    async fn a_sign_in_within_ten_minutes_replaces_the_password(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        fixture.test_app.advance(Duration::from_mins(10));
        let body = json!({ "email": "gil@home.example" });
        gil.post("/me/email", &body).await.problem(403, "fresh-sign-in-required");
        gil.post("/me/password", &json!({ "password": PASSWORD })).await.problem(403, "fresh-sign-in-required");
        gil.submit("/profile/password", &[("password", PASSWORD)]).await.expect(403)
            .has_link("/sign-in/work?return_to=%2Fprofile%2Fpassword");

        fixture.sign_in_through_provider(&mut gil, "").await.leads_to("/accounts");
        fixture.test_app.advance_just_before(Duration::from_mins(10));
        gil.post("/me/email", &body).await.expect(202);
        let token = fixture.test_app.mailed_token("gil@home.example", "confirm-email").await;
        gil.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        // Confirming an address is no sign-in and does not extend the ten minutes.
        fixture.test_app.advance(Duration::from_millis(1));
        gil.post("/me/email", &body).await.problem(403, "fresh-sign-in-required");
    }

    async fn a_user_with_a_password_enters_it_or_signs_in_through_a_provider(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        fixture.service.is("ada", "ada@work.example");
        fixture.connect(&mut ada).await.leads_to("/profile/services").flashes("connected");
        let body = json!({ "email": "ada@new.example" });
        ada.post("/me/email", &body).await.errors(&[("/password", "required")]);
        ada.post("/me/email", &json!({ "email": "ada@new.example", "password": "wrong" })).await
            .problem(403, "wrong-password");
        let mut ada = fixture.signed_in("/accounts").await;
        ada.post("/me/email", &body).await.expect(202);
        ada.page("/profile/email").await.expect(200).shows("You may leave it empty");
        fixture.test_app.advance(Duration::from_mins(10));
        ada.post("/me/email", &body).await.errors(&[("/password", "required")]);
    }

    async fn an_owner_without_a_password_offers_an_account_after_a_recent_sign_in(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        let account = fixture.test_app.account(&mut gil, "Northwind").await;
        let mut bob = fixture.test_app.member(&mut gil, &account, "bob@work.example", &[]).await;
        let offer = json!({ "user_id": bob.id().await, "account_name": "Northwind", "password": Value::Null });
        let path = format!("/accounts/{account}/ownership-offer");
        gil.post(&path, &offer).await.errors(&[("/password", "wrong-type")]);
        let offer = json!({ "user_id": bob.id().await, "account_name": "Northwind" });
        gil.post(&path, &offer).await.expect(201);
        fixture.test_app.advance(Duration::from_mins(10));
        gil.post(&path, &offer).await.problem(403, "fresh-sign-in-required");
    }
}
