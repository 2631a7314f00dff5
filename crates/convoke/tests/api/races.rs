//! Concurrent requests: exactly one succeeds and the others get an error.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use convoke_app::config::Config;
use convoke_app::{App, Dependencies};
use convoke_core::language::Locale;
use convoke_core::random::SystemRandom;
use convoke_core::secret::{TokenKind, new_token};
use convoke_store::registrations;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, TestResponse, cheap_hash};

/// The nodes that requests are sent to in turn: two on PostgreSQL, one on SQLite.
struct Nodes(Vec<Router>);

impl Nodes {
    fn of(test_app: &TestApp) -> Self {
        let mut nodes = vec![test_app.router.clone()];
        if test_app.app.database_name() == "PostgreSQL" {
            let dependencies = Dependencies {
                clock: test_app.clock.clone(),
                random: Arc::new(SystemRandom),
            };
            let other = App::build(test_app.app.config.clone(), dependencies).unwrap();
            nodes.push(convoke_web::router(other));
        }
        Self(nodes)
    }

    /// A copy of a client for the node of a request.
    fn client(&self, client: &Client, request: usize) -> Client {
        client.on(&self.0[request % self.0.len()])
    }

    /// Sends the same POST request several times concurrently, by copies of one client.
    async fn concurrently(
        &self,
        client: &Client,
        times: usize,
        path: &str,
        body: &Value,
    ) -> Vec<TestResponse> {
        let barrier = &Barrier::new(times);
        let posts = (0..times).map(|request| async move {
            let mut copy = self.client(client, request);
            barrier.wait().await;
            copy.post(path, body).await
        });
        join_all(posts).await
    }
}

/// Fails unless one response has the first status and all others the second.
#[track_caller]
fn exactly_one_succeeds(responses: &[TestResponse], won: u16, lost: u16) {
    let mut statuses: Vec<u16> = responses.iter().map(|response| response.status).collect();
    statuses.sort_by_key(|status| *status != won);
    let mut expected = vec![lost; responses.len()];
    expected[0] = won;
    assert_eq!(statuses, expected);
}

/// How often ownership is accepted and an account created at the same time.
const ROUNDS: usize = 200;
const REQUESTS: usize = 32;

fn two_accounts(config: &mut Config) {
    config.limits.accounts_per_user = 2;
}

fn many_accounts(config: &mut Config) {
    config.limits.accounts_per_user = u32::try_from(ROUNDS).unwrap() + 1;
}

/// The tokens of three sign-ups with one address, as if their links had been mailed.
async fn seed_registrations(test_app: &TestApp, email: &str, password_hash: &str) -> Vec<String> {
    let (email, password_hash) = (email.to_owned(), password_hash.to_owned());
    let seeded = test_app.app.write(move |tx| {
        let mut tokens = Vec::new();
        for _ in 0..3 {
            let (token, hash) = new_token(TokenKind::Confirmation, tx.ctx.random.as_ref());
            let registration = registrations::Registration {
                id: tx.new_id::<Uuid>(),
                email: email.clone(),
                email_canonical: email.clone(),
                password_hash: password_hash.clone(),
                first_name: "Ada".to_owned(),
                last_name: None,
                locale: Locale::default(),
                time_zone: "UTC".to_owned(),
                invitation: None,
                client: String::new(),
                created_at: tx.now,
                expires_at: tx.now.plus(Duration::from_hours(24)),
            };
            registrations::insert(tx.conn, &registration)?;
            registrations::update_token(tx.conn, registration.id, &hash)?;
            tokens.push(token.expose().to_owned());
        }
        Ok::<_, convoke_domain::Error>(tokens)
    });
    seeded.await.unwrap()
}

