//! Each identity of a provider maps to one user (rule U5).

use serde_json::{Value, json};

use super::{Fixture, ended};
use crate::on_both;
use crate::support::PASSWORD;

on_both! {
    async fn a_new_identity_creates_a_user_with_a_random_login_and_the_verified_address(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "Gil@Work.Example");
        let mut gil = fixture.signed_up().await;
        let me = gil.get("/me").await.expect(200).json();
        let login = me["login"].as_str().unwrap();
        assert!(login.len() == 10 && login.bytes().all(|byte| byte.is_ascii_digit()), "{login}");
        assert_eq!(me["email"], "Gil@work.example");
        assert_eq!((&me["first_name"], &me["last_name"]), (&json!("Gil"), &json!("Tester")));
        let accounts = gil.column("/accounts", "/name").await;
        assert_eq!(accounts, ["Gil Tester's account"]);
        let identities = gil.get("/me/identities").await.expect(200).json();
        assert_eq!(identities["items"][0]["provider"], "work");
        assert_eq!(identities["items"][0]["name"], "gil");
        let actions = gil.column("/me/activity", "/action").await;
        assert_eq!(actions, ["user.created"]);
        let created = gil.get("/me/activity").await.json();
        assert_eq!(created["items"][0]["after"]["provider"], "work");
    }

    async fn the_same_subject_is_the_same_user_despite_changed_claims(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut first = fixture.signed_up().await;
        fixture.service.is("gil", "gil.tester@elsewhere.example");
        fixture.service.script().claims["preferred_username"] = json!("gil.tester");
        let mut second = fixture.signed_in("/accounts").await;
        assert_eq!(first.id().await, second.id().await);
        assert_eq!(second.get("/me").await.text("/email"), "gil@work.example");
        let names = second.column("/me/identities", "/name").await;
        assert_eq!(names, ["gil.tester"]);
        assert_eq!(fixture.users().await, 1);
        let actions = second.column("/me/activity", "/action").await;
        assert_eq!(actions, ["session.created", "user.created"]);
    }

    async fn names_from_a_provider_are_stored_without_hidden_characters(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        {
            let claims = &mut fixture.service.script().claims;
            claims["preferred_username"] = json!("gil\u{202e}nimda\u{200b}\u{7f}");
            claims["given_name"] = json!("G\u{2066}il");
        }
        let mut gil = fixture.signed_up().await;
        assert_eq!(gil.column("/me/identities", "/name").await, ["gilnimda"]);
        assert_eq!(gil.get("/me").await.text("/first_name"), "Gil");
        assert_eq!(gil.column("/accounts", "/name").await, ["Gil Tester's account"]);
    }

    async fn only_a_boolean_true_verifies_an_address(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        for (subject, claim) in [("a", json!(false)), ("b", json!("true")), ("c", Value::Null)] {
            fixture.service.is(subject, "ada@work.example");
            fixture.service.script().claims["email_verified"] = claim;
            let mut browser = fixture.signed_up().await;
            let me = browser.get("/me").await.expect(200).json();
            assert_eq!(me["email"], Value::Null, "{subject}");
        }
        // Three users, none merged with another.
        assert_eq!(fixture.users().await, 3);
    }

    async fn a_trusted_domain_counts_where_the_claim_is_absent(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut settings = fixture.service.settings("work", convoke_infra::identity_providers::ProviderKind::Oidc);
        settings.trusted_email_domains = vec!["work.example".to_owned()];
        let test_app = fixture.test_app.restarted(|config| config.providers = vec![settings]).await;
        let fixture = Fixture { test_app, service: fixture.service };
        let mut emails = Vec::new();
        for (subject, email) in [("a", "ada@work.example"), ("b", "bob@other.example")] {
            fixture.service.is(subject, email);
            fixture.service.script().claims["email_verified"] = Value::Null;
            let mut browser = fixture.signed_up().await;
            emails.push(browser.get("/me").await.json()["email"].clone());
        }
        assert_eq!(emails, [json!("ada@work.example"), Value::Null]);
    }

    async fn missing_claims_are_read_from_the_userinfo_of_the_same_subject(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.script().claims = json!({ "sub": "gil" });
        fixture.service.script().user_info = Some(json!({ "sub": "gil", "name": "Gil Tester",
            "email": "gil@work.example", "email_verified": true }));
        let mut gil = fixture.signed_up().await;
        assert_eq!(gil.get("/me").await.text("/email"), "gil@work.example");

        fixture.service.script().claims = json!({ "sub": "eve" });
        let mut eve = fixture.test_app.anonymous();
        let response = fixture.sign_in_through_provider(&mut eve, "").await;
        assert_eq!(ended(&response), "untrusted");
        assert_eq!(fixture.users().await, 1);
    }

    async fn a_registered_address_does_not_merge_users(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@work.example", "Ada").await;
        fixture.service.is("ada-at-work", "ada@work.example");
        let mut browser = fixture.test_app.anonymous();
        let response = fixture.sign_in_through_provider(&mut browser, "").await;
        assert_eq!(ended(&response), "address-taken");
        browser.follow(response).await.expect(409).shows("Another user already has this address")
            .shows("Sign in with your password once, then connect Work in your profile.")
            .has_link("/sign-in?return_to=/profile/services");
        browser.get("/me").await.expect(401);
        assert_eq!(fixture.users().await, 1);
        assert!(ada.column("/me/identities", "/id").await.is_empty());
    }

    async fn a_login_is_random_if_the_address_was_a_login(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        // Ada's login stays her first address; that address is free by now.
        let mut ada = fixture.test_app.user("ada@old.example", "Ada").await;
        let body = json!({ "email": "ada@new.example", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        let token = fixture.test_app.mailed_token("ada@new.example", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        fixture.service.is("bob", "ada@old.example");
        let mut bob = fixture.signed_up().await;
        let me = bob.get("/me").await.expect(200).json();
        assert_eq!(me["email"], "ada@old.example");
        assert_eq!(me["login"].as_str().unwrap().len(), 10);
    }

    async fn language_and_time_zone_come_from_the_browser(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.test_app.anonymous().speaking("ru");
        let way = "?time_zone=Europe/Lisbon&return_to=/profile";
        fixture.sign_in_through_provider(&mut gil, way).await.leads_to("/profile");
        let me = gil.get("/me").await.expect(200).json();
        assert_eq!((&me["locale"], &me["time_zone"]), (&json!("ru"), &json!("Europe/Lisbon")));
    }

    async fn a_disabled_user_cannot_sign_in(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
        fixture.test_app.run_sql("update users set disabled_at = 1").await;
        let mut browser = fixture.test_app.anonymous();
        let response = fixture.sign_in_through_provider(&mut browser, "").await;
        assert_eq!(ended(&response), "disabled");
        browser.get("/me").await.expect(401);
    }

    async fn signing_in_again_replaces_the_session_of_the_browser(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        let mut before = gil.clone();
        fixture.sign_in_through_provider(&mut gil, "").await.leads_to("/accounts");
        before.get("/me").await.expect(401);
        gil.get("/me").await.expect(200);
        assert_eq!(fixture.sessions().await, 1);
    }

    async fn two_concurrent_callbacks_of_one_new_subject_create_one_user(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "");
        fixture.service.script().claims["email"] = Value::Null;
        let (mut one, mut other) = (fixture.test_app.anonymous(), fixture.test_app.anonymous());
        let ways = [fixture.authorization_url(&mut one, "").await, fixture.authorization_url(&mut other, "").await];
        let backs = ways.map(|authorization_url| fixture.service.agree(&authorization_url));
        let (a, b) = tokio::join!(one.page(&backs[0]), other.page(&backs[1]));
        for response in [&a, &b] {
            let led = response.location();
            assert!(led.starts_with("/accounts") || ended(response) == "stale", "{led}");
        }
        assert_eq!(fixture.users().await, 1);
    }

    async fn one_of_two_concurrent_sign_ups_gets_the_address_and_both_succeed(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        for round in 0..5 {
            let mut ways = Vec::new();
            for who in ["one", "two"] {
                let subject = format!("{who}{round}");
                fixture.service.is(&subject, "");
                fixture.service.script().claims["email"] = Value::Null;
                let mut browser = fixture.signed_up().await;
                let authorization_url = fixture.authorization_url(&mut browser, "").await;
                ways.push((browser, authorization_url, subject));
            }
            let email = format!("same{round}@work.example");
            let (mut two, there_two, subject_two) = ways.pop().unwrap();
            let (mut one, there_one, subject_one) = ways.pop().unwrap();
            fixture.service.is(&subject_one, &email);
            let back_one = fixture.service.agree(&there_one);
            let back_two = fixture.service.agree(&there_two);
            fixture.service.set_subject(&back_two, &subject_two);
            let (a, b) = tokio::join!(one.page(&back_one), two.page(&back_two));
            for response in [a, b] {
                response.leads_to("/accounts");
            }
            let emails = [one.get("/me").await.json(), two.get("/me").await.json()].map(|me| me["email"].clone());
            assert_eq!(emails.iter().filter(|address| **address == json!(email)).count(), 1, "{emails:?}");
        }
    }

    async fn providers_are_listed_without_their_secrets(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let response = fixture.test_app.anonymous().get("/providers").await.expect(200);
        let listed = json!({ "items": [{ "id": "work", "name": "Work", "kind": "oidc" }],
            "next_cursor": null });
        assert_eq!(response.json(), listed);
    }
}
