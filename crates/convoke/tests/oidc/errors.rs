//! Every error of RFC 6749 sections 4.1.2.1 and 5.2 and of OpenID Connect Core section 3.1.2.6 that can occur, with its place: a page,
//! a redirect, a form, or JSON.
//!
//! Errors that cannot occur: `unauthorized_client` of the authorization endpoint (every client may use the code flow),
//! `interaction_required` and `consent_required` (a page other than the sign-in and the choice of an account is only shown where the
//! client asks for it), `invalid_request_uri` and `invalid_request_object` (neither parameter is supported).

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::flow::{
    AuthorizationResponse, BO, ClientAuthentication, DESK, Fixture, ISSUER, PLATFORM, RelyingParty,
    Request, VAULT, VERIFIER, basic, relying_parties, submit_form, user_info,
};
use super::jws;
use crate::on_both;
use crate::support::{Client, Database, TestApp, TestResponse};

/// Requests that are wrong by themselves, with the error that goes to the client.
#[expect(clippy::too_many_lines, reason = "a table")]
fn wrong_requests() -> Vec<(&'static str, &'static str, Request)> {
    let platform = || PLATFORM.request_without_pkce();
    let long = |length: usize| "x".repeat(length);
    let error = |code, name, request| (code, name, request);
    let invalid = |name, request| error("invalid_request", name, request);
    let challenge = PLATFORM.request().get("code_challenge").unwrap().to_owned();
    vec![
        invalid("no response_type", platform().without("response_type")),
        invalid("empty response_type", platform().with("response_type", "")),
        invalid("repeated scope", platform().adding("scope", "openid")),
        invalid("repeated nonce", platform().adding("nonce", "n")),
        invalid("long nonce", platform().with("nonce", &long(1_025))),
        invalid(
            "long scope",
            platform().with("scope", &format!("openid {}", long(1_024))),
        ),
        invalid("unknown prompt", platform().with("prompt", "create")),
        invalid(
            "prompt none and login",
            platform().with("prompt", "none login"),
        ),
        invalid(
            "prompt none and consent",
            platform().with("prompt", "consent none"),
        ),
        invalid("max_age is a text", platform().with("max_age", "soon")),
        invalid("max_age is negative", platform().with("max_age", "-1")),
        invalid(
            "response_mode fragment",
            platform().with("response_mode", "fragment"),
        ),
        invalid(
            "response_mode unknown",
            platform().with("response_mode", "web_message"),
        ),
        invalid(
            "plain challenge",
            PLATFORM.request().with("code_challenge_method", "plain"),
        ),
        invalid(
            "challenge without method",
            platform().with("code_challenge", &challenge),
        ),
        invalid(
            "method without challenge",
            platform().with("code_challenge_method", "S256"),
        ),
        invalid(
            "short challenge",
            PLATFORM.request().with("code_challenge", "abc"),
        ),
        invalid(
            "padded challenge",
            PLATFORM
                .request()
                .with("code_challenge", &format!("{challenge}=")),
        ),
        invalid(
            "no PKCE of a client that must",
            VAULT.request_without_pkce(),
        ),
        invalid("no PKCE of a public client", DESK.request_without_pkce()),
        invalid(
            "two accounts",
            platform()
                .with("account", "acc_1")
                .with("scope", "openid account:acc_2"),
        ),
        error(
            "unsupported_response_type",
            "token",
            platform().with("response_type", "token"),
        ),
        error(
            "unsupported_response_type",
            "hybrid",
            platform().with("response_type", "code id_token"),
        ),
        error(
            "unsupported_response_type",
            "none",
            platform().with("response_type", "none"),
        ),
        error("invalid_scope", "no scope", platform().without("scope")),
        error(
            "invalid_scope",
            "no openid",
            platform().with("scope", "profile email"),
        ),
        error(
            "invalid_target",
            "another resource",
            platform().with("resource", "https://other.example"),
        ),
        error(
            "invalid_target",
            "the audience of another",
            VAULT
                .request()
                .with("resource", "http://localhost:8080/products/vault"),
        ),
        error(
            "request_not_supported",
            "request",
            platform().with("request", "e30.e30."),
        ),
        error(
            "request_uri_not_supported",
            "request_uri",
            platform().with("request_uri", "https://platform.example/r"),
        ),
        error(
            "registration_not_supported",
            "registration",
            platform().with("registration", "{}"),
        ),
    ]
}

