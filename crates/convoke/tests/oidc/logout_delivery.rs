//! Logout tokens reach their products: signed for each attempt, tried again, and never behind a slow product.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use convoke::jobs::{self, Jobs};
use convoke_app::{App, Dependencies};
use convoke_domain::oauth2::{
    self, ClientCapacity, DELIVERY_LIFETIME, LogoutDelivery, LogoutOutcome,
};
use convoke_domain::users;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::products::{code, deliveries, products, sign_in};
use crate::on_both;
use crate::support::{Client, TestApp, until_async};

const ANA: &str = "ana@northwind.example";
const BO: &str = "bo@northwind.example";
const LEASE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How a product answers.
#[derive(Clone, Copy)]
enum Reply {
    Status(u16),
    Redirect,
    /// Not before the receiver is released.
    Held,
}

/// A request to a product: its key, its media type and the token.
struct Received {
    product: String,
    content_type: String,
    token: String,
}

struct Inner {
    replies: Mutex<BTreeMap<String, Reply>>,
    received: mpsc::UnboundedSender<Received>,
    released: watch::Receiver<bool>,
}

/// The back-channel logout endpoints of all products of the catalogue.
struct Receiver {
    inner: Arc<Inner>,
    received: mpsc::UnboundedReceiver<Received>,
    release: watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    Path(product): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let reply = inner.replies.lock().unwrap().get(&product).copied();
    let received = Received {
        product,
        content_type: headers["content-type"].to_str().unwrap().to_owned(),
        token: body.strip_prefix("logout_token=").unwrap().to_owned(),
    };
    inner.received.send(received).unwrap();
    match reply {
        None => StatusCode::OK.into_response(),
        Some(Reply::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Reply::Redirect) => Redirect::to("/platform").into_response(),
        Some(Reply::Held) => {
            let mut released = inner.released.clone();
            released.wait_for(|released| *released).await.unwrap();
            StatusCode::OK.into_response()
        }
    }
}

impl Receiver {
    fn reply(&self, product: &str, reply: Reply) {
        self.inner
            .replies
            .lock()
            .unwrap()
            .insert(product.to_owned(), reply);
    }

    /// What has been received and was not looked at.
    fn new_requests(&mut self) -> Vec<Received> {
        let mut requests = Vec::new();
        while let Ok(received) = self.received.try_recv() {
            requests.push(received);
        }
        requests
    }
}

struct Fixture {
    test_app: TestApp,
    ana: Client,
    account: String,
    receiver: Receiver,
    _folder: tempfile::TempDir,
}

