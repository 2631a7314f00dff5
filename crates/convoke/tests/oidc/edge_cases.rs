//! Edge cases of requests and tokens: hints, tabs, decisions, codes without their verifier, scopes, replaced tokens and keys.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::flow::{
    BO, EVE, Fixture, PLATFORM, Tokens, hidden_fields, is_sign_in_page, published_keys,
    relying_parties, sign_in, submit_form, user_info,
};
use super::jws;
use crate::on_both;

const DECISION: &str = "/oauth2/authorize/decision";

on_both! {
    async fn a_hint_is_replaced_by_its_user_in_all_addresses(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let request = PLATFORM.request().with("id_token_hint", &tokens.id_token);
        let mut browser = fixture.test_app.anonymous();
        let redirect = browser.page(&request.path()).await.expect(303);
        assert!(!redirect.location().contains(&tokens.id_token), "{}", redirect.location());
        assert!(!redirect.header("set-cookie").contains(&tokens.id_token));
        let page = browser.page(&redirect.location()).await;
        assert!(!page.body().contains(&tokens.id_token));
        // Someone else is asked to sign in again.
        let other = sign_in(&mut browser, &page, BO).await;
        let response = sign_in(&mut browser, &other, EVE).await;
        assert!(!request.response_of(&response).code().is_empty());
        // A form of the product becomes an address too.
        let posted = browser.submit("/oauth2/authorize", &[
            ("client_id", PLATFORM.id), ("redirect_uri", PLATFORM.redirect_uri), ("id_token_hint", &tokens.id_token),
        ]).await.expect(303);
        assert!(!posted.location().contains(&tokens.id_token), "{}", posted.location());
    }

    async fn a_decision_counts_for_the_user_who_saw_the_page(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        for prompt in ["select_account", "consent"] {
            let request = fixture.northwind().with("prompt", prompt);
            let page = request.open(&mut fixture.bo).await.expect(200);
            let mut fields = hidden_fields(&page.html(), DECISION);
            fields.retain(|(name, _)| name != "account");
            fields.push(("account".to_owned(), fixture.account.clone()));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            // Ana has signed in in another tab.
            let response = fixture.ana.submit(DECISION, &fields).await.expect(303);
            assert!(response.location().starts_with("/oauth2/authorize?"), "{}", response.location());
            let response = fixture.bo.submit(DECISION, &fields).await.expect(303);
            assert!(!request.response_of(&response).code().is_empty());
        }
    }

    async fn a_choice_is_confirmed_where_the_client_asks_for_it(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("prompt", "select_account consent");
        let page = request.open(&mut fixture.bo).await.expect(200);
        let fields = [("account", fixture.account.as_str())];
        let page = submit_form(&mut fixture.bo, &page, DECISION, &fields).await.expect(200);
        assert!(page.body().contains("Northwind") && page.html().attributes("ul.choose", "class").is_empty());
        let response = submit_form(&mut fixture.bo, &page, DECISION, &[]).await;
        let tokens = request.redeem(&fixture.test_app, &request.response_of(&response).code()).await;
        assert_eq!(tokens.id["account"]["id"], json!(fixture.account));
    }

    async fn a_response_in_one_tab_leaves_the_request_of_another(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let first = PLATFORM.request().with("state", "first");
        let page = first.open(&mut browser).await;
        assert!(is_sign_in_page(&page));
        let silent = PLATFORM.request().with("state", "second").with("prompt", "none");
        let response = browser.page(&silent.path()).await;
        assert_eq!(silent.response_of(&response).get("error"), Some("login_required"));
        let response = browser.page("/oauth2/authorize/continue").await.expect(303);
        assert!(response.location().contains("state=first"), "{}", response.location());
    }

    async fn a_code_without_its_verifier_ends_nothing(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let code = fixture.northwind().code(&mut fixture.bo).await;
        for _ in 0..2 {
            let fields = [
                ("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", PLATFORM.redirect_uri),
                ("code_verifier", "0123456789012345678901234567890123456789012"),
            ];
            let response = PLATFORM.token(&fixture.test_app, &fields).await.expect(400);
            assert_eq!(response.text("/error"), "invalid_grant");
        }
        assert!(tokens.are_active(&fixture.test_app, PLATFORM).await);
        PLATFORM.redeem(&fixture.test_app, &code).await.expect(200);
        // Nor does one that has expired before it was used.
        let expired = fixture.northwind().code(&mut fixture.bo).await;
        fixture.test_app.advance(Duration::from_secs(61));
        for _ in 0..2 {
            PLATFORM.redeem(&fixture.test_app, &expired).await.expect(400);
        }
        PLATFORM.refresh(&fixture.test_app, tokens.refresh_token()).await.expect(200);
    }

    async fn scopes_of_a_refresh_are_known_and_its_own(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let wide = fixture.northwind().with("scope", "openid email offline_access");
        let first = wide.tokens(&fixture.test_app, &mut fixture.bo).await;
        let second = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let introspected = PLATFORM.introspect(&fixture.test_app, first.refresh_token()).await;
        assert_eq!(introspected["scope"], "openid email offline_access");
        let refresh = |token: String, scope: &'static str| {
            let test_app = &fixture.test_app;
            async move {
                let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", scope)];
                PLATFORM.token(test_app, &fields).await
            }
        };
        for scope in ["admin", "openid admin", "openid phone"] {
            let response = refresh(first.refresh_token().to_owned(), scope).await.expect(400);
            assert_eq!(response.text("/error"), "invalid_scope", "{scope}");
        }
        let narrow = refresh(first.refresh_token().to_owned(), "email").await.expect(200).json();
        assert_eq!((&narrow["scope"], &narrow["id_token"]), (&json!("email"), &Value::Null));
        // One that was used ends the grant, whatever is asked for.
        let response = refresh(first.refresh_token().to_owned(), "openid phone").await.expect(400);
        assert_eq!(response.text("/error"), "invalid_grant");
        assert!(!second.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn a_replaced_refresh_token_can_be_revoked(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let first = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        // The response with the next token is lost.
        let response = PLATFORM.refresh(&fixture.test_app, first.refresh_token()).await;
        let lost = Tokens::read(&fixture.test_app, PLATFORM, response).await;
        PLATFORM.revoke(&fixture.test_app, first.refresh_token()).await.expect(200);
        assert!(!lost.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn problems_at_endpoints_of_products_are_json(test_app: TestApp, relying_parties) {
        let mut caller = Fixture::new(test_app).await.test_app.anonymous();
        for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
            let response = caller.page(path).await.expect(405);
            assert_eq!(response.text("/error"), "invalid_request", "{path}");
            assert_eq!(response.header("content-type"), "application/json");
            assert!(response.header("allow").contains("POST"));
        }
    }

    async fn userinfo_reads_a_token_of_a_form_alone(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let bearer = format!("Bearer {}", tokens.access_token);
        let mut caller = fixture.test_app.anonymous().with("authorization", &bearer);
        let body = b"{}".to_vec();
        caller.raw(Method::POST, "/oauth2/userinfo", Some("application/json"), body).await.expect(200);
        let both = [("access_token", tokens.access_token.as_str())];
        let response = caller.submit("/oauth2/userinfo", &both).await.expect(400);
        assert!(response.header("www-authenticate").contains("invalid_request"));
    }

    async fn an_id_token_of_a_replaced_key_is_still_a_hint(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        fixture.test_app.app.rotate_signing_keys(true).await.unwrap();
        fixture.test_app.advance(Duration::from_hours(48));
        fixture.test_app.app.refresh_signing_keys().await.unwrap();
        assert!(!jws::is_signed(&tokens.id_token, &published_keys(&fixture.test_app).await));
        user_info(&fixture.test_app, &tokens.access_token).await.expect(401);
        let request = PLATFORM.request().with("id_token_hint", &tokens.id_token).with("prompt", "none");
        assert!(!request.code(&mut fixture.eve).await.is_empty());
    }
}
