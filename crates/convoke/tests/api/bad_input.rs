//! No input causes a 5xx (rule V11): every route of the document, every field, every parameter.

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::on_both;
use crate::support::document::{Operation, document, operations, resolve};
use crate::support::{AccountFixture, Client, PASSWORD, TestApp, TestResponse};

/// What would be right in a field of this name, so that only the thing tried out is wrong.
fn right(name: &str, schema: &Value) -> Value {
    match name {
        "email" => json!("zoe@example.com"),
        "emails" => json!(["zoe@example.com"]),
        "login" => json!("ada@example.com"),
        "password" | "current_password" => json!(PASSWORD),
        "product" => json!("platform"),
        "roles" => json!(["DEVELOPER"]),
        "locale" => json!("en"),
        "time_zone" => json!("Europe/Berlin"),
        "phone" => json!("+49 30 1234"),
        "token" | "invitation_token" => json!(format!("cvi_{}", "A".repeat(43))),
        "sent_invitations" => json!("keep"),
        "user_id" => json!("usr_01h455vb4pex5vsknk084sn02q"),
        "account_name" | "name" => json!("Analytical Engines"),
        _ if schema["type"] == "object" => {
            let fields = schema["properties"].as_object().unwrap();
            fields
                .iter()
                .map(|(name, schema)| (name.clone(), right(name, schema)))
                .collect()
        }
        _ if allows(schema, "boolean") => json!(false),
        _ if allows(schema, "array") => json!([]),
        _ => json!("Zoe"),
    }
}

fn allows(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind
        || schema["type"]
            .as_array()
            .is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// Something of no type that the schema allows.
fn wrong(schema: &Value) -> Value {
    let candidates = [
        json!(7),
        json!([[]]),
        json!({ "a": { "b": null } }),
        json!(true),
        Value::Null,
    ];
    let kinds = ["number", "array", "object", "boolean", "null"];
    let at = kinds.iter().position(|kind| !allows(schema, kind)).unwrap();
    candidates[at].clone()
}

/// Ada with an account and an invitation in it, and the paths below them.
struct Fixture {
    client: Client,
    ids: Vec<(&'static str, String)>,
}

impl Fixture {
    async fn new(test_app: &TestApp) -> Self {
        let mut team = AccountFixture::new(test_app).await;
        let invitation = team.invite("bob@example.com").await;
        let member = team
            .member(test_app, "carol@example.com", &[])
            .await
            .get("/me")
            .await
            .text("/id");
        let session = team.owner.get("/me/sessions").await.text("/items/0/id");
        let ids = vec![
            ("account", team.account),
            ("invitation", invitation),
            ("user", member),
            ("session", session),
        ];
        Self {
            client: team.owner,
            ids,
        }
    }

    fn path(&self, operation: &Operation) -> String {
        let id = |name: &str| {
            self.ids
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, id)| id.clone())
        };
        operation.path_with(|name| id(name).unwrap_or_else(|| "unknown".to_owned()))
    }

    async fn send(
        &mut self,
        operation: &Operation,
        kind: Option<&str>,
        body: impl Into<Vec<u8>>,
    ) -> TestResponse {
        let path = format!("/api/v1{}", self.path(operation));
        self.client
            .raw(operation.method.clone(), &path, kind, body.into())
            .await
    }

    async fn json(&mut self, operation: &Operation, body: &Value) -> TestResponse {
        self.send(operation, Some("application/json"), body.to_string())
            .await
    }
}

/// Operations that read JSON.
fn readers() -> Vec<Operation> {
    operations()
        .into_iter()
        .filter(Operation::takes_json)
        .collect()
}

/// The right body of an operation.
fn whole(document: &Value, operation: &Operation) -> Map<String, Value> {
    let fields = operation.fields(document);
    fields
        .iter()
        .map(|(name, schema)| (name.clone(), right(name, resolve(document, schema))))
        .collect()
}

/// Asserts that the program itself did not stumble.
#[track_caller]
fn stands(response: &TestResponse, what: &str) {
    assert!(
        response.status < 500,
        "{what}: {} {}",
        response.status,
        response.body()
    );
}

