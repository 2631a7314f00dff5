//! Every route of the OpenAPI document × every kind of caller, and that foreign ids disclose nothing (rule V4).
//!
//! A new route needs a row in `TABLE`, or the first test fails.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use convoke_core::ids::{AccountId, InvitationId, SessionId, UserId};
use image::ImageFormat;
use serde_json::{Value, json};

use crate::support::document::{Operation, operations};
use crate::support::{
    AccountFixture, Client, Database, PASSWORD, TestApp, TestResponse, picture_file,
};

/// Kinds of callers, in the order of the table's columns.
const CALLERS: [&str; 7] = [
    "nobody", "stranger", "member", "billing", "auditor", "admin", "owner",
];

/// The status for each caller. Account, member and invitation are those of the owner's account; the session is
/// the owner's; the account is offered to the member; the invitation is for somebody who has no user.
#[rustfmt::skip]
const TABLE: &[(&str, [u16; 7])] = &[
    //                                              nobody stranger member billing auditor admin owner
    ("POST /registrations",                           [202, 202, 202, 202, 202, 202, 202]),
    ("POST /registrations/confirm",                   [410, 410, 410, 410, 410, 410, 410]),
    ("POST /sessions",                                [201, 201, 201, 201, 201, 201, 201]),
    ("DELETE /sessions/current",                      [401, 204, 204, 204, 204, 204, 204]),
    ("POST /password-resets",                         [202, 202, 202, 202, 202, 202, 202]),
    ("POST /password-resets/confirm",                 [410, 410, 410, 410, 410, 410, 410]),
    ("GET /providers",                                [200, 200, 200, 200, 200, 200, 200]),
    ("GET /products",                                 [200, 200, 200, 200, 200, 200, 200]),
    ("GET /me",                                       [401, 200, 200, 200, 200, 200, 200]),
    ("PATCH /me",                                     [401, 200, 200, 200, 200, 200, 200]),
    ("PUT /me/picture",                               [401, 204, 204, 204, 204, 204, 204]),
    ("DELETE /me/picture",                            [401, 204, 204, 204, 204, 204, 204]),
    ("POST /me/email",                                [401, 202, 202, 202, 202, 202, 202]),
    ("POST /me/email/confirm",                        [401, 410, 410, 410, 410, 410, 410]),
    ("POST /me/password",                             [401, 204, 204, 204, 204, 204, 204]),
    ("GET /me/activity",                              [401, 200, 200, 200, 200, 200, 200]),
    ("GET /me/sessions",                              [401, 200, 200, 200, 200, 200, 200]),
    ("DELETE /me/sessions",                           [401, 204, 204, 204, 204, 204, 204]),
    ("DELETE /me/sessions/{session}",                 [401, 404, 404, 404, 404, 404, 204]),
    ("GET /me/identities",                            [401, 200, 200, 200, 200, 200, 200]),
    ("DELETE /me/identities/{identity}",              [401, 404, 404, 404, 404, 404, 404]),
    ("GET /me/invitations",                           [401, 200, 200, 200, 200, 200, 200]),
    ("POST /me/invitations/{invitation}/accept",      [401, 404, 404, 404, 404, 404, 404]),
    ("POST /me/invitations/{invitation}/decline",     [401, 404, 404, 404, 404, 404, 404]),
    ("GET /me/ownership-offers",                      [401, 200, 200, 200, 200, 200, 200]),
    ("POST /me/ownership-offers/{account}/accept",    [401, 404, 200, 404, 404, 404, 404]),
    ("POST /me/ownership-offers/{account}/decline",   [401, 404, 204, 404, 404, 404, 404]),
    ("GET /accounts",                                 [401, 200, 200, 200, 200, 200, 200]),
    ("POST /accounts",                                [401, 201, 201, 201, 201, 201, 201]),
    ("GET /accounts/{account}",                       [401, 404, 200, 200, 200, 200, 200]),
    ("PATCH /accounts/{account}",                     [401, 404, 403, 403, 403, 403, 200]),
    ("POST /accounts/{account}/leave",                [401, 404, 204, 204, 204, 204, 409]),
    ("GET /accounts/{account}/members",               [401, 404, 403, 403, 200, 200, 200]),
    ("GET /accounts/{account}/members/{user}",        [401, 404, 403, 403, 200, 200, 200]),
    ("PATCH /accounts/{account}/members/{user}",      [401, 404, 403, 403, 403, 200, 200]),
    ("DELETE /accounts/{account}/members/{user}",     [401, 404, 403, 403, 403, 204, 204]),
    ("POST /accounts/{account}/ownership-offer",      [401, 404, 403, 403, 403, 403, 201]),
    ("DELETE /accounts/{account}/ownership-offer",    [401, 404, 403, 403, 403, 403, 204]),
    ("GET /accounts/{account}/activity",              [401, 404, 403, 403, 200, 200, 200]),
    ("POST /accounts/{account}/invitations",          [401, 404, 403, 403, 403, 201, 201]),
    ("GET /accounts/{account}/invitations",           [401, 404, 403, 403, 200, 200, 200]),
    ("GET /accounts/{account}/invitations/{invitation}",         [401, 404, 403, 403, 200, 200, 200]),
    ("PATCH /accounts/{account}/invitations/{invitation}",       [401, 404, 403, 403, 403, 200, 200]),
    ("POST /accounts/{account}/invitations/{invitation}/resend", [401, 404, 403, 403, 403, 200, 200]),
    ("POST /accounts/{account}/invitations/{invitation}/revoke", [401, 404, 403, 403, 403, 200, 200]),
    ("POST /accounts/{account}/invitations/{invitation}/links",  [401, 404, 403, 403, 403, 201, 201]),
    ("POST /invitations/preview",                     [200, 200, 200, 200, 200, 200, 200]),
    ("POST /invitations/accept",                      [401, 403, 403, 403, 403, 403, 403]),
    ("POST /invitations/decline",                     [200, 200, 200, 200, 200, 200, 200]),
];

