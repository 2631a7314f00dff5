//! Calls whose responses must not tell known addresses from unknown ones (rule V12).

use axum::http::Method;
use serde_json::{Value, json};

use super::{PASSWORD, TestApp, TestResponse};

/// A call and the bodies whose responses must be indistinguishable; `{n}` is the number of the call.
pub struct Calls {
    pub path: &'static str,
    pub status: u16,
    pub bodies: Vec<Value>,
}

fn sign_in(login: &str, password: &str) -> Value {
    json!({ "login": login, "password": password })
}

fn sign_up(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "first_name": "Ada" })
}

/// Every such call.
pub fn indistinguishable_calls() -> Vec<Calls> {
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
    /// Sends the body with this index.
    pub async fn call(&self, test_app: &TestApp, which: usize, number: usize) -> TestResponse {
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
}

/// A user `ada@example.com` and a registration of `waiting@example.com`.
pub async fn seed_known_addresses(test_app: &TestApp) {
    test_app.user("ada@example.com", "Ada").await;
    test_app
        .begin_sign_up("waiting@example.com", "Eve", PASSWORD)
        .await
        .expect(202);
    test_app.deliver().await;
}
