//! Accounts: cards, limits, settings (rules A1, A2 and A4).

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;

fn three_accounts(config: &mut Config) {
    config.limits.accounts_per_user = 3;
}

on_both! {
    async fn accounts_are_listed_oldest_first_with_the_viewer_role(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let engines = test_app.account(&mut ada, "Engines").await;
        let roles = ["DEVELOPER", "USER_ADMIN"];
        let mut bob = test_app.joiner(&mut ada, &engines, ("bob@example.com", "Bob"), &roles).await;
        let mut eve = test_app.joiner(&mut ada, &engines, ("eve@example.com", "Eve"), &["DEVELOPER"]).await;
        test_app.account(&mut bob, "Bridges").await;

        assert_eq!(ada.column("/accounts", "/name").await, ["Ada's account", "Engines"]);
        assert_eq!(bob.column("/accounts", "/name").await, ["Engines", "Bob's account", "Bridges"]);
        let seen_by_bob = bob.get("/accounts").await.expect(200).json();
        assert_eq!(seen_by_bob["items"][0]["managing"], true);
        assert_eq!(seen_by_bob["items"][0]["my_roles"], json!(["USER_ADMIN", "DEVELOPER"]));
        assert_eq!(seen_by_bob["items"][0]["default"], false);
        let usage = json!({ "limit": 250, "members": 3, "pending_invitations": 0, "available": 247 });
        assert_eq!(seen_by_bob["items"][0]["usage"], usage);
        assert_eq!(seen_by_bob["items"][0]["settings"], json!({ "registered_users_only": false }));

        let seen_by_eve = eve.get(&format!("/accounts/{engines}")).await.expect(200).json();
        assert_eq!(seen_by_eve["managing"], false);
        assert_eq!(seen_by_eve["usage"], Value::Null);
        assert_eq!(seen_by_eve["settings"], Value::Null);
        assert_eq!(seen_by_eve["owner"]["name"], "Ada");
        let seen_by_owner = ada.get(&format!("/accounts/{engines}")).await.expect(200).json();
        assert_eq!((&seen_by_owner["managing"], &seen_by_owner["my_roles"]), (&json!(true), &json!([])));
    }

    async fn usage_counts_members_and_unexpired_invitations(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let engines = test_app.account(&mut ada, "Engines").await;
        test_app.invite(&mut ada, &engines, "bob@example.com", &["DEVELOPER"]).await;
        let path = format!("/accounts/{engines}");
        let usage = ada.get(&path).await.expect(200).json()["usage"].clone();
        assert_eq!(usage, json!({ "limit": 250, "members": 1, "pending_invitations": 1, "available": 248 }));
        test_app.advance(Duration::from_hours(7 * 24));
        let usage = ada.get(&path).await.expect(200).json()["usage"].clone();
        assert_eq!(usage, json!({ "limit": 250, "members": 1, "pending_invitations": 0, "available": 249 }));
    }

    async fn a_user_cannot_own_more_accounts_than_the_limit(test_app: TestApp, three_accounts) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let engines = test_app.account(&mut ada, "Engines").await;
        test_app.account(&mut ada, "Bridges").await;
        let response = ada.post("/accounts", &json!({ "name": "Looms" })).await;
        let response = response.problem(409, "account-limit-exceeded");
        assert_eq!(response.json()["limit"], 3);
        assert_eq!(ada.list_all("/accounts", 10).await.len(), 3);
        // Memberships in other accounts do not count.
        let id = test_app.invite(&mut ada, &engines, "bob@example.com", &["DEVELOPER"]).await;
        bob.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        test_app.account(&mut bob, "One").await;
        test_app.account(&mut bob, "Two").await;
        bob.post("/accounts", &json!({ "name": "Three" })).await.problem(409, "account-limit-exceeded");
    }

    async fn twenty_accounts_are_the_default_limit(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        for number in 2..=20 {
            test_app.account(&mut ada, &format!("Account {number}")).await;
        }
        ada.post("/accounts", &json!({ "name": "One more" })).await.problem(409, "account-limit-exceeded");
    }

    async fn the_owner_changes_name_and_settings(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let path = format!("/accounts/{}", ada.default_account().await);
        let response = ada.patch(&path, &json!({ "name": " Engines  Ltd " })).await.expect(200);
        assert_eq!(response.text("/name"), "Engines Ltd");
        let body = json!({ "settings": { "registered_users_only": true } });
        let response = ada.patch(&path, &body).await.expect(200).json();
        assert_eq!((&response["settings"], &response["name"]), (&body["settings"], &json!("Engines Ltd")));
        assert_eq!(response, ada.get(&path).await.expect(200).json());
        assert_eq!(ada.patch(&path, &json!({})).await.expect(200).json(), response);
        assert_eq!(ada.patch(&path, &json!({ "settings": {} })).await.expect(200).json(), response);
    }

    async fn an_invalid_account_change_returns_field_errors(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let path = format!("/accounts/{}", ada.default_account().await);
        let body = json!({ "name": Value::Null, "settings": { "registered_users_only": "on", "limit": 1000 },
            "user_limit": 1000, "owner": "usr_01h455vb4pex5vsknk084sn02q" });
        ada.patch(&path, &body).await.errors(&[
            ("/name", "wrong-type"),
            ("/settings/registered_users_only", "wrong-type"),
            ("/settings/limit", "unknown-field"),
            ("/user_limit", "unknown-field"),
            ("/owner", "unknown-field"),
        ]);
        ada.post("/accounts", &json!({ "name": 1, "default": true })).await
            .errors(&[("/name", "wrong-type"), ("/default", "unknown-field")]);
        ada.post("/accounts", &Value::Null).await.errors(&[("/name", "required")]);
        let body = json!({ "name": " ", "owner": "me" });
        ada.post("/accounts", &body).await.errors(&[("/name", "required"), ("/owner", "unknown-field")]);
        ada.patch(&path, &body).await.errors(&[("/name", "required"), ("/owner", "unknown-field")]);
    }

    async fn a_repeated_idempotency_key_creates_one_account(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "Ada").await;
        let mut keyed = ada.with("idempotency-key", "one");
        let body = json!({ "name": "Engines" });
        let first = keyed.post("/accounts", &body).await.expect(201);
        let again = keyed.post("/accounts", &body).await.expect(201);
        assert_eq!(first.bytes, again.bytes);
        assert_eq!(keyed.list_all("/accounts", 10).await.len(), 2);
        keyed.post("/accounts", &json!({ "name": "Others" })).await.problem(422, "idempotency-key-reused");
        // Another key, another user, another day.
        ada.with("idempotency-key", "two").post("/accounts", &body).await.expect(201);
        let mut eve = test_app.user("eve@example.com", "Eve").await.with("idempotency-key", "one");
        eve.post("/accounts", &body).await.expect(201);
        test_app.advance(Duration::from_hours(24));
        let later = keyed.post("/accounts", &body).await.expect(201);
        assert_ne!(first.text("/id"), later.text("/id"));
    }

    async fn a_rejected_request_can_be_corrected_with_the_same_key(test_app: TestApp) {
        let mut keyed = test_app.user("ada@example.com", "Ada").await.with("idempotency-key", "one");
        keyed.post("/accounts", &json!({ "name": "" })).await.errors(&[("/name", "required")]);
        keyed.post("/accounts", &json!({ "name": "Engines" })).await.expect(201);
    }

    async fn a_key_of_a_running_request_is_in_use(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let user = ada.id().await.parse().unwrap();
        let key = convoke_core::secret::sha256(b"one");
        let running = test_app.app.in_flight_keys.try_acquire((user, key)).unwrap();
        let mut keyed = ada.with("idempotency-key", "one");
        keyed.post("/accounts", &json!({ "name": "Engines" })).await.problem(409, "idempotency-key-in-use");
        drop(running);
        keyed.post("/accounts", &json!({ "name": "Engines" })).await.expect(201);
    }

    async fn a_key_that_is_empty_or_has_invisible_characters_is_rejected(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "Ada").await;
        for key in ["", "two words", &"x".repeat(256)] {
            let mut keyed = ada.with("idempotency-key", key);
            keyed.post("/accounts", &json!({ "name": "Engines" })).await
                .errors(&[("Idempotency-Key", "invalid-parameter")]);
        }
        let mut keyed = ada.with("idempotency-key", &"x".repeat(255));
        keyed.post("/accounts", &json!({ "name": "Engines" })).await.expect(201);
    }
}
