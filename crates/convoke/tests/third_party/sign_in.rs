//! Whoever a service authenticates has a user, and always the same one (rule U5).

use serde_json::{Value, json};

use super::{Scene, ended};
use crate::on_both;
use crate::support::PASSWORD;

on_both! {
    async fn somebody_new_gets_a_user_with_a_random_login_and_the_verified_address(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "Gil@Work.Example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
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

    async fn whoever_comes_again_is_the_same_user_whatever_else_has_changed(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut first = scene.signed_in("/accounts?done=signed-up").await;
        scene.service.is("gil", "gil.tester@elsewhere.example");
        scene.service.script().claims["preferred_username"] = json!("gil.tester");
        let mut second = scene.signed_in("/accounts").await;
        assert_eq!(first.id().await, second.id().await);
        assert_eq!(second.get("/me").await.text("/email"), "gil@work.example");
        let names = second.column("/me/identities", "/name").await;
        assert_eq!(names, ["gil.tester"]);
        assert_eq!(scene.users().await, 1);
        let actions = second.column("/me/activity", "/action").await;
        assert_eq!(actions, ["session.created", "user.created"]);
    }

    async fn what_a_service_calls_a_person_is_stored_without_hidden_characters(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        {
            let claims = &mut scene.service.script().claims;
            claims["preferred_username"] = json!("gil\u{202e}nimda\u{200b}\u{7f}");
            claims["given_name"] = json!("G\u{2066}il");
        }
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        assert_eq!(gil.column("/me/identities", "/name").await, ["gilnimda"]);
        assert_eq!(gil.get("/me").await.text("/first_name"), "Gil");
        assert_eq!(gil.column("/accounts", "/name").await, ["Gil Tester's account"]);
    }

    async fn an_address_that_is_not_verified_by_the_boolean_true_is_no_address(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        for (subject, claim) in [("a", json!(false)), ("b", json!("true")), ("c", Value::Null)] {
            scene.service.is(subject, "ada@work.example");
            scene.service.script().claims["email_verified"] = claim;
            let mut browser = scene.signed_in("/accounts?done=signed-up").await;
            let me = browser.get("/me").await.expect(200).json();
            assert_eq!(me["email"], Value::Null, "{subject}");
        }
        // Three people, none of them merged with another.
        assert_eq!(scene.users().await, 3);
    }

    async fn a_trusted_domain_counts_where_the_claim_is_absent(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut settings = scene.service.settings("work", convoke_infra::identity_providers::ProviderKind::Oidc);
        settings.trusted_email_domains = vec!["work.example".to_owned()];
        let test_app = scene.test_app.restarted(|config| config.providers = vec![settings]).await;
        let scene = Scene { test_app, service: scene.service };
        let mut emails = Vec::new();
        for (subject, email) in [("a", "ada@work.example"), ("b", "bob@other.example")] {
            scene.service.is(subject, email);
            scene.service.script().claims["email_verified"] = Value::Null;
            let mut browser = scene.signed_in("/accounts?done=signed-up").await;
            emails.push(browser.get("/me").await.json()["email"].clone());
        }
        assert_eq!(emails, [json!("ada@work.example"), Value::Null]);
    }

    async fn what_the_token_leaves_out_comes_from_the_user_info_of_the_same_person(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.script().claims = json!({ "sub": "gil" });
        scene.service.script().user_info = Some(json!({ "sub": "gil", "name": "Gil Tester",
            "email": "gil@work.example", "email_verified": true }));
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        assert_eq!(gil.get("/me").await.text("/email"), "gil@work.example");

        scene.service.script().claims = json!({ "sub": "eve" });
        let mut eve = scene.test_app.anonymous();
        let answer = scene.come(&mut eve, "").await;
        assert_eq!(ended(&answer), "untrusted");
        assert_eq!(scene.users().await, 1);
    }

    async fn an_address_that_is_somebodys_merges_nothing(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut ada = scene.test_app.user("ada@work.example", "Ada").await;
        scene.service.is("ada-at-work", "ada@work.example");
        let mut browser = scene.test_app.anonymous();
        let answer = scene.come(&mut browser, "").await;
        assert_eq!(ended(&answer), "address-taken");
        browser.follow(answer).await.expect(409).shows("Another user already has this address")
            .shows("Sign in with your password once, then connect Work in your profile.")
            .shows("href=\"/sign-in?return_to=/profile\"");
        browser.get("/me").await.expect(401);
        assert_eq!(scene.users().await, 1);
        assert!(ada.column("/me/identities", "/id").await.is_empty());
    }

    async fn the_new_login_of_somebody_whose_address_was_a_login_is_random_too(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        // Ada's login stays her first address; that address is free by now.
        let mut ada = scene.test_app.user("ada@old.example", "Ada").await;
        let body = json!({ "email": "ada@new.example", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        let token = scene.test_app.mailed_token("ada@new.example", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        scene.service.is("bob", "ada@old.example");
        let mut bob = scene.signed_in("/accounts?done=signed-up").await;
        let me = bob.get("/me").await.expect(200).json();
        assert_eq!(me["email"], "ada@old.example");
        assert_eq!(me["login"].as_str().unwrap().len(), 10);
    }

    async fn language_and_time_zone_are_the_browsers(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.test_app.anonymous().speaking("ru");
        let way = "?time_zone=Europe/Lisbon&return_to=/profile";
        scene.come(&mut gil, way).await.leads_to("/profile");
        let me = gil.get("/me").await.expect(200).json();
        assert_eq!((&me["locale"], &me["time_zone"]), (&json!("ru"), &json!("Europe/Lisbon")));
    }

    async fn a_user_who_was_switched_off_does_not_get_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
        scene.test_app.run_sql("update users set disabled_at = 1").await;
        let mut browser = scene.test_app.anonymous();
        let answer = scene.come(&mut browser, "").await;
        assert_eq!(ended(&answer), "disabled");
        browser.get("/me").await.expect(401);
    }

    async fn signing_in_again_takes_the_place_of_the_browsers_session(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut gil = scene.signed_in("/accounts?done=signed-up").await;
        let mut before = gil.clone();
        scene.come(&mut gil, "").await.leads_to("/accounts");
        before.get("/me").await.expect(401);
        gil.get("/me").await.expect(200);
        assert_eq!(scene.sessions().await, 1);
    }

    async fn two_ways_back_of_one_new_person_make_one_user(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "");
        scene.service.script().claims["email"] = Value::Null;
        let (mut one, mut other) = (scene.test_app.anonymous(), scene.test_app.anonymous());
        let ways = [scene.there(&mut one, "").await, scene.there(&mut other, "").await];
        let backs = ways.map(|there| scene.service.agree(&there));
        let (a, b) = tokio::join!(one.page(&backs[0]), other.page(&backs[1]));
        for answer in [&a, &b] {
            let led = answer.location();
            assert!(led.starts_with("/accounts") || ended(answer) == "stale", "{led}");
        }
        assert_eq!(scene.users().await, 1);
    }

    async fn of_two_who_take_an_address_at_once_one_has_it_and_both_are_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        for round in 0..5 {
            let mut ways = Vec::new();
            for who in ["one", "two"] {
                let subject = format!("{who}{round}");
                scene.service.is(&subject, "");
                scene.service.script().claims["email"] = Value::Null;
                let mut browser = scene.signed_in("/accounts?done=signed-up").await;
                let there = scene.there(&mut browser, "").await;
                ways.push((browser, there, subject));
            }
            let email = format!("same{round}@work.example");
            let (mut two, there_two, subject_two) = ways.pop().unwrap();
            let (mut one, there_one, subject_one) = ways.pop().unwrap();
            scene.service.is(&subject_one, &email);
            let back_one = scene.service.agree(&there_one);
            let back_two = scene.service.agree(&there_two);
            scene.service.tell(&back_two, &subject_two);
            let (a, b) = tokio::join!(one.page(&back_one), two.page(&back_two));
            for answer in [a, b] {
                answer.leads_to("/accounts");
            }
            let emails = [one.get("/me").await.json(), two.get("/me").await.json()].map(|me| me["email"].clone());
            assert_eq!(emails.iter().filter(|it| **it == json!(email)).count(), 1, "{emails:?}");
        }
    }

    async fn services_are_listed_without_their_secrets(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let answer = scene.test_app.anonymous().get("/providers").await.expect(200);
        let listed = json!({ "items": [{ "id": "work", "name": "Work", "kind": "oidc" }],
            "next_cursor": null });
        assert_eq!(answer.json(), listed);
    }
}