on_both! {
    async fn concurrent_confirmations_create_one_user(test_app: TestApp) {
        let nodes = Nodes::of(&test_app);
        let password_hash = cheap_hash(PASSWORD);
        for round in 0..ROUNDS {
            let email = format!("ada{round}@example.com");
            let tokens = seed_registrations(&test_app, &email, &password_hash).await;
            let barrier = &Barrier::new(REQUESTS);
            let confirmations = (0..REQUESTS).zip(tokens.iter().cycle()).map(|(request, token)| {
                let mut client = nodes.client(&test_app.anonymous(), request);
                async move {
                    barrier.wait().await;
                    client.post("/registrations/confirm", &json!({ "token": token, "password": PASSWORD })).await
                }
            });
            exactly_one_succeeds(&join_all(confirmations).await, 201, 410);
        }
        assert_eq!(test_app.entries().await.len(), 2 * ROUNDS, "one user and one account per round");
    }

    async fn exactly_one_concurrent_reset_by_one_link_succeeds(test_app: TestApp) {
        let nodes = Nodes::of(&test_app);
        let anonymous_client = test_app.anonymous();
        test_app.user("ada@example.com", "Ada").await;
        anonymous_client.clone().post("/password-resets", &json!({ "email": "ada@example.com" })).await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        let body = json!({ "token": token, "password": "another fine password" });
        exactly_one_succeeds(&nodes.concurrently(&anonymous_client, 8, "/password-resets/confirm", &body).await, 204, 410);
        let resets = test_app.entries().await.iter().filter(|action| *action == "user.password_reset").count();
        assert_eq!(resets, 1);
    }

    async fn concurrently_created_accounts_stay_within_the_limit(test_app: TestApp, two_accounts) {
        let nodes = Nodes::of(&test_app);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        test_app.user("bob@example.com", "Bob").await;
        for round in 1..=ROUNDS {
            exactly_one_succeeds(&nodes.concurrently(&ada, REQUESTS, "/accounts", &json!({ "name": "Engines" })).await, 201, 409);
            // Reassigning the created account makes room for the next.
            test_app.run_sql("update accounts set owner_id = (select id from users where login = 'bob@example.com')
                where not is_default").await;
            if round == ROUNDS {
                assert_eq!(ada.list_all("/accounts", 100).await.len(), ROUNDS + 1);
            }
        }
    }

    async fn concurrent_ownership_acceptance_and_creation_stay_within_the_limit(test_app: TestApp, two_accounts) {
        let nodes = Nodes::of(&test_app);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let id = bob.id().await;
        let offer = json!({ "user_id": id, "account_name": "Engines", "password": PASSWORD });
        let accept = (format!("/me/ownership-offers/{account}/accept"), Value::Null);
        let create = ("/accounts".to_owned(), json!({ "name": "Looms" }));
        for _ in 0..ROUNDS {
            ada.post(&format!("/accounts/{account}/ownership-offer"), &offer).await.expect(201);
            let barrier = Barrier::new(REQUESTS);
            let calls = (0..REQUESTS).map(|request| {
                let (path, body) = if request % 2 == 0 { &create } else { &accept };
                let (mut copy, barrier) = (nodes.client(&bob, request / 2), &barrier);
                async move {
                    barrier.wait().await;
                    copy.post(path, body).await
                }
            });
            let responses = join_all(calls).await;
            let done = responses.iter().filter(|response| matches!(response.status, 200 | 201)).count();
            assert_eq!(done, 1, "{:?}", responses.iter().map(TestResponse::body).collect::<Vec<_>>());
            // The second request gets the limit error, or the offer is already accepted.
            assert!(responses.iter().all(|response| matches!(response.status, 200 | 201 | 404 | 409)));
            let owned = bob.list_all("/accounts", 100).await.iter().filter(|account| account["owner"]["id"] == *id).count();
            assert_eq!(owned, 2);
            test_app.run_sql("update accounts set owner_id = (select id from users where login = 'ada@example.com')
                where not is_default").await;
        }
    }

    async fn concurrent_requests_with_one_key_create_one_account(test_app: TestApp, many_accounts) {
        let nodes = Nodes::of(&test_app);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        for round in 0..ROUNDS {
            let keyed = ada.with("idempotency-key", &round.to_string());
            let mut created = std::collections::BTreeSet::new();
            for response in nodes.concurrently(&keyed, REQUESTS, "/accounts", &json!({ "name": "Engines" })).await {
                if response.status == 409 {
                    response.problem(409, "idempotency-key-in-use");
                } else {
                    created.insert(response.expect(201).text("/id"));
                }
            }
            assert_eq!(created.len(), 1);
        }
        assert_eq!(ada.list_all("/accounts", 100).await.len(), ROUNDS + 1);
    }

    async fn exactly_one_concurrent_edit_of_a_version_succeeds(test_app: TestApp) {
        let nodes = Nodes::of(&test_app);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/members/{}", bob.id().await);
        for round in 0..ROUNDS {
            let tag = ada.get(&path).await.expect(200).header("etag").to_owned();
            let ada = ada.with("if-match", &tag);
            // Each edit changes something: the roles of a round are not those of the round before.
            let roles = [["LINGUIST", "USER_AUDITOR"], ["CONTENT_MANAGER", "BUSINESS_OWNER"]][round % 2];
            let barrier = &Barrier::new(REQUESTS);
            let edits = (0..REQUESTS).map(|request| {
                let (mut ada, path) = (nodes.client(&ada, request / 2), path.clone());
                async move {
                    barrier.wait().await;
                    ada.patch(&path, &json!({ "roles": [roles[request % 2]] })).await
                }
            });
            let responses = join_all(edits).await;
            // One edit is made; those that ask for the same succeed as repetitions of it, the others fail.
            let made = ada.clone().get(&path).await.expect(200).json()["roles"].clone();
            for (request, response) in responses.iter().enumerate() {
                let asks_for_same = made == json!([roles[request % 2]]);
                assert_eq!(response.status, if asks_for_same { 200 } else { 412 });
            }
        }
        let edits = test_app.entries().await.iter().filter(|action| *action == "member.roles_changed").count();
        assert_eq!(edits, ROUNDS);
    }

    async fn a_concurrent_acceptance_and_withdrawal_give_one_outcome(test_app: TestApp) {
        let nodes = Nodes::of(&test_app);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/ownership-offer");
        let body = json!({ "user_id": bob.id().await, "account_name": "Engines", "password": PASSWORD });
        let accept = format!("/me/ownership-offers/{account}/accept");
        for _ in 0..ROUNDS {
            ada.post(&path, &body).await.expect(201);
            let barrier = &Barrier::new(REQUESTS);
            let calls = (0..REQUESTS).map(|request| {
                let node = request / 2;
                let (mut ada, mut bob) = (nodes.client(&ada, node), nodes.client(&bob, node));
                let (path, accept) = (path.clone(), accept.clone());
                async move {
                    barrier.wait().await;
                    if request % 2 == 0 {
                        bob.post(&accept, &Value::Null).await
                    } else {
                        ada.delete(&path).await
                    }
                }
            });
            let responses = join_all(calls).await;
            let count = |status| responses.iter().filter(|response| response.status == status).count();
            let owner = ada.get(&format!("/accounts/{account}")).await.expect(200).text("/owner/name");
            assert_eq!((count(200), count(204), owner.as_str()), if count(204) == 0 { (1, 0, "Bob") } else { (0, 1, "Ada") });
            // A previous owner cannot withdraw the offer, and an accepted offer no longer exists.
            assert!(responses.iter().all(|response| matches!(response.status, 200 | 204 | 403 | 404 | 410)));
            test_app.run_sql("update accounts set owner_id = (select id from users where login = 'ada@example.com')
                where not is_default").await;
        }
    }
}
