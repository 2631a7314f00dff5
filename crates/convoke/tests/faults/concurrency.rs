//! Concurrent requests, in one process or to several.

use std::sync::{Arc, Barrier};
use std::thread;

use axum::Router;
use axum::http::Method;
use convoke_app::{App, Dependencies};
use convoke_core::random::SystemRandom;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, SocketClient, TestApp};

/// Requests that are sent at the same time.
pub const CONCURRENT_REQUESTS: usize = 32;

/// Rounds of each race.
pub const ROUNDS: usize = 200;

/// A POST request: cookie, path and body.
pub struct TestRequest {
    pub cookie: String,
    pub path: String,
    pub body: Value,
}

impl TestRequest {
    pub fn new(cookie: &str, path: String, body: Value) -> Self {
        let cookie = cookie.to_owned();
        Self { cookie, path, body }
    }

    /// A request that invites addresses.
    pub fn invite(cookie: &str, account: impl std::fmt::Display, emails: &[String]) -> Self {
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
        Self::new(cookie, format!("/accounts/{account}/invitations"), body)
    }
}

/// Status and JSON of each response, in the order of the requests.
pub type Responses = Vec<(u16, Value)>;

/// The number of responses with this status.
pub fn count(responses: &Responses, status: u16) -> usize {
    responses
        .iter()
        .filter(|(actual, _)| *actual == status)
        .count()
}

/// Checks that every response has one of these statuses.
#[track_caller]
pub fn assert_statuses(responses: &Responses, statuses: &[u16]) {
    for (status, body) in responses {
        assert!(statuses.contains(status), "{status} {body}");
    }
}

/// The nodes that requests are sent to: one, or several on one database.
pub struct Nodes(pub Vec<Router>);

impl Nodes {
    /// This node only.
    pub fn of(test_app: &TestApp) -> Self {
        Self(vec![test_app.router.clone()])
    }

    /// This node and another one on the same database.
    pub fn two(test_app: &TestApp) -> Self {
        let other = convoke_web::router(Self::another(test_app));
        Self(vec![test_app.router.clone(), other])
    }

    /// Another node on the same database.
    pub fn another(test_app: &TestApp) -> App {
        let dependencies = Dependencies {
            clock: test_app.clock.clone(),
            random: Arc::new(SystemRandom),
        };
        App::build(test_app.app.config.clone(), dependencies).unwrap()
    }

    /// Sends all requests concurrently, to the nodes in turn.
    pub async fn send_all(&self, requests: Vec<TestRequest>) -> Responses {
        let tasks = requests
            .into_iter()
            .zip(self.0.iter().cycle())
            .map(|(request, node)| {
                let mut client = Client::new(node.clone());
                client.cookie = (!request.cookie.is_empty()).then_some(request.cookie);
                async move {
                    let response = client
                        .send(Method::POST, &request.path, Some(&request.body))
                        .await;
                    (response.status, response.json())
                }
            });
        join_all(tasks.map(tokio::spawn))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }
}

/// Connections to processes, reused between rounds.
pub struct ConcurrentClients(Vec<SocketClient>);

impl ConcurrentClients {
    /// One connection per request, to the processes in turn.
    pub fn at(addresses: &[&str]) -> Self {
        let targets = addresses.iter().cycle().take(CONCURRENT_REQUESTS);
        Self(
            targets
                .map(|address| SocketClient::new(address, ""))
                .collect(),
        )
    }

    /// Sends all requests concurrently.
    pub fn send_all(&mut self, requests: Vec<TestRequest>) -> Responses {
        let barrier = Barrier::new(requests.len());
        assert!(requests.len() <= self.0.len());
        thread::scope(|scope| {
            let tasks: Vec<_> = requests
                .into_iter()
                .zip(&mut self.0)
                .map(|(request, client)| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        client.cookie = request.cookie;
                        barrier.wait();
                        let reply = client.post(&request.path, &request.body).unwrap();
                        (reply.status, reply.json())
                    })
                })
                .collect();
            tasks.into_iter().map(|task| task.join().unwrap()).collect()
        })
    }
}
