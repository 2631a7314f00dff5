//! A service that lies, rejects, is away, slow, huge or sends elsewhere: a page says what happened and what to do;
//! nobody is signed in, nobody is created.

use convoke_infra::identity_providers::ProviderKind;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, ended};
use crate::on_both;
use crate::support::{InjectedFault, Key, Provider, TestApp};

impl Scene {
    /// Comes back in vain for this reason, and finds the page with its words and a way on.
    async fn comes_in_vain(&self, case: &str, why: &str, status: u16, words: &str) {
        let mut browser = self.test_app.anonymous();
        let answer = self.come(&mut browser, "?return_to=/profile").await;
        assert_eq!(ended(&answer), why, "{case}");
        let page = browser.follow(answer).await.expect(status);
        let page = page.shows(words).shows("Nothing was changed.");
        let page = page.shows("href=\"/sign-in/work?return_to=%2Fprofile\"");
        page.shows("Sign in another way").hides("gil@work.example");
        assert_eq!(browser.cookie, None, "{case}");
        assert_eq!(
            (self.users().await, self.sessions().await),
            (0, 0),
            "{case}"
        );
    }
}

/// A lie, and what it is about.
type Lie = (&'static str, Box<dyn Fn(&Provider) + Send + Sync>);

fn claims(name: &'static str, value: Value) -> Lie {
    let lie = move |service: &Provider| {
        service.script().claims[name] = value.clone();
    };
    (name, Box::new(lie))
}

fn header(name: &'static str, value: Value) -> Lie {
    let lie = move |service: &Provider| service.script().header = json!({ name: value });
    (name, Box::new(lie))
}

fn key(name: &'static str, key: Key) -> Lie {
    (name, Box::new(move |service| service.script().key = key))
}

fn lies(now: i64, origin: &str) -> Vec<Lie> {
    vec![
        key("signed with a key that nobody knows", Key::Wrong),
        key("not signed, alg none", Key::None),
        key("signed with the client's secret", Key::Secret),
        header("alg", json!("RS256")),
        header("alg", json!("none")),
        header("kid", json!("2")),
        claims("iss", json!("https://evil.example")),
        claims("iss", json!(format!("{origin}/"))),
        claims("iss", Value::Null),
        claims("aud", json!("another-client")),
        claims("aud", json!(["convoke-at-the-service", "another-client"])),
        claims("aud", Value::Null),
        claims("azp", json!("another-client")),
        claims("nonce", json!("another-nonce")),
        claims("nonce", Value::Null),
        claims("exp", json!(now - 300)),
        claims("exp", Value::Null),
        claims("iat", json!(now + 600)),
        claims("iat", json!(now - 3_600)),
        claims("iat", Value::Null),
        claims("sub", Value::Null),
        claims("sub", json!("")),
        claims("sub", json!(17)),
        claims("email_verified", json!("perhaps")),
    ]
}

on_both! {
    async fn a_token_that_lies_signs_nobody_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let now = scene.test_app.now().millis() / 1000;
        let origin = scene.service.origin().to_owned();
        for (case, lie) in lies(now, &origin) {
            scene.service.is("gil", "gil@work.example");
            scene.service.script().header = Value::Null;
            scene.service.script().key = Key::Right;
            lie(&scene.service);
            scene.comes_in_vain(case, "untrusted", 403, "We could not make sure who you are").await;
        }
        // The truth, told by the same service a moment later, does.
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
    }

    async fn an_answer_without_a_token_signs_nobody_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        for (case, change) in [
            ("no token", json!({ "id_token": null })),
            ("no JWT", json!({ "id_token": "abc" })),
            ("two parts", json!({ "id_token": "abc.def" })),
            ("no access token", json!({ "access_token": null })),
        ] {
            scene.service.script().token = change;
            scene.comes_in_vain(case, "untrusted", 403, "We could not make sure who you are").await;
        }
    }

    async fn a_code_of_another_issuer_is_not_taken(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        scene.service.script().description = json!({ "authorization_response_iss_parameter_supported": true });
        for issuer in ["&iss=https://evil.example", ""] {
            let mut browser = scene.test_app.anonymous();
            let there = scene.there(&mut browser, "").await;
            let back = scene.service.agree(&there);
            let (without, _) = back.split_once("&iss=").unwrap();
            let answer = browser.page(&format!("{without}{issuer}")).await;
            assert_eq!(ended(&answer), "untrusted", "{issuer}");
        }
        assert_eq!(scene.users().await, 0);
        scene.signed_in("/accounts?done=signed-up").await;
    }

    async fn a_service_in_trouble_signs_nobody_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        for (trouble, why, status, words) in [
            (InjectedFault::Status(500), "away", 503, "Work does not answer"),
            (InjectedFault::Huge, "away", 503, "Work does not answer"),
            (InjectedFault::Elsewhere, "away", 503, "Work does not answer"),
            (InjectedFault::Garbage, "untrusted", 403, "We could not make sure who you are"),
        ] {
            scene.service.script().trouble.insert("/token", trouble);
            scene.comes_in_vain("token", why, status, words).await;
        }
        scene.service.script().trouble.clear();
        scene.signed_in("/accounts?done=signed-up").await;
    }

    async fn a_service_that_cannot_describe_itself_is_not_gone_to(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let cases = [
            ("openid-configuration", InjectedFault::Status(503), "away"),
            ("openid-configuration", InjectedFault::Status(404), "misconfigured"),
            ("openid-configuration", InjectedFault::Huge, "away"),
            ("openid-configuration", InjectedFault::Elsewhere, "away"),
            ("openid-configuration", InjectedFault::Garbage, "untrusted"),
            ("/keys", InjectedFault::Status(503), "away"),
            ("/keys", InjectedFault::Garbage, "untrusted"),
        ];
        for (place, trouble, why) in cases {
            scene.service.script().trouble.clear();
            scene.service.script().trouble.insert(place, trouble);
            // A service that was away is left alone for three seconds.
            scene.test_app.advance(Duration::from_secs(3));
            let answer = scene.test_app.anonymous().page("/sign-in/work").await;
            assert_eq!(ended(&answer), why, "{place} {trouble:?}");
        }
        scene.service.script().trouble.clear();
        scene.test_app.advance(Duration::from_secs(3));
        scene.service.script().description = json!({ "issuer": "https://other.example" });
        let answer = scene.test_app.anonymous().page("/sign-in/work").await;
        assert_eq!(ended(&answer), "misconfigured");
        scene.service.script().description = json!({ "issuer": null });
        let answer = scene.test_app.anonymous().page("/sign-in/work").await;
        assert_eq!(ended(&answer), "untrusted");
    }

    async fn a_service_that_is_away_is_asked_by_one_of_many(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.script().trouble.insert("openid-configuration", InjectedFault::Status(503));
        let mut many = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let mut browser = scene.test_app.anonymous();
            many.spawn(async move { browser.page("/sign-in/work").await });
        }
        while let Some(answer) = many.join_next().await {
            assert_eq!(ended(&answer.unwrap()), "away");
        }
        assert_eq!(scene.service.script().asked.len(), 1);
        scene.service.script().trouble.clear();
        scene.test_app.advance(Duration::from_secs(3));
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
    }

    async fn a_service_that_was_away_at_a_time_to_come_is_asked_again(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.script().trouble.insert("openid-configuration", InjectedFault::Status(503));
        scene.test_app.advance(Duration::from_hours(1));
        let answer = scene.test_app.anonymous().page("/sign-in/work").await;
        assert_eq!(ended(&answer), "away");
        // The clock was wrong, and is right again.
        scene.test_app.clock.rewind(Duration::from_hours(1));
        scene.service.script().trouble.clear();
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
    }

    async fn a_token_for_several_parties_says_that_we_are_its_own(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        scene.service.script().claims["aud"] = json!(["convoke-at-the-service", "project"]);
        scene.service.script().claims["azp"] = json!("convoke-at-the-service");
        scene.signed_in("/accounts?done=signed-up").await;
    }

    async fn whoever_does_not_agree_is_told_so(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        for (error, why) in [
            ("access_denied", "cancelled"),
            ("temporarily_unavailable", "away"),
            ("server_error", "away"),
            ("invalid_scope", "misconfigured"),
        ] {
            let mut browser = scene.test_app.anonymous();
            let there = scene.there(&mut browser, "").await;
            let back = scene.service.agree(&there).replace("code=", &format!("error={error}&x="));
            let answer = browser.page(&back).await;
            assert_eq!(ended(&answer), why, "{error}");
        }
        assert_eq!(scene.users().await, 0);
    }

    async fn a_code_that_the_service_did_not_give_is_a_stale_way_back(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut browser = scene.test_app.anonymous();
        let there = scene.there(&mut browser, "").await;
        let back = scene.service.agree(&there).replace("code=code", "code=made-up");
        let answer = browser.page(&back).await;
        assert_eq!(ended(&answer), "stale");
    }

    async fn wrong_credentials_of_ours_are_the_operators_to_mend(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut settings = scene.service.settings("work", ProviderKind::Oidc);
        settings.client_secret = Some(convoke_core::secret::Secret::new("wrong".to_owned()));
        let test_app = scene.test_app.restarted(|config| config.providers = vec![settings]).await;
        let scene = Scene { test_app, service: scene.service };
        scene.service.is("gil", "gil@work.example");
        scene.comes_in_vain("secret", "misconfigured", 503, "is not set up correctly").await;
    }

    async fn a_new_key_of_the_service_is_asked_for(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
        scene.service.turn_key();
        scene.signed_in("/accounts").await;
        let asked = scene.service.script().asked.clone();
        assert_eq!(asked.iter().filter(|path| *path == "/keys").count(), 2, "{asked:?}");
    }

    async fn a_reason_that_a_link_names_is_not_shown(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut browser = scene.test_app.anonymous();
        for why in ["stale", "disabled", "address-taken", "untrusted"] {
            let path = format!("/sign-in/work/ended?why={why}");
            browser.page(&path).await.leads_to("/sign-in?return_to=/accounts");
            browser.page(&format!("{path}&connect=1")).await.leads_to("/profile");
            browser.page(&format!("{path}&return_to=/profile")).await.leads_to("/sign-in?return_to=/profile");
        }
        let mut boss = scene.test_app.user("boss@northwind.example", "Boss").await;
        let account = scene.test_app.account(&mut boss, "Northwind").await;
        scene.test_app.invite(&mut boss, &account, "gil@work.example", &["DEVELOPER"]).await;
        let token = scene.test_app.mailed_token("gil@work.example", "invitations").await;
        let page = format!("/invitations/{token}?through=work&needs=email_mismatch");
        browser.page(&page).await.expect(200).hides("We cannot see your email address");
        // The page for a reason that there was can be loaded again.
        scene.service.script().trouble.insert("/token", InjectedFault::Status(500));
        let answer = scene.come(&mut browser, "").await;
        let path = answer.location();
        browser.follow(answer).await.expect(503);
        browser.page(&path).await.expect(503);
    }

    async fn services_and_reasons_that_there_are_not_are_not_found(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut browser = scene.test_app.anonymous();
        for path in ["/sign-in/nowhere", "/sign-in/nowhere/callback", "/sign-in/nowhere/ended?why=away",
            "/sign-in/work/ended", "/sign-in/work/ended?why=x", "/connect/nowhere"] {
            browser.page(path).await.expect(404);
        }
    }
}

#[tokio::test]
async fn a_service_that_never_answers_is_given_up_after_ten_seconds() {
    let scene = Scene::oidc(TestApp::new(crate::support::Database::sqlite()).await).await;
    scene.service.is("gil", "gil@work.example");
    scene
        .service
        .script()
        .trouble
        .insert("/token", InjectedFault::Silent);
    let begun = std::time::Instant::now();
    scene
        .comes_in_vain("silent", "away", 503, "Work does not answer")
        .await;
    let took = begun.elapsed().as_secs();
    assert!((9..15).contains(&took), "{took} s");
}
