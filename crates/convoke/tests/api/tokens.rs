//! Secrets: one kind is unknown to every other endpoint, and only hashes are kept (rule V9).

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, Database, PASSWORD, TestApp, TestResponse, token_in};

/// One live token of every kind.
struct Tokens {
    ada: Client,
    all: Vec<(&'static str, String)>,
}

async fn tokens(test_app: &TestApp) -> Tokens {
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Engines").await;
    let invitation = test_app
        .invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"])
        .await;
    let mailed = test_app
        .mailed_token("bob@example.com", "invitations")
        .await;
    let path = format!("/accounts/{account}/invitations/{invitation}/links");
    let url = ada.post(&path, &Value::Null).await.expect(201).text("/url");
    let copied = token_in(&url, "invitations");
    test_app
        .begin_sign_up("eve@example.com", "Eve", PASSWORD)
        .await
        .expect(202);
    let sign_up = test_app.mailed_token("eve@example.com", "confirm").await;
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    ada.post("/me/email", &body).await.expect(202);
    let email = test_app
        .mailed_token("new@example.com", "confirm-email")
        .await;
    ada.post("/password-resets", &json!({ "email": "ada@example.com" }))
        .await
        .expect(202);
    let reset = test_app.mailed_token("ada@example.com", "reset").await;
    let session = ada.cookie.clone().unwrap();
    let all = vec![
        ("mailed", mailed),
        ("copied", copied),
        ("sign_up", sign_up),
        ("email", email),
        ("reset", reset),
        ("session", session),
    ];
    Tokens { ada, all }
}

/// Presents a token at an endpoint.
async fn present(
    test_app: &TestApp,
    ada: &mut Client,
    endpoint: &str,
    token: &str,
) -> TestResponse {
    let body = json!({ "token": token });
    let with_password = json!({ "token": token, "password": PASSWORD });
    let mut anonymous_client = test_app.anonymous();
    match endpoint {
        "sign_up" => {
            anonymous_client
                .post("/registrations/confirm", &with_password)
                .await
        }
        "reset" => {
            anonymous_client
                .post("/password-resets/confirm", &with_password)
                .await
        }
        "email" => ada.post("/me/email/confirm", &body).await,
        "session" => {
            anonymous_client.cookie = Some(token.to_owned());
            anonymous_client.get("/me").await
        }
        "registration" => {
            let body = json!({ "email": "bob@example.com", "password": PASSWORD, "first_name": "Bob",
                "invitation_token": token });
            anonymous_client.post("/registrations", &body).await
        }
        act => {
            anonymous_client
                .post(&format!("/invitations/{act}"), &body)
                .await
        }
    }
}

on_both! {
    async fn one_kind_of_token_is_unknown_to_every_other_endpoint(test_app: TestApp) {
        let Tokens { mut ada, all } = tokens(&test_app).await;
        let endpoints = [
            ("sign_up", "cvc_", "sign_up"), ("email", "cvc_", "email"), ("reset", "cvr_", "reset"),
            ("session", "cvs_", "session"), ("registration", "cvi_", "mailed copied"),
            ("preview", "cvi_", "mailed copied"), ("accept", "cvi_", "mailed copied"),
            ("decline", "cvi_", "mailed copied"),
        ];
        let before = test_app.entries().await;
        for (endpoint, prefix, own) in endpoints {
            let made_up = format!("{prefix}{}", "A".repeat(43));
            let unknown = present(&test_app, &mut ada, endpoint, &made_up).await;
            assert!([401, 404, 410].contains(&unknown.status), "{endpoint}: {}", unknown.body());
            for (kind, token) in &all {
                if own.split(' ').any(|own| own == *kind) {
                    continue;
                }
                let rest = token.split_once('_').unwrap().1;
                // Neither unchanged nor with the prefix of the expected kind.
                for token in [token.clone(), format!("{prefix}{rest}")] {
                    if all.iter().any(|(other, known)| *known == token && own.contains(other)) {
                        continue;
                    }
                    let response = present(&test_app, &mut ada, endpoint, &token).await;
                    assert_eq!(response.anonymous(), unknown.anonymous(), "{kind} at {endpoint}");
                }
            }
        }
        assert_eq!(test_app.entries().await, before);
        // Every token is still valid for its own endpoint.
        let token = |kind| &all.iter().find(|(name, _)| *name == kind).unwrap().1;
        present(&test_app, &mut ada, "session", token("session")).await.expect(200);
        present(&test_app, &mut ada, "preview", token("mailed")).await.expect(200);
        present(&test_app, &mut ada, "preview", token("copied")).await.expect(200);
        present(&test_app, &mut ada, "sign_up", token("sign_up")).await.expect(201);
        present(&test_app, &mut ada, "reset", token("reset")).await.expect(204);
    }

    async fn no_response_contains_a_token_or_a_password(test_app: TestApp) {
        let Tokens { mut ada, all } = tokens(&test_app).await;
        let account = ada.list_all("/accounts", 10).await[1]["id"].as_str().unwrap().to_owned();
        for path in [
            "/me", "/me/activity", "/me/sessions", "/me/invitations", "/accounts",
            &format!("/accounts/{account}"), &format!("/accounts/{account}/members"),
            &format!("/accounts/{account}/invitations"), &format!("/accounts/{account}/activity"),
        ] {
            let body = ada.get(path).await.expect(200).body();
            for (kind, token) in &all {
                assert!(!body.contains(token.as_str()), "{kind} in {path}");
            }
            assert!(!body.contains(PASSWORD) && !body.contains("argon2"), "{path}");
        }
    }
}

#[tokio::test]
async fn the_database_file_holds_no_secret() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let Tokens { all, .. } = tokens(&test_app).await;
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(test_app.database.folder().unwrap()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds("bob@example.com"), "the file was not read");
    for (kind, token) in &all {
        assert!(!holds(token), "{kind}");
        assert!(!holds(token.split_once('_').unwrap().1), "{kind}");
    }
    assert!(!holds(PASSWORD));
}