/// Opens a request and checks the place of its error: with the response mode `query` a redirect that is not stored.
async fn assert_error(browser: &mut Client, request: &Request, code: &str, name: &str) {
    let response = request.open(browser).await;
    assert_eq!(response.status, 303, "{name}: {}", response.body());
    assert_eq!(response.header("cache-control"), "no-store", "{name}");
    let answer = request.response_of(&response);
    assert_eq!(answer.error(), code, "{name}");
    assert!(!answer.is_form_post, "{name}");
    assert_error_by_form(browser, request, code, name).await;
}

/// The same with `form_post`, where the request does not ask for a mode itself.
async fn assert_error_by_form(browser: &mut Client, request: &Request, code: &str, name: &str) {
    if request.get("response_mode").is_some() {
        return;
    }
    let request = request.clone().with("response_mode", "form_post");
    let response = request.open(browser).await.expect(200);
    assert_eq!(response.header("cache-control"), "no-store", "{name}");
    let answer = request.response_of(&response);
    assert_eq!(
        (answer.error(), answer.is_form_post),
        (code, true),
        "{name}"
    );
    let origin = request
        .party
        .redirect_uri
        .strip_suffix("/callback")
        .unwrap();
    let policy = response.header("content-security-policy");
    assert!(
        policy.contains(&format!("form-action 'self' {origin};")),
        "{policy}"
    );
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    response.has("form[data-submit] button");
}

/// A JSON error of the token, introspection or revocation endpoint.
#[track_caller]
fn assert_json(response: &TestResponse, status: u16, code: &str, name: &str) {
    let body = response.body();
    assert_eq!(response.status, status, "{name}: {body}");
    assert_eq!(
        response.header("content-type"),
        "application/json",
        "{name}"
    );
    assert_eq!(response.header("cache-control"), "no-store", "{name}");
    assert_eq!(response.header("pragma"), "no-cache", "{name}");
    let json = response.json();
    assert_eq!(json["error"], code, "{name}");
    let description = json["error_description"].as_str().unwrap();
    // RFC 6749 section 5.2.
    let is_allowed = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
    assert!(description.bytes().all(is_allowed), "{name}: {description}");
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["error", "error_description"], "{name}");
}

async fn with_header(test_app: &TestApp, value: &str, fields: &[(&str, &str)]) -> TestResponse {
    let mut caller = test_app.anonymous().with("authorization", value);
    caller.submit("/oauth2/token", fields).await
}

async fn with_body(test_app: &TestApp, fields: &[(&str, &str)]) -> TestResponse {
    test_app.anonymous().submit("/oauth2/token", fields).await
}

/// Limits that a test can reach.
fn limited(config: &mut convoke_app::config::Config) {
    relying_parties(config);
    config.rate_limits.enabled = true;
    config.rate_limits.failed_client_authentications = 3;
}

