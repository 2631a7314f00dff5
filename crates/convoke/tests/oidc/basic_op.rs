//! The 38 modules of the OpenID Foundation's plan for the profile Basic OP (`oidcc-basic-certification-test-plan`) by their names,
//! written anew from their public descriptions.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::flow::{
    ClientAuthentication, EVE, Fixture, PLATFORM, Request, Tokens, VAULT, VERIFIER, follow_local,
    is_sign_in_page, metadata, published_keys, relying_parties, sign_in, user_info, with_rs256,
};
use super::jws;
use crate::on_both;
use crate::support::{Client, TestApp};

const SECOND: Duration = Duration::from_secs(1);

/// The request of most modules: no PKCE.
fn request(scope: &str) -> Request {
    PLATFORM.request_without_pkce().with("scope", scope)
}

/// Tokens of a browser that has to sign in first.
async fn tokens_after_sign_in(
    fixture: &Fixture,
    browser: &mut Client,
    request: &Request,
) -> Tokens {
    let page = request.open(browser).await;
    let response = sign_in(browser, &page, EVE).await;
    let code = request.response_of(&response).code();
    request.redeem(&fixture.test_app, &code).await
}

/// The claims of userinfo for a scope.
async fn user_info_of(fixture: &mut Fixture, scope: &str) -> Value {
    let tokens = request(scope)
        .tokens(&fixture.test_app, &mut fixture.eve)
        .await;
    assert!(tokens.id.get("email").or(tokens.id.get("name")).is_none());
    tokens.user_info(&fixture.test_app).await
}

/// The scopes of the metadata.
async fn scopes(test_app: &TestApp) -> Vec<String> {
    let metadata = metadata(test_app).await;
    serde_json::from_value(metadata["scopes_supported"].clone()).unwrap()
}

const PROFILE: [&str; 7] = [
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "locale",
    "zoneinfo",
    "updated_at",
];

#[track_caller]
fn assert_profile(claims: &Value) {
    let missing: Vec<&str> = PROFILE
        .into_iter()
        .filter(|name| claims[*name].is_null())
        .collect();
    assert!(missing.is_empty(), "{missing:?} in {claims}");
    assert!(claims["updated_at"].is_i64());
    assert_eq!(
        (&claims["name"], &claims["locale"]),
        (&json!("Eve Li"), &json!("en"))
    );
}

async fn fill_profile(fixture: &mut Fixture) {
    let profile = json!({ "last_name": "Li", "phone": "+351 210 000 000" });
    fixture.eve.patch("/me", &profile).await.expect(200);
}