/// All callers, the ids of the owner's account, and a valid body for every operation.
struct Fixture {
    test_app: TestApp,
    callers: Vec<Client>,
    ids: BTreeMap<&'static str, String>,
    token: String,
}

impl Fixture {
    async fn new() -> Self {
        let test_app = TestApp::new(Database::sqlite()).await;
        let mut team = AccountFixture::new(&test_app).await;
        let stranger = test_app.user("stranger@example.com", "Stranger").await;
        let mut member = team
            .member(&test_app, "member@example.com", &["DEVELOPER"])
            .await;
        let billing = team
            .member(&test_app, "billing@example.com", &["BILLING_ADMIN"])
            .await;
        let auditor = team
            .member(&test_app, "auditor@example.com", &["USER_AUDITOR"])
            .await;
        let admin = team
            .member(&test_app, "admin@example.com", &["USER_ADMIN"])
            .await;
        let (invitation, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let user = member.get("/me").await.text("/id");
        let session = team.owner.get("/me/sessions").await.text("/items/0/id");
        let offer =
            json!({ "user_id": user, "account_name": "Analytical Engines", "password": PASSWORD });
        team.owner
            .post(&team.path("ownership-offer"), &offer)
            .await
            .expect(201);
        test_app.deliver().await;
        let ids = BTreeMap::from([
            ("account", team.account),
            ("user", user),
            ("invitation", invitation),
            ("session", session),
            ("identity", "idn_01h455vb4pex5vsknk084sn02q".to_owned()),
        ]);
        let callers = vec![
            test_app.anonymous(),
            stranger,
            member,
            billing,
            auditor,
            admin,
            team.owner,
        ];
        Self {
            test_app,
            callers,
            ids,
            token,
        }
    }

    fn body(&self, operation: &Operation) -> Value {
        match operation.name().as_str() {
            "POST /registrations" => {
                json!({ "email": "new@example.com", "password": PASSWORD, "first_name": "New" })
            }
            "POST /registrations/confirm" | "POST /password-resets/confirm" => {
                json!({ "token": "cvc_unknown", "password": PASSWORD })
            }
            "POST /sessions" => json!({ "login": "ada@example.com", "password": PASSWORD }),
            "POST /password-resets" => json!({ "email": "ada@example.com" }),
            "PATCH /me" => json!({ "phone": "+49 30 1234" }),
            "POST /me/email" => json!({ "email": "new@example.com", "password": PASSWORD }),
            "POST /me/email/confirm" => json!({ "token": "cvc_unknown" }),
            "POST /me/password" => {
                json!({ "current_password": PASSWORD, "password": "another horse battery" })
            }
            "POST /accounts" => json!({ "name": "New" }),
            "PATCH /accounts/{account}" => json!({ "settings": { "registered_users_only": true } }),
            "PATCH /accounts/{account}/members/{user}" => json!({ "roles": ["LINGUIST"] }),
            "POST /accounts/{account}/ownership-offer" => {
                json!({ "user_id": self.ids["user"], "account_name": "Analytical Engines", "password": PASSWORD })
            }
            "POST /accounts/{account}/invitations" => {
                json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["new@example.com"] })
            }
            "PATCH /accounts/{account}/invitations/{invitation}" => {
                json!({ "roles": ["LINGUIST"] })
            }
            name if name.starts_with("POST /invitations/") => json!({ "token": self.token }),
            _ => Value::Null,
        }
    }

    /// Calls an operation with these ids.
    async fn call(
        &self,
        client: &Client,
        operation: &Operation,
        ids: &BTreeMap<&'static str, String>,
    ) -> TestResponse {
        let path = operation.path_with(|name| ids[name].clone());
        if operation.name() == "PUT /me/picture" {
            let path = format!("/api/v1{path}");
            let picture = picture_file(ImageFormat::Png, 8, 8);
            let kind = Some("image/png");
            return client.clone().raw(Method::PUT, &path, kind, picture).await;
        }
        let body = self.body(operation);
        client
            .clone()
            .send(operation.method.clone(), &path, Some(&body))
            .await
    }
}

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

