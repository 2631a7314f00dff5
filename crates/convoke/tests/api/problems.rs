//! Problems: their shape, and that every code is returned by an operation.

use std::collections::BTreeSet;

use axum::http::Method;
use convoke_api::problem::CODES;
use convoke_core::ids::UserId;
use convoke_core::secret::sha256;
use serde_json::{Value, json};

use super::invitations::{WEEK, WITH_OWNER_ROLE, by_link, with_catalogue};
use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp, TestResponse, invite_body};

/// Asserts the shape of RFC 9457 and of the HTTP contract.
#[track_caller]
fn shaped(response: &TestResponse) {
    let body = response.json();
    let code = body["code"].as_str().unwrap();
    assert_eq!(response.headers["content-type"], "application/problem+json");
    assert_eq!(
        body["type"],
        format!("http://localhost:8080/problems/{code}")
    );
    assert_eq!(body["status"], response.status);
    assert_eq!(
        body["request_id"],
        response.headers["x-request-id"].to_str().unwrap()
    );
    assert_eq!(response.headers["cache-control"], "no-store");
    for name in ["title", "detail"] {
        let text = body[name].as_str().unwrap();
        assert!(!text.is_empty(), "{body}");
    }
    let known = CODES.iter().find(|known| known.word == code);
    assert_eq!(
        known.map(|known| known.status),
        Some(response.status),
        "{code}"
    );
}

/// Codes that other suites produce: an unavailable database, internal errors, sign-in through providers and policy settings.
pub const ELSEWHERE: [&str; 6] = [
    "internal-error",
    "unavailable",
    "last-sign-in-method",
    "fresh-sign-in-required",
    "password-sign-in-off",
    "sign-up-closed",
];

/// Responses to requests that concern an account, its owner Ada and its administrator Carol.
async fn about_accounts(
    test_app: &TestApp,
    team: &mut AccountFixture,
    carol: &mut Client,
) -> Vec<TestResponse> {
    let base = format!("/accounts/{}", team.account);
    let ada = team.owner.get("/me").await.text("/id");
    let me = carol.get("/me").await.text("/id");
    let default = team.owner.get("/accounts").await.text("/items/0/id");
    let offer = json!({ "user_id": me, "account_name": "Analytical Engines", "password": "wrong password" });
    let own = json!({ "user_id": me, "account_name": "Ada's account", "password": PASSWORD });
    let roles = json!({ "roles": ["DEVELOPER"] });
    let keyed = |client: &Client| client.with("idempotency-key", "key");
    let id: UserId = ada.parse().unwrap();
    let running = test_app
        .app
        .in_flight_keys
        .try_acquire((id, sha256(b"running")))
        .unwrap();
    let in_use = team
        .owner
        .with("idempotency-key", "running")
        .post("/accounts", &json!({ "name": "x" }))
        .await;
    drop(running);
    keyed(&team.owner)
        .post(
            &format!("{base}/invitations"),
            &invite_body(&["DEVELOPER"], &["x@example.com"]),
        )
        .await
        .expect(201);
    vec![
        in_use,
        keyed(&team.owner)
            .post("/accounts", &json!({ "name": "x" }))
            .await,
        carol.patch(&base, &json!({ "name": "Mine" })).await,
        carol
            .post(
                &format!("{base}/invitations"),
                &invite_body(&["VAULT_KEEPER"], &["y@example.com"]),
            )
            .await,
        carol.patch(&format!("{base}/members/{ada}"), &roles).await,
        carol.patch(&format!("{base}/members/{me}"), &roles).await,
        carol.delete(&format!("{base}/members/{me}")).await,
        team.owner
            .post(&format!("{base}/ownership-offer"), &offer)
            .await,
        team.owner
            .post(&format!("/accounts/{default}/ownership-offer"), &own)
            .await,
        team.owner
            .post(&format!("{base}/leave"), &Value::Null)
            .await,
        team.owner
            .with("if-match", "\"99\"")
            .patch(&format!("{base}/members/{me}"), &roles)
            .await,
        team.owner
            .post("/accounts", &json!({ "name": "Too many" }))
            .await,
        team.owner.send(Method::PUT, &base, None).await,
        team.owner.get(&format!("{base}/nothing")).await,
    ]
}

