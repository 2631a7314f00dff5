//! A stored response is returned only to callers who are still allowed to see it: session and permission are checked first.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, document, invite_body};

/// Who may have a stored response of a route again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Needs {
    /// A signed-in caller; the response says nothing about an account.
    Session,
    /// A member of the account.
    Membership,
    /// A role there, or its ownership.
    Role,
}

/// One request under a key of its own, with its response.
struct Keyed {
    route: &'static str,
    needs: Needs,
    client: Client,
    path: String,
    body: Value,
    status: u16,
    response_body: String,
}

/// Everything that Kit can do under a key.
struct Fixture {
    kit: Client,
    done: Vec<Keyed>,
}

impl Fixture {
    async fn first(
        &mut self,
        route: &'static str,
        needs: Needs,
        path: String,
        body: Value,
    ) -> String {
        let mut client = self
            .kit
            .with("idempotency-key", route.split(' ').next_back().unwrap());
        let response = client.post(&path, &body).await;
        assert!(
            (200..300).contains(&response.status),
            "{route}: {}",
            response.body()
        );
        let (status, text) = (response.status, response.body());
        self.done.push(Keyed {
            route,
            needs,
            client,
            path,
            body,
            status,
            response_body: text.clone(),
        });
        text
    }
}

async fn offer(owner: &mut Client, account: &str, name: &str, to: &str) {
    let body = json!({ "user_id": to, "account_name": name, "password": PASSWORD });
    owner
        .post(&format!("/accounts/{account}/ownership-offer"), &body)
        .await
        .expect(201);
}

async fn fixture(test_app: &TestApp) -> Fixture {
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let team = test_app.account(&mut ada, "Engines").await;
    let mut kit = test_app
        .member(&mut ada, &team, "kit@example.com", &["USER_ADMIN"])
        .await;
    let id = kit.id().await;
    let mut offered = Vec::new();
    for name in ["Looms", "Mills"] {
        let account = test_app.account(&mut ada, name).await;
        let invitation = test_app
            .invite(&mut ada, &account, "kit@example.com", &["DEVELOPER"])
            .await;
        let path = format!("/me/invitations/{invitation}/accept");
        kit.post(&path, &Value::Null).await.expect(200);
        offer(&mut ada, &account, name, &id).await;
        offered.push(account);
    }
    let mut invitations = Vec::new();
    for name in ["Fields", "Woods"] {
        let account = test_app.account(&mut ada, name).await;
        invitations.push(
            test_app
                .invite(&mut ada, &account, "kit@example.com", &["DEVELOPER"])
                .await,
        );
    }
    let mut fixture = Fixture {
        kit,
        done: Vec::new(),
    };
    fixture.manage(&team).await;
    fixture.answer(&offered, &invitations).await;
    fixture
}

impl Fixture {
    async fn manage(&mut self, team: &str) {
        let new = json!({ "name": "Kits" });
        self.first("POST /accounts", Needs::Role, "/accounts".to_owned(), new)
            .await;
        let path = format!("/accounts/{team}/invitations");
        let people = invite_body(&["DEVELOPER"], &["bob@example.com"]);
        let route = "POST /accounts/{account}/invitations";
        let created = self.first(route, Needs::Role, path.clone(), people).await;
        let created: Value = serde_json::from_str(&created).unwrap();
        let id = created["results"][0]["invitation"]["id"].as_str().unwrap();
        for route in [
            "POST /accounts/{account}/invitations/{invitation}/resend",
            "POST /accounts/{account}/invitations/{invitation}/revoke",
        ] {
            let act = route.rsplit('/').next().unwrap();
            self.first(
                route,
                Needs::Role,
                format!("{path}/{id}/{act}"),
                Value::Null,
            )
            .await;
        }
    }

