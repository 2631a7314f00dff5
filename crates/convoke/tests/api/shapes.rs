//! What every call has in common: problems, bodies, the cross-site rule, who is calling.

use axum::http::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, Database, PASSWORD, TestApp};

async fn raw(
    client: &mut Client,
    path: &str,
    kind: Option<&str>,
    body: &[u8],
) -> crate::support::TestResponse {
    client
        .raw(Method::POST, &format!("/api/v1{path}"), kind, body.to_vec())
        .await
}

const JSON: Option<&str> = Some("application/json");

/// Collects the schemas that use composition.
fn collect_composed(schema: &Value, at: &str, paths: &mut Vec<String>) {
    if ["allOf", "anyOf", "oneOf", "$ref"]
        .iter()
        .any(|word| schema.get(word).is_some())
    {
        paths.push(at.to_owned());
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        collect_composed(property, &format!("{at}/{name}"), paths);
    }
    if let Some(items) = schema.get("items") {
        collect_composed(items, &format!("{at}/items"), paths);
    }
}

/// Bodies are validated against their documented schemas, and the validation does not support composition.
#[tokio::test]
async fn request_schemas_use_no_composition() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let document = test_app
        .anonymous()
        .get("/openapi.json")
        .await
        .expect(200)
        .json();
    let mut paths = Vec::new();
    let mut bodies = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema")
            else {
                continue;
            };
            let name = schema["$ref"].as_str().unwrap().trim_start_matches('#');
            bodies += 1;
            collect_composed(
                document.pointer(name).unwrap(),
                &format!("{method} {path}"),
                &mut paths,
            );
        }
    }
    assert!(bodies >= 15, "{bodies}");
    assert_eq!(paths, Vec::<String>::new());
}

