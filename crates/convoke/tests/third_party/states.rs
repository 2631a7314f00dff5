//! A callback is valid once, within ten minutes, in the browser that started the flow, from the provider of the flow
//! (security rule 7).

use convoke_infra::identity_providers::ProviderKind;
use std::time::Duration;

use super::{Fixture, count, ended};
use crate::on_both;

on_both! {
    async fn a_callback_without_its_cookie_or_state_is_rejected(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut browser = fixture.test_app.anonymous();
        let authorization_url = fixture.authorization_url(&mut browser, "").await;
        let back = fixture.service.agree(&authorization_url);

        let mut other = fixture.test_app.anonymous();
        let response = other.page(&back).await;
        assert_eq!(ended(&response), "stale");
        other.follow(response).await.expect(410).shows("This sign-in through Work no longer works");

        let (path, query) = back.split_once('?').unwrap();
        let without = |name: &str| {
            let left = query.split('&').filter(|pair| !pair.starts_with(name));
            format!("{path}?{}", left.collect::<Vec<_>>().join("&"))
        };
        let wrong = back.replace("state=", "state=x").replacen("state=x", "state=y", 1);
        for path in [without("state="), wrong, path.to_owned()] {
            let response = browser.page(&path).await;
            assert_eq!(ended(&response), "stale", "{path}");
        }
        assert_eq!((fixture.users().await, fixture.sessions().await), (0, 0));
        // The valid callback still works.
        browser.page(&back).await.leads_to("/accounts").flashes("signed-up");
    }

    async fn a_callback_works_once(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut browser = fixture.test_app.anonymous();
        let authorization_url = fixture.authorization_url(&mut browser, "").await;
        let kept = browser.clone();
        let back = fixture.service.agree(&authorization_url);
        browser.page(&back).await.leads_to("/accounts").flashes("signed-up");
        // Also with the expired cookie and a valid code.
        let mut again = kept;
        let code = fixture.service.agree(&authorization_url);
        let response = again.page(&code).await;
        assert_eq!(ended(&response), "stale");
        assert_eq!(fixture.sessions().await, 1);
    }

    async fn a_callback_expires_after_ten_minutes(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut browser = fixture.test_app.anonymous();
        let authorization_url = fixture.authorization_url(&mut browser, "").await;
        fixture.test_app.advance(Duration::from_mins(10));
        let back = fixture.service.agree(&authorization_url);
        let response = browser.page(&back).await;
        assert_eq!(ended(&response), "stale");
        let authorization_url = fixture.authorization_url(&mut browser, "").await;
        fixture.test_app.advance_just_before(Duration::from_mins(10));
        let back = fixture.service.agree(&authorization_url);
        browser.page(&back).await.leads_to("/accounts").flashes("signed-up");
    }

    async fn a_code_of_another_flow_is_rejected(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("eve", "eve@work.example");
        let (mut eve, mut ada) = (fixture.test_app.anonymous(), fixture.test_app.anonymous());
        let stolen = fixture.service.agree(&fixture.authorization_url(&mut eve, "").await);
        let own = fixture.service.agree(&fixture.authorization_url(&mut ada, "").await);
        // Code injection: the PKCE verifier does not match.
        let code = |back: &str| back.split(['?', '&']).find(|parameter| parameter.starts_with("code=")).unwrap().to_owned();
        let response = ada.page(&own.replace(&code(&own), &code(&stolen))).await;
        assert_eq!(ended(&response), "stale");
        assert_eq!(fixture.users().await, 0);
    }

    async fn a_state_of_one_provider_is_rejected_for_another(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let settings = ["work", "home"].map(|id| fixture.service.settings(id, ProviderKind::Oidc));
        let test_app = fixture.test_app.restarted(|config| config.providers = settings.to_vec()).await;
        let fixture = Fixture { test_app, service: fixture.service };
        fixture.service.is("gil", "gil@work.example");
        let mut browser = fixture.test_app.anonymous();
        let authorization_url = browser.page("/sign-in/home").await.location();
        let back = fixture.service.agree(&authorization_url).replace("/sign-in/home/", "/sign-in/work/");
        let response = browser.page(&back).await;
        assert_eq!(ended(&response), "stale");
        assert_eq!(fixture.users().await, 0);
    }

    async fn two_tabs_are_independent(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut browser = fixture.test_app.anonymous();
        let first = fixture.authorization_url(&mut browser, "?return_to=/profile").await;
        let second = fixture.authorization_url(&mut browser, "?return_to=/accounts").await;
        assert_eq!(browser.jar.len(), 2);
        let back = fixture.service.agree(&second);
        browser.page(&back).await.leads_to("/accounts");
        let back = fixture.service.agree(&first);
        browser.page(&back).await.leads_to("/profile");
        assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    }

    async fn abandoned_flows_leave_a_bounded_number_of_cookies(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        for _ in 0..12 {
            fixture.authorization_url(&mut browser, "").await;
        }
        assert!(browser.jar.len() <= 4, "{:?}", browser.jar.keys());
    }

    async fn nothing_is_stored_before_the_callback(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let before = fixture.test_app.database.rows();
        let response = browser.page("/sign-in/work?return_to=/profile").await;
        let cookie = response.header("set-cookie").to_owned();
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
        let authorization_url = response.location();
        assert!(authorization_url.contains("code_challenge_method=S256") && authorization_url.contains("nonce="), "{authorization_url}");
        assert_eq!(fixture.test_app.database.rows(), before);
    }

    async fn used_states_are_deleted_after_they_expire(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
        for (minutes, left) in [(19, 1), (1, 0)] {
            fixture.test_app.advance(Duration::from_mins(minutes));
            convoke::jobs::clean_up(&fixture.test_app.app).await.unwrap();
            assert_eq!(count(&fixture.test_app, "select count(*) from used_states").await, left);
        }
    }

    async fn a_foreign_return_to_is_ignored(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        for path in ["https://evil.example", "//evil.example", "/\\evil.example"] {
            let mut browser = fixture.test_app.anonymous();
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", path).finish();
            let response = fixture.sign_in_through_provider(&mut browser, &format!("?{query}")).await;
            assert!(response.location().starts_with("/accounts"), "{}", response.location());
        }
    }
}