    async fn answer(&mut self, offered: &[String], invitations: &[String]) {
        let offers = "/me/ownership-offers";
        let mine = "/me/invitations";
        for (route, needs, path) in [
            (
                "POST /me/ownership-offers/{account}/accept",
                Needs::Role,
                format!("{offers}/{}/accept", offered[0]),
            ),
            (
                "POST /me/ownership-offers/{account}/decline",
                Needs::Session,
                format!("{offers}/{}/decline", offered[1]),
            ),
            (
                "POST /accounts/{account}/leave",
                Needs::Session,
                format!("/accounts/{}/leave", offered[1]),
            ),
            (
                "POST /me/invitations/{invitation}/accept",
                Needs::Membership,
                format!("{mine}/{}/accept", invitations[0]),
            ),
            (
                "POST /me/invitations/{invitation}/decline",
                Needs::Session,
                format!("{mine}/{}/decline", invitations[1]),
            ),
        ] {
            self.first(route, needs, path, Value::Null).await;
        }
    }
}

/// Repeats every request and expects the stored response, or the error that this need gives now.
async fn repeat(fixture: &mut Fixture, error: impl Fn(Needs) -> Option<(u16, &'static str)>) {
    for keyed in &mut fixture.done {
        let response = keyed.client.post(&keyed.path, &keyed.body).await;
        if let Some((status, code)) = error(keyed.needs) {
            let problem = response.problem(status, code);
            assert_ne!(problem.body(), keyed.response_body, "{}", keyed.route);
        } else {
            assert_eq!(
                (response.status, &response.body()),
                (keyed.status, &keyed.response_body),
                "{}",
                keyed.route
            );
        }
    }
}

on_both! {
    async fn a_lost_permission_hides_the_stored_response_of_every_idempotent_route(test_app: TestApp) {
        let mut fixture = fixture(&test_app).await;
        let done: BTreeSet<String> = fixture.done.iter().map(|keyed| keyed.route.to_owned()).collect();
        let takes_key = |operation: &document::Operation| operation.parameters("header").contains(&"Idempotency-Key".to_owned());
        let keyed = document::operations().into_iter().filter(takes_key).map(|operation| operation.name());
        assert_eq!(done, keyed.collect(), "each keyed route has a row here");
        for keyed in fixture.done.iter().filter(|keyed| keyed.needs == Needs::Session) {
            assert!(["", r#"{"status":"declined"}"#].contains(&keyed.response_body.as_str()), "{}", keyed.route);
        }
        repeat(&mut fixture, |_| None).await;

        // No roles and no ownership any more, but still a member.
        test_app.run_sql("update accounts set owner_id = (select id from users where login = 'ada@example.com')
            where not is_default").await;
        test_app.run_sql("update members set roles = '' where user_id =
            (select id from users where login = 'kit@example.com')").await;
        repeat(&mut fixture, |needs| (needs == Needs::Role).then_some((403, "permission-denied"))).await;

        // A removed member gets the same response as for an unknown account.
        test_app.run_sql("delete from members where user_id =
            (select id from users where login = 'kit@example.com')").await;
        repeat(&mut fixture, |needs| (needs != Needs::Session).then_some((404, "not-found"))).await;

        // An ended session and no session.
        fixture.kit.delete("/sessions/current").await.expect(204);
        repeat(&mut fixture, |_| Some((401, "sign-in-required"))).await;
        for keyed in &mut fixture.done {
            keyed.client.cookie = None;
        }
        repeat(&mut fixture, |_| Some((401, "sign-in-required"))).await;
    }

    async fn another_body_with_the_key_discloses_nothing_to_a_removed_member(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let team = test_app.account(&mut ada, "Engines").await;
        let kit = test_app.member(&mut ada, &team, "kit@example.com", &["USER_ADMIN"]).await;
        let mut kit = kit.with("idempotency-key", "one");
        let path = format!("/accounts/{team}/invitations");
        kit.post(&path, &invite_body(&["DEVELOPER"], &["bob@example.com"])).await.expect(201);
        let id = kit.id().await;
        ada.delete(&format!("/accounts/{team}/members/{id}")).await.expect(204);
        kit.post(&path, &invite_body(&["DEVELOPER"], &["eve@example.com"])).await.problem(404, "not-found");
        kit.post(&path, &invite_body(&["DEVELOPER"], &["bob@example.com"])).await.problem(404, "not-found");
    }
}