/// Responses to requests that concern invitations, of which two more fit into Ada's account.
async fn about_invitations(test_app: &TestApp, team: &mut AccountFixture) -> Vec<TestResponse> {
    let mut bob = test_app.user("bob@example.com", "Bob").await;
    let mut responses = vec![
        team.ask(&["one@example.com", "two@example.com", "three@example.com"])
            .await,
    ];
    let (id, token) = team.invite_by_mail(test_app, "bob@example.com").await;
    let path = team.path(&format!("invitations/{id}"));
    let member = json!({ "email": "ada@example.com" });
    responses.push(team.owner.patch(&path, &member).await);
    // The fixture has invited this address already.
    let invited = json!({ "email": "x@example.com" });
    responses.push(team.owner.patch(&path, &invited).await);
    responses.push(by_link(&mut test_app.anonymous(), "accept", &token).await);
    responses.push(by_link(&mut team.owner, "accept", &token).await);
    by_link(&mut bob, "accept", &token).await.expect(200);
    responses.push(by_link(&mut bob, "accept", &token).await);
    let (_, token) = team.invite_by_mail(test_app, "dan@example.com").await;
    by_link(&mut bob, "decline", &token).await.expect(200);
    responses.push(by_link(&mut bob, "accept", &token).await);
    let (id, token) = team.invite_by_mail(test_app, "dan@example.com").await;
    team.act(&id, "revoke").await.expect(200);
    responses.push(by_link(&mut bob, "accept", &token).await);
    let (_, token) = team.invite_by_mail(test_app, "dan@example.com").await;
    test_app.advance(WEEK);
    responses.push(by_link(&mut bob, "accept", &token).await);
    let path = format!("/accounts/{}", team.account);
    let only = json!({ "settings": { "registered_users_only": true } });
    team.owner.patch(&path, &only).await.expect(200);
    responses.push(team.ask(&["eve@example.com"]).await);
    responses
}

/// Responses to anonymous requests.
async fn anonymous_problems(test_app: &TestApp) -> Vec<TestResponse> {
    let mut anonymous_client = test_app.anonymous();
    let sign_in = json!({ "login": "ada@example.com", "password": "wrong password" });
    let confirm = json!({ "token": "cvc_unknown", "password": PASSWORD });
    let path = "/api/v1/sessions";
    let json = Some("application/json");
    let mut responses = vec![
        anonymous_client.post("/sessions", &sign_in).await,
        anonymous_client.post("/sessions", &json!({})).await,
        anonymous_client
            .post("/registrations/confirm", &confirm)
            .await,
        anonymous_client
            .with("origin", "https://evil.example")
            .post("/sessions", &sign_in)
            .await,
        anonymous_client
            .with("host", "evil.example")
            .get("/me")
            .await,
        anonymous_client
            .raw(Method::POST, path, json, b"{".to_vec())
            .await,
        anonymous_client
            .raw(Method::POST, path, json, vec![b' '; 300_000])
            .await,
        anonymous_client
            .raw(Method::POST, path, Some("text/plain"), b"{}".to_vec())
            .await,
    ];
    for _ in 0..3 {
        anonymous_client
            .post("/password-resets", &json!({ "email": "x@example.com" }))
            .await
            .expect(202);
    }
    responses.push(
        anonymous_client
            .post("/password-resets", &json!({ "email": "x@example.com" }))
            .await,
    );
    responses
}

/// One response at least of every code but those of `ELSEWHERE`.
pub async fn every_problem(test_app: TestApp) -> Vec<TestResponse> {
    let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
    let mut team = AccountFixture::new(&test_app).await;
    let mut carol = team
        .member(&test_app, "carol@example.com", &["USER_ADMIN"])
        .await;
    // Restarted with low limits; the catalogue file was deleted, so it is set again.
    let test_app = test_app
        .restarted(|config| {
            config.catalogue = None;
            config.rate_limits.enabled = true;
            config.rate_limits.password_resets_per_client = 3;
            config.limits.users_per_account = 5;
            config.limits.accounts_per_user = 2;
        })
        .await;
    let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
    (team.owner, carol) = (team.owner.of(&test_app), carol.of(&test_app));
    let mut responses = about_accounts(&test_app, &mut team, &mut carol).await;
    responses.extend(about_invitations(&test_app, &mut team).await);
    responses.extend(anonymous_problems(&test_app).await);
    responses
}

