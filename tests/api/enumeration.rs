//! Nobody learns from an answer, in body or in time, which addresses are known (rule V12).

use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Answer, House, PASSWORD};

const SAMPLES: usize = 25;
const TOLERANCE: f64 = 0.25;
const ATTEMPTS: usize = 3;

/// A call and the bodies whose answers must not be told apart; `{n}` stands for the sample's number.
struct Calls {
    path: &'static str,
    status: u16,
    bodies: Vec<Value>,
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
            bodies: vec![
                sign_up("ada@example.com"),
                sign_up("new-{n}@example.com"),
                sign_up("waiting@example.com"),
            ],
        },
        Calls {
            path: "/password-resets",
            status: 202,
            bodies: vec![
                json!({ "email": "ada@example.com" }),
                json!({ "email": "nobody-{n}@example.com" }),
                json!({ "email": "waiting@example.com" }),
            ],
        },
    ]
}

impl Calls {
    async fn call(&self, house: &House, which: usize, sample: usize) -> Answer {
        let body = self.bodies[which]
            .to_string()
            .replace("{n}", &sample.to_string());
        let path = format!("/api/v1{}", self.path);
        house
            .stranger()
            .raw(
                Method::POST,
                &path,
                Some("application/json"),
                body.into_bytes(),
            )
            .await
    }

    /// The median time of each body's answer; samples take turns, so that whatever else the machine does hits
    /// all alike.
    async fn medians(&self, house: &House) -> Vec<Duration> {
        let mut times = vec![Vec::new(); self.bodies.len()];
        for sample in 0..SAMPLES {
            for (which, times) in times.iter_mut().enumerate() {
                let begun = Instant::now();
                let answer = self.call(house, which, sample).await;
                times.push(begun.elapsed());
                answer.expect(self.status);
            }
        }
        let median = |mut times: Vec<Duration>| {
            times.sort();
            times[SAMPLES / 2]
        };
        times.into_iter().map(median).collect()
    }
}

/// Whether the slowest takes at most so much longer than the fastest.
fn alike(medians: &[Duration]) -> bool {
    let fastest = medians.iter().min().unwrap().as_secs_f64();
    let slowest = medians.iter().max().unwrap().as_secs_f64();
    slowest <= fastest * (1.0 + TOLERANCE)
}

async fn people(house: &House) {
    house.user("ada@example.com", "Ada").await;
    house
        .begin_sign_up("waiting@example.com", "Eve", PASSWORD)
        .await
        .expect(202);
    house.deliver().await;
}

on_both! {
    async fn known_and_unknown_addresses_get_the_same_status_headers_and_body(house: House) {
        people(&house).await;
        for calls in calls() {
            let first = calls.call(&house, 0, 0).await.expect(calls.status);
            let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            for which in 1..calls.bodies.len() {
                let answer = calls.call(&house, which, 0).await;
                assert_eq!(answer.anonymous(), first.anonymous(), "{} {which}", calls.path);
                assert_eq!(names(&answer), names(&first), "{} {which}", calls.path);
            }
        }
    }

    async fn known_and_unknown_addresses_take_the_same_time(house: House) {
        people(&house).await;
        for calls in calls() {
            let mut tries = Vec::new();
            while tries.len() < ATTEMPTS && !tries.last().is_some_and(|medians: &Vec<Duration>| alike(medians)) {
                tries.push(calls.medians(&house).await);
            }
            assert!(alike(tries.last().unwrap()), "{}: {tries:?}", calls.path);
        }
    }
}