#[tokio::test]
async fn every_caller_gets_the_status_of_the_table_and_rejections_change_nothing() {
    let fixture = Fixture::new().await;
    let before = fixture.test_app.database.rows();
    let mut wrong = Vec::new();
    for operation in operations() {
        let name = operation.name();
        let Some((_, row)) = TABLE.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        for ((caller, client), expected) in CALLERS.iter().zip(&fixture.callers).zip(row) {
            let changes = *expected < 300 && operation.method != Method::GET;
            let answer = if changes {
                // Each caller uses a copy of the database.
                let copy = fixture.test_app.copy().await;
                fixture
                    .call(&client.of(&copy), &operation, &fixture.ids)
                    .await
            } else {
                fixture.call(client, &operation, &fixture.ids).await
            };
            if answer.status != *expected {
                wrong.push(format!(
                    "{name} by {caller}: {} in place of {expected}",
                    answer.status
                ));
            }
            let same = changes || fixture.test_app.database.rows() == before;
            assert!(same, "{name} by {caller} changed something");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn an_ended_session_is_anonymous() {
    let mut fixture = Fixture::new().await;
    let ended = fixture.callers[6].clone();
    fixture.callers[6]
        .delete("/sessions/current")
        .await
        .expect(204);
    for operation in operations() {
        let Some((name, row)) = TABLE.iter().find(|(known, _)| *known == operation.name()) else {
            continue;
        };
        if row[0] == 401 {
            let answer = fixture.call(&ended, &operation, &fixture.ids).await;
            assert_eq!(answer.status, 401, "{name}");
        }
    }
}

/// Ids that nobody has.
fn unknown() -> BTreeMap<&'static str, String> {
    let uuid = uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
    BTreeMap::from([
        ("account", AccountId::from(uuid).to_string()),
        ("user", UserId::from(uuid).to_string()),
        ("invitation", InvitationId::from(uuid).to_string()),
        ("session", SessionId::from(uuid).to_string()),
        ("identity", "idn_01h455vb4pex5vsknk084sn02q".to_owned()),
    ])
}

/// An answer without what differs between any two requests: the request's id.
fn comparable(answer: &TestResponse) -> String {
    let id = answer.headers["x-request-id"].to_str().unwrap();
    let headers: BTreeMap<String, String> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(id, "")))
        .collect();
    format!(
        "{} {headers:?} {}",
        answer.status,
        answer.body().replace(id, "")
    )
}

/// Request variants: valid and invalid bodies, filters, exports, preconditions.
async fn tries(
    fixture: &Fixture,
    client: &Client,
    operation: &Operation,
    ids: &BTreeMap<&'static str, String>,
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
            let answer = client
                .clone()
                .send(operation.method.clone(), &path, Some(body))
                .await;
            seen.push(comparable(&answer));
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
        let answer = client
            .send(operation.method.clone(), &path, Some(&right))
            .await;
        seen.push(comparable(&answer));
    }
    seen
}

#[tokio::test]
async fn a_foreign_id_gets_the_same_response_as_an_unknown_id() {
    let fixture = Fixture::new().await;
    let mut eve = fixture.callers[1].clone();
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
            let within = |ids: &BTreeMap<&'static str, String>| {
                let mut ids = ids.clone();
                ids.insert("account", own.clone());
                ids
            };
            pairs.push((within(foreign), within(&unknown)));
        }
        for (theirs, nobodys) in pairs {
            let responses = tries(&fixture, &eve, &operation, &theirs).await;
            let expected = tries(&fixture, &eve, &operation, &nobodys).await;
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
    let fixture = Fixture::new().await;
    let eve = &fixture.callers[1];
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
    let fixture = Fixture::new().await;
    let mut eve = fixture.callers[1].clone();
    let outsider = eve.get("/me").await.text("/id");
    let account = &fixture.ids["account"];
    let unknown_user = unknown()["user"].clone();
    for client in [&fixture.callers[5], &fixture.callers[6]] {
        for (method, body) in [
            (Method::GET, Value::Null),
            (Method::PATCH, json!({ "roles": ["LINGUIST"] })),
            (Method::DELETE, Value::Null),
        ] {
            let mut answers = Vec::new();
            for user in [&outsider, &unknown_user] {
                let path = format!("/accounts/{account}/members/{user}");
                let answer = client
                    .clone()
                    .send(method.clone(), &path, Some(&body))
                    .await;
                assert_eq!(answer.status, 404);
                answers.push(comparable(&answer));
            }
            assert_eq!(answers[0], answers[1], "{method}");
        }
    }
    // The owner cannot disclose them by an ownership offer either.
    let mut answers = Vec::new();
    for user in [&outsider, &unknown_user] {
        let offer =
            json!({ "user_id": user, "account_name": "Analytical Engines", "password": PASSWORD });
        let path = format!("/accounts/{account}/ownership-offer");
        answers.push(comparable(
            &fixture.callers[6].clone().post(&path, &offer).await,
        ));
    }
    assert_eq!(answers[0], answers[1]);
}
