//! Headers: the cross-site rule, what every response carries, cookies, and that reading changes nothing.

use axum::http::Method;
use convoke_app::config::Config;
use convoke_core::public_url::PublicUrl;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::document::operations;
use crate::support::{AccountFixture, Client, Database, PASSWORD, TestApp, TestResponse};

async fn test_app() -> TestApp {
    TestApp::new(Database::sqlite()).await
}

/// An installation that people reach by https.
async fn https() -> TestApp {
    TestApp::with(Database::sqlite(), |config| {
        config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
    })
    .await
}

fn from(client: &Client, site: Option<&str>, origin: Option<&str>) -> Client {
    let mut client = client.clone();
    if let Some(site) = site {
        client = client.with("sec-fetch-site", site);
    }
    if let Some(origin) = origin {
        client = client.with("origin", origin);
    }
    client
}

#[tokio::test]
async fn state_changes_are_accepted_from_the_same_origin_or_without_an_origin() {
    let test_app = test_app().await;
    let ada = test_app.user("ada@example.com", "Ada").await;
    let ours = "http://localhost:8080";
    for (site, origin, allowed) in [
        (None, None, true),
        (None, Some(ours), true),
        (Some("same-origin"), Some(ours), true),
        (Some("same-origin"), None, true),
        (Some("none"), None, true),
        // Sec-Fetch-Site decides; a page cannot set it.
        (Some("same-origin"), Some("https://evil.example"), true),
        (Some("same-site"), Some(ours), false),
        (Some("cross-site"), Some(ours), false),
        (Some("cross-site"), None, false),
        (Some("Same-Origin"), None, false),
        (Some(""), None, false),
        (Some("same-origin, none"), None, false),
        (None, Some("https://evil.example"), false),
        (None, Some("null"), false),
        (None, Some(""), false),
        (None, Some("https://localhost:8080"), false),
        (None, Some("http://localhost"), false),
        (None, Some("http://localhost:8081"), false),
        (None, Some("http://localhost:8080.evil.example"), false),
        (None, Some("http://LOCALHOST:8080"), false),
        (None, Some("http://localhost:8080/"), false),
    ] {
        let mut client = from(&ada, site, origin);
        let response = client
            .post("/accounts", &json!({ "name": "One of many" }))
            .await;
        if allowed {
            response.expect(201);
        } else {
            response.problem(403, "cross-site-request");
        }
    }
}

on_both! {
    async fn no_route_changes_anything_for_a_cross_site_request(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let token = team.copied_token(&id).await;
        let before = test_app.database.rows();
        let writes = operations().into_iter().filter(|operation| operation.method != Method::GET);
        for operation in writes {
            let path = operation.path_with(|name| match name {
                "account" => team.account.clone(),
                "invitation" => id.clone(),
                _ => "unknown".to_owned(),
            });
            for client in [&team.owner, &test_app.anonymous()] {
                for (site, origin) in [(Some("cross-site"), None), (None, Some("https://evil.example"))] {
                    let mut client = from(client, site, origin);
                    let body = json!({ "token": token, "email": "x@example.com" });
                    let response = client.send(operation.method.clone(), &path, Some(&body)).await;
                    assert_eq!(response.status, 403, "{}: {}", operation.name(), response.body());
                    response.problem(403, "cross-site-request");
                }
            }
        }
        assert_eq!(test_app.database.rows(), before);
    }

    async fn get_requests_change_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let member = team.member(&test_app, "carol@example.com", &[]).await.get("/me").await.text("/id");
        test_app.deliver().await;
        let before = test_app.database.rows();
        let mut read = 0;
        for operation in operations().into_iter().filter(|operation| operation.method == Method::GET) {
            // It takes a product's own token, not a session.
            if operation.path == "/product" {
                continue;
            }
            let path = operation.path_with(|name| match name {
                "account" => team.account.clone(),
                "invitation" => id.clone(),
                "user" => member.clone(),
                _ => "unknown".to_owned(),
            });
            for method in [Method::GET, Method::HEAD] {
                for accept in ["application/json", "text/csv", "application/x-ndjson", "text/html"] {
                    // Cross-site GET requests are allowed and change nothing.
                    let mut client = team.owner.with("accept", accept).with("sec-fetch-site", "cross-site");
                    let response = client.send(method.clone(), &path, None).await;
                    assert!([200, 404].contains(&response.status), "{}: {}", operation.name(), response.body());
                    assert!(method == Method::GET || response.bytes.is_empty());
                    read += usize::from(response.status == 200);
                }
            }
        }
        assert!(read > 80, "{read}");
        assert_eq!(test_app.database.rows(), before);
    }
}

