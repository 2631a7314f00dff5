//! Idempotency keys: the same request gives the same response once.

use std::time::Duration;

use axum::http::Method;
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_core::secret::sha256;
use convoke_store as store;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client, TestApp, document, invite_body};

const DAY: Duration = Duration::from_hours(24);

fn keyed(client: &Client, key: &str) -> Client {
    client.with("idempotency-key", key)
}

on_both! {
    async fn a_repeated_request_returns_the_stored_response(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.owner = keyed(&team.owner, "first");
        let first = team.ask(&["bob@example.com"]).await.expect(201);
        let second = team.ask(&["bob@example.com"]).await.expect(201);
        assert_eq!(first.body(), second.body());
        assert_eq!(second.json()["results"][0]["outcome"], "invited");
        assert_eq!(second.headers["content-type"], "application/json");
        assert_ne!(first.headers["x-request-id"], second.headers["x-request-id"]);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 1);
        assert_eq!(test_app.database.rows()["invitations"].len(), 1);
    }

    async fn a_response_without_a_body_is_stored(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let bob = team.member(&test_app, "bob@example.com", &[]).await;
        let mut member = keyed(&bob, "leaving");
        let path = team.path("leave");
        for _ in 0..2 {
            let left = member.post(&path, &Value::Null).await.expect(204);
            assert_eq!(left.body(), "");
        }
        keyed(&bob, "again").post(&path, &Value::Null).await.problem(404, "not-found");
    }

    async fn another_request_with_the_same_key_is_rejected(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut owner = keyed(&team.owner, "one");
        owner.post("/accounts", &json!({ "name": "First" })).await.expect(201);
        let before = test_app.database.rows();
        owner.post("/accounts", &json!({ "name": "Second" })).await.problem(422, "idempotency-key-reused");
        let path = team.path("invitations");
        let body = invite_body(&["DEVELOPER"], &["bob@example.com"]);
        owner.post(&path, &body).await.problem(422, "idempotency-key-reused");
        assert_eq!(test_app.database.rows(), before);
        team.owner = keyed(&team.owner, "two");
        team.ask(&["bob@example.com"]).await.expect(201);
    }

    async fn a_key_of_a_running_request_is_rejected(test_app: TestApp) {
        let mut owner = keyed(&test_app.user("ada@example.com", "Ada").await, "slow");
        let user: UserId = owner.get("/me").await.text("/id").parse().unwrap();
        let running = test_app.app.in_flight_keys.try_acquire((user, sha256(b"slow"))).unwrap();
        let body = json!({ "name": "First" });
        owner.post("/accounts", &body).await.problem(409, "idempotency-key-in-use");
        drop(running);
        owner.post("/accounts", &body).await.expect(201);
    }

    async fn concurrent_requests_with_one_key_run_once(test_app: TestApp) {
        let owner = keyed(&test_app.user("ada@example.com", "Ada").await, "race");
        let body = json!({ "name": "Once" });
        let responses = join_all((0..8).map(|_| {
            let (mut owner, body) = (owner.clone(), body.clone());
            async move { owner.post("/accounts", &body).await }
        })).await;
        let done: Vec<String> =
            responses.iter().filter(|response| response.status == 201).map(crate::support::TestResponse::body).collect();
        assert!(!done.is_empty() && done.iter().all(|body| *body == done[0]), "{done:?}");
        for response in responses {
            if response.status != 201 {
                response.problem(409, "idempotency-key-in-use");
            }
        }
        assert_eq!(test_app.database.rows()["accounts"].len(), 2);
    }

    async fn a_response_is_stored_for_24_hours(test_app: TestApp) {
        let mut owner = keyed(&test_app.user("ada@example.com", "Ada").await, "daily");
        let body = json!({ "name": "Daily" });
        let first = owner.post("/accounts", &body).await.expect(201);
        test_app.advance_just_before(DAY);
        assert_eq!(owner.post("/accounts", &body).await.expect(201).body(), first.body());
        test_app.advance(Duration::from_millis(1));
        let next = owner.post("/accounts", &body).await.expect(201);
        assert_ne!(next.text("/id"), first.text("/id"));
    }

    async fn a_rejected_request_does_not_use_its_key(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 2).await;
        let mut team = AccountFixture::new(&test_app).await;
        team.owner = keyed(&team.owner, "again");
        team.ask(&["bob@example.com", "carol@example.com"]).await.problem(409, "user-limit-exceeded");
        team.ask(&["bob"]).await.problem(422, "validation-failed");
        assert!(test_app.database.rows()["idempotency_keys"].is_empty());
        team.ask(&["bob@example.com"]).await.expect(201);
    }

    async fn keys_are_scoped_to_their_user(test_app: TestApp) {
        let mut ada = keyed(&test_app.user("ada@example.com", "Ada").await, "shared");
        let mut eve = keyed(&test_app.user("eve@example.com", "Eve").await, "shared");
        let first = ada.post("/accounts", &json!({ "name": "Hers" })).await.expect(201);
        let second = eve.post("/accounts", &json!({ "name": "Mine" })).await.expect(201);
        assert_eq!(second.text("/name"), "Mine");
        assert_ne!(first.text("/id"), second.text("/id"));
    }

    async fn requests_without_changes_store_no_response(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.ask(&["bob@example.com"]).await.expect(201);
        let path = team.path("invitations");
        let body = invite_body(&["DEVELOPER"], &["bob@example.com"]);
        for number in 0..800 {
            let mut owner = keyed(&team.owner, &format!("key-{number}"));
            let response = owner.post(&path, &body).await.expect(201);
            assert_eq!(response.json()["results"][0]["outcome"], "already_invited");
        }
        assert!(test_app.database.rows()["idempotency_keys"].is_empty());
    }

    async fn stored_responses_per_user_are_bounded_to_the_newest(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let path = team.of(&id, "resend");
        let user: UserId = team.owner.id().await.parse().unwrap();
        for (length, most) in [(10, 1_000), (10_000, 1 + (1 << 20) / 10_000)] {
            fill(&test_app, user, length).await;
            test_app.advance(Duration::from_secs(1));
            let key = format!("newest-{length}");
            let newest = keyed(&team.owner, &key).post(&path, &Value::Null).await.expect(200);
            assert_eq!(test_app.database.rows()["idempotency_keys"].len(), most);
            let again = keyed(&team.owner, &key).post(&path, &Value::Null).await.expect(200);
            assert_eq!(again.body(), newest.body());
        }
    }

    async fn keys_have_one_to_255_visible_characters(test_app: TestApp) {
        let owner = test_app.user("ada@example.com", "Ada").await;
        let body = json!({ "name": "First" });
        for key in ["", "two words", "tab\there", "caf\u{e9}", &"k".repeat(256)] {
            let response = keyed(&owner, key).post("/accounts", &body).await;
            response.errors(&[("Idempotency-Key", "invalid-parameter")]);
        }
        keyed(&owner, &"k".repeat(255)).post("/accounts", &body).await.expect(201);
        let rows = format!("{:?}", test_app.database.rows()["idempotency_keys"]);
        assert!(!rows.contains("kkkk"), "a key is kept as it came");
    }
}

