//! Many requests at the same moment.

use std::sync::{Arc, Barrier};
use std::thread;

use axum::Router;
use axum::http::Method;
use convoke_app::{App, Dependencies};
use convoke_core::random::SystemRandom;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, SocketClient, TestApp};

/// Requests at one moment.
pub const CALLERS: usize = 32;

/// How often a race is run.
pub const ROUNDS: usize = 200;

/// One request: who, where, with what. All of them are posts.
pub struct Shot {
    pub cookie: String,
    pub path: String,
    pub body: Value,
}

impl Shot {
    pub fn new(cookie: &str, path: String, body: Value) -> Self {
        let cookie = cookie.to_owned();
        Self { cookie, path, body }
    }

    /// Invites addresses.
    pub fn invite(cookie: &str, account: impl std::fmt::Display, emails: &[String]) -> Self {
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
        Self::new(cookie, format!("/accounts/{account}/invitations"), body)
    }
}

/// What came back: status and JSON, in the order of the shots.
pub type Hits = Vec<(u16, Value)>;

/// How many were answered so.
pub fn count(hits: &Hits, status: u16) -> usize {
    hits.iter().filter(|(found, _)| *found == status).count()
}

/// Every answer is one of these.
#[track_caller]
pub fn only(hits: &Hits, statuses: &[u16]) {
    for (status, body) in hits {
        assert!(statuses.contains(status), "{status} {body}");
    }
}

/// Where requests go in by: one installation, or several on one database.
pub struct Doors(pub Vec<Router>);

impl Doors {
    /// This installation alone.
    pub fn of(test_app: &TestApp) -> Self {
        Self(vec![test_app.router.clone()])
    }

    /// This installation and another one on the same database.
    pub fn two(test_app: &TestApp) -> Self {
        let other = convoke_web::router(Self::another(test_app));
        Self(vec![test_app.router.clone(), other])
    }

    /// Another node on the same database.
    pub fn another(test_app: &TestApp) -> App {
        let sources = Dependencies {
            clock: test_app.clock.clone(),
            random: Arc::new(SystemRandom),
        };
        App::build(test_app.app.config.clone(), sources).unwrap()
    }

    /// Fires all shots at once, taking the doors in turn.
    pub async fn fire(&self, shots: Vec<Shot>) -> Hits {
        let flights = shots
            .into_iter()
            .zip(self.0.iter().cycle())
            .map(|(shot, door)| {
                let mut client = Client::new(door.clone());
                client.cookie = (!shot.cookie.is_empty()).then_some(shot.cookie);
                async move {
                    let answer = client
                        .send(Method::POST, &shot.path, Some(&shot.body))
                        .await;
                    (answer.status, answer.json())
                }
            });
        join_all(flights.map(tokio::spawn))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }
}

/// Connections to processes, kept from storm to storm.
pub struct Crowd(Vec<SocketClient>);

impl Crowd {
    /// A connection each, taking the processes in turn.
    pub fn at(addresses: &[&str]) -> Self {
        let turns = addresses.iter().cycle().take(CALLERS);
        Self(
            turns
                .map(|address| SocketClient::new(address, ""))
                .collect(),
        )
    }

    /// Fires all shots at once.
    pub fn fire(&mut self, shots: Vec<Shot>) -> Hits {
        let barrier = Barrier::new(shots.len());
        assert!(shots.len() <= self.0.len());
        thread::scope(|scope| {
            let flights: Vec<_> = shots
                .into_iter()
                .zip(&mut self.0)
                .map(|(shot, caller)| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        caller.cookie = shot.cookie;
                        barrier.wait();
                        let reply = caller.post(&shot.path, &shot.body).unwrap();
                        (reply.status, reply.json())
                    })
                })
                .collect();
            flights
                .into_iter()
                .map(|flight| flight.join().unwrap())
                .collect()
        })
    }
}