#[track_caller]
fn carries_security_headers(response: &TestResponse) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(response.headers[name], value);
    }
    let policy = response.headers["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
    let id = response.headers["x-request-id"].to_str().unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
    for absent in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(!response.headers.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let test_app = test_app().await;
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let mut ids = Vec::new();
    for path in [
        "/api/v1/me",
        "/api/v1/nothing",
        "/nothing",
        "/healthz",
        "/api/v1/openapi.json",
        "/api/v1/accounts",
    ] {
        let response = ada.raw(Method::GET, path, None, Vec::new()).await;
        carries_security_headers(&response);
        assert!(
            !response.headers.contains_key("strict-transport-security"),
            "{path}"
        );
        ids.push(response.headers["x-request-id"].clone());
    }
    carries_security_headers(
        &ada.with("origin", "null")
            .post("/accounts", &json!({}))
            .await,
    );
    carries_security_headers(&ada.send(Method::PUT, "/me", None).await);
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn a_client_cannot_choose_the_request_id() {
    let test_app = test_app().await;
    let response = test_app
        .anonymous()
        .with("x-request-id", "mine")
        .get("/me")
        .await;
    assert_ne!(response.headers["x-request-id"], "mine");
}

#[tokio::test]
async fn responses_are_not_cached() {
    let test_app = test_app().await;
    let mut team = AccountFixture::new(&test_app).await;
    for path in [
        "/me",
        "/accounts",
        "/me/sessions",
        &team.path("invitations"),
        "/nothing",
    ] {
        let response = team.owner.get(path).await;
        assert_eq!(response.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn hsts_is_sent_over_https_only() {
    let test_app = https().await;
    let response = test_app.anonymous().get("/me").await;
    let policy = response.headers["strict-transport-security"]
        .to_str()
        .unwrap();
    assert!(policy.starts_with("max-age=31536000"), "{policy}");
}

fn sign_in() -> Value {
    json!({ "login": "ada@example.com", "password": PASSWORD })
}

/// Ada, at an installation that people reach by http.
async fn ada(test_app: &TestApp) -> Client {
    test_app.user("ada@example.com", "Ada").await
}

#[tokio::test]
async fn the_cookie_is_host_only_and_http_only() {
    let test_app = test_app().await;
    ada(&test_app).await;
    let response = test_app
        .anonymous()
        .post("/sessions", &sign_in())
        .await
        .expect(201);
    let cookie = response.headers["set-cookie"].to_str().unwrap();
    let mut parts = cookie.split("; ");
    assert!(parts.next().unwrap().starts_with("convoke=cvs_"));
    let rest: Vec<&str> = parts.collect();
    assert_eq!(
        rest,
        ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=7776000"]
    );
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    assert!(
        !response.body().contains(token),
        "the token is in the body too"
    );
}

#[tokio::test]
async fn over_https_the_cookie_is_secure_and_bound_to_the_host() {
    let test_app = test_app().await;
    ada(&test_app).await;
    let test_app = test_app
        .restarted(|config| {
            config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
        })
        .await;
    let response = test_app
        .anonymous()
        .post("/sessions", &sign_in())
        .await
        .expect(201);
    let cookie = response.headers["set-cookie"].to_str().unwrap();
    let (pair, rest) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-convoke=cvs_"), "{cookie}");
    assert_eq!(
        rest,
        "Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000; Secure"
    );
    test_app
        .anonymous()
        .with("cookie", pair)
        .get("/me")
        .await
        .expect(200);
    // The cookie name without the host prefix, which a sibling domain could set, is ignored.
    let bare = pair.replace("__Host-", "");
    test_app
        .anonymous()
        .with("cookie", &bare)
        .get("/me")
        .await
        .problem(401, "sign-in-required");
}

#[tokio::test]
async fn signing_out_expires_the_cookie() {
    let test_app = test_app().await;
    let mut client = ada(&test_app).await;
    let stolen = client.clone();
    let response = client.delete("/sessions/current").await.expect(204);
    let cookie = response.headers["set-cookie"].to_str().unwrap();
    assert_eq!(
        cookie,
        "convoke=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    );
    stolen
        .clone()
        .get("/me")
        .await
        .problem(401, "sign-in-required");
}

#[tokio::test]
async fn an_authorization_header_never_falls_back_on_the_cookie() {
    let test_app = test_app().await;
    let client = ada(&test_app).await;
    let token = client.cookie.clone().unwrap();
    for value in [
        "Bearer cvk_unknown",
        "Bearer ",
        "",
        "Basic YWRhOnB3",
        &format!("Bearer {token}"),
    ] {
        let mut client = client.with("authorization", value);
        client.get("/me").await.problem(401, "sign-in-required");
        client
            .post("/accounts", &json!({ "name": "x" }))
            .await
            .problem(401, "sign-in-required");
        // Operations without authentication treat the request as anonymous.
        let seen = client
            .post("/invitations/accept", &json!({ "token": "cvi_x" }))
            .await;
        seen.problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_unknown_api_key_does_not_disable_the_cross_site_rule() {
    let test_app = test_app().await;
    let client = ada(&test_app)
        .await
        .with("authorization", "Bearer cvk_x")
        .with("sec-fetch-site", "cross-site");
    let rejected = client
        .clone()
        .post("/accounts", &json!({ "name": "x" }))
        .await;
    rejected.problem(403, "cross-site-request");
    let before = test_app.database.rows();
    client
        .clone()
        .post("/password-resets", &json!({ "email": "ada@example.com" }))
        .await
        .problem(403, "cross-site-request");
    assert_eq!(test_app.database.rows(), before);
}

#[tokio::test]
async fn host_and_forwarding_headers_do_not_change_links() {
    let test_app = https().await;
    let mut team = AccountFixture::new(&test_app).await;
    let id = team.invite("bob@example.com").await;
    team.owner = team
        .owner
        .with("host", "evil.example")
        .with("x-forwarded-host", "evil.example")
        .with("x-forwarded-proto", "https")
        .with("forwarded", "host=evil.example");
    let url = team.act(&id, "links").await.expect(201).text("/url");
    assert!(url.starts_with("https://accounts.example.com/"), "{url}");
    let kind = team.owner.get("/nothing").await.text("/type");
    assert!(kind.starts_with("https://accounts.example.com/"), "{kind}");
    test_app.deliver().await;
    assert!(
        !test_app.mails_to("bob@example.com")[0]
            .html
            .contains("evil")
    );
}

on_both! {
    async fn a_trial_responds_only_under_its_own_host_name(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        test_app.deliver().await;
        let before = test_app.database.rows();
        let mut requests: Vec<(Method, String)> = operations()
            .into_iter()
            .map(|operation| {
                let path = operation.path_with(|name| match name {
                    "account" => team.account.clone(),
                    "invitation" => id.clone(),
                    _ => "unknown".to_owned(),
                });
                (operation.method, format!("/api/v1{path}"))
            })
            .collect();
        for path in ["/", "/healthz", "/readyz", "/dev/mailbox", "/accounts", "/sign-in", "/docs", "/api/v1/openapi.json",
            "/assets/0/app.css", "/nothing"] {
            requests.push((Method::GET, path.to_owned()));
        }
        requests.push((Method::POST, "/sign-out".to_owned()));
        for (method, path) in requests {
            for host in ["evil.example", "localhost.evil.example:8080", ""] {
                for client in [&team.owner, &test_app.anonymous()] {
                    let mut client = client.with("host", host);
                    let response = client.raw(method.clone(), &path, None, Vec::new()).await;
                    assert_eq!(response.status, 421, "{method} {path} {host}");
                    assert!(method == Method::HEAD || response.body().contains("http://localhost:8080"), "{path}");
                }
            }
            // The right host name.
            let mut client = test_app.anonymous().with("host", "127.0.0.1:1");
            assert_ne!(client.raw(method, &path, None, Vec::new()).await.status, 421, "{path}");
        }
        assert_eq!(test_app.database.rows(), before);
        let response = team.owner.with("host", "evil.example").get("/me").await;
        let response = response.problem(421, "misdirected-request");
        assert_eq!(response.text("/public_url"), "http://localhost:8080");
        let mut doubled = team.owner.with("host", "localhost").with("host", "evil.example");
        doubled.get("/me").await.problem(421, "misdirected-request");
        let absolute = "http://evil.example/api/v1/me";
        assert_eq!(team.owner.raw(Method::GET, absolute, None, Vec::new()).await.status, 421);
    }
}

#[tokio::test]
async fn the_host_header_is_ignored_with_a_public_url() {
    let test_app = https().await;
    for host in ["evil.example", "", "localhost", "accounts.example.com:1"] {
        let mut client = test_app.anonymous().with("host", host);
        client.get("/providers").await.expect(200);
        let mut doubled = client.with("host", "other.example");
        doubled.get("/providers").await.expect(200);
    }
}

#[tokio::test]
async fn cross_site_and_misdirected_errors_show_the_public_url() {
    let trial = test_app().await;
    let public = https().await;
    for (language, cross_site, misdirected) in [
        (
            "en",
            "do it from our own pages, at https://accounts.example.com.",
            "Use http://localhost:8080 instead.",
        ),
        (
            "ru",
            "сделайте это с наших страниц по адресу https://accounts.example.com.",
            "Откройте http://localhost:8080.",
        ),
    ] {
        let mut client = public.anonymous().with("accept-language", language);
        let mut from_elsewhere = client.with("origin", "https://old.example.com");
        let page = from_elsewhere.submit("/sign-in", &[]).await.expect(403);
        assert!(page.body().contains(cross_site), "{}", page.body());
        assert!(
            page.body()
                .contains("href=\"https://accounts.example.com/\"")
        );
        client = trial.anonymous().with("accept-language", language);
        let mut rebound = client.with("host", "evil.example");
        let page = rebound
            .raw(Method::GET, "/dev/mailbox", None, Vec::new())
            .await
            .expect(421);
        assert!(page.body().contains(misdirected), "{}", page.body());
        assert!(page.body().contains("href=\"http://localhost:8080/\""));
    }
}

#[tokio::test]
async fn conflicting_repeated_headers_are_rejected() {
    let test_app = test_app().await;
    let ada = test_app.user("ada@example.com", "Ada").await;
    let ours = "http://localhost:8080";
    for (name, first, second, allowed) in [
        ("sec-fetch-site", "same-origin", "none", true),
        ("sec-fetch-site", "same-origin", "cross-site", false),
        ("origin", ours, ours, true),
        ("origin", ours, "https://evil.example", false),
    ] {
        let mut client = ada.with(name, first).with(name, second);
        let response = client.post("/accounts", &json!({ "name": "Twice" })).await;
        assert_eq!(
            response.status,
            if allowed { 201 } else { 403 },
            "{name} {second}"
        );
    }
    let mut client = ada
        .with("idempotency-key", "a")
        .with("idempotency-key", "b");
    let response = client.post("/accounts", &json!({ "name": "Twice" })).await;
    response.errors(&[("Idempotency-Key", "invalid-parameter")]);
}

on_both! {
    async fn the_client_address_is_the_last_hop_that_is_no_trusted_proxy(test_app: TestApp, behind_proxies) {
        let team = AccountFixture::new(&test_app).await;
        for (number, (forwarded, expected)) in [
            ("203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9:41234", "203.0.113.9"),
            ("6.6.6.6, [2001:db8::9]:443, 10.0.0.2", "2001:db8::9"),
            ("6.6.6.6, unknown", "10.0.0.1"),
        ].into_iter().enumerate() {
            let mut client = team.owner.at("10.0.0.1").with("x-forwarded-for", forwarded);
            let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [format!("b{number}@example.com")] });
            client.post(&format!("/accounts/{}/invitations", team.account), &body).await.expect(201);
            let path = format!("/accounts/{}/activity", team.account);
            assert_eq!(client.get(&path).await.text("/items/0/ip"), expected, "{forwarded}");
        }
    }
}

fn behind_proxies(config: &mut Config) {
    config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
}

#[tokio::test]
async fn the_client_address_is_read_from_trusted_proxies_only() {
    let test_app = test_app().await;
    let mut team = AccountFixture::new(&test_app).await;
    team.owner = team
        .owner
        .with("x-forwarded-for", "203.0.113.9")
        .with("user-agent", &"u".repeat(300));
    team.invite("bob@example.com").await;
    let entry = team.activity().await.remove(0);
    assert_eq!(entry["ip"], Value::Null);
    assert_eq!(entry["user_agent"].as_str().unwrap().len(), 256);
}