on_both! {
    async fn wrong_requests_go_back_to_the_client(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        for (code, name, request) in wrong_requests() {
            for browser in [&mut fixture.test_app.anonymous(), &mut fixture.eve] {
                assert_error(browser, &request, code, name).await;
            }
            // Without a state there is none, and it is the same where no page may be shown.
            assert_error(&mut fixture.eve, &request.clone().without("state"), code, name).await;
            if request.get("prompt").is_none() {
                assert_error(&mut fixture.eve, &request.with("prompt", "none"), code, name).await;
            }
        }
    }

    async fn a_state_that_is_repeated_or_too_long_is_not_returned(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        for request in [PLATFORM.request().adding("state", "other"), PLATFORM.request().with("state", &"x".repeat(2_049))] {
            let response = request.open(&mut fixture.test_app.anonymous()).await;
            let response = AuthorizationResponse::read(&response);
            assert_eq!(response.error(), "invalid_request");
            assert_eq!((response.get("state"), response.get("iss")), (None, Some(ISSUER)));
        }
    }

    async fn an_unknown_client_or_redirect_uri_is_a_page(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let other = "https://evil.example/callback";
        let (client, address) = ("This product is not known here", "This address is not registered");
        let request = || PLATFORM.request();
        for (heading, request) in [
            (client, request().without("client_id")),
            (client, request().with("client_id", "")),
            (client, request().with("client_id", "unknown")),
            (client, request().with("client_id", "site")),
            (client, request().with("client_id", "PLATFORM")),
            (client, request().with("client_id", &"x".repeat(4_000))),
            (client, request().adding("client_id", "platform")),
            (client, request().with("client_id", "unknown").with("redirect_uri", other)),
            (address, request().without("redirect_uri")),
            (address, request().with("redirect_uri", "")),
            (address, request().with("redirect_uri", other)),
            (address, request().adding("redirect_uri", PLATFORM.redirect_uri)),
            (address, request().adding("redirect_uri", other)),
            (address, request().with("redirect_uri", VAULT.redirect_uri)),
            // Nor does a further error send anyone there.
            (address, request().with("redirect_uri", other).without("response_type").with("prompt", "none")),
            (address, request().with("redirect_uri", other).with("response_mode", "form_post")),
        ] {
            for browser in [&mut fixture.test_app.anonymous(), &mut fixture.eve] {
                let page = request.open(browser).await.expect(400);
                assert_eq!(page.heading(), heading, "{:?}", request.parameters);
                assert_eq!(page.header("cache-control"), "no-store");
                assert!(!page.headers.contains_key("location"));
                assert!(page.header("content-security-policy").contains("form-action 'self';"));
                page.hides("evil.example").hides("https://platform.example/callback");
            }
        }
    }

    async fn with_prompt_none_there_is_never_a_page(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let none = |party: RelyingParty| party.request().with("prompt", "none");
        let anonymous = &mut fixture.test_app.anonymous();
        assert_error(anonymous, &none(PLATFORM), "login_required", "no session").await;
        fixture.test_app.advance(Duration::from_secs(2));
        let request = none(PLATFORM).with("max_age", "1");
        assert_error(&mut fixture.eve, &request, "login_required", "an old session").await;
        assert_error(&mut fixture.eve, &none(PLATFORM).with("max_age", "0"), "login_required", "max_age=0").await;
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let request = none(PLATFORM).with("id_token_hint", &tokens.id_token);
        assert_error(&mut fixture.bo, &request, "login_required", "another user").await;
        assert_error(&mut fixture.bo, &none(PLATFORM), "account_selection_required", "two accounts").await;
        for account in [fixture.account.as_str(), "acc_00000000000000000000000000", "nonsense"] {
            let request = none(PLATFORM).with("account", account);
            assert_error(&mut fixture.eve, &request, "access_denied", "an account of others").await;
            let request = none(PLATFORM).with("scope", &format!("openid account:{account}"));
            assert_error(&mut fixture.eve, &request, "access_denied", "an account of others").await;
        }
        let request = none(DESK).with("account", &fixture.account);
        assert_error(&mut fixture.bo, &request, "access_denied", "none of its roles").await;
        // What can be done without a page is done.
        let request = none(PLATFORM).with("account", &fixture.account);
        assert_eq!(request.tokens(&fixture.test_app, &mut fixture.bo).await.text("/account/name"), "Northwind");
    }

    async fn a_hint_that_is_no_id_token_of_the_client_is_an_error(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let of_vault = VAULT.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let hints = [jws::unsigned(&tokens.id_token), jws::badly_signed(&tokens.id_token), tokens.access_token.clone(),
            of_vault.id_token, "nonsense".to_owned(), "x".repeat(4_097)];
        for hint in hints {
            let request = PLATFORM.request().with("id_token_hint", &hint);
            assert_error(&mut fixture.eve, &request, "invalid_request", &hint).await;
        }
    }

    async fn a_user_who_does_not_go_on_denies_access(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let action = "/oauth2/authorize/decision";
        let page = request.open(&mut fixture.bo).await;
        let response = submit_form(&mut fixture.bo, &page, action, &[("decision", "deny")]).await;
        assert_eq!(request.response_of(&response).error(), "access_denied");
        assert_eq!(response.header("cache-control"), "no-store");
    }

    async fn an_error_of_the_server_goes_back_to_the_client(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        fixture.test_app.run_sql("alter table authorization_codes rename to elsewhere").await;
        let request = PLATFORM.request();
        let response = request.open(&mut fixture.eve).await;
        let error = request.response_of(&response).error().to_owned();
        assert!(["server_error", "temporarily_unavailable"].contains(&error.as_str()), "{error}");
    }

    async fn a_session_that_cannot_be_looked_up_is_an_error_of_the_server(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let page = request.open(&mut fixture.bo).await;
        fixture.test_app.run_sql("alter table sessions rename to elsewhere").await;
        let responses = [
            request.open(&mut fixture.eve).await,
            submit_form(&mut fixture.bo, &page, "/oauth2/authorize/decision", &[("decision", "deny")]).await,
        ];
        for response in responses {
            assert_eq!(request.response_of(&response).error(), "server_error");
        }
        // An unknown redirect URI is a page as ever.
        let elsewhere = PLATFORM.request().with("redirect_uri", "https://elsewhere.example/");
        assert_eq!(elsewhere.open(&mut fixture.eve).await.status, 400);
    }

    async fn requests_of_unauthenticated_clients_are_rejected(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let test_app = &fixture.test_app;
        let grant = ("grant_type", "client_credentials");
        let challenge = "Basic realm=\"convoke\", charset=\"UTF-8\"";
        for header in [basic("platform", "wrong"), basic("unknown", PLATFORM.secret), basic("vault", PLATFORM.secret),
            basic("site", PLATFORM.secret), basic("desk", "x"), basic("platform", ""), basic("", ""), "Basic ?".to_owned(),
            "Basic".to_owned(), format!("Bearer {}", PLATFORM.secret)] {
            let response = with_header(test_app, &header, &[grant]).await;
            assert_json(&response, 401, "invalid_client", &header);
            assert_eq!(response.header("www-authenticate"), challenge, "{header}");
        }
        let bodies: [&[(&str, &str)]; 7] = [
            &[grant],
            &[grant, ("client_id", "unknown")],
            &[grant, ("client_id", "site")],
            &[grant, ("client_id", "platform")],
            &[grant, ("client_id", "platform"), ("client_secret", "wrong")],
            &[grant, ("client_id", "desk"), ("client_secret", "wrong")],
            &[grant, ("client_secret", PLATFORM.secret)],
        ];
        for fields in bodies {
            let response = with_body(test_app, fields).await;
            assert_json(&response, 401, "invalid_client", &format!("{fields:?}"));
            assert!(!response.headers.contains_key("www-authenticate"));
        }
        let header = basic("platform", PLATFORM.secret);
        let response = with_header(test_app, &header, &[grant, ("client_secret", PLATFORM.secret)]).await;
        assert_json(&response, 400, "invalid_request", "two methods");
        let response = with_header(test_app, &header, &[grant, ("client_id", "vault")]).await;
        assert_json(&response, 400, "invalid_request", "two clients");
        // Each secret of a client counts, in form encoding.
        for secret in [PLATFORM.secret, "platform-next:secret+0123456789%2B0123456789"] {
            with_header(test_app, &basic("platform", secret), &[grant]).await.expect(200);
            with_body(test_app, &[grant, ("client_id", "platform"), ("client_secret", secret)]).await.expect(200);
        }
    }

    async fn the_errors_of_the_token_endpoint_are_json(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let platform = |fields: Vec<(&'static str, String)>| (PLATFORM, fields);
        let own = |text: &str| text.to_owned();
        let code = |code: &str, more: Vec<(&'static str, String)>| {
            let mut fields = vec![("grant_type", own("authorization_code")), ("code", own(code))];
            fields.extend(more);
            fields
        };
        let uri = || ("redirect_uri", own(PLATFORM.redirect_uri));
        let verifier = || ("code_verifier", own(VERIFIER));
        let mut codes = Vec::new();
        for _ in 0..6 {
            codes.push(fixture.northwind().code(&mut fixture.bo).await);
        }
        let without_challenge = PLATFORM.request_without_pkce().code(&mut fixture.eve).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let refresh = |token: &str| vec![("grant_type", own("refresh_token")), ("refresh_token", own(token))];
        let with = |mut fields: Vec<(&'static str, String)>, name, value: &str| { fields.push((name, own(value))); fields };
        let client = || vec![("grant_type", own("client_credentials"))];
        let table = [
            ("invalid_request", "no grant_type", platform(vec![])),
            ("invalid_request", "empty grant_type", platform(vec![("grant_type", own(""))])),
            ("invalid_request", "two grant_types", platform(with(client(), "grant_type", "client_credentials"))),
            ("invalid_request", "no code", platform(vec![("grant_type", own("authorization_code")), uri()])),
            ("invalid_request", "two codes", platform(with(code("a", vec![uri()]), "code", "b"))),
            ("invalid_request", "a long code", platform(code(&"x".repeat(8_193), vec![uri()]))),
            ("invalid_request", "no refresh_token", platform(vec![("grant_type", own("refresh_token"))])),
            ("unsupported_grant_type", "password", platform(vec![("grant_type", own("password")), ("username", own("eve"))])),
            ("unsupported_grant_type", "device", platform(vec![("grant_type", own("urn:ietf:params:oauth:grant-type:device_code"))])),
            ("unsupported_grant_type", "upper case", platform(vec![("grant_type", own("AUTHORIZATION_CODE"))])),
            ("unauthorized_client", "a public client", (DESK, client())),
            ("invalid_scope", "a scope of users", platform(with(client(), "scope", "openid"))),
            ("invalid_scope", "more than was granted", platform(with(refresh(tokens.refresh_token()), "scope", "openid email"))),
            ("invalid_target", "another resource", platform(with(client(), "resource", "https://other.example"))),
            ("invalid_grant", "an unknown code", platform(code("cva_unknown", vec![uri(), verifier()]))),
            ("invalid_grant", "no verifier", platform(code(&codes[0], vec![uri()]))),
            ("invalid_grant", "a wrong verifier", platform(code(&codes[1], vec![uri(), ("code_verifier", "x".repeat(43))]))),
            ("invalid_grant", "no redirect URI", platform(code(&codes[2], vec![verifier()]))),
            ("invalid_grant", "another redirect URI", platform(code(&codes[3], vec![("redirect_uri", own("https://platform.example/query?tenant=1")), verifier()]))),
            ("invalid_grant", "another client's code", (VAULT, code(&codes[4], vec![uri(), verifier()]))),
            ("invalid_grant", "a verifier without a challenge", platform(code(&without_challenge, vec![uri(), verifier()]))),
            ("invalid_grant", "an unknown refresh token", platform(refresh("cvr_unknown"))),
            ("invalid_grant", "an access token", platform(refresh(&tokens.access_token))),
            ("invalid_grant", "a code as a refresh token", platform(refresh(&codes[5]))),
            ("invalid_grant", "another client's refresh token", (VAULT, refresh(tokens.refresh_token()))),
        ];
        for (error, name, (party, fields)) in table {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let response = party.token(&fixture.test_app, &fields).await;
            assert_json(&response, 400, error, name);
        }
        // Nothing of it has ended what was granted.
        assert!(tokens.are_active(&fixture.test_app, PLATFORM).await);
        fixture.test_app.advance(Duration::from_mins(1));
        let expired = PLATFORM.redeem(&fixture.test_app, &codes[5]).await;
        assert_json(&expired, 400, "invalid_grant", "an expired code");
    }

    async fn a_body_of_another_kind_or_size_is_an_error(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let header = basic(PLATFORM.id, PLATFORM.secret);
        let mut caller = fixture.test_app.anonymous().with("authorization", &header);
        for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
            for kind in [None, Some("application/json"), Some("text/plain"), Some("multipart/form-data")] {
                let body = br#"{"grant_type":"client_credentials"}"#.to_vec();
                let response = caller.raw(Method::POST, path, kind, body).await;
                assert_json(&response, 400, "invalid_request", path);
            }
            let body = format!("grant_type=client_credentials&x={}", "x".repeat(300_000)).into_bytes();
            let kind = Some("application/x-www-form-urlencoded");
            let response = caller.raw(Method::POST, path, kind, body).await;
            assert_json(&response, 413, "invalid_request", path);
            assert_eq!(caller.page(path).await.status, 405);
        }
    }

    async fn introspection_and_revocation_know_the_clients_own_tokens_alone(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = fixture.northwind();
        let tokens = request.tokens(&fixture.test_app, &mut fixture.bo).await;
        for token in [tokens.access_token.as_str(), tokens.refresh_token(), tokens.id_token.as_str(), "nonsense"] {
            assert_eq!(VAULT.introspect(&fixture.test_app, token).await, json!({ "active": false }));
            let response = VAULT.revoke(&fixture.test_app, token).await.expect(200);
            assert_eq!((response.header("cache-control"), response.bytes.len()), ("no-store", 0));
        }
        assert_eq!(PLATFORM.introspect(&fixture.test_app, &tokens.id_token).await, json!({ "active": false }));
        assert!(tokens.are_active(&fixture.test_app, PLATFORM).await);
        for path in ["/oauth2/introspect", "/oauth2/revoke"] {
            let response = PLATFORM.call(&fixture.test_app, path, &[]).await;
            assert_json(&response, 400, "invalid_request", path);
            let response = PLATFORM.call(&fixture.test_app, path, &[("token", "a"), ("token", "b")]).await;
            assert_json(&response, 400, "invalid_request", path);
            let wrong = RelyingParty { secret: "wrong", ..PLATFORM };
            let response = wrong.call(&fixture.test_app, path, &[("token", &tokens.access_token)]).await;
            assert_json(&response, 401, "invalid_client", path);
            assert!(response.headers.contains_key("www-authenticate"));
            let wrong = wrong.authenticating(ClientAuthentication::Post);
            let response = wrong.call(&fixture.test_app, path, &[("token", &tokens.access_token)]).await;
            assert_json(&response, 401, "invalid_client", path);
        }
        let response = DESK.call(&fixture.test_app, "/oauth2/introspect", &[("token", &tokens.access_token)]).await;
        assert_json(&response, 401, "invalid_client", "a public client");
        let own = PLATFORM.token(&fixture.test_app, &[("grant_type", "client_credentials")]).await.expect(200).text("/access_token");
        assert_eq!(PLATFORM.introspect(&fixture.test_app, &own).await["active"], true);
        let response = PLATFORM.revoke(&fixture.test_app, &own).await;
        assert_json(&response, 400, "unsupported_token_type", "a token of the client itself");
        // A hint that is wrong does not count.
        for (name, token) in [("refresh_token", tokens.access_token.as_str()), ("access_token", tokens.refresh_token())] {
            let fields = [("token", token), ("token_type_hint", name)];
            let response = PLATFORM.call(&fixture.test_app, "/oauth2/introspect", &fields).await.expect(200);
            assert_eq!((response.json()["active"] == true, response.header("cache-control")), (true, "no-store"));
        }
        PLATFORM.revoke(&fixture.test_app, tokens.refresh_token()).await.expect(200);
        assert!(!tokens.are_active(&fixture.test_app, PLATFORM).await);
        PLATFORM.revoke(&fixture.test_app, tokens.refresh_token()).await.expect(200);
    }

    async fn introspection_tells_what_counts_now(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        fixture.set_roles(&["USER_AUDITOR"]).await;
        let account = json!({ "id": fixture.account, "name": "Northwind" });
        for token in [tokens.access_token.as_str(), tokens.refresh_token()] {
            let claims = PLATFORM.introspect(&fixture.test_app, token).await;
            for (name, value) in [("active", json!(true)), ("iss", json!(ISSUER)), ("client_id", json!("platform")),
                ("scope", json!("openid offline_access")), ("username", json!(BO)), ("account", account.clone()),
                ("roles", json!(["USER_AUDITOR"])), ("owner", json!(false)), ("sub", tokens.id["sub"].clone()),
                ("sid", tokens.id["sid"].clone())] {
                assert_eq!(claims[name], value, "{name}");
            }
        }
        let claims = PLATFORM.introspect(&fixture.test_app, &tokens.access_token).await;
        for name in ["exp", "iat", "jti", "aud"] {
            assert_eq!(claims[name], tokens.access[name], "{name}");
        }
        assert_eq!(claims["token_type"], "Bearer");
        assert_eq!(tokens.user_info(&fixture.test_app).await["roles"], json!(["USER_AUDITOR"]));
    }

    async fn userinfo_challenges_by_rfc_6750(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let mut caller = fixture.test_app.anonymous();
        let response = caller.page("/oauth2/userinfo").await;
        assert_eq!((response.status, response.header("www-authenticate")), (401, "Bearer realm=\"convoke\""));
        for token in ["nonsense", tokens.id_token.as_str(), &jws::badly_signed(&tokens.access_token), &jws::unsigned(&tokens.access_token)] {
            let response = user_info(&fixture.test_app, token).await;
            assert_json(&response, 401, "invalid_token", token);
            assert!(response.header("www-authenticate").starts_with("Bearer realm=\"convoke\", error=\"invalid_token\""));
        }
        let response = fixture.test_app.anonymous().with("authorization", &basic("platform", PLATFORM.secret)).page("/oauth2/userinfo").await;
        assert_json(&response, 401, "invalid_token", "Basic");
        let own = PLATFORM.token(&fixture.test_app, &[("grant_type", "client_credentials")]).await.expect(200).text("/access_token");
        let response = user_info(&fixture.test_app, &own).await;
        assert_json(&response, 403, "insufficient_scope", "a token of the client itself");
        assert!(response.header("www-authenticate").contains("error=\"insufficient_scope\""));
        let bearer = format!("Bearer {}", tokens.access_token);
        let mut both = fixture.test_app.anonymous().with("authorization", &bearer);
        let response = both.submit("/oauth2/userinfo", &[("access_token", &tokens.access_token)]).await;
        assert_json(&response, 400, "invalid_request", "header and body");
        // Not in the query (RFC 9700 section 4.3.2).
        let path = format!("/oauth2/userinfo?access_token={}", tokens.access_token);
        caller.page(&path).await.expect(401);
        // A session is no token, and an access token is none of the API.
        fixture.eve.page("/oauth2/userinfo").await.expect(401);
        caller.with("authorization", &bearer).get("/me").await.expect(401);
        fixture.test_app.advance(Duration::from_mins(5));
        let response = user_info(&fixture.test_app, &tokens.access_token).await;
        assert_json(&response, 401, "invalid_token", "expired");
    }

    async fn failed_authentication_is_limited_by_address_and_client(test_app: TestApp, limited) {
        let fields = |secret: &'static str| [("grant_type", "client_credentials"), ("client_id", "platform"), ("client_secret", secret)];
        test_app.app.refresh_signing_keys().await.unwrap();
        let mut attacker = test_app.anonymous().at("192.0.2.1");
        let mut product = test_app.anonymous().at("198.51.100.1");
        for _ in 0..3 {
            let response = attacker.submit("/oauth2/token", &fields("wrong")).await;
            assert_json(&response, 401, "invalid_client", "within the limit");
        }
        let response = attacker.submit("/oauth2/token", &fields("wrong")).await;
        assert_json(&response, 429, "temporarily_unavailable", "over the limit");
        assert!(response.header("retry-after").parse::<u64>().unwrap() > 0);
        attacker.submit("/oauth2/token", &fields(PLATFORM.secret)).await.expect(429);
        // The product elsewhere and other clients from there go on, and what succeeds is not counted.
        for _ in 0..5 {
            product.submit("/oauth2/token", &fields(PLATFORM.secret)).await.expect(200);
        }
        let vault = [("grant_type", "client_credentials"), ("client_id", "vault"), ("client_secret", VAULT.secret)];
        attacker.submit("/oauth2/token", &vault).await.expect(200);
    }
}

/// Names of errors that no response has, so that the table above is complete.
#[test]
fn each_error_of_the_domain_is_in_the_table() {
    let listed: Vec<&str> = wrong_requests().iter().map(|(code, _, _)| *code).collect();
    for code in [
        "invalid_request",
        "unsupported_response_type",
        "invalid_scope",
        "invalid_target",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
    ] {
        assert!(listed.contains(&code), "{code}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_temporarily_unavailable() {
    let test_app = TestApp::with(Database::sqlite(), relying_parties).await;
    let mut fixture = Fixture::new(test_app).await;
    let file = fixture
        .test_app
        .database
        .url
        .trim_start_matches("sqlite://");
    std::fs::rename(file, format!("{file}.away")).unwrap();
    let request = PLATFORM.request();
    let response = request.open(&mut fixture.eve).await;
    let error = request.response_of(&response).error().to_owned();
    assert_eq!(error, "temporarily_unavailable");
}
