//! Policy settings: who can sign up, and whether passwords are allowed.

use convoke_domain::policy::SignUpPolicy;
use convoke_infra::identity_providers::ProviderKind;
use serde_json::json;

use super::{Fixture, count, ended};
use crate::on_both;
use crate::support::PASSWORD;

impl Fixture {
    /// The same installation with other settings.
    async fn set(self, set: impl FnOnce(&mut convoke_app::config::Config)) -> Self {
        Self {
            test_app: self.test_app.restarted(set).await,
            service: self.service,
        }
    }
}

on_both! {
    async fn closed_sign_up_rejects_new_users_and_admits_existing_ones(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
        let fixture = fixture.set(|config| config.sign_up = SignUpPolicy::Closed).await;
        fixture.signed_in("/accounts").await;
        fixture.service.is("eve", "eve@work.example");
        let response = fixture.sign_in_through_provider(&mut fixture.test_app.anonymous(), "").await;
        assert_eq!(ended(&response), "closed");
        fixture.test_app.begin_sign_up("eve@work.example", "Eve", PASSWORD).await.problem(403, "sign-up-closed");
        let mut browser = fixture.test_app.anonymous();
        browser.page("/sign-up").await.expect(403).shows("New users are not taken here");
        browser.page("/sign-in").await.expect(200).hides("Sign up");
        assert_eq!(fixture.users().await, 1);
    }

    async fn invited_sign_up_admits_only_invited_users(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut boss = fixture.test_app.user("boss@northwind.example", "Boss").await;
        let account = fixture.test_app.account(&mut boss, "Northwind").await;
        let fixture = fixture.set(|config| config.sign_up = SignUpPolicy::Invited).await;
        let mut boss = boss.of(&fixture.test_app);
        for email in ["gil@work.example", "bob@work.example"] {
            fixture.test_app.invite(&mut boss, &account, email, &["DEVELOPER"]).await;
        }
        // Through the provider: invited users, with or without the link.
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
        for (subject, email) in [("eve", "eve@work.example"), ("mal", "")] {
            fixture.service.is(subject, email);
            let response = fixture.sign_in_through_provider(&mut fixture.test_app.anonymous(), "").await;
            assert_eq!(ended(&response), "uninvited");
        }
        // By password: with the link, and the address it was sent to.
        let token = fixture.test_app.mailed_token("bob@work.example", "invitations").await;
        let mut anonymous_client = fixture.test_app.anonymous();
        let body = |email: &str, token: Option<&str>| json!({ "email": email, "password": PASSWORD,
            "first_name": "New", "invitation_token": token });
        for rejected in [body("bob@work.example", None), body("eve@work.example", Some(&token))] {
            anonymous_client.post("/registrations", &rejected).await.problem(403, "sign-up-closed");
        }
        anonymous_client.page("/sign-up").await.expect(403).shows("Only people who are invited can sign up here.");
        anonymous_client.page(&format!("/invitations/{token}")).await.expect(200).has_field("email", "bob@work.example");
        let fields = [("first_name", "Eve"), ("email", "eve@work.example"), ("password", PASSWORD),
            ("invitation", token.as_str())];
        anonymous_client.submit("/sign-up", &fields).await.expect(403)
            .shows("Only people who are invited can sign up here.");
        anonymous_client.post("/registrations", &body("bob@work.example", Some(&token))).await.expect(201);
    }

    async fn a_pending_sign_up_is_rejected_after_sign_up_is_closed(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.test_app.begin_sign_up("eve@work.example", "Eve", PASSWORD).await.expect(202);
        let token = fixture.test_app.mailed_token("eve@work.example", "confirm").await;
        let fixture = fixture.set(|config| config.sign_up = SignUpPolicy::Closed).await;
        let body = json!({ "token": token, "password": PASSWORD });
        fixture.test_app.anonymous().post("/registrations/confirm", &body).await.problem(403, "sign-up-closed");
    }

    async fn without_password_sign_in_only_providers_and_break_glass_users_sign_in(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let ada = fixture.test_app.user("ada@work.example", "Ada").await;
        fixture.test_app.user("root@work.example", "Root").await;
        fixture.test_app.run_sql("update users set break_glass = true where email_canonical = 'root@work.example'").await;
        let fixture = fixture.set(|config| config.password_sign_in = false).await;
        let off = "password-sign-in-off";
        for (login, password) in [("ada@work.example", PASSWORD), ("ada@work.example", "wrong"),
            ("nobody@work.example", PASSWORD), ("root@work.example", "wrong")] {
            fixture.test_app.try_sign_in(login, password).await.problem(403, off);
        }
        fixture.test_app.try_sign_in("root@work.example", PASSWORD).await.expect(201);
        fixture.test_app.begin_sign_up("eve@work.example", "Eve", PASSWORD).await.problem(403, off);
        let mut anonymous_client = fixture.test_app.anonymous();
        anonymous_client.post("/password-resets", &json!({ "email": "ada@work.example" })).await.problem(403, off);

        anonymous_client.page("/sign-in").await.expect(200).shows("Continue with Work").hides("Forgotten the password?")
            .lacks("[name='password']").has_link("/sign-in?with=password");
        anonymous_client.page("/sign-in?with=password").await.expect(200).has("[name='password']");
        anonymous_client.page("/sign-up").await.expect(200).shows("Continue with Work").lacks("[name='password']");
        anonymous_client.page("/reset").await.expect(403).shows("Nobody signs in with a password here.");
        let fields = [("login", "ada@work.example"), ("password", PASSWORD)];
        anonymous_client.submit("/sign-in", &fields).await.expect(403).shows("or this user may not sign in with a password here.");
        let fields = [("login", "root@work.example"), ("password", PASSWORD)];
        anonymous_client.submit("/sign-in", &fields).await.leads_to("/accounts");

        // The pages do not mention passwords that are not allowed.
        fixture.service.is("ada-at-work", "ada@work.example");
        let mut browser = fixture.test_app.anonymous();
        let response = fixture.sign_in_through_provider(&mut browser, "").await;
        assert_eq!(ended(&response), "address-taken-for-good");
        browser.follow(response).await.expect(409)
            .shows("Sign in through the service that you came through before");
        // A password is no sign-in method here, so the last provider cannot be disconnected.
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        gil.page("/profile").await.expect(200).hides("/profile/password");
        gil.post("/me/password", &json!({ "password": PASSWORD })).await.problem(403, off);
        // The old password is not required; a new sign-in through the provider replaces it.
        let mut ada = ada.of(&fixture.test_app);
        let body = json!({ "email": "ada@new.example" });
        ada.post("/me/email", &body).await.expect(202);
        ada.page("/profile/email").await.expect(200).lacks("[name='password']");
        fixture.test_app.advance(std::time::Duration::from_mins(10));
        let body = json!({ "email": "ada@new.example", "password": PASSWORD });
        ada.post("/me/email", &body).await.problem(403, "fresh-sign-in-required");
        ada.get("/me").await.expect(200);
    }

    async fn failed_callbacks_of_one_client_are_rate_limited(test_app: TestApp, limited) {
        let fixture = Fixture::of(test_app, ProviderKind::Oidc).await;
        fixture.service.script().claims = json!({ "nonce": "wrong" });
        let mut rejected = 0;
        for _ in 0..12 {
            let mut browser = fixture.test_app.anonymous().at("192.0.2.7");
            let response = fixture.sign_in_through_provider(&mut browser, "").await;
            if response.status == 429 {
                rejected += 1;
                assert!(response.headers.contains_key("retry-after"));
            }
        }
        assert_eq!(rejected, 2);
        fixture.service.is("gil", "gil@work.example");
        let mut elsewhere = fixture.test_app.anonymous().at("192.0.2.8");
        for _ in 0..30 {
            let led = fixture.sign_in_through_provider(&mut elsewhere, "").await.location();
            assert!(led.starts_with("/accounts"), "{led}");
        }
    }

    async fn callbacks_with_denied_consent_store_a_bounded_number_of_states(test_app: TestApp, limited) {
        let fixture = Fixture::of(test_app, ProviderKind::Oidc).await;
        for _ in 0..30 {
            let mut browser = fixture.test_app.anonymous().at("192.0.2.7");
            let authorization_url = fixture.authorization_url(&mut browser, "").await;
            let back = fixture.service.agree(&authorization_url);
            let (path, query) = back.split_once('?').unwrap();
            let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
            browser.page(&format!("{path}?{state}&error=access_denied")).await;
        }
        assert_eq!(count(&fixture.test_app, "select count(*) from used_states").await, 10);
    }
}

fn limited(config: &mut convoke_app::config::Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.failed_sign_ins_per_client = 10;
}