on_both! {
    async fn oidcc_server(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let (mut browser, request) = (fixture.test_app.anonymous(), request("openid"));
        let page = request.open(&mut browser).await;
        let response = sign_in(&mut browser, &page, EVE).await;
        let answer = request.response_of(&response);
        assert!(!answer.is_form_post);
        let tokens = request.redeem(&fixture.test_app, &answer.code()).await;
        assert_eq!((tokens.scope.as_str(), &tokens.refresh_token), ("openid", &None));
        let subject = tokens.text("/sub");
        assert!(subject.is_ascii() && subject.len() <= 255);
        assert_eq!(tokens.id["amr"], json!(["pwd"]));
        assert_eq!(tokens.id["acr"], "1");
        let keys = published_keys(&fixture.test_app).await;
        let both = (tokens.id_token.as_str(), tokens.access_token.as_str());
        let client = (PLATFORM.id, PLATFORM.secret);
        jws::verify_as_client(both, &keys, client, "nonce-of-the-request", fixture.test_app.now());
        tokens.user_info(&fixture.test_app).await;
    }

    async fn oidcc_response_type_missing(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid").without("response_type");
        let response = request.open(&mut fixture.eve).await;
        assert_eq!(request.response_of(&response).error(), "invalid_request");
    }

    async fn oidcc_idtoken_signature(test_app: TestApp, with_rs256) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = request("openid").tokens(&fixture.test_app, &mut fixture.eve).await;
        let (head, _) = jws::read(&tokens.id_token);
        assert_eq!(head["alg"], "RS256");
        let keys = published_keys(&fixture.test_app).await;
        let of_kid = keys["keys"].as_array().unwrap().iter().filter(|key| key["kid"] == head["kid"]);
        assert_eq!(of_kid.count(), 1);
        assert!(!jws::is_signed(&jws::badly_signed(&tokens.id_token), &keys));
        assert!(!jws::is_signed(&jws::with_claim(&tokens.id_token, "sub", json!("usr_1")), &keys));
        // The other algorithm, for a product that has chosen it.
        let request = VAULT.request();
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        assert_eq!(jws::read(&tokens.id_token).0["alg"], "ES256");
        let both = (tokens.id_token.as_str(), tokens.access_token.as_str());
        jws::verify_as_client(both, &keys, (VAULT.id, VAULT.secret), "nonce-of-the-request", fixture.test_app.now());
    }

    async fn oidcc_idtoken_unsigned(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let algorithms = metadata(&fixture.test_app).await["id_token_signing_alg_values_supported"].clone();
        assert!(!algorithms.as_array().unwrap().contains(&json!("none")), "{algorithms}");
        let tokens = request("openid").tokens(&fixture.test_app, &mut fixture.eve).await;
        let unsigned = jws::unsigned(&tokens.id_token);
        let request = request("openid").with("id_token_hint", &unsigned);
        let response = request.open(&mut fixture.eve).await;
        assert_eq!(request.response_of(&response).error(), "invalid_request");
        user_info(&fixture.test_app, &jws::unsigned(&tokens.access_token)).await.expect(401);
    }

    async fn oidcc_userinfo_get(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = request("openid").tokens(&fixture.test_app, &mut fixture.eve).await;
        let response = user_info(&fixture.test_app, &tokens.access_token).await.expect(200);
        assert_eq!(response.header("cache-control"), "no-store");
        let claims = response.json();
        assert_eq!(claims["sub"], tokens.id["sub"]);
        let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
        assert_eq!(names, ["sub", "account", "roles", "owner"]);
    }

    async fn oidcc_userinfo_post_header(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = request("openid").tokens(&fixture.test_app, &mut fixture.eve).await;
        let bearer = format!("Bearer {}", tokens.access_token);
        let mut caller = fixture.test_app.anonymous().with("authorization", &bearer);
        let response = caller.raw(Method::POST, "/oauth2/userinfo", None, Vec::new()).await.expect(200);
        assert_eq!(response.json()["sub"], tokens.id["sub"]);
        let form = caller.submit("/oauth2/userinfo", &[]).await.expect(200);
        assert_eq!(form.json()["sub"], tokens.id["sub"]);
    }

    async fn oidcc_userinfo_post_body(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = request("openid").tokens(&fixture.test_app, &mut fixture.eve).await;
        let fields = [("access_token", tokens.access_token.as_str())];
        let response = fixture.test_app.anonymous().submit("/oauth2/userinfo", &fields).await.expect(200);
        assert_eq!(response.json()["sub"], tokens.id["sub"]);
    }

    async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid").without("nonce");
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        assert!(tokens.id.get("nonce").is_none());
    }

    async fn oidcc_scope_profile(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        fill_profile(&mut fixture).await;
        let claims = user_info_of(&mut fixture, "openid profile").await;
        assert!(claims.get("email").is_none() && claims.get("phone_number").is_none());
        assert_profile(&claims);
    }

    async fn oidcc_scope_email(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let claims = user_info_of(&mut fixture, "openid email").await;
        assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(EVE), &json!(true)));
        assert!(claims.get("name").is_none());
    }

    async fn oidcc_scope_address(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        assert!(!scopes(&fixture.test_app).await.contains(&"address".to_owned()));
        let request = request("openid address");
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        assert_eq!(tokens.scope, "openid");
        assert!(tokens.user_info(&fixture.test_app).await.get("address").is_none());
    }

    async fn oidcc_scope_phone(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        assert!(user_info_of(&mut fixture, "openid phone").await.get("phone_number").is_none());
        fill_profile(&mut fixture).await;
        let claims = user_info_of(&mut fixture, "openid phone").await;
        assert_eq!((&claims["phone_number"], &claims["phone_number_verified"]), (&json!("+351 210 000 000"), &json!(false)));
    }

    async fn oidcc_scope_all(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        fill_profile(&mut fixture).await;
        let all = scopes(&fixture.test_app).await;
        assert_eq!(all, ["openid", "profile", "email", "phone", "accounts", "offline_access"]);
        let request = request(&all.join(" "));
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        assert_eq!(tokens.scope, all.join(" "));
        assert!(tokens.refresh_token.is_some());
        let claims = tokens.user_info(&fixture.test_app).await;
        assert_eq!((&claims["email"], claims["phone_number"].is_string()), (&json!(EVE), true));
        let account = tokens.text("/account/id");
        assert_eq!(claims["accounts"], json!([{ "id": account, "name": "Eve's account", "roles": [], "owner": true }]));
        assert_profile(&claims);
    }

    async fn oidcc_alternate_happy_flow(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let mut request = request("email openid");
        request.parameters.reverse();
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        assert_eq!(tokens.user_info(&fixture.test_app).await["email"], EVE);
    }

    async fn oidcc_display_page(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let request = request("openid").with("display", "page");
        tokens_after_sign_in(&fixture, &mut fixture.test_app.anonymous(), &request).await;
    }

    async fn oidcc_display_popup(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let request = request("openid").with("display", "popup");
        tokens_after_sign_in(&fixture, &mut fixture.test_app.anonymous(), &request).await;
    }

    async fn oidcc_prompt_login(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let first = tokens_after_sign_in(&fixture, &mut browser, &request("openid")).await;
        fixture.test_app.advance(SECOND);
        let request = request("openid").with("prompt", "login");
        let second = tokens_after_sign_in(&fixture, &mut browser, &request).await;
        assert_eq!(first.id["sub"], second.id["sub"]);
        assert_eq!(second.id["auth_time"].as_i64().unwrap(), first.id["auth_time"].as_i64().unwrap() + 1);
    }

    async fn oidcc_prompt_none_not_logged_in(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let request = request("openid").with("prompt", "none");
        let response = request.open(&mut fixture.test_app.anonymous()).await;
        assert_eq!(request.response_of(&response).error(), "login_required");
    }

    async fn oidcc_prompt_none_logged_in(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let first = tokens_after_sign_in(&fixture, &mut browser, &request("openid")).await;
        fixture.test_app.advance(SECOND);
        let request = request("openid").with("prompt", "none");
        let second = request.tokens(&fixture.test_app, &mut browser).await;
        for claim in ["sub", "auth_time"] {
            assert_eq!(first.id[claim], second.id[claim], "{claim}");
        }
    }

    async fn oidcc_max_age_1(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let first = tokens_after_sign_in(&fixture, &mut browser, &request("openid")).await;
        fixture.test_app.advance(2 * SECOND);
        let request = request("openid").with("max_age", "1");
        let second = tokens_after_sign_in(&fixture, &mut browser, &request).await;
        let (before, after) = (first.id["auth_time"].as_i64().unwrap(), second.id["auth_time"].as_i64().unwrap());
        assert!(after > before && after == fixture.test_app.now().millis() / 1_000);
        assert_eq!(first.id["sub"], second.id["sub"]);
    }

    async fn oidcc_max_age_10000(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let mut browser = fixture.test_app.anonymous();
        let first = tokens_after_sign_in(&fixture, &mut browser, &request("openid")).await;
        fixture.test_app.advance(2 * SECOND);
        let request = request("openid").with("max_age", "10000");
        let second = request.tokens(&fixture.test_app, &mut browser).await;
        for claim in ["sub", "auth_time"] {
            assert_eq!(first.id[claim], second.id[claim], "{claim}");
        }
    }

    async fn oidcc_ensure_request_with_unknown_parameter_succeeds(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid").with("extra", "foobar").adding("extra", &"x".repeat(3_000));
        request.tokens(&fixture.test_app, &mut fixture.eve).await;
    }

    async fn oidcc_id_token_hint(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let first = request("openid").tokens(&fixture.test_app, &mut fixture.eve).await;
        fixture.test_app.advance(SECOND);
        let request = request("openid").with("prompt", "none").with("id_token_hint", &first.id_token);
        let second = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        for claim in ["sub", "auth_time"] {
            assert_eq!(first.id[claim], second.id[claim], "{claim}");
        }
        // An expired one counts too, and not for another user.
        fixture.test_app.advance(Duration::from_mins(11));
        request.tokens(&fixture.test_app, &mut fixture.eve).await;
        let response = request.open(&mut fixture.bo).await;
        assert_eq!(request.response_of(&response).error(), "login_required");
    }

    async fn oidcc_login_hint(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let request = request("openid").with("login_hint", "buffy@localhost");
        let mut browser = fixture.test_app.anonymous();
        let page = request.open(&mut browser).await;
        assert_eq!(page.html().field("login"), "buffy@localhost");
        let response = sign_in(&mut browser, &page, EVE).await;
        request.response_of(&response).code();
    }

    async fn oidcc_ui_locales(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        for (locales, language) in [("se", "en"), ("fr ru en", "ru"), ("ru", "ru"), ("en ru", "en")] {
            let request = request("openid").with("ui_locales", locales);
            let mut browser = fixture.test_app.anonymous();
            let page = request.open(&mut browser).await.has(&format!("html[lang='{language}']"));
            let response = sign_in(&mut browser, &page, EVE).await;
            request.response_of(&response).code();
        }
    }

    async fn oidcc_claims_locales(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid").with("claims_locales", "se");
        request.tokens(&fixture.test_app, &mut fixture.eve).await;
    }

    async fn oidcc_ensure_request_with_acr_values_succeeds(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let supported = metadata(&fixture.test_app).await["acr_values_supported"].clone();
        let values = ["1 2".to_owned(), supported[0].as_str().unwrap().to_owned(), "urn:unknown".to_owned()];
        for values in values {
            let request = request("openid").with("acr_values", &values);
            let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
            assert_eq!(tokens.id["acr"], supported[0]);
        }
    }

    async fn oidcc_codereuse(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid");
        let code = request.code(&mut fixture.eve).await;
        request.redeem(&fixture.test_app, &code).await;
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", PLATFORM.redirect_uri)];
        let again = PLATFORM.token(&fixture.test_app, &fields).await.expect(400);
        assert_eq!(again.text("/error"), "invalid_grant");
    }

    async fn oidcc_codereuse_30seconds(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid offline_access");
        let code = request.code(&mut fixture.eve).await;
        let tokens = request.redeem(&fixture.test_app, &code).await;
        assert!(tokens.are_active(&fixture.test_app, PLATFORM).await);
        fixture.test_app.advance(30 * SECOND);
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", PLATFORM.redirect_uri)];
        let again = PLATFORM.token(&fixture.test_app, &fields).await.expect(400);
        assert_eq!(again.text("/error"), "invalid_grant");
        assert!(!tokens.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn oidcc_ensure_registered_redirect_uri(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid").with("redirect_uri", "https://platform.example/other");
        for browser in [&mut fixture.eve, &mut fixture.test_app.anonymous()] {
            let page = request.open(browser).await.expect(400);
            assert_eq!(page.heading(), "This address is not registered");
        }
    }

    async fn oidcc_ensure_post_request_succeeds(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = request("openid");
        // The browser sends no cookie with the POST of another site, and all of them with the redirect.
        let mut other_site = fixture.test_app.anonymous().with("sec-fetch-site", "cross-site");
        let fields: Vec<(&str, &str)> = request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let redirect = other_site.submit("/oauth2/authorize", &fields).await;
        assert_eq!(redirect.location(), request.path());
        let response = follow_local(&mut fixture.eve, redirect).await;
        let code = request.response_of(&response).code();
        request.redeem(&fixture.test_app, &code).await;
    }

    async fn oidcc_server_client_secret_post(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let party = PLATFORM.authenticating(ClientAuthentication::Post);
        let tokens = tokens_after_sign_in(&fixture, &mut fixture.test_app.anonymous(), &party.request_without_pkce()).await;
        tokens.user_info(&fixture.test_app).await;
    }

    async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        assert_eq!(metadata(&fixture.test_app).await["request_uri_parameter_supported"], false);
        let request = request("openid").with("request_uri", "https://platform.example/request.jwt");
        let response = request.open(&mut fixture.eve).await;
        assert_eq!(request.response_of(&response).error(), "request_uri_not_supported");
    }

    async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        assert_eq!(metadata(&fixture.test_app).await["request_parameter_supported"], false);
        let request = request("openid").with("request", &request_object(PLATFORM.redirect_uri));
        let response = request.open(&mut fixture.eve).await;
        assert_eq!(request.response_of(&response).error(), "request_not_supported");
    }

    async fn oidcc_claims_essential(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        assert_eq!(metadata(&fixture.test_app).await["claims_parameter_supported"], false);
        let claims = json!({ "userinfo": { "name": { "essential": true } } }).to_string();
        let request = request("openid profile").with("claims", &claims);
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        assert_eq!(tokens.user_info(&fixture.test_app).await["name"], "Eve");
    }

    async fn oidcc_ensure_request_object_with_redirect_uri(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        // The address of the object does not count: neither instead of a wrong one nor instead of a right one.
        let request = request("openid").with("request", &request_object(PLATFORM.redirect_uri))
            .with("redirect_uri", "https://platform.example/not-registered");
        request.open(&mut fixture.eve).await.expect(400).shows("not registered");
        let request = request.with("redirect_uri", PLATFORM.redirect_uri).with("request", &request_object("https://evil.example/"));
        let response = request.open(&mut fixture.eve).await;
        assert_eq!(request.response_of(&response).error(), "request_not_supported");
    }

    async fn oidcc_refresh_token(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let first = request("openid offline_access").tokens(&fixture.test_app, &mut fixture.eve).await;
        assert!(first.refresh_token().bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        fixture.test_app.advance(2 * SECOND);
        // It is bound to its client, whose attempt changes nothing.
        let foreign = VAULT.refresh(&fixture.test_app, first.refresh_token()).await.expect(400);
        assert_eq!(foreign.text("/error"), "invalid_grant");
        let response = PLATFORM.refresh(&fixture.test_app, first.refresh_token()).await;
        let second = Tokens::read(&fixture.test_app, PLATFORM, response).await;
        assert_ne!(first.access_token, second.access_token);
        for claim in ["iss", "sub", "aud", "azp", "auth_time", "sid"] {
            assert_eq!(first.id[claim], second.id[claim], "{claim}");
        }
        assert!(second.id["iat"].as_i64() > first.id["iat"].as_i64());
        assert!(second.id.get("nonce").is_none());
        second.user_info(&fixture.test_app).await;
        assert_ne!(first.refresh_token, second.refresh_token);
    }

    async fn oidcc_ensure_request_with_valid_pkce_succeeds(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        tokens.user_info(&fixture.test_app).await;
        assert!((43..=128).contains(&VERIFIER.len()));
        assert!(!is_sign_in_page(&request.open(&mut fixture.eve).await));
    }
}

/// An unsigned request object (OpenID Connect Core section 6.1).
fn request_object(redirect_uri: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = json!({ "client_id": PLATFORM.id, "redirect_uri": redirect_uri, "scope": "openid", "response_type": "code" });
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(json!({ "alg": "none" })), encode(claims))
}
