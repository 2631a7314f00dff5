//! Nobody learns from an answer, in body or in time, which addresses are known (rule V12).

use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{PASSWORD, TestApp, TestResponse};

const SAMPLES: usize = 25;
const TOLERANCE: f64 = 0.25;
const ATTEMPTS: usize = 3;

/// Measurements on both databases at once would measure each other.
static MEASURING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A call and the bodies whose responses must be indistinguishable; `{n}` is the number of the sample.
struct Calls {
    path: &'static str,
    status: u16,
    bodies: Vec<Value>,
    /// How many calls make a sample.
    rounds: usize,
}

fn sign_in(login: &str, password: &str) -> Value {
    json!({ "login": login, "password": password })
}

fn sign_up(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "first_name": "Ada" })
}

fn calls() -> Vec<Calls> {
    vec![
        Calls {
            path: "/sessions",
            status: 401,
            rounds: 1,
            bodies: vec![
                sign_in("ada@example.com", "not her password"),
                sign_in("nobody-{n}@example.com", "not her password"),
                sign_in("01234{n}", PASSWORD),
                sign_in("not an address {n}", PASSWORD),
            ],
        },
        Calls {
            path: "/registrations",
            status: 202,
            rounds: 1,
            bodies: vec![
                sign_up("ada@example.com"),
                sign_up("new-{n}@example.com"),
                sign_up("waiting@example.com"),
            ],
        },
        Calls {
            path: "/password-resets",
            status: 202,
            rounds: 15,
            bodies: vec![
                json!({ "email": "ada@example.com" }),
                json!({ "email": "nobody-{n}@example.com" }),
                json!({ "email": "waiting@example.com" }),
            ],
        },
    ]
}

impl Calls {
    async fn call(&self, test_app: &TestApp, which: usize, number: usize) -> TestResponse {
        let body = self.bodies[which]
            .to_string()
            .replace("{n}", &number.to_string());
        let path = format!("/api/v1{}", self.path);
        let kind = Some("application/json");
        test_app
            .anonymous()
            .raw(Method::POST, &path, kind, body.into_bytes())
            .await
    }

    /// How long each body's answer takes: the median of a few calls where one is so short that the machine's
    /// other work shows. Calls take turns, each round beginning with another, so that this work hits all alike.
    async fn sample(&self, test_app: &TestApp, sample: usize) -> Vec<Duration> {
        let kinds = self.bodies.len();
        let mut times = vec![Vec::new(); kinds];
        for round in 0..self.rounds {
            let number = sample * self.rounds + round;
            for turn in 0..kinds {
                let which = (number + turn) % kinds;
                let begun = Instant::now();
                let answer = self.call(test_app, which, number).await;
                times[which].push(begun.elapsed());
                answer.expect(self.status);
            }
        }
        times.into_iter().map(median).collect()
    }

    /// The median time of each body's answer.
    async fn medians(&self, test_app: &TestApp) -> Vec<Duration> {
        let mut times = vec![Vec::new(); self.bodies.len()];
        for sample in 0..SAMPLES {
            for (times, time) in times.iter_mut().zip(self.sample(test_app, sample).await) {
                times.push(time);
            }
        }
        times.into_iter().map(median).collect()
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Whether the slowest takes at most so much longer than the fastest.
fn alike(medians: &[Duration]) -> bool {
    let fastest = medians.iter().min().unwrap().as_secs_f64();
    let slowest = medians.iter().max().unwrap().as_secs_f64();
    slowest <= fastest * (1.0 + TOLERANCE)
}

async fn people(test_app: &TestApp) {
    test_app.user("ada@example.com", "Ada").await;
    test_app
        .begin_sign_up("waiting@example.com", "Eve", PASSWORD)
        .await
        .expect(202);
    test_app.deliver().await;
}

on_both! {
    async fn known_and_unknown_addresses_get_the_same_status_headers_and_body(test_app: TestApp) {
        people(&test_app).await;
        for calls in calls() {
            let first = calls.call(&test_app, 0, 0).await.expect(calls.status);
            let names = |answer: &TestResponse| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            for which in 1..calls.bodies.len() {
                let answer = calls.call(&test_app, which, 0).await;
                assert_eq!(answer.anonymous(), first.anonymous(), "{} {which}", calls.path);
                assert_eq!(names(&answer), names(&first), "{} {which}", calls.path);
            }
        }
    }

    async fn known_and_unknown_addresses_take_the_same_time(test_app: TestApp) {
        let _alone = MEASURING.lock().await;
        people(&test_app).await;
        for calls in calls() {
            let mut tries = Vec::new();
            while tries.len() < ATTEMPTS && !tries.last().is_some_and(|medians: &Vec<Duration>| alike(medians)) {
                tries.push(calls.medians(&test_app).await);
            }
            assert!(alike(tries.last().unwrap()), "{}: {tries:?}", calls.path);
        }
    }
}
