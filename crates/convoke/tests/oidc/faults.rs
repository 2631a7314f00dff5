//! What goes wrong between a product, a browser and the authorization server: reuse, mix-up, downgrade, lost rights, clocks, keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;
use convoke_app::{App, Dependencies};
use convoke_core::clock::ManualClock;
use convoke_core::random::SeededRandom;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::flow::{
    ANA, AuthorizationResponse, BO, ClientAuthentication, DESK, EVE, Fixture, ISSUER, PLATFORM,
    Request, Tokens, VAULT, VERIFIER, decide, follow_local, from_origin, is_sign_in_page,
    logout_path, published_keys, relying_parties, sign_in, user_info, with_rs256,
};
use super::jws;
use crate::on_both;
use crate::support::{Client, TestApp, TestResponse};

const MINUTE: Duration = Duration::from_mins(1);

#[track_caller]
fn assert_invalid_grant(response: TestResponse) {
    assert_eq!(response.expect(400).text("/error"), "invalid_grant");
}

/// An ES256 or RS256 key that the installation has never published signs for nothing; its `kid` is unknown.
#[track_caller]
fn with_kid(token: &str, kid: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (mut head, _) = jws::read(token);
    head["kid"] = json!(kid);
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head.to_string()))
}

/// Another node on the same database, with a clock of its own.
async fn node(test_app: &TestApp, clock: Arc<ManualClock>) -> (App, axum::Router) {
    // Nodes have no token in common.
    static NODES: AtomicU64 = AtomicU64::new(77);
    let seed = NODES.fetch_add(1, Ordering::Relaxed);
    let random = Arc::new(SeededRandom::new(seed));
    let dependencies = Dependencies { clock, random };
    let app = App::build(test_app.app.config.clone(), dependencies).unwrap();
    app.refresh_signing_keys().await.unwrap();
    let router = convoke_web::router(app.clone());
    (app, router)
}

/// The form of a request to redeem a code.
fn code_form(code: &str) -> [(&str, &str); 6] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", PLATFORM.redirect_uri),
        ("code_verifier", VERIFIER),
        ("client_id", PLATFORM.id),
        ("client_secret", PLATFORM.secret),
    ]
}