on_both! {
    async fn invalid_json_is_rejected_by_every_operation(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let deep = "[".repeat(100_000);
        let deep_object = r#"{"a":"#.repeat(10_000);
        let bodies: [&[u8]; 18] = [
            b"{", b"{} {}", b"{\"a\":1,}", b"{'a':1}", b"nul", b"\xff\xfe{\x00}\x00", b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\xed\xa0\x80\"}", br#"{"a":"\ud800"}"#, br#"{"a":"\udc00\ud800"}"#, b"{\"a\":\"\x00\"}",
            b"{\"a\":1e999}", br#"{"a":1,"a":1}"#, br#"{"a":{"b":1,"b":1}}"#, br#"{"a":1,"\u0061":1}"#,
            b"\xef\xbb\xbf{}", deep.as_bytes(), deep_object.as_bytes(),
        ];
        for operation in readers() {
            for body in bodies {
                let shown: String = String::from_utf8_lossy(body).chars().take(40).collect();
                let response = fixture.send(&operation, Some("application/json"), body).await;
                assert_eq!(response.status, 400, "{} {shown}: {}", operation.name(), response.body());
                response.problem(400, "malformed-json");
            }
        }
    }

    async fn other_content_types_and_charsets_are_rejected_by_every_operation(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        for operation in readers() {
            for kind in [
                None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data"),
                Some("application/json; charset=utf-16"), Some("application/json;charset=latin1"),
                Some("text/json"), Some("application/jsonx"), Some(""),
            ] {
                let response = fixture.send(&operation, kind, r#"{"surprise":1}"#).await;
                assert_eq!(response.status, 415, "{} {kind:?}: {}", operation.name(), response.body());
                response.problem(415, "unsupported-media-type");
            }
            for kind in ["application/json", "Application/JSON ; charset=\"UTF-8\"", "application/json;charset=utf-8"] {
                let response = fixture.send(&operation, Some(kind), r#"{"surprise":1}"#).await;
                response.problem(422, "validation-failed");
            }
        }
    }

    async fn bodies_above_256_kib_are_rejected_by_every_operation(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        for operation in readers() {
            let padded = |size: usize| {
                let mut body = br#"{"surprise":1}"#.to_vec();
                body.resize(size, b' ');
                body
            };
            let json = Some("application/json");
            let most = fixture.send(&operation, json, padded(256 * 1024)).await;
            most.problem(422, "validation-failed");
            let more = fixture.send(&operation, json, padded(256 * 1024 + 1)).await;
            more.problem(413, "body-too-large");
        }
    }

    async fn unknown_fields_are_rejected_by_every_operation(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let document = document();
        for operation in readers() {
            let before = test_app.database.rows();
            let mut body = whole(&document, &operation);
            body.insert("surprise/~".to_owned(), json!(1));
            let response = fixture.json(&operation, &Value::Object(body)).await.problem(422, "validation-failed");
            let errors = response.json()["errors"].clone();
            let error = errors.as_array().unwrap().iter().find(|error| error["code"] == "unknown-field");
            assert_eq!(error.unwrap()["pointer"], "/surprise~1~0", "{}", operation.name());
            assert_eq!(test_app.database.rows(), before, "{} changed something", operation.name());
        }
    }

    async fn wrong_types_are_rejected_in_every_field(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let document = document();
        for operation in readers() {
            for body in [json!([]), json!("x"), json!(5), json!(true), Value::Null] {
                let sent = fixture.send(&operation, Some("application/json"), body.to_string()).await;
                assert_eq!(sent.status, 422, "{} {body}: {}", operation.name(), sent.body());
                assert_eq!(sent.json()["errors"][0]["code"], "wrong-type", "{} {body}", operation.name());
            }
            for (name, schema) in operation.fields(&document) {
                let mut body = whole(&document, &operation);
                body.insert(name.clone(), wrong(resolve(&document, &schema)));
                let response = fixture.json(&operation, &Value::Object(body)).await.problem(422, "validation-failed");
                let errors = response.json()["errors"].clone();
                let is_reported = errors.as_array().unwrap().iter().any(|error| {
                    error["code"] == "wrong-type" && error["pointer"] == format!("/{name}")
                });
                assert!(is_reported, "{} {name}: {errors}", operation.name());
            }
        }
    }

    async fn missing_required_fields_are_reported(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let document = document();
        for operation in readers() {
            let schema = &operation.value["requestBody"]["content"]["application/json"]["schema"];
            let required = resolve(&document, schema)["required"].as_array().cloned().unwrap_or_default();
            for name in required {
                let name = name.as_str().unwrap();
                let mut body = whole(&document, &operation);
                body.remove(name);
                let response = fixture.json(&operation, &Value::Object(body)).await.problem(422, "validation-failed");
                let error = &response.json()["errors"][0];
                assert_eq!(error["pointer"], format!("/{name}"), "{}", operation.name());
                assert_eq!(error["code"], "required", "{}", operation.name());
            }
        }
    }

    async fn no_text_in_any_field_causes_a_server_error(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let document = document();
        let long = "x".repeat(200_000);
        let texts = [
            "\0", "a\0b", "ada@example.com\0", "zoe\0@example.com", "\u{ffff}\u{10ffff}", "\u{202e}\u{200b}\u{feff}",
            "%00%n{}${}<script>", "'; drop table users; --", "../../etc/passwd", "\r\nBcc: eve@example.com", &long,
        ];
        for operation in readers() {
            for (name, schema) in operation.fields(&document) {
                let schema = resolve(&document, &schema);
                for text in texts {
                    let value = if allows(schema, "array") {
                        json!([text])
                    } else if allows(schema, "string") {
                        json!(text)
                    } else {
                        continue;
                    };
                    let mut body = whole(&document, &operation);
                    body.insert(name.clone(), value);
                    let response = fixture.json(&operation, &Value::Object(body)).await;
                    stands(&response, &format!("{} {name} {text:.20?}", operation.name()));
                }
            }
        }
    }

    async fn numbers_are_rejected_in_text_fields(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let document = document();
        for operation in readers() {
            let Some(name) = operation.fields(&document).keys().next().cloned() else { continue };
            for number in ["0", "-0.0", "1e308", "123456789012345678901234567890", "-9223372036854775809", "1E-400"] {
                let body = format!(r#"{{"{name}":{number}}}"#);
                let response = fixture.send(&operation, Some("application/json"), body).await;
                response.problem(422, "validation-failed");
            }
        }
    }

    async fn no_query_causes_a_server_error(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let long = "x".repeat(20_000);
        let values = [
            "", "%00", "a%00b", "%ff%fe", "%", "%zz", "-1", "99999999999999999999", "1e9", "0x10", "%F0%9F%8E%89",
            "'%20or%201%3D1", "%25_%5C", "null", "true", "2026-11-22", "9999-12-31T23:59:60Z", "-9999-01-01T00:00:00Z",
            // A cursor that decodes to texts no list ever gives: ["\u0000"], ["\u0000","\u0000"], ["",""].
            "WyJcdTAwMDAiXQ", "WyJcdTAwMDAiLCJcdTAwMDAiXQ", "WyIiLCIiXQ", &long,
        ];
        let mut tried = 0;
        for operation in operations() {
            for name in operation.parameters("query") {
                for value in values {
                    let path = format!("{}?{name}={value}&{name}={value}", fixture.path(&operation));
                    let response = fixture.client.send(operation.method.clone(), &path, Some(&json!({}))).await;
                    stands(&response, &format!("{} {name}={value:.20}", operation.name()));
                    tried += 1;
                }
            }
        }
        assert!(tried > 300, "{tried}");
    }

    async fn a_login_with_a_nul_character_is_unknown(test_app: TestApp) {
        for login in ["\0", "ada@example.com\0", "a\0da"] {
            let body = json!({ "login": login, "password": PASSWORD });
            test_app.anonymous().post("/sessions", &body).await.problem(401, "invalid-credentials");
        }
    }

    async fn ids_of_any_shape_are_unknown(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let wrong = [
            "x", "acc_", "inv_", "%00", "%ff", "..%2f..", "acc_01h455vb4pex5vsknk084sn02Q", "inv_7zzzzzzzzzzzzzzzzzzzzzzzzz",
            "usr_00000000000000000000000000", "acc_8zzzzzzzzzzzzzzzzzzzzzzzzz", "%F0%9F%8E%89", "%20", "null",
        ];
        let document = document();
        for operation in operations() {
            let names = operation.parameters("path");
            for name in &names {
                for value in wrong {
                    let known = fixture.path(&operation);
                    let id = fixture.ids.iter().find(|(known, _)| known == name).map_or("unknown", |(_, id)| id);
                    let path = format!("/api/v1{}", known.replace(id, value));
                    let takes = operation.takes_json();
                    let body = if takes { Value::Object(whole(&document, &operation)).to_string() } else { String::new() };
                    let kind = takes.then_some("application/json");
                    let response = fixture.client.raw(operation.method.clone(), &path, kind, body.into()).await;
                    assert_eq!(response.status, 404, "{} {value}: {}", operation.name(), response.body());
                    assert!(!response.body().contains(value.trim_start_matches('%')) || value.len() < 5, "{value}");
                }
            }
        }
    }

    async fn many_field_errors_are_reported_quickly(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let account = fixture.ids[0].1.clone();
        let path = format!("/accounts/{account}/invitations");
        let numbers: Vec<u8> = vec![1; 100_000];
        let begun = std::time::Instant::now();
        for body in [
            json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": numbers }),
            json!({ "product": "platform", "roles": numbers, "emails": ["bob@example.com"] }),
        ] {
            let response = fixture.client.post(&path, &body).await.problem(422, "validation-failed");
            // The response is not many times larger than the request.
            assert!(response.bytes.len() < 1024 * 1024, "{} bytes", response.bytes.len());
            assert!(response.json()["errors"].as_array().unwrap().len() >= 100);
        }
        let fields: Map<String, Value> = (0..20_000).map(|number| (number.to_string(), json!(0))).collect();
        let response = fixture.client.post(&path, &Value::Object(fields)).await.problem(422, "validation-failed");
        assert!(response.bytes.len() < 1024 * 1024, "{} bytes", response.bytes.len());
        // A quadratic comparison would take minutes.
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    async fn a_body_where_none_is_listed_may_be_empty(test_app: TestApp) {
        let mut fixture = Fixture::new(&test_app).await;
        let account = fixture.ids[0].1.clone();
        let path = format!("/api/v1/accounts/{account}/leave");
        for (kind, body) in [(None, ""), (Some("application/json"), "{}"), (Some("text/plain"), "")] {
            let response = fixture.client.raw(Method::POST, &path, kind, body.into()).await;
            response.problem(409, "owner-cannot-leave");
        }
    }
}
