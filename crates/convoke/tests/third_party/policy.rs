//! What an operator may decide: who becomes a user, and whether passwords count.

use convoke_domain::policy::SignUpPolicy;
use convoke_infra::identity_providers::ProviderKind;
use serde_json::json;

use super::{Scene, count, ended};
use crate::on_both;
use crate::support::PASSWORD;

impl Scene {
    /// The same installation with other settings.
    async fn set(self, set: impl FnOnce(&mut convoke_app::config::Config)) -> Self {
        Self {
            test_app: self.test_app.restarted(set).await,
            service: self.service,
        }
    }
}

on_both! {
    async fn a_closed_installation_takes_nobody_new_and_knows_its_own(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
        let scene = scene.set(|config| config.sign_up = SignUpPolicy::Closed).await;
        scene.signed_in("/accounts").await;
        scene.service.is("eve", "eve@work.example");
        let answer = scene.come(&mut scene.test_app.anonymous(), "").await;
        assert_eq!(ended(&answer), "closed");
        scene.test_app.begin_sign_up("eve@work.example", "Eve", PASSWORD).await.problem(403, "sign-up-closed");
        let mut browser = scene.test_app.anonymous();
        browser.page("/sign-up").await.expect(403).shows("New users are not taken here");
        browser.page("/sign-in").await.expect(200).hides("Sign up");
        assert_eq!(scene.users().await, 1);
    }

    async fn only_the_invited_sign_up_where_that_is_the_rule(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut boss = scene.test_app.user("boss@northwind.example", "Boss").await;
        let account = scene.test_app.account(&mut boss, "Northwind").await;
        let scene = scene.set(|config| config.sign_up = SignUpPolicy::Invited).await;
        let mut boss = boss.of(&scene.test_app);
        for email in ["gil@work.example", "bob@work.example"] {
            scene.test_app.invite(&mut boss, &account, email, &["DEVELOPER"]).await;
        }
        // Through the service: whoever is invited, by the link or not.
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
        for (subject, email) in [("eve", "eve@work.example"), ("mal", "")] {
            scene.service.is(subject, email);
            let answer = scene.come(&mut scene.test_app.anonymous(), "").await;
            assert_eq!(ended(&answer), "uninvited");
        }
        // By password: with the link, and the address it was sent to.
        let token = scene.test_app.mailed_token("bob@work.example", "invitations").await;
        let mut stranger = scene.test_app.anonymous();
        let body = |email: &str, token: Option<&str>| json!({ "email": email, "password": PASSWORD,
            "first_name": "New", "invitation_token": token });
        for refused in [body("bob@work.example", None), body("eve@work.example", Some(&token))] {
            stranger.post("/registrations", &refused).await.problem(403, "sign-up-closed");
        }
        stranger.page("/sign-up").await.expect(403).shows("Only people who are invited can sign up here.");
        stranger.page(&format!("/sign-up?invitation={token}")).await.expect(200).shows("bob@work.example");
        let fields = [("first_name", "Eve"), ("email", "eve@work.example"), ("password", PASSWORD),
            ("invitation", token.as_str())];
        stranger.submit("/sign-up", &fields).await.expect(403)
            .shows("Only people who are invited can sign up here.");
        stranger.post("/registrations", &body("bob@work.example", Some(&token))).await.expect(201);
    }

    async fn a_sign_up_begun_before_the_door_was_closed_stays_outside(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.test_app.begin_sign_up("eve@work.example", "Eve", PASSWORD).await.expect(202);
        let token = scene.test_app.mailed_token("eve@work.example", "confirm").await;
        let scene = scene.set(|config| config.sign_up = SignUpPolicy::Closed).await;
        let body = json!({ "token": token, "password": PASSWORD });
        scene.test_app.anonymous().post("/registrations/confirm", &body).await.problem(403, "sign-up-closed");
    }

    async fn without_passwords_only_services_and_emergencies_get_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let ada = scene.test_app.user("ada@work.example", "Ada").await;
        scene.test_app.user("root@work.example", "Root").await;
        scene.test_app.run_sql("update users set break_glass = true where email_canonical = 'root@work.example'").await;
        let scene = scene.set(|config| config.password_sign_in = false).await;
        let off = "password-sign-in-off";
        for (login, password) in [("ada@work.example", PASSWORD), ("ada@work.example", "wrong"),
            ("nobody@work.example", PASSWORD), ("root@work.example", "wrong")] {
            scene.test_app.try_sign_in(login, password).await.problem(403, off);
        }
        scene.test_app.try_sign_in("root@work.example", PASSWORD).await.expect(201);
        scene.test_app.begin_sign_up("eve@work.example", "Eve", PASSWORD).await.problem(403, off);
        let mut stranger = scene.test_app.anonymous();
        stranger.post("/password-resets", &json!({ "email": "ada@work.example" })).await.problem(403, off);

        stranger.page("/sign-in").await.expect(200).shows("Continue with Work").hides("Forgotten the password?")
            .hides("name=\"password\"").shows("href=\"/sign-in?with=password\"");
        stranger.page("/sign-in?with=password").await.expect(200).shows("name=\"password\"");
        stranger.page("/sign-up").await.expect(200).shows("Continue with Work").hides("name=\"password\"");
        stranger.page("/reset").await.expect(403).shows("Nobody signs in with a password here.");
        let fields = [("login", "ada@work.example"), ("password", PASSWORD)];
        stranger.submit("/sign-in", &fields).await.expect(403).shows("or this user may not sign in with a password here.");
        let fields = [("login", "root@work.example"), ("password", PASSWORD)];
        stranger.submit("/sign-in", &fields).await.leads_to("/accounts");

        // Nobody is told to sign in with a password that does not count.
        scene.service.is("ada-at-work", "ada@work.example");
        let mut browser = scene.test_app.anonymous();
        let answer = scene.come(&mut browser, "").await;
        assert_eq!(ended(&answer), "address-taken-for-good");
        browser.follow(answer).await.expect(409)
            .shows("Sign in through the service that you came through before");
        // A password is no way to sign in any more, so it does not let the last service go.
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        gil.page("/profile").await.expect(200).hides("/profile/password");
        gil.post("/me/password", &json!({ "password": PASSWORD })).await.problem(403, off);
        // Nor is somebody asked for an old one: coming through the service anew stands in for it.
        let mut ada = ada.of(&scene.test_app);
        let wish = json!({ "email": "ada@new.example" });
        ada.post("/me/email", &wish).await.expect(202);
        ada.page("/profile/email").await.expect(200).hides("name=\"password\"");
        scene.test_app.advance(std::time::Duration::from_mins(10));
        let wish = json!({ "email": "ada@new.example", "password": PASSWORD });
        ada.post("/me/email", &wish).await.problem(403, "fresh-sign-in-required");
        ada.get("/me").await.expect(200);
    }

    async fn many_failed_returns_of_one_client_are_slowed(test_app: TestApp, limited) {
        let scene = Scene::of(test_app, ProviderKind::Oidc).await;
        scene.service.script().claims = json!({ "nonce": "wrong" });
        let mut refused = 0;
        for _ in 0..12 {
            let mut browser = scene.test_app.anonymous().at("192.0.2.7");
            let answer = scene.come(&mut browser, "").await;
            if answer.status == 429 {
                refused += 1;
                assert!(answer.headers.contains_key("retry-after"));
            }
        }
        assert_eq!(refused, 2);
        scene.service.is("gil", "gil@work.example");
        let mut elsewhere = scene.test_app.anonymous().at("192.0.2.8");
        for _ in 0..30 {
            let led = scene.come(&mut elsewhere, "").await.location();
            assert!(led.starts_with("/accounts"), "{led}");
        }
    }

    async fn callbacks_of_people_who_did_not_agree_store_no_end_of_states(test_app: TestApp, limited) {
        let scene = Scene::of(test_app, ProviderKind::Oidc).await;
        for _ in 0..30 {
            let mut browser = scene.test_app.anonymous().at("192.0.2.7");
            let there = scene.there(&mut browser, "").await;
            let back = scene.service.agree(&there);
            let (path, query) = back.split_once('?').unwrap();
            let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
            browser.page(&format!("{path}?{state}&error=access_denied")).await;
        }
        assert_eq!(count(&scene.test_app, "select count(*) from used_states").await, 10);
    }
}

fn limited(config: &mut convoke_app::config::Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.failed_sign_ins_per_client = 10;
}
