//! Every route × every kind of caller, and that foreign ids disclose nothing (rule V4).
//!
//! A new operation of the API needs a row in `TABLE`, a new page one in `pages.rs`, or a test fails.

mod fixture;
mod pages;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::document::{Operation, operations};
use crate::support::{Client, Database, PASSWORD, TestApp, TestResponse};
use fixture::{CALLERS, Fixture, Ids, unknown};

/// The status for each caller. Account, member and invitation are those of the owner's account; the session is
/// the owner's; the account is offered to the member; the invitation is for a person who has no user.
#[rustfmt::skip]
const TABLE: &[(&str, [u16; 8])] = &[
    //                                               anon outsi remov membr billg audit admin owner
    ("POST /registrations",                           [202, 202, 202, 202, 202, 202, 202, 202]),
    ("POST /registrations/confirm",                   [410, 410, 410, 410, 410, 410, 410, 410]),
    ("POST /sessions",                                [201, 201, 201, 201, 201, 201, 201, 201]),
    ("DELETE /sessions/current",                      [401, 204, 204, 204, 204, 204, 204, 204]),
    ("POST /password-resets",                         [202, 202, 202, 202, 202, 202, 202, 202]),
    ("POST /password-resets/confirm",                 [410, 410, 410, 410, 410, 410, 410, 410]),
    ("GET /providers",                                [200, 200, 200, 200, 200, 200, 200, 200]),
    // A product's own token alone counts.
    ("GET /product",                                  [401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /products",                                 [200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /me",                                       [401, 200, 200, 200, 200, 200, 200, 200]),
    ("PATCH /me",                                     [401, 200, 200, 200, 200, 200, 200, 200]),
    ("PUT /me/picture",                               [401, 204, 204, 204, 204, 204, 204, 204]),
    ("DELETE /me/picture",                            [401, 204, 204, 204, 204, 204, 204, 204]),
    ("POST /me/email",                                [401, 202, 202, 202, 202, 202, 202, 202]),
    ("POST /me/email/confirm",                        [401, 410, 410, 410, 410, 410, 410, 410]),
    ("POST /me/password",                             [401, 204, 204, 204, 204, 204, 204, 204]),
    ("GET /me/activity",                              [401, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /me/sessions",                              [401, 200, 200, 200, 200, 200, 200, 200]),
    ("DELETE /me/sessions",                           [401, 204, 204, 204, 204, 204, 204, 204]),
    ("DELETE /me/sessions/{session}",                 [401, 404, 404, 404, 404, 404, 404, 204]),
    ("GET /me/grants",                                [401, 200, 200, 200, 200, 200, 200, 200]),
    ("DELETE /me/grants/{grant}",                     [401, 404, 404, 404, 404, 404, 404, 404]),
    ("GET /me/identities",                            [401, 200, 200, 200, 200, 200, 200, 200]),
    ("DELETE /me/identities/{identity}",              [401, 404, 404, 404, 404, 404, 404, 404]),
    ("GET /me/invitations",                           [401, 200, 200, 200, 200, 200, 200, 200]),
    ("POST /me/invitations/{invitation}/accept",      [401, 404, 404, 404, 404, 404, 404, 404]),
    ("POST /me/invitations/{invitation}/decline",     [401, 404, 404, 404, 404, 404, 404, 404]),
    ("GET /me/ownership-offers",                      [401, 200, 200, 200, 200, 200, 200, 200]),
    ("POST /me/ownership-offers/{account}/accept",    [401, 404, 404, 200, 404, 404, 404, 404]),
    ("POST /me/ownership-offers/{account}/decline",   [401, 404, 404, 204, 404, 404, 404, 404]),
    ("GET /accounts",                                 [401, 200, 200, 200, 200, 200, 200, 200]),
    ("POST /accounts",                                [401, 201, 201, 201, 201, 201, 201, 201]),
    ("GET /accounts/{account}",                       [401, 404, 404, 200, 200, 200, 200, 200]),
    ("PATCH /accounts/{account}",                     [401, 404, 404, 403, 403, 403, 403, 200]),
    ("POST /accounts/{account}/leave",                [401, 404, 404, 204, 204, 204, 204, 409]),
    ("GET /accounts/{account}/members",               [401, 404, 404, 403, 403, 200, 200, 200]),
    ("GET /accounts/{account}/members/{user}",        [401, 404, 404, 403, 403, 200, 200, 200]),
    ("PATCH /accounts/{account}/members/{user}",      [401, 404, 404, 403, 403, 403, 200, 200]),
    ("DELETE /accounts/{account}/members/{user}",     [401, 404, 404, 403, 403, 403, 204, 204]),
    ("POST /accounts/{account}/ownership-offer",      [401, 404, 404, 403, 403, 403, 403, 201]),
    ("DELETE /accounts/{account}/ownership-offer",    [401, 404, 404, 403, 403, 403, 403, 204]),
    ("GET /accounts/{account}/activity",              [401, 404, 404, 403, 403, 200, 200, 200]),
    ("GET /accounts/{account}/logout-deliveries",     [401, 404, 404, 403, 403, 403, 403, 200]),
    ("POST /accounts/{account}/invitations",          [401, 404, 404, 403, 403, 403, 201, 201]),
    ("GET /accounts/{account}/invitations",           [401, 404, 404, 403, 403, 200, 200, 200]),
    ("GET /accounts/{account}/invitations/{invitation}",         [401, 404, 404, 403, 403, 200, 200, 200]),
    ("PATCH /accounts/{account}/invitations/{invitation}",       [401, 404, 404, 403, 403, 403, 200, 200]),
    ("POST /accounts/{account}/invitations/{invitation}/resend", [401, 404, 404, 403, 403, 403, 200, 200]),
    ("POST /accounts/{account}/invitations/{invitation}/revoke", [401, 404, 404, 403, 403, 403, 200, 200]),
    ("POST /accounts/{account}/invitations/{invitation}/links",  [401, 404, 404, 403, 403, 403, 201, 201]),
    ("POST /invitations/preview",                     [200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST /invitations/accept",                      [401, 403, 403, 403, 403, 403, 403, 403]),
    ("POST /invitations/decline",                     [200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST /invitations/request-address",             [202, 202, 202, 202, 202, 202, 202, 202]),
];

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes: BTreeSet<String> = operations().iter().map(Operation::name).collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(rows.len(), TABLE.len());
    let missing: Vec<_> = routes.difference(&rows).collect();
    let gone: Vec<_> = rows.difference(&routes).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "no row for {missing:?}, no route for {gone:?}"
    );
}

on_both! {
    async fn every_caller_gets_the_status_of_the_table_and_rejections_change_nothing(test_app: TestApp) {
        let fixture = Fixture::new(test_app).await;
        let database = &fixture.test_app.database;
        let before = database.rows();
        let mut wrong = Vec::new();
        for operation in operations() {
            let name = operation.name();
            let (_, row) = TABLE.iter().find(|(known, _)| *known == name).unwrap();
            for ((caller, client), expected) in CALLERS.iter().zip(&fixture.callers).zip(row) {
                let changes = *expected < 300 && operation.method != Method::GET;
                let response = if changes {
                    let scratch = fixture.scratch().await;
                    let response = fixture.call(&scratch.client(client), &operation, &fixture.ids).await;
                    scratch.discard();
                    response
                } else {
                    fixture.call(client, &operation, &fixture.ids).await
                };
                if response.status != *expected {
                    wrong.push(format!("{name} by {caller}: {} in place of {expected}", response.status));
                }
                let same = changes || database.rows() == before;
                assert!(same, "{name} by {caller} changed something");
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(database.rows(), before);
    }
}

#[tokio::test]
async fn an_ended_session_is_anonymous() {
    let fixture = Fixture::new(TestApp::new(Database::sqlite()).await).await;
    let ended = fixture.caller("owner").clone();
    let mut owner = ended.clone();
    owner.delete("/sessions/current").await.expect(204);
    for operation in operations() {
        let Some((name, row)) = TABLE.iter().find(|(known, _)| *known == operation.name()) else {
            continue;
        };
        if row[0] == 401 {
            let response = fixture.call(&ended, &operation, &fixture.ids).await;
            assert_eq!(response.status, 401, "{name}");
        }
    }
}

/// A response without what differs between any two requests: the request's id.
fn comparable(response: &TestResponse) -> String {
    let id = response.headers["x-request-id"].to_str().unwrap();
    let headers: BTreeMap<String, String> = response
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(id, "")))
        .collect();
    format!(
        "{} {headers:?} {}",
        response.status,
        response.body().replace(id, "")
    )
}

/// Request variants: valid and invalid bodies, filters, exports, preconditions.
async fn tries(
    fixture: &Fixture,
    client: &Client,
    operation: &Operation,
    ids: &Ids,
) -> Vec<String> {
    let path = operation.path_with(|name| ids[name].clone());
    let right = fixture.body(operation);
    let mut seen = Vec::new();
    for body in [
        &right,
        &Value::Null,
        &json!({ "surprise": 1 }),
        &json!([]),
        &json!({ "roles": ["NOPE"] }),
    ] {
        for query in [
            "",
            "?limit=0",
            "?status=nope",
            "?dry_run=true",
            "?sent_invitations=nope",
            "?cursor=WyJhIl0",
        ] {
            let path = format!("{path}{query}");
            let response = client
                .clone()
                .send(operation.method.clone(), &path, Some(body))
                .await;
            seen.push(comparable(&response));
        }
    }
    for (name, value) in [
        ("accept", "text/csv"),
        ("accept", "application/x-ndjson"),
        ("if-match", "\"1\""),
        ("idempotency-key", "tried"),
        ("idempotency-key", "two words"),
    ] {
        let mut client = client.with(name, value);
        let response = client
            .send(operation.method.clone(), &path, Some(&right))
            .await;
        seen.push(comparable(&response));
    }
    seen
}

#[tokio::test]
async fn a_foreign_id_gets_the_same_response_as_an_unknown_id() {
    let fixture = Fixture::new(TestApp::new(Database::sqlite()).await).await;
    let mut eve = fixture.caller("outsider").clone();
    let own = fixture.test_app.account(&mut eve, "Eve's own").await;
    let before = fixture.test_app.database.rows();
    let foreign = &fixture.ids;
    let unknown = unknown();
    let mut tried = 0;
    for operation in operations() {
        let names = operation.parameters("path");
        if names.is_empty() {
            continue;
        }
        // First the account of another user; then Eve's own account with an id of another account.
        let mut pairs = vec![(foreign.clone(), unknown.clone())];
        if names.len() > 1 {
            let within = |ids: &Ids| {
                let mut ids = ids.clone();
                ids.insert("account", own.clone());
                ids
            };
            pairs.push((within(foreign), within(&unknown)));
        }
        for (theirs, unknown_ids) in pairs {
            let responses = tries(&fixture, &eve, &operation, &theirs).await;
            let expected = tries(&fixture, &eve, &operation, &unknown_ids).await;
            assert_eq!(responses, expected, "{}", operation.name());
            assert!(
                responses[0].starts_with("404 "),
                "{}: {}",
                operation.name(),
                responses[0]
            );
            tried += responses.len();
        }
    }
    assert!(tried > 800, "{tried}");
    assert_eq!(fixture.test_app.database.rows(), before);
}

#[tokio::test]
async fn an_id_of_the_wrong_kind_gets_the_same_response_as_an_unknown_id() {
    let fixture = Fixture::new(TestApp::new(Database::sqlite()).await).await;
    let eve = fixture.caller("outsider");
    let unknown = unknown();
    let mut shuffled = unknown.clone();
    shuffled.insert("account", fixture.ids["user"].clone());
    shuffled.insert("user", fixture.ids["account"].clone());
    shuffled.insert("invitation", fixture.ids["session"].clone());
    shuffled.insert("session", fixture.ids["invitation"].clone());
    for operation in operations()
        .into_iter()
        .filter(|operation| !operation.parameters("path").is_empty())
    {
        let response = fixture.call(eve, &operation, &shuffled).await;
        let expected = fixture.call(eve, &operation, &unknown).await;
        assert_eq!(
            comparable(&response),
            comparable(&expected),
            "{}",
            operation.name()
        );
    }
}

#[tokio::test]
async fn a_member_cannot_see_users_outside_the_account() {
    let fixture = Fixture::new(TestApp::new(Database::sqlite()).await).await;
    let mut eve = fixture.caller("outsider").clone();
    let outsider = eve.get("/me").await.text("/id");
    let account = &fixture.ids["account"];
    let unknown_user = unknown()["user"].clone();
    for client in [fixture.caller("admin"), fixture.caller("owner")] {
        for (method, body) in [
            (Method::GET, Value::Null),
            (Method::PATCH, json!({ "roles": ["LINGUIST"] })),
            (Method::DELETE, Value::Null),
        ] {
            let mut responses = Vec::new();
            for user in [&outsider, &unknown_user] {
                let path = format!("/accounts/{account}/members/{user}");
                let response = client
                    .clone()
                    .send(method.clone(), &path, Some(&body))
                    .await;
                assert_eq!(response.status, 404);
                responses.push(comparable(&response));
            }
            assert_eq!(responses[0], responses[1], "{method}");
        }
    }
    // The owner cannot disclose them by an ownership offer either.
    let mut responses = Vec::new();
    for user in [&outsider, &unknown_user] {
        let offer =
            json!({ "user_id": user, "account_name": "Analytical Engines", "password": PASSWORD });
        let path = format!("/accounts/{account}/ownership-offer");
        responses.push(comparable(
            &fixture.caller("owner").clone().post(&path, &offer).await,
        ));
    }
    assert_eq!(responses[0], responses[1]);
}