on_both! {
    async fn every_problem_code_is_returned_by_an_operation(test_app: TestApp) {
        let responses = every_problem(test_app).await;
        responses.iter().for_each(shaped);
        let mut seen: BTreeSet<String> = responses.iter().map(|response| response.text("/code")).collect();
        seen.extend(ELSEWHERE.map(str::to_owned));
        let all: BTreeSet<String> = CODES.iter().map(|code| code.word.to_owned()).collect();
        assert_eq!(seen, all);
    }
}

#[tokio::test]
async fn problem_codes_have_the_documented_members() {
    let test_app = TestApp::new(crate::support::Database::sqlite()).await;
    let mut team = AccountFixture::new(&test_app).await;
    let mut carol = team
        .member(&test_app, "carol@example.com", &["USER_AUDITOR"])
        .await;
    let denied = carol
        .post(&team.path("invitations"), &json!({}))
        .await
        .problem(403, "permission-denied");
    assert_eq!(denied.json()["permission"], "USER_ADMIN");
    assert!(denied.text("/detail").contains("USER_ADMIN"));
    let errors = team
        .owner
        .post(&team.path("invitations"), &json!({ "emails": ["bad"] }))
        .await
        .json();
    for error in errors["errors"].as_array().unwrap() {
        for name in ["pointer", "code", "detail"] {
            assert!(error[name].is_string(), "{error}");
        }
    }
}

#[tokio::test]
async fn unknown_api_paths_return_a_problem_and_other_paths_a_page() {
    let test_app = TestApp::new(crate::support::Database::sqlite()).await;
    let mut anonymous_client = test_app.anonymous();
    for path in [
        "/api/v1/nothing",
        "/api/",
        "/api/v2/me",
        "/api/v1/",
        "/api/v1/me/",
        "/api/v1//me",
    ] {
        let response = anonymous_client
            .raw(Method::GET, path, None, Vec::new())
            .await
            .problem(404, "not-found");
        shaped(&response);
    }
    for path in [
        "/nothing",
        "/api",
        "/apiary",
        "/accounts/%ff",
        "/.env",
        "/invitations/a/b/c/d",
    ] {
        let response = anonymous_client
            .raw(Method::GET, path, None, Vec::new())
            .await
            .expect(404);
        let kind = response.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/html"), "{path}: {kind}");
        assert!(response.headers.contains_key("x-request-id"));
        assert!(!response.body().contains(".env"));
    }
}

#[tokio::test]
async fn unsupported_methods_return_405_with_the_allow_header() {
    let test_app = TestApp::new(crate::support::Database::sqlite()).await;
    let mut anonymous_client = test_app.anonymous();
    for (method, path, allow) in [
        (Method::PUT, "/me", "GET,HEAD,PATCH"),
        (Method::GET, "/sessions", "POST"),
        (Method::DELETE, "/registrations", "POST"),
        (Method::OPTIONS, "/registrations", "POST"),
        (Method::TRACE, "/me", "GET,HEAD,PATCH"),
    ] {
        let response = anonymous_client
            .send(method, path, None)
            .await
            .problem(405, "method-not-allowed");
        shaped(&response);
        let mut methods: Vec<&str> = response.headers["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allow, "{path}");
    }
}

#[test]
fn problem_codes_are_unique_and_have_a_status_and_a_title() {
    let codes: BTreeSet<&str> = CODES.iter().map(|code| code.word).collect();
    assert_eq!(codes.len(), CODES.len());
    for code in CODES {
        assert!(
            code.word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '-'),
            "{}",
            code.word
        );
        assert!(
            (400..600).contains(&code.status) && !code.title.is_empty(),
            "{}",
            code.word
        );
    }
}