/// Stores more responses of a user than the maximum.
async fn fill(test_app: &TestApp, user: UserId, length: usize) {
    let body = "x".repeat(length);
    let filled = test_app.app.write(move |tx| {
        for number in 0..1_500 {
            let key = sha256(format!("{length} {number}").as_bytes());
            let at = tx.now.plus(Duration::from_millis(number));
            store::idempotency::reserve(tx.conn, user, &key, &key, at, Timestamp::from_millis(0))?;
            store::idempotency::update(tx.conn, user, &key, 200, &body)?;
        }
        Ok(())
    });
    filled.await.unwrap();
    test_app.advance(Duration::from_secs(2));
}

/// Those that take or return a secret, whose responses must not be stored.
const WITH_SECRETS: [&str; 14] = [
    "POST /registrations",
    "POST /registrations/confirm",
    "POST /sessions",
    "POST /password-resets",
    "POST /password-resets/confirm",
    "POST /me/email",
    "POST /me/email/confirm",
    "POST /me/password",
    "POST /accounts/{account}/ownership-offer",
    "POST /accounts/{account}/invitations/{invitation}/links",
    "POST /invitations/preview",
    "POST /invitations/accept",
    "POST /invitations/decline",
    "POST /invitations/request-address",
];

#[test]
fn every_post_without_a_secret_takes_a_key() {
    for operation in document::operations() {
        let takes = operation
            .parameters("header")
            .contains(&"Idempotency-Key".to_owned());
        let should =
            operation.method == Method::POST && !WITH_SECRETS.contains(&operation.name().as_str());
        assert_eq!(takes, should, "{}", operation.name());
    }
}