on_both! {
    async fn every_operation_requires_a_session(test_app: TestApp) {
        let account = "acc_01h455vb4pex5vsknk084sn02q";
        let calls = [
            "GET /me", "PATCH /me", "POST /me/email", "POST /me/email/confirm", "POST /me/password",
            "GET /me/activity", "GET /me/sessions", "DELETE /me/sessions", "DELETE /me/sessions/ses_1",
            "GET /me/identities", "DELETE /me/identities/1", "GET /me/invitations", "GET /me/ownership-offers",
            "POST /me/invitations/inv_1/accept", "POST /me/invitations/inv_1/decline",
            "POST /me/ownership-offers/{a}/accept", "POST /me/ownership-offers/{a}/decline",
            "DELETE /sessions/current", "GET /accounts", "POST /accounts", "GET /accounts/{a}", "PATCH /accounts/{a}",
            "POST /accounts/{a}/leave", "GET /accounts/{a}/members", "GET /accounts/{a}/members/usr_1",
            "PATCH /accounts/{a}/members/usr_1", "DELETE /accounts/{a}/members/usr_1",
            "POST /accounts/{a}/ownership-offer", "DELETE /accounts/{a}/ownership-offer", "GET /accounts/{a}/activity",
            "GET /accounts/{a}/invitations", "POST /accounts/{a}/invitations", "GET /accounts/{a}/invitations/inv_1",
        ];
        for call in calls {
            let (method, path) = call.split_once(' ').unwrap();
            let path = path.replace("{a}", account);
            let response = test_app.anonymous().send(method.parse().unwrap(), &path, None).await;
            assert_eq!(response.status, 401, "{call}: {}", response.body());
            response.problem(401, "sign-in-required");
        }
    }

    async fn a_problem_has_a_detail_and_the_request_id(test_app: TestApp) {
        let response = test_app.anonymous().get("/me").await.problem(401, "sign-in-required");
        let problem = response.json();
        assert_eq!(problem["type"], "http://localhost:8080/problems/sign-in-required");
        assert_eq!(problem["status"], 401);
        assert_eq!(problem["request_id"], response.header("x-request-id"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        assert_eq!(response.header("cache-control"), "no-store");
        let other = test_app.anonymous().get("/me").await;
        assert_ne!(other.header("x-request-id"), response.header("x-request-id"));
    }

    async fn unknown_paths_return_404_and_unknown_methods_405(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        ada.get("/nothing").await.problem(404, "not-found");
        ada.get("/accounts/%ff").await.problem(404, "not-found");
        ada.get("/accounts/").await.problem(404, "not-found");
        let response = ada.delete("/accounts").await.problem(405, "method-not-allowed");
        let allow = response.header("allow").to_owned();
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
        ada.send(Method::PUT, "/me", None).await.problem(405, "method-not-allowed");
    }

    async fn invalid_ids_are_not_echoed(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        for id in ["acc_01h455vb4pex5vsknk084sn02q", "usr_01h455vb4pex5vsknk084sn02q", "acc_", "1", "ACC_01H455VB4PEX5VSKNK084SN02Q"] {
            let response = ada.get(&format!("/accounts/{id}")).await.problem(404, "not-found");
            assert!(id.len() < 10 || !response.body().contains(id), "{}", response.body());
        }
    }

    async fn a_body_is_json_of_at_most_256_kib(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let body = br#"{"name":"Engines"}"#;
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp"),
            Some("application/json; charset=latin1"), Some("")] {
            raw(&mut ada, "/accounts", kind, body).await.problem(415, "unsupported-media-type");
        }
        for kind in [JSON, Some("Application/JSON; charset=UTF-8")] {
            raw(&mut ada, "/accounts", kind, body).await.expect(201);
        }
        for broken in [&b"{"[..], b"\"", b"{\"name\":\"a\",\"name\":\"b\"}", b"{\"name\":\"\xff\"}", b"{}{}", b"nul",
            b"{\"name\":\"\\ud800\"}", b"{'name':'a'}"] {
            raw(&mut ada, "/accounts", JSON, broken).await.problem(400, "malformed-json");
        }
        raw(&mut ada, "/accounts", JSON, &[b'['].repeat(200_000)).await.problem(400, "malformed-json");
        for shape in [&b"[]"[..], b"null", b"1", b"\"name\""] {
            raw(&mut ada, "/accounts", JSON, shape).await.errors(&[("", "wrong-type")]);
        }
        let mut large = format!("{{\"name\":\"a\"{}", " ".repeat(256 * 1024)).into_bytes();
        large.push(b'}');
        raw(&mut ada, "/accounts", JSON, &large).await.problem(413, "body-too-large");
        raw(&mut test_app.anonymous(), "/sessions", JSON, &large).await.problem(413, "body-too-large");
        let path = format!("/accounts/{}/leave", ada.default_account().await);
        raw(&mut ada, &path, JSON, b"{\"now\":true}").await.errors(&[("/now", "unknown-field")]);
        // No body and an empty object are equivalent.
        for empty in [&b""[..], b"{}"] {
            let kind = JSON.filter(|_| !empty.is_empty());
            raw(&mut ada, "/accounts", kind, empty).await.errors(&[("/name", "required")]);
        }
    }

    async fn a_cross_site_change_is_rejected(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "Ada").await;
        let body = json!({ "name": "Engines" });
        for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("sec-fetch-site", ""),
            ("origin", "https://evil.example"), ("origin", "null"), ("origin", "http://localhost:8081"),
            ("origin", "https://localhost:8080")] {
            let mut client = ada.with(name, value);
            client.post("/accounts", &body).await.problem(403, "cross-site-request");
            client.patch("/me", &json!({ "phone": "112" })).await.problem(403, "cross-site-request");
            client.delete("/me/sessions").await.problem(403, "cross-site-request");
            // Reading is allowed.
            client.get("/accounts").await.expect(200);
            let mut anonymous_client = test_app.anonymous().with(name, value);
            let sign_in = json!({ "login": "ada@example.com", "password": PASSWORD });
            let response = anonymous_client.post("/sessions", &sign_in).await.problem(403, "cross-site-request");
            assert!(!response.headers.contains_key("set-cookie"));
            anonymous_client.post("/registrations", &Value::Null).await.problem(403, "cross-site-request");
        }
        for (name, value) in [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"),
            ("origin", "http://localhost:8080")] {
            ada.with(name, value).post("/accounts", &body).await.expect(201);
        }
        // Sec-Fetch-Site takes precedence over Origin.
        let mut client = ada.with("origin", "https://evil.example").with("sec-fetch-site", "same-origin");
        client.post("/accounts", &body).await.expect(201);
    }

    async fn nul_characters_are_rejected_or_match_nothing(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = ada.default_account().await;
        let nul = "a\u{0}b";
        for (path, body) in [
            ("/sessions", json!({ "login": nul, "password": nul })),
            ("/registrations", json!({ "email": nul, "password": nul, "first_name": nul, "last_name": nul,
                "locale": nul, "time_zone": nul, "invitation_token": nul })),
            ("/registrations/confirm", json!({ "token": nul, "password": nul })),
            ("/password-resets", json!({ "email": nul })),
            ("/password-resets/confirm", json!({ "token": nul, "password": nul })),
            ("/me/email", json!({ "email": nul, "password": nul })),
            ("/me/email/confirm", json!({ "token": nul })),
            ("/me/password", json!({ "current_password": nul, "password": nul })),
            ("/accounts", json!({ "name": nul, nul: nul })),
            ("/accounts/%00/leave", Value::Null),
            (&format!("/accounts/{account}/ownership-offer"),
                json!({ "user_id": nul, "account_name": nul, "password": nul })),
            (&format!("/accounts/{account}/invitations"),
                json!({ "product": nul, "roles": [nul], "emails": [nul], "locale": nul })),
            ("/invitations/preview", json!({ "token": nul })),
        ] {
            let response = ada.post(path, &body).await;
            assert!((400..500).contains(&response.status), "{path}: {}", response.body());
        }
        let profile = json!({ "first_name": nul, "last_name": nul, "phone": nul, "locale": nul, "time_zone": nul });
        let response = ada.patch("/me", &profile).await.problem(422, "validation-failed");
        assert_eq!(response.json()["errors"].as_array().unwrap().len(), 5);
        for query in ["members?q=%00&role=%00", "invitations?q=%00&role=%00&product=%00", "activity?action=%00"] {
            let list = ada.get(&format!("/accounts/{account}/{query}")).await.expect(200).json();
            assert_eq!(list["items"], json!([]), "{query}");
        }
    }
}