/// Ana, who owns Northwind, at an installation whose products listen.
async fn of(test_app: TestApp) -> Fixture {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (received_tx, received) = mpsc::unbounded_channel();
    let (release, released) = watch::channel(false);
    let inner = Arc::new(Inner {
        replies: Mutex::default(),
        received: received_tx,
        released,
    });
    let router = Router::new()
        .route("/{product}", post(answer))
        .with_state(inner.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.toml");
    let catalogue = include_str!("logout_catalogue.toml");
    let catalogue = catalogue.replace("127.0.0.1:9/", &format!("{address}/"));
    std::fs::write(&file, catalogue).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let test_app = test_app
        .restarted(|config| config.catalogue = Some(file))
        .await;
    test_app.app.refresh_signing_keys().await.unwrap();
    let mut ana = test_app.user(ANA, "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    Fixture {
        test_app,
        ana,
        account,
        receiver: Receiver {
            inner,
            received,
            release,
            server,
        },
        _folder: folder,
    }
}

impl Fixture {
    /// Signs Ana in to products, and signs her out again.
    async fn end(&mut self, products: &[&str]) {
        for product in products {
            sign_in(&self.test_app, &self.ana, product, &self.account).await;
        }
        self.ana.delete("/sessions/current").await.expect(204);
        self.ana = self.test_app.sign_in(ANA).await;
    }

    /// Makes all attempts that are due, and returns how many.
    async fn deliver(&self) -> usize {
        jobs::deliver_logouts(&self.test_app.app).await.unwrap()
    }

    async fn deliveries(&self) -> Vec<LogoutDelivery> {
        deliveries(&self.test_app.app).await
    }

    /// The claims of a token, verified by the published keys.
    fn claims(&self, token: &str) -> Value {
        let keys = self.test_app.app.signing_keys.current();
        let (kind, claims) = keys.verify(token).unwrap();
        assert_eq!(kind, "logout+jwt");
        claims
    }

    async fn lease(&self) -> Vec<LogoutDelivery> {
        let client = ClientCapacity {
            client: "platform".to_owned(),
            capacity: 4,
        };
        let leased = self.test_app.app.write(move |tx| {
            oauth2::lease_deliveries(tx, LEASE, std::slice::from_ref(&client), 32)
        });
        leased.await.unwrap()
    }
}

on_both! {
    async fn a_product_with_fewer_requests_under_way_comes_first(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        for product in ["desk", "wiki", "platform"] {
            sign_in(&fixture.test_app, &fixture.ana, product, &fixture.account).await;
        }
        fixture.end(&["desk", "wiki", "platform"]).await;
        // In the order of their keys; each of the first two has requests that its product does not answer.
        let capacities = [("desk", 1), ("platform", 2), ("wiki", 4)];
        let clients = capacities.map(|(client, capacity)| ClientCapacity { client: client.to_owned(), capacity });
        let mut order = Vec::new();
        for _ in 0..3 {
            let clients = clients.clone();
            let leased = fixture.test_app.app.write(move |tx| oauth2::lease_deliveries(tx, LEASE, &clients, 1)).await.unwrap();
            order.extend(leased.into_iter().map(|delivery| delivery.client));
        }
        assert_eq!(order, ["wiki", "platform", "desk"]);
    }

    async fn a_product_gets_a_token_that_only_it_can_take_for_one(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let grant = sign_in(&fixture.test_app, &fixture.ana, "platform", &fixture.account).await.active.grant;
        fixture.end(&["plain"]).await;
        fixture.test_app.advance(Duration::from_secs(3));
        assert_eq!(fixture.deliver().await, 1);
        let received = fixture.receiver.new_requests().pop().unwrap();
        assert_eq!((received.product.as_str(), received.content_type.as_str()), ("platform", "application/x-www-form-urlencoded"));
        let delivery = fixture.deliveries().await.pop().unwrap();
        let now = fixture.test_app.now().millis() / 1_000;
        assert_eq!(fixture.claims(&received.token), json!({
            "iss": "http://localhost:8080", "aud": "platform", "sub": grant.user, "sid": grant.id,
            "iat": now, "exp": now + 120, "jti": format!("{}-1", uuid::Uuid::from(delivery.id).simple()),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        }));
        assert_eq!(delivery.delivered_at, Some(fixture.test_app.now()));
        fixture.test_app.advance(DAY);
        assert_eq!(fixture.deliver().await, 0);
    }

    async fn anything_but_200_and_204_is_tried_again_with_another_token(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        fixture.end(&["platform"]).await;
        let mut tokens = BTreeSet::new();
        for (reply, error, wait) in [
            (Reply::Status(500), "it answers 500", 1),
            (Reply::Status(400), "it answers 400", 5),
            (Reply::Redirect, "it answers 303", 30),
            (Reply::Status(202), "it answers 202", 120),
        ] {
            fixture.receiver.reply("platform", reply);
            assert_eq!(fixture.deliver().await, 1, "{error}");
            let received = fixture.receiver.new_requests();
            assert_eq!(received.len(), 1, "{error}");
            let claims = fixture.claims(&received[0].token);
            assert_eq!(claims["iat"], fixture.test_app.now().millis() / 1_000);
            assert!(tokens.insert(claims["jti"].to_string()));
            let delivery = fixture.deliveries().await.pop().unwrap();
            assert_eq!(delivery.last_error.as_deref(), Some(error));
            fixture.test_app.advance_just_before(Duration::from_secs(wait));
            assert_eq!(fixture.deliver().await, 0, "{error}");
            fixture.test_app.advance(crate::support::MILLISECOND);
        }
        fixture.receiver.reply("platform", Reply::Status(204));
        assert_eq!(fixture.deliver().await, 1);
        let delivery = fixture.deliveries().await.pop().unwrap();
        assert_eq!((delivery.attempts, delivery.last_error.clone()), (5, None));
        assert!(delivery.delivered_at.is_some() && delivery.failed_at.is_none());
    }

    async fn a_product_that_never_takes_it_is_given_up_after_three_days(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        fixture.end(&["platform"]).await;
        let ended_at = fixture.test_app.now();
        fixture.receiver.reply("platform", Reply::Status(503));
        let mut attempts = 0;
        let failed_at = loop {
            attempts += fixture.deliver().await;
            if let Some(failed_at) = fixture.deliveries().await[0].failed_at {
                break failed_at;
            }
            fixture.test_app.advance(HOUR);
        };
        // The next attempt, an hour later, would begin when the three days have passed.
        assert_eq!(failed_at.plus(HOUR), ended_at.plus(3 * DAY));
        assert_eq!(fixture.receiver.new_requests().len(), attempts);
        fixture.test_app.advance(DAY);
        assert_eq!(fixture.deliver().await, 0);
        // It is shown for a while.
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert_eq!(fixture.deliveries().await[0].last_error.as_deref(), Some("it answers 503"));
        fixture.test_app.advance(30 * DAY);
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert!(fixture.deliveries().await.is_empty());
    }

    async fn a_worker_that_ended_loses_nothing(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        fixture.end(&["platform"]).await;
        let lost = fixture.lease().await.pop().unwrap();
        assert_eq!(fixture.deliver().await, 0);
        fixture.test_app.advance_just_before(LEASE);
        assert_eq!(fixture.deliver().await, 0);
        fixture.test_app.advance(crate::support::MILLISECOND);
        let leased = fixture.lease().await.pop().unwrap();
        assert_eq!(leased.attempts, 2);
        // What the first worker has to say comes too late, unless the product took the token.
        let record = async |delivery: &LogoutDelivery, outcome: LogoutOutcome| {
            let delivery = delivery.clone();
            let recorded = fixture.test_app.app.write(move |tx| oauth2::record_delivery(tx, &delivery, &outcome));
            recorded.await.unwrap();
            fixture.deliveries().await.pop().unwrap()
        };
        let late = record(&lost, LogoutOutcome::Failed("late".to_owned())).await;
        assert_eq!((late.last_error, late.available_at), (None, leased.available_at));
        assert!(record(&lost, LogoutOutcome::Delivered).await.delivered_at.is_some());
        let late = record(&leased, LogoutOutcome::Failed("late".to_owned())).await;
        assert!(late.delivered_at.is_some() && late.last_error.is_none());
        assert!(fixture.receiver.new_requests().is_empty());
    }

    async fn a_slow_product_delays_no_other(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        fixture.receiver.reply("desk", Reply::Held);
        let user = fixture.ana.id().await;
        for _ in 0..6 {
            fixture.ana = fixture.test_app.sign_in(ANA).await;
            sign_in(&fixture.test_app, &fixture.ana, "desk", &fixture.account).await;
        }
        sign_in(&fixture.test_app, &fixture.ana, "platform", &fixture.account).await;
        let jobs = Jobs::start(&fixture.test_app.app);
        let id = user.parse().unwrap();
        let disabled = fixture.test_app.app.write(move |tx| users::disable(tx, id));
        disabled.await.unwrap();
        // The commit wakes the worker; the rows are the first it has.
        let mut requests = Vec::new();
        until_async(Duration::from_secs(10), "platform is notified beside four requests to desk", || {
            requests.extend(fixture.receiver.new_requests());
            requests.len() == 5
        })
        .await;
        let of = |product: &str, requests: &[Received]| requests.iter().filter(|received| received.product == product).count();
        assert_eq!((of("desk", &requests), of("platform", &requests)), (4, 1));
        let record = Duration::from_secs(10);
        let delivered = async || deliveries(&fixture.test_app.app).await.iter().filter(|row| row.delivered_at.is_some()).count();
        tokio::time::timeout(record, async {
            while delivered().await < 1 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        assert_eq!(delivered().await, 1);
        fixture.receiver.release.send_replace(true);
        tokio::time::timeout(record, async {
            while delivered().await < 7 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        jobs.stop().await;
    }

    async fn the_owner_of_an_account_sees_its_deliveries(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let roles = &["USER_ADMIN"];
        let mut bo = fixture.test_app.member(&mut fixture.ana, &fixture.account, BO, roles).await;
        let own_account = bo.default_account().await;
        for (product, account) in [("platform", &fixture.account), ("wiki", &fixture.account), ("platform", &own_account)] {
            sign_in(&fixture.test_app, &bo, product, account).await;
        }
        let path = format!("/accounts/{}/logout-deliveries", fixture.account);
        assert_eq!(fixture.ana.get(&path).await.expect(200).json(), json!({ "items": [], "next_cursor": null }));
        bo.get(&path).await.expect(403);
        let ended_at = fixture.test_app.now();
        let member = format!("/accounts/{}/members/{}", fixture.account, bo.id().await);
        fixture.ana.delete(&member).await.expect(204);
        // The grant of the user's own account, which ends later, is not of this account.
        fixture.test_app.advance(Duration::from_secs(1));
        let (id, own_path) = (bo.id().await, format!("/accounts/{own_account}/logout-deliveries"));
        bo.delete("/sessions/current").await.expect(204);
        let mut bo = fixture.test_app.sign_in(BO).await;
        let own = bo.get(&own_path).await.expect(200).json();
        assert_eq!((own["items"].as_array().unwrap().len(), &own["items"][0]["product"]["key"]), (1, &json!("platform")));
        bo.get(&path).await.expect(404);

        fixture.receiver.reply("wiki", Reply::Status(503));
        assert_eq!(fixture.deliver().await, 3);
        let now = fixture.test_app.now();
        let deliveries = fixture.ana.get(&path).await.expect(200).json();
        assert_eq!(deliveries["next_cursor"], Value::Null);
        let by_product = |product: &str, deliveries: &Value| {
            let items = deliveries["items"].as_array().unwrap();
            assert_eq!(items.len(), 2);
            items.iter().find(|item| item["product"]["key"] == product).unwrap().clone()
        };
        let stored = fixture.deliveries().await;
        let stored = |product: &str| stored.iter().find(|delivery| delivery.client == product).unwrap().clone();
        let expected = |product: &str, name: &str| json!({
            "id": stored(product).id, "grant": stored(product).grant, "product": { "key": product, "name": name },
            "user": { "id": id, "name": "bo" }, "state": "delivered", "attempts": 1, "created_at": ended_at,
            "next_attempt_at": null, "delivered_at": now, "failed_at": null, "last_error": null,
        });
        assert_eq!(by_product("platform", &deliveries), expected("platform", "Platform"));
        let mut pending = expected("wiki", "Wiki");
        pending["state"] = json!("pending");
        pending["next_attempt_at"] = json!(now.plus(Duration::from_secs(1)));
        pending["delivered_at"] = Value::Null;
        pending["last_error"] = json!("it answers 503");
        assert_eq!(by_product("wiki", &deliveries), pending);

        // Page by page, the newest first.
        let first = fixture.ana.get(&format!("{path}?limit=1")).await.expect(200).json();
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = fixture.ana.get(&format!("{path}?limit=1&cursor={cursor}")).await.expect(200).json();
        assert_eq!((&first["items"][0], &second["items"][0]), (&deliveries["items"][0], &deliveries["items"][1]));
        assert!(deliveries["items"][0]["id"].as_str() > deliveries["items"][1]["id"].as_str());
        assert_eq!(second["next_cursor"], Value::Null);
        fixture.ana.get(&format!("{path}?cursor=none")).await.expect(422);

        // It is given up after three days; a product that has left the catalogue is named by its key.
        fixture.test_app.advance(DELIVERY_LIFETIME);
        assert_eq!(fixture.deliver().await, 1);
        let failed_at = fixture.test_app.now();
        let clients = format!("{}/tests/oidc/catalogue.toml", env!("CARGO_MANIFEST_DIR"));
        fixture.test_app = fixture.test_app.restarted(|config| config.catalogue = Some(clients)).await;
        let mut ana = fixture.test_app.sign_in(ANA).await;
        let mut failed = pending;
        failed["state"] = json!("failed");
        failed["attempts"] = json!(2);
        failed["next_attempt_at"] = Value::Null;
        failed["failed_at"] = json!(failed_at);
        failed["product"]["name"] = json!("wiki");
        assert_eq!(by_product("wiki", &ana.get(&path).await.expect(200).json()), failed);
    }

    async fn two_nodes_deliver_each_token_once(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        for _ in 0..10 {
            fixture.end(&["platform", "wiki"]).await;
        }
        let sources = Dependencies { clock: fixture.test_app.clock.clone(), ..Dependencies::default() };
        let other = App::build(fixture.test_app.app.config.clone(), sources).unwrap();
        other.refresh_signing_keys().await.unwrap();
        let (first, second) = tokio::join!(jobs::deliver_logouts(&fixture.test_app.app), jobs::deliver_logouts(&other));
        assert_eq!(first.unwrap() + second.unwrap(), 20);
        assert_eq!(fixture.receiver.new_requests().len(), 20);
        assert!(fixture.deliveries().await.iter().all(|delivery| delivery.delivered_at.is_some()));
    }

    async fn a_product_that_takes_no_tokens_any_more_leaves_none_waiting(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        fixture.end(&["platform"]).await;
        let clients = format!("{}/tests/oidc/catalogue.toml", env!("CARGO_MANIFEST_DIR"));
        fixture.test_app = fixture.test_app.restarted(|config| config.catalogue = Some(clients)).await;
        assert_eq!(fixture.deliver().await, 0);
        fixture.test_app.advance(4 * DAY);
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert!(fixture.deliveries().await[0].failed_at.is_some());
    }

    async fn what_grants_leave_is_deleted_in_time(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let count = |fixture: &Fixture| {
            let rows = fixture.test_app.database.rows();
            ["grants", "authorization_codes", "refresh_tokens", "logout_deliveries"].map(|table| rows[table].len())
        };
        // A code without tokens, and one with a refresh token, beside one that an earlier version replaced.
        code(&fixture.test_app, &fixture.ana, "desk", &fixture.account).await.unwrap();
        let issued = sign_in(&fixture.test_app, &fixture.ana, "platform", &fixture.account).await;
        let token = issued.refresh_token.unwrap().expose().to_owned();
        let refreshed = fixture.test_app.app.write(move |tx| oauth2::refresh(tx, "platform", &token, None));
        refreshed.await.unwrap().unwrap();
        let database = &fixture.test_app.database;
        database.execute(&format!(
            "insert into refresh_tokens (token_hash, grant_id, scope, authenticated_at, created_at, used_at)
             select {}, grant_id, scope, authenticated_at, created_at, created_at from refresh_tokens", database.number_as_bytes("1")));
        fixture.test_app.advance(3 * HOUR);
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        // A code that gave a refresh token is remembered as long as its grant.
        assert_eq!(count(&fixture), [2, 1, 2, 0]);
        for _ in 0..3 {
            fixture.test_app.advance(10 * DAY);
            fixture.ana.get("/me").await.expect(200);
        }
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert_eq!(count(&fixture), [2, 1, 1, 0]);
        fixture.ana.delete("/sessions/current").await.expect(204);
        assert_eq!(fixture.deliver().await, 1);
        fixture.test_app.advance(6 * DAY);
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert_eq!(count(&fixture), [2, 1, 1, 1]);
        fixture.test_app.advance(DAY);
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert_eq!(count(&fixture), [2, 1, 1, 0]);
        fixture.test_app.advance(23 * DAY);
        jobs::clean_up(&fixture.test_app.app).await.unwrap();
        assert_eq!(count(&fixture), [0, 0, 0, 0]);
    }
}
