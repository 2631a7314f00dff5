//! Provider errors: false claims, rejections, outages, slow or oversized responses, redirects. A page shows the reason
//! and the remedy; no session and no user is created.

use convoke_infra::identity_providers::ProviderKind;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Fixture, ended};
use crate::on_both;
use crate::support::{InjectedFault, Key, Provider, TestApp};

impl Fixture {
    /// Checks that a sign-in fails with this reason and that the error page has this text and a link.
    async fn assert_error_page(&self, case: &str, why: &str, status: u16, text: &str) {
        let mut browser = self.test_app.anonymous();
        let response = self
            .sign_in_through_provider(&mut browser, "?return_to=/profile")
            .await;
        assert_eq!(ended(&response), why, "{case}");
        let page = browser.follow(response).await.expect(status);
        let page = page.shows(text).shows("Nothing was changed.");
        let page = page.has_link("/sign-in/work?return_to=%2Fprofile");
        page.shows("Sign in another way").hides("gil@work.example");
        assert_eq!(browser.cookie, None, "{case}");
        assert_eq!(
            (self.users().await, self.sessions().await),
            (0, 0),
            "{case}"
        );
    }
}

/// A false claim and its description.
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
        key("signed with an unknown key", Key::Wrong),
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
    async fn an_id_token_with_any_false_claim_is_rejected(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let now = fixture.test_app.now().millis() / 1000;
        let origin = fixture.service.origin().to_owned();
        for (case, lie) in lies(now, &origin) {
            fixture.service.is("gil", "gil@work.example");
            fixture.service.script().header = Value::Null;
            fixture.service.script().key = Key::Right;
            lie(&fixture.service);
            fixture.assert_error_page(case, "untrusted", 403, "We could not make sure who you are").await;
        }
        // Valid claims of the same provider are accepted afterwards.
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
    }

    async fn a_token_response_without_an_id_token_is_rejected(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        for (case, change) in [
            ("no token", json!({ "id_token": null })),
            ("no JWT", json!({ "id_token": "abc" })),
            ("two parts", json!({ "id_token": "abc.def" })),
            ("no access token", json!({ "access_token": null })),
        ] {
            fixture.service.script().token = change;
            fixture.assert_error_page(case, "untrusted", 403, "We could not make sure who you are").await;
        }
    }

    async fn a_callback_of_another_issuer_is_rejected(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.service.script().description = json!({ "authorization_response_iss_parameter_supported": true });
        for issuer in ["&iss=https://evil.example", ""] {
            let mut browser = fixture.test_app.anonymous();
            let authorization_url = fixture.authorization_url(&mut browser, "").await;
            let back = fixture.service.agree(&authorization_url);
            let (without, _) = back.split_once("&iss=").unwrap();
            let response = browser.page(&format!("{without}{issuer}")).await;
            assert_eq!(ended(&response), "untrusted", "{issuer}");
        }
        assert_eq!(fixture.users().await, 0);
        fixture.signed_up().await;
    }

    async fn provider_errors_do_not_sign_in(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        for (fault, why, status, text) in [
            (InjectedFault::Status(500), "unavailable", 503, "Work does not answer"),
            (InjectedFault::Huge, "unavailable", 503, "Work does not answer"),
            (InjectedFault::Elsewhere, "unavailable", 503, "Work does not answer"),
            (InjectedFault::Garbage, "untrusted", 403, "We could not make sure who you are"),
        ] {
            fixture.service.script().faults.insert("/token", fault);
            fixture.assert_error_page("token", why, status, text).await;
        }
        fixture.service.script().faults.clear();
        fixture.signed_up().await;
    }

    async fn a_provider_without_valid_metadata_is_not_redirected_to(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let cases = [
            ("openid-configuration", InjectedFault::Status(503), "unavailable"),
            ("openid-configuration", InjectedFault::Status(404), "misconfigured"),
            ("openid-configuration", InjectedFault::Huge, "unavailable"),
            ("openid-configuration", InjectedFault::Elsewhere, "unavailable"),
            ("openid-configuration", InjectedFault::Garbage, "untrusted"),
            ("/keys", InjectedFault::Status(503), "unavailable"),
            ("/keys", InjectedFault::Garbage, "untrusted"),
        ];
        for (place, fault, why) in cases {
            fixture.service.script().faults.clear();
            fixture.service.script().faults.insert(place, fault);
            // A failed metadata request is cached for three seconds.
            fixture.test_app.advance(Duration::from_secs(3));
            let response = fixture.test_app.anonymous().page("/sign-in/work").await;
            assert_eq!(ended(&response), why, "{place} {fault:?}");
        }
        fixture.service.script().faults.clear();
        fixture.test_app.advance(Duration::from_secs(3));
        fixture.service.script().description = json!({ "issuer": "https://other.example" });
        let response = fixture.test_app.anonymous().page("/sign-in/work").await;
        assert_eq!(ended(&response), "misconfigured");
        fixture.service.script().description = json!({ "issuer": null });
        let response = fixture.test_app.anonymous().page("/sign-in/work").await;
        assert_eq!(ended(&response), "untrusted");
    }

    async fn an_unavailable_provider_is_requested_once_by_concurrent_sign_ins(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.script().faults.insert("openid-configuration", InjectedFault::Status(503));
        let mut many = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let mut browser = fixture.test_app.anonymous();
            many.spawn(async move { browser.page("/sign-in/work").await });
        }
        while let Some(response) = many.join_next().await {
            assert_eq!(ended(&response.unwrap()), "unavailable");
        }
        assert_eq!(fixture.service.script().asked.len(), 1);
        fixture.service.script().faults.clear();
        fixture.test_app.advance(Duration::from_secs(3));
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
    }

    async fn a_failure_cached_in_the_future_is_retried(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.script().faults.insert("openid-configuration", InjectedFault::Status(503));
        fixture.test_app.advance(Duration::from_hours(1));
        let response = fixture.test_app.anonymous().page("/sign-in/work").await;
        assert_eq!(ended(&response), "unavailable");
        // The clock is set back.
        fixture.test_app.clock.rewind(Duration::from_hours(1));
        fixture.service.script().faults.clear();
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
    }

    async fn a_token_with_several_audiences_and_matching_azp_is_accepted(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.service.script().claims["aud"] = json!(["convoke-at-the-service", "project"]);
        fixture.service.script().claims["azp"] = json!("convoke-at-the-service");
        fixture.signed_up().await;
    }

    async fn denied_consent_shows_its_page(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        for (error, why) in [
            ("access_denied", "cancelled"),
            ("temporarily_unavailable", "unavailable"),
            ("server_error", "unavailable"),
            ("invalid_scope", "misconfigured"),
        ] {
            let mut browser = fixture.test_app.anonymous();
            let authorization_url = fixture.authorization_url(&mut browser, "").await;
            let back = fixture.service.agree(&authorization_url).replace("code=", &format!("error={error}&x="));
            let response = browser.page(&back).await;
            assert_eq!(ended(&response), why, "{error}");
        }
        assert_eq!(fixture.users().await, 0);
    }

    async fn an_unknown_code_shows_the_stale_page(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let authorization_url = fixture.authorization_url(&mut browser, "").await;
        let back = fixture.service.agree(&authorization_url).replace("code=code", "code=made-up");
        let response = browser.page(&back).await;
        assert_eq!(ended(&response), "stale");
    }

    async fn invalid_client_credentials_show_the_misconfigured_page(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut settings = fixture.service.settings("work", ProviderKind::Oidc);
        settings.client_secret = Some(convoke_core::secret::Secret::new("wrong".to_owned()));
        let test_app = fixture.test_app.restarted(|config| config.providers = vec![settings]).await;
        let fixture = Fixture { test_app, service: fixture.service };
        fixture.service.is("gil", "gil@work.example");
        fixture.assert_error_page("secret", "misconfigured", 503, "is not set up correctly").await;
    }

    async fn an_unknown_signing_key_refreshes_the_key_set(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
        fixture.service.rotate_key();
        fixture.signed_in("/accounts").await;
        let asked = fixture.service.script().asked.clone();
        assert_eq!(asked.iter().filter(|path| *path == "/keys").count(), 2, "{asked:?}");
    }

    async fn a_reason_in_a_crafted_link_is_not_shown(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        for why in ["stale", "disabled", "address-taken", "untrusted"] {
            let path = format!("/sign-in/work/ended?why={why}");
            browser.page(&path).await.leads_to("/sign-in?return_to=/accounts");
            browser.page(&format!("{path}&connect=1")).await.leads_to("/profile/services");
            browser.page(&format!("{path}&return_to=/profile")).await.leads_to("/sign-in?return_to=/profile");
        }
        let mut boss = fixture.test_app.user("boss@northwind.example", "Boss").await;
        let account = fixture.test_app.account(&mut boss, "Northwind").await;
        fixture.test_app.invite(&mut boss, &account, "gil@work.example", &["DEVELOPER"]).await;
        let token = fixture.test_app.mailed_token("gil@work.example", "invitations").await;
        let page = format!("/invitations/{token}?through=work&needs=email_mismatch");
        browser.page(&page).await.expect(200).hides("We cannot see your email address");
        // The page after a real error can be reloaded.
        fixture.service.script().faults.insert("/token", InjectedFault::Status(500));
        let response = fixture.sign_in_through_provider(&mut browser, "").await;
        let path = response.location();
        browser.follow(response).await.expect(503);
        browser.page(&path).await.expect(503);
    }

    async fn unknown_providers_and_reasons_return_404(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        for path in ["/sign-in/nowhere", "/sign-in/nowhere/callback", "/sign-in/nowhere/ended?why=unavailable",
            "/sign-in/work/ended", "/sign-in/work/ended?why=x", "/connect/nowhere"] {
            browser.page(path).await.expect(404);
        }
    }
}

#[tokio::test]
async fn a_provider_that_never_responds_times_out_after_10_s() {
    let fixture = Fixture::oidc(TestApp::new(crate::support::Database::sqlite()).await).await;
    fixture.service.is("gil", "gil@work.example");
    fixture
        .service
        .script()
        .faults
        .insert("/token", InjectedFault::Silent);
    let begun = std::time::Instant::now();
    fixture
        .assert_error_page("silent", "unavailable", 503, "Work does not answer")
        .await;
    let took = begun.elapsed().as_secs();
    assert!((9..15).contains(&took), "{took} s");
}
