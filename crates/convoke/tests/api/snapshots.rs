//! The main responses, word for word.

use serde_json::{Value, json};

use crate::support::{Client, Database, TestApp};

/// The same value with ids that are drawn at random made equal; times come from a clock that stands still.
pub fn redacted(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) => {
            let id = text
                .split_once('_')
                .filter(|(kind, rest)| kind.len() == 3 && rest.len() == 26);
            if let Some((kind, _)) = id {
                *text = format!("{kind}_…");
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = redacted(item.take());
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                *item = if name == "request_id" {
                    json!("…")
                } else {
                    redacted(item.take())
                };
            }
        }
        _ => {}
    }
    value
}

async fn answered(client: &mut Client, path: &str) -> Value {
    redacted(client.get(path).await.json())
}

/// An account with its owner and one other member, who was edited once.
async fn stage() -> (TestApp, Client, String) {
    let test_app = TestApp::new(Database::sqlite()).await;
    let ada = test_app.user("ada@example.com", "Ada").await;
    let mut ada = ada.at("203.0.113.7").with("user-agent", "Engine/1.0");
    ada.patch(
        "/me",
        &json!({ "last_name": "Lovelace", "phone": "+44 20 7946 0958" }),
    )
    .await;
    let account = test_app.account(&mut ada, "Engines").await;
    let mut bob = test_app
        .joiner(
            &mut ada,
            &account,
            ("bob@example.com", "Bob"),
            &["DEVELOPER"],
        )
        .await;
    let member = format!("/accounts/{account}/members/{}", bob.id().await);
    let roles = json!({ "roles": ["LINGUIST", "USER_AUDITOR"] });
    ada.patch(&member, &roles).await.expect(200);
    (test_app, ada, account)
}

#[tokio::test]
async fn user() {
    let (_house, mut ada, _) = stage().await;
    insta::assert_json_snapshot!(answered(&mut ada, "/me").await);
}

#[tokio::test]
async fn session() {
    let (_house, mut ada, _) = stage().await;
    insta::assert_json_snapshot!(answered(&mut ada, "/me/sessions").await);
}

#[tokio::test]
async fn account() {
    let (_house, mut ada, account) = stage().await;
    insta::assert_json_snapshot!(answered(&mut ada, &format!("/accounts/{account}")).await);
}

#[tokio::test]
async fn members() {
    let (_house, mut ada, account) = stage().await;
    insta::assert_json_snapshot!(answered(&mut ada, &format!("/accounts/{account}/members")).await);
}

#[tokio::test]
async fn activity() {
    let (_house, mut ada, account) = stage().await;
    insta::assert_json_snapshot!(
        answered(&mut ada, &format!("/accounts/{account}/activity")).await
    );
}

#[tokio::test]
async fn field_errors() {
    let (_house, mut ada, _) = stage().await;
    let body = json!({ "name": "see evil.com/now", "owner": "me" });
    let response = ada.post("/accounts", &body).await.expect(422);
    let problem = redacted(response.json());
    insta::assert_json_snapshot!(problem["errors"], @r#"
    [
      {
        "pointer": "/owner",
        "code": "unknown-field",
        "detail": "There is no field owner here. Remove it."
      },
      {
        "pointer": "/name",
        "code": "invalid-name",
        "detail": "The name has a web address, an email address or a telephone number in it. Remove \"www.\", \"://\", @ signs, paths such as /page after a domain, and numbers of seven digits or more.",
        "value": "see evil.com/now"
      }
    ]
    "#);
}