on_both! {
    async fn a_code_that_is_used_again_revokes_all_that_it_gave(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = fixture.northwind();
        let code = request.code(&mut fixture.bo).await;
        let tokens = request.redeem(&fixture.test_app, &code).await;
        let response = PLATFORM.refresh(&fixture.test_app, tokens.refresh_token()).await;
        let refreshed = Tokens::read(&fixture.test_app, PLATFORM, response).await;
        // Another client's attempt ends nothing.
        assert_invalid_grant(VAULT.redeem(&fixture.test_app, &code).await);
        assert!(refreshed.are_active(&fixture.test_app, PLATFORM).await);
        assert_invalid_grant(PLATFORM.redeem(&fixture.test_app, &code).await);
        assert!(!refreshed.are_active(&fixture.test_app, PLATFORM).await);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, refreshed.refresh_token()).await);
        // The session goes on, with a new grant.
        let again = request.tokens(&fixture.test_app, &mut fixture.bo).await;
        assert_ne!(again.id["sid"], tokens.id["sid"]);
    }

    async fn of_parallel_uses_of_a_code_one_wins_and_the_grant_ends(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        for _ in 0..5 {
            let code = fixture.northwind().code(&mut fixture.bo).await;
            let mut calls = JoinSet::new();
            for _ in 0..6 {
                let (mut caller, code) = (fixture.test_app.anonymous(), code.clone());
                calls.spawn(async move { caller.submit("/oauth2/token", &code_form(&code)).await });
            }
            assert_one_wins_and_the_grant_ends(&fixture.test_app, calls.join_all().await).await;
        }
    }

    async fn a_refresh_token_that_is_used_again_ends_the_grant(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let first = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let response = PLATFORM.refresh(&fixture.test_app, first.refresh_token()).await;
        let second = Tokens::read(&fixture.test_app, PLATFORM, response).await;
        assert_eq!(PLATFORM.introspect(&fixture.test_app, first.refresh_token()).await, json!({ "active": false }));
        assert!(second.are_active(&fixture.test_app, PLATFORM).await);
        fixture.test_app.advance(24 * 60 * MINUTE);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, first.refresh_token()).await);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, second.refresh_token()).await);
        assert!(!second.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn of_parallel_uses_of_a_refresh_token_one_wins_and_the_grant_ends(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        for _ in 0..5 {
            let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
            let mut calls = JoinSet::new();
            for _ in 0..6 {
                let (mut caller, token) = (fixture.test_app.anonymous(), tokens.refresh_token().to_owned());
                calls.spawn(async move {
                    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("client_id", PLATFORM.id),
                        ("client_secret", PLATFORM.secret)];
                    caller.submit("/oauth2/token", &fields).await
                });
            }
            assert_one_wins_and_the_grant_ends(&fixture.test_app, calls.join_all().await).await;
        }
    }

    async fn a_code_of_another_client_is_worth_nothing_and_each_response_names_its_issuer(test_app: TestApp, relying_parties) {
        // Mix-up (RFC 9700 section 4.4): the client compares `iss`, and the server binds codes to clients and addresses.
        let mut fixture = Fixture::new(test_app).await;
        let request = VAULT.request();
        let code = request.code(&mut fixture.eve).await;
        assert_invalid_grant(PLATFORM.redeem(&fixture.test_app, &code).await);
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", VAULT.redirect_uri), ("code_verifier", VERIFIER)];
        assert_invalid_grant(PLATFORM.token(&fixture.test_app, &fields).await);
        assert_invalid_grant(DESK.token(&fixture.test_app, &fields).await);
        // None of it has used it up.
        request.redeem(&fixture.test_app, &code).await;
        for mode in ["query", "form_post"] {
            for prompt in ["", "none"] {
                let request = PLATFORM.request().with("response_mode", mode).with("prompt", prompt);
                let response = request.open(&mut fixture.eve).await;
                let answer = request.response_of(&response);
                assert_eq!(answer.is_form_post, mode == "form_post");
                request.redeem(&fixture.test_app, &answer.code()).await;
            }
        }
    }

    async fn every_variation_of_a_redirect_uri_is_a_page(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let variations = ["https://platform.example/callback/", "https://platform.example/callback?x=1", "https://platform.example/callback?",
            "https://platform.example/callback#x", "https://platform.example/Callback", "https://PLATFORM.example/callback",
            "http://platform.example/callback", "https://platform.example:443/callback", "https://platform.example./callback",
            "https://platform.example/./callback", "https://platform.example//callback", "https://platform.example/x/../callback",
            "https://platform.example/%63allback", "https://platform.example%2Fcallback", "https://user@platform.example/callback",
            "https://platform.example@evil.example/callback", "https://platform.example.evil.example/callback",
            "https://evil.example/?https://platform.example/callback", "https://platform.example\\@evil.example/callback",
            " https://platform.example/callback", "https://platform.example/callback ", "https://platform.example/callback\n",
            "https://platform.example/callback%00", "https://platform.example/query", "https://platform.example/query?tenant=1&tenant=2",
            "https://platform.example/query?tenant=2", "https://platform.example/query?tenant=%31", "javascript:alert(1)", "//platform.example/callback",
            "/callback", "http://127.0.0.1:5000/callback", "http://localhost/callback"];
        for uri in variations {
            let page = PLATFORM.request().with("redirect_uri", uri).open(&mut fixture.eve).await.expect(400);
            assert_eq!(page.heading(), "This address is not registered", "{uri}");
        }
        let request = PLATFORM.request().with("redirect_uri", "https://platform.example/query?tenant=1");
        let response = request.open(&mut fixture.eve).await;
        assert!(response.location().starts_with("https://platform.example/query?tenant=1&code="));
        let code = request.response_of(&response).code();
        request.redeem(&fixture.test_app, &code).await;
    }

    async fn only_the_port_of_a_native_client_may_differ(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        for uri in ["http://127.0.0.1/callback", "http://127.0.0.1:49152/callback", "com.example.desk:/callback"] {
            let request = DESK.request().with("redirect_uri", uri);
            let response = request.open(&mut fixture.eve).await;
            let code = request.response_of(&response).code();
            request.redeem(&fixture.test_app, &code).await;
        }
        let request = DESK.request().with("redirect_uri", "http://127.0.0.1:49152/callback");
        let code = request.code(&mut fixture.eve).await;
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "http://127.0.0.1:49153/callback"), ("code_verifier", VERIFIER)];
        assert_invalid_grant(DESK.token(&fixture.test_app, &fields).await);
        for uri in ["http://localhost:49152/callback", "http://[::1]/callback", "https://desk.example:8443/callback",
            "http://127.0.0.1:49152/callback/", "com.example.desk:/other", "com.example.desk://callback", "com.example.other:/callback"] {
            DESK.request().with("redirect_uri", uri).open(&mut fixture.eve).await.expect(400);
        }
    }

    async fn pkce_cannot_be_downgraded(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let fields = |code: &str, verifier: Option<&str>| {
            let mut fields = vec![("grant_type", "authorization_code".to_owned()), ("code", code.to_owned()), ("redirect_uri", PLATFORM.redirect_uri.to_owned())];
            fields.extend(verifier.map(|verifier| ("code_verifier", verifier.to_owned())));
            fields
        };
        let (upper, challenge) = (VERIFIER.to_uppercase(), PLATFORM.request().get("code_challenge").unwrap().to_owned());
        let with_space = format!("{VERIFIER} ");
        for verifier in [None, Some(""), Some("x"), Some(upper.as_str()), Some(challenge.as_str()), Some(with_space.as_str())] {
            let code = PLATFORM.request().code(&mut fixture.eve).await;
            let fields = fields(&code, verifier);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_invalid_grant(PLATFORM.token(&fixture.test_app, &fields).await);
        }
        // A request whose challenge was removed on its way gives a code that the client's verifier does not fit.
        let code = PLATFORM.request_without_pkce().code(&mut fixture.eve).await;
        assert_invalid_grant(PLATFORM.redeem(&fixture.test_app, &code).await);
        for party in [VAULT, DESK] {
            let request = party.request_without_pkce();
            let response = request.open(&mut fixture.eve).await;
            assert_eq!(request.response_of(&response).error(), "invalid_request");
        }
    }

    async fn state_and_nonce_come_back_as_they_were_sent(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let long = "s".repeat(2_048);
        for state in ["x", " a b+c%20d&e=f#g ", "привет ✓", "\"><script>alert(1)</script>", "a\nb", long.as_str()] {
            for mode in ["query", "form_post"] {
                let request = PLATFORM.request().with("state", state).with("nonce", state.get(..900).unwrap_or(state)).with("response_mode", mode);
                for browser in [&mut fixture.eve, &mut fixture.test_app.anonymous()] {
                    let mut response = request.open(browser).await;
                    if is_sign_in_page(&response) {
                        response = sign_in(browser, &response, EVE).await;
                    }
                    // `response_of` compares the state, `redeem` the nonce.
                    let code = request.response_of(&response).code();
                    request.redeem(&fixture.test_app, &code).await;
                }
            }
        }
        let request = PLATFORM.request().without("state");
        let response = request.open(&mut fixture.eve).await;
        assert_eq!(request.response_of(&response).get("state"), None);
    }

    async fn oversized_parameters_are_errors_or_ignored(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        for (name, length) in [("nonce", 1_025), ("login_hint", 257), ("ui_locales", 257), ("acr_values", 257), ("prompt", 65),
            ("max_age", 17), ("account", 65), ("scope", 1_025), ("id_token_hint", 4_097), ("code_challenge", 129), ("response_type", 65),
            ("response_mode", 33), ("resource", 2_049)] {
            let request = PLATFORM.request().with(name, &"1".repeat(length));
            let response = request.open(&mut fixture.eve).await;
            assert_eq!(request.response_of(&response).error(), "invalid_request", "{name}");
        }
        for name in ["unknown", "claims", "display", "claims_locales"] {
            PLATFORM.request().with(name, &"1".repeat(5_000)).code(&mut fixture.eve).await;
        }
        let request = PLATFORM.request().with("client_id", &"p".repeat(65));
        request.open(&mut fixture.eve).await.expect(400);
        // Each parameter has its longest value, on the way of a sign-in.
        let request = PLATFORM.request().with("state", &"%".repeat(2_048)).with("nonce", &"n".repeat(1_024)).with("login_hint", &"l".repeat(256));
        let mut browser = fixture.test_app.anonymous();
        let response = request.open(&mut browser).await;
        if is_sign_in_page(&response) {
            let response = sign_in(&mut browser, &response, EVE).await;
            request.response_of(&response).code();
        } else {
            assert_eq!(request.response_of(&response).error(), "invalid_request");
        }
    }

    async fn a_role_that_is_lost_shows_at_once_and_the_last_one_ends_the_grant_of_role_holders(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        fixture.set_roles(&["DEVELOPER", "CLERK", "USER_AUDITOR"]).await;
        let of_platform = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        assert_eq!(of_platform.id["roles"], json!(["USER_AUDITOR", "DEVELOPER"]));
        let request = DESK.request().with("account", &fixture.account).with("scope", "openid offline_access");
        let of_desk = request.tokens(&fixture.test_app, &mut fixture.bo).await;
        assert_eq!(of_desk.id["roles"], json!(["USER_AUDITOR", "CLERK"]));
        fixture.set_roles(&["USER_AUDITOR"]).await;
        assert_eq!(of_platform.user_info(&fixture.test_app).await["roles"], json!(["USER_AUDITOR"]));
        let response = PLATFORM.refresh(&fixture.test_app, of_platform.refresh_token()).await;
        let refreshed = Tokens::read(&fixture.test_app, PLATFORM, response).await;
        assert_eq!(refreshed.access["roles"], json!(["USER_AUDITOR"]));
        // General roles do not count for role holders.
        user_info(&fixture.test_app, &of_desk.access_token).await.expect(401);
        assert_invalid_grant(DESK.refresh(&fixture.test_app, of_desk.refresh_token()).await);
    }

    async fn a_removed_member_keeps_a_refresh_token_that_is_worth_nothing(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let request = PLATFORM.request().with("scope", "openid offline_access").with("prompt", "select_account");
        let page = request.open(&mut fixture.bo).await;
        let own = fixture.bo.default_account().await;
        let response = decide(&mut fixture.bo, &page, &own).await;
        let code = request.response_of(&response).code();
        let of_own = request.redeem(&fixture.test_app, &code).await;
        let pending = fixture.northwind().code(&mut fixture.bo).await;
        fixture.remove_bo().await;
        assert!(!tokens.are_active(&fixture.test_app, PLATFORM).await);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, tokens.refresh_token()).await);
        assert_invalid_grant(PLATFORM.redeem(&fixture.test_app, &pending).await);
        // `sid` is the grant: the other account stays.
        assert_ne!(of_own.id["sid"], tokens.id["sid"]);
        assert!(of_own.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn a_member_who_was_removed_and_joins_again_gets_no_old_grant_back(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        fixture.remove_bo().await;
        let id = fixture.test_app.invite(&mut fixture.ana, &fixture.account, BO, &["DEVELOPER"]).await;
        fixture.bo.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        assert!(!tokens.are_active(&fixture.test_app, PLATFORM).await);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, tokens.refresh_token()).await);
    }

    async fn an_account_of_others_is_like_one_that_is_not_there(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let text = "The account that was asked for cannot be used with this product";
        for account in [fixture.account.as_str(), "acc_00000000000000000000000000", "x"] {
            for request in [PLATFORM.request().with("account", account), PLATFORM.request().with("scope", &format!("openid account:{account}"))] {
                let page = request.open(&mut fixture.eve).await.expect(200).shows(text).hides("Northwind");
                let own = fixture.eve.default_account().await;
                let response = decide(&mut fixture.eve, &page, &own).await;
                request.response_of(&response).code();
            }
        }
        // A parameter and a scope that agree.
        let own = fixture.eve.default_account().await;
        let request = PLATFORM.request().with("account", &own).with("scope", &format!("account:{own} openid"));
        assert_eq!(request.tokens(&fixture.test_app, &mut fixture.eve).await.text("/account/id"), own);
    }

    async fn a_disabled_user_or_a_reset_password_ends_the_grants(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let of_bo = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        fixture.test_app.anonymous().post("/password-resets", &json!({ "email": BO })).await.expect(202);
        let token = fixture.test_app.mailed_token(BO, "reset").await;
        let fields = [("password", "another correct horse")];
        fixture.test_app.anonymous().submit(&format!("/reset/{token}"), &fields).await.location();
        assert!(!of_bo.are_active(&fixture.test_app, PLATFORM).await);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, of_bo.refresh_token()).await);
        let request = PLATFORM.request().with("scope", "openid offline_access");
        let of_eve = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        fixture.test_app.run_sql("update users set disabled_at = 1 where login = 'eve@contoso.example'").await;
        assert!(!of_eve.are_active(&fixture.test_app, PLATFORM).await);
        assert_invalid_grant(PLATFORM.refresh(&fixture.test_app, of_eve.refresh_token()).await);
    }

    async fn two_tabs_with_two_accounts_do_not_disturb_each_other(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let own = fixture.bo.default_account().await;
        let (in_own, in_northwind) = (fixture.northwind().with("account", &own), fixture.northwind());
        // Both tabs are at the chooser before either goes on.
        let choosing = PLATFORM.request().with("scope", "openid offline_access");
        let first_tab = choosing.open(&mut fixture.bo).await.expect(200);
        let second_tab = choosing.open(&mut fixture.bo).await.expect(200);
        let (account, mut tokens) = (fixture.account.clone(), Vec::new());
        for (tab, account) in [(first_tab, &own), (second_tab, &account)] {
            let response = decide(&mut fixture.bo, &tab, account).await;
            let code = choosing.response_of(&response).code();
            tokens.push(choosing.redeem(&fixture.test_app, &code).await);
        }
        assert_eq!((tokens[0].text("/account/id"), tokens[1].text("/account/id")), (own.clone(), account.clone()));
        assert_ne!(tokens[0].id["sid"], tokens[1].id["sid"]);
        assert_eq!(tokens[0].id["sub"], tokens[1].id["sub"]);
        for (tokens, account) in tokens.iter().zip([&own, &account]) {
            assert_eq!(tokens.user_info(&fixture.test_app).await["account"]["id"], **account);
            let response = PLATFORM.refresh(&fixture.test_app, tokens.refresh_token()).await;
            let refreshed = Tokens::read(&fixture.test_app, PLATFORM, response).await;
            assert_eq!(refreshed.text("/account/id"), *account);
        }
        // The same again is the same grant; another product has its own.
        for (request, tokens) in [(in_own, &tokens[0]), (in_northwind, &tokens[1])] {
            assert_eq!(request.tokens(&fixture.test_app, &mut fixture.bo).await.id["sid"], tokens.id["sid"]);
        }
        let request = VAULT.request().with("account", &own);
        assert_ne!(request.tokens(&fixture.test_app, &mut fixture.bo).await.id["sid"], tokens[0].id["sid"]);
        PLATFORM.revoke(&fixture.test_app, tokens[0].refresh_token()).await.expect(200);
        assert!(user_info(&fixture.test_app, &tokens[1].access_token).await.status == 200);
    }

    async fn two_tabs_with_two_users_count_for_the_one_who_is_signed_in(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let tab_of_bo = request.open(&mut fixture.bo).await.expect(200);
        // In another tab of the same browser Ana signs in.
        let again = PLATFORM.request().with("prompt", "login");
        let page = again.open(&mut fixture.bo).await;
        sign_in(&mut fixture.bo, &page, ANA).await;
        let own_of_ana = fixture.ana.default_account().await;
        // The page of Bo's tab decides nothing for Ana; she sees her own.
        let page = decide(&mut fixture.bo, &tab_of_bo, &own_of_ana).await.expect(200).shows(ANA);
        let response = decide(&mut fixture.bo, &page, &own_of_ana).await;
        let code = request.response_of(&response).code();
        let tokens = request.redeem(&fixture.test_app, &code).await;
        assert_eq!(tokens.id["sub"], json!(fixture.ana.id().await));
    }

    async fn clocks_of_nodes_may_differ_by_seconds(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let now = fixture.test_app.now();
        for millis in [-5_000_i64, 5_000] {
            let clock = Arc::new(ManualClock::new(convoke_core::clock::Timestamp::from_millis(now.millis() + millis)));
            let (_, router) = node(&fixture.test_app, clock).await;
            let other = |client: Client| client.on(&router);
            // A sign-in that one node asks for and another one does.
            let request = PLATFORM.request().with("scope", "openid offline_access").with("prompt", "login");
            let mut browser = fixture.test_app.anonymous();
            let page = request.open(&mut browser).await;
            let mut there = browser.on(&router);
            let fields = [("login", EVE), ("password", crate::support::PASSWORD), ("return_to", &page.html().field("return_to"))];
            let response = there.submit("/sign-in", &fields).await;
            let path = response.location();
            let mut here = fixture.test_app.anonymous();
            here.cookie.clone_from(&there.cookie);
            let response = here.page(&path).await;
            let code = AuthorizationResponse::read(&response).code();
            let mut product = other(fixture.test_app.anonymous());
            let response = product.submit("/oauth2/token", &code_form(&code)).await.expect(200);
            let (access, refresh) = (response.text("/access_token"), response.text("/refresh_token"));
            user_info(&fixture.test_app, &access).await.expect(200);
            let mut product_here = fixture.test_app.anonymous();
            let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", PLATFORM.id), ("client_secret", PLATFORM.secret)];
            product_here.submit("/oauth2/token", &fields).await.expect(200);
        }
        let request = PLATFORM.request();
        request.tokens(&fixture.test_app, &mut fixture.eve).await;
    }

    async fn tokens_of_a_replaced_key_count_until_they_expire(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("scope", "openid offline_access");
        let before = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        let old_keys = published_keys(&fixture.test_app).await;
        fixture.test_app.app.rotate_signing_keys(true).await.unwrap();
        fixture.test_app.app.refresh_signing_keys().await.unwrap();
        let after = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        let keys = published_keys(&fixture.test_app).await;
        assert!(jws::is_signed(&before.access_token, &keys) && !jws::is_signed(&after.access_token, &old_keys));
        assert_ne!(jws::read(&before.access_token).0["kid"], jws::read(&after.access_token).0["kid"]);
        assert!(before.are_active(&fixture.test_app, PLATFORM).await);
        fixture.test_app.advance(6 * MINUTE);
        user_info(&fixture.test_app, &before.access_token).await.expect(401);
        // The refresh token has no key, and the hint of an ID token of the old key counts.
        let response = PLATFORM.refresh(&fixture.test_app, after.refresh_token()).await;
        let refreshed = Tokens::read(&fixture.test_app, PLATFORM, response).await;
        assert_eq!(jws::read(&refreshed.access_token).0["kid"], jws::read(&after.access_token).0["kid"]);
        let target = "https://platform.example/signed-out";
        let parameters = [("id_token_hint", before.id_token.as_str()), ("post_logout_redirect_uri", target)];
        fixture.eve.page(&logout_path(&parameters)).await.leads_to(target);
    }

    async fn a_key_is_withdrawn_once_its_tokens_have_ended(test_app: TestApp, with_rs256) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        fixture.test_app.app.rotate_signing_keys(true).await.unwrap();
        fixture.test_app.app.refresh_signing_keys().await.unwrap();
        fixture.test_app.advance(24 * 60 * MINUTE);
        fixture.test_app.app.refresh_signing_keys().await.unwrap();
        let keys = published_keys(&fixture.test_app).await;
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
        assert!(!jws::is_signed(&tokens.access_token, &keys));
        user_info(&fixture.test_app, &tokens.access_token).await.expect(401);
        // Nor does the `kid` of another key help.
        let kid = keys["keys"][0]["kid"].as_str().unwrap();
        user_info(&fixture.test_app, &with_kid(&tokens.access_token, kid)).await.expect(401);
        user_info(&fixture.test_app, &with_kid(&tokens.access_token, "unknown")).await.expect(401);
    }

    async fn a_token_is_none_of_another_kind(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        for token in [tokens.id_token.as_str(), tokens.refresh_token()] {
            user_info(&fixture.test_app, token).await.expect(401);
        }
        for (name, value) in [("exp", json!(9_999_999_999_i64)), ("scope", json!("openid profile")), ("client_id", json!("vault")), ("owner", json!(true))] {
            let forged = jws::with_claim(&tokens.access_token, name, value);
            user_info(&fixture.test_app, &forged).await.expect(401);
            assert_eq!(PLATFORM.introspect(&fixture.test_app, &forged).await, json!({ "active": false }));
        }
        assert_eq!(tokens.access["aud"], json!(["http://localhost:8080/products/platform", ISSUER]));
        let request = VAULT.request().with("account", &fixture.account).with("scope", "openid email").with("resource", "https://api.vault.example");
        let of_vault = request.tokens(&fixture.test_app, &mut fixture.bo).await;
        assert_eq!(of_vault.access["aud"], json!(["https://api.vault.example", ISSUER]));
        // What the catalogue sets: claims in the ID token, and further names of the roles.
        assert_eq!((&of_vault.id["email"], &of_vault.id["email_verified"]), (&json!(BO), &json!(true)));
        assert_eq!((&of_vault.id["groups"], &of_vault.access["groups"]), (&json!([]), &json!([])));
    }

    async fn no_token_is_in_an_address(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("scope", "openid offline_access");
        let mut browser = fixture.test_app.anonymous();
        let mut response = browser.page(&request.path()).await;
        let mut addresses = Vec::new();
        for _ in 0..6 {
            if response.status == 200 {
                let fields = [("login", EVE), ("password", crate::support::PASSWORD), ("return_to", &response.html().field("return_to"))];
                response = browser.submit("/sign-in", &fields).await;
            }
            let location = response.location();
            addresses.push(location.clone());
            if !location.starts_with('/') {
                break;
            }
            response = browser.page(&location).await;
        }
        assert_eq!(response.header("referrer-policy"), "same-origin");
        let code = AuthorizationResponse::read(&response).code();
        let tokens = request.redeem(&fixture.test_app, &code).await;
        let session = browser.cookie.clone().unwrap();
        for address in &addresses {
            for secret in [&tokens.access_token, &tokens.id_token, tokens.refresh_token.as_ref().unwrap(), &session] {
                assert!(!address.contains(secret.as_str()), "{address}");
            }
            assert!(!address.contains(crate::support::PASSWORD));
        }
        let with_code = addresses.iter().filter(|address| address.contains(&code));
        assert_eq!(with_code.count(), 1, "only the redirect to the client has the code: {addresses:?}");
    }

    async fn scripts_of_public_clients_alone_may_read_responses(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let readable = ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke", "/oauth2/jwks", "/.well-known/openid-configuration"];
        for path in readable {
            let response = from_origin(&fixture.test_app, Method::OPTIONS, path, "https://desk.example").await;
            assert_eq!(response.status, 200, "{path}");
            assert_eq!(response.header("access-control-allow-origin"), "https://desk.example", "{path}");
            assert!(!response.headers.contains_key("access-control-allow-credentials"), "{path}");
            for origin in ["https://platform.example", "https://evil.example", "null", "http://desk.example", "https://desk.example:8443"] {
                let response = from_origin(&fixture.test_app, Method::OPTIONS, path, origin).await;
                assert!(!response.headers.contains_key("access-control-allow-origin"), "{path} {origin}");
            }
        }
        for path in ["/oauth2/jwks", "/.well-known/openid-configuration"] {
            let response = from_origin(&fixture.test_app, Method::GET, path, "https://desk.example").await.expect(200);
            assert_eq!(response.header("access-control-allow-origin"), "https://desk.example");
            assert!(response.header("vary").to_ascii_lowercase().contains("origin"));
        }
        for path in ["/oauth2/authorize", "/oauth2/logout", "/oauth2/introspect", "/api/v1/me", "/sign-in"] {
            let response = from_origin(&fixture.test_app, Method::OPTIONS, path, "https://desk.example").await;
            assert!(!response.headers.contains_key("access-control-allow-origin"), "{path}");
        }
        // A script refreshes and revokes its own token.
        let mut eve = fixture.test_app.sign_in(EVE).await;
        let tokens = DESK.request().with("scope", "openid offline_access").tokens(&fixture.test_app, &mut eve).await;
        let mut script = fixture.test_app.anonymous().with("origin", "https://desk.example").with("sec-fetch-site", "cross-site");
        let fields = [("grant_type", "refresh_token"), ("client_id", "desk"), ("refresh_token", tokens.refresh_token())];
        let response = script.submit("/oauth2/token", &fields).await.expect(200);
        assert_eq!(response.header("access-control-allow-origin"), "https://desk.example");
        let token = response.text("/refresh_token");
        let response = script.submit("/oauth2/revoke", &[("client_id", "desk"), ("token", &token)]).await.expect(200);
        assert_eq!(response.header("access-control-allow-origin"), "https://desk.example");
        assert_invalid_grant(DESK.refresh(&fixture.test_app, &token).await);
    }

    async fn the_endpoints_of_products_read_no_cookie(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let code = request.code(&mut fixture.eve).await;
        // A cookie authenticates no client, and a page of another site may post.
        let mut browser = fixture.eve.with("sec-fetch-site", "cross-site");
        browser.submit("/oauth2/token", &[("grant_type", "authorization_code"), ("code", &code)]).await.expect(401);
        let response = browser.submit("/oauth2/token", &code_form(&code)).await.expect(200);
        assert!(response.set_cookies().is_empty(), "{:?}", response.set_cookies());
        let party = PLATFORM.authenticating(ClientAuthentication::Post);
        assert!(!party.introspect(&fixture.test_app, &response.text("/access_token")).await["active"].is_null());
    }

    async fn a_request_by_post_keeps_its_parameters_and_is_answered_by_get(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request: Request = PLATFORM.request().with("state", "ünïcode & more");
        let fields: Vec<(&str, &str)> = request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let response = fixture.eve.submit("/oauth2/authorize", &fields).await;
        assert_eq!(response.location(), request.path());
        let response = follow_local(&mut fixture.eve, response).await;
        request.response_of(&response).code();
        let kind = Some("application/json");
        let response = fixture.eve.raw(Method::POST, "/oauth2/authorize", kind, b"{}".to_vec()).await;
        assert!(response.status >= 400, "{}", response.status);
    }
}

/// Of parallel calls one has tokens; the others have ended its grant.
async fn assert_one_wins_and_the_grant_ends(test_app: &TestApp, responses: Vec<TestResponse>) {
    let (won, lost): (Vec<TestResponse>, Vec<TestResponse>) = responses
        .into_iter()
        .partition(|response| response.status == 200);
    assert_eq!(won.len(), 1);
    for response in lost {
        assert_invalid_grant(response);
    }
    user_info(test_app, &won[0].text("/access_token"))
        .await
        .expect(401);
    assert_invalid_grant(
        PLATFORM
            .refresh(test_app, &won[0].text("/refresh_token"))
            .await,
    );
}
