//! Invitations: rules I1 to I18 as callers of the API see them.

mod accept;
mod actions;
mod answers;
mod create;
mod decline;
mod expiry;
mod groups;
mod limits;
mod lists;
mod mail;
mod names;
mod preview;
mod readdress;
mod registered;
mod roles;
mod seats;
mod sign_up;

use std::io::Write as _;
use std::time::Duration;

use convoke_core::model::email::DeliveryOutcome;
use convoke_domain::notifications::{self, LeasedEmail};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, TestResponse};

/// How long an invitation is valid.
pub const WEEK: Duration = Duration::from_hours(7 * 24);
const DAY: Duration = Duration::from_hours(24);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Posts a token to `/invitations/{act}`.
pub async fn by_link(client: &mut Client, act: &str, token: &str) -> TestResponse {
    client
        .post(&format!("/invitations/{act}"), &json!({ "token": token }))
        .await
}

/// Posts to `/me/invitations/{id}/{act}`.
async fn mine(client: &mut Client, id: &str, act: &str) -> TestResponse {
    client
        .post(&format!("/me/invitations/{id}/{act}"), &Value::Null)
        .await
}

/// Leases the next email and records this delivery outcome; returns whether there was one.
async fn mail_server(test_app: &TestApp, outcome: DeliveryOutcome) -> bool {
    let lease = Duration::from_secs(30);
    let mut claimed = test_app
        .app
        .write(move |tx| {
            notifications::lease(tx, lease, crate::support::capacity(1)).map(Option::unwrap)
        })
        .await
        .unwrap();
    let Some(LeasedEmail {
        entry,
        email: Some(_),
        ..
    }) = claimed.pop()
    else {
        return false;
    };
    let recorded = test_app
        .app
        .write(move |tx| notifications::record_deliveries(tx, [(&entry, &outcome)]))
        .await;
    recorded.unwrap();
    true
}

/// The same installation with another catalogue file.
pub async fn with_catalogue(test_app: TestApp, toml: &str) -> TestApp {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(toml.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    test_app
        .restarted(|config| config.catalogue = Some(path))
        .await
}

/// A platform with developers, and auditors whom only the owner appoints.
pub const WITH_OWNER_ROLE: &str = r#"
[[products]]
key = "platform"
name = "Platform"
description = "Bots."

[[products.roles]]
key = "DEVELOPER"
name = "Developer"
description = "Writes scripts."

[[products.roles]]
key = "VAULT_KEEPER"
name = "Vault keeper"
description = "Holds the keys."
granted_by = "owner"
"#;

/// What a list or object has under each of these names.
#[track_caller]
fn texts(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().unwrap();
    items
        .iter()
        .map(|item| item[name].as_str().unwrap().to_owned())
        .collect()
}
