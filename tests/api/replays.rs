//! A stored response is given again only to somebody who may still see it: session and permission come first.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, House, PASSWORD, document, wish};

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

/// One request under a key of its own, with what it was answered.
struct Keyed {
    route: &'static str,
    needs: Needs,
    client: Client,
    path: String,
    body: Value,
    status: u16,
    answer: String,
}

/// Everything that Kit can do under a key.
struct Scene {
    kit: Client,
    done: Vec<Keyed>,
}

impl Scene {
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
        let answer = client.post(&path, &body).await;
        assert!(
            (200..300).contains(&answer.status),
            "{route}: {}",
            answer.body()
        );
        let (status, text) = (answer.status, answer.body());
        self.done.push(Keyed {
            route,
            needs,
            client,
            path,
            body,
            status,
            answer: text.clone(),
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

async fn scene(house: &House) -> Scene {
    let mut ada = house.user("ada@example.com", "Ada").await;
    let team = house.account(&mut ada, "Engines").await;
    let mut kit = house
        .member(&mut ada, &team, "kit@example.com", &["USER_ADMIN"])
        .await;
    let id = kit.id().await;
    let mut accounts = Vec::new();
    for name in ["Looms", "Mills"] {
        let account = house.account(&mut ada, name).await;
        let invitation = house
            .invite(&mut ada, &account, "kit@example.com", &["DEVELOPER"])
            .await;
        kit.post(
            &format!("/me/invitations/{invitation}/accept"),
            &Value::Null,
        )
        .await
        .expect(200);
        offer(&mut ada, &account, name, &id).await;
        accounts.push(account);
    }
    let mut invitations = Vec::new();
    for name in ["Fields", "Woods"] {
        let account = house.account(&mut ada, name).await;
        invitations.push(
            house
                .invite(&mut ada, &account, "kit@example.com", &["DEVELOPER"])
                .await,
        );
    }
    let mut scene = Scene {
        kit,
        done: Vec::new(),
    };
    let post = Value::Null;
    let new = json!({ "name": "Kits" });
    scene
        .first("POST /accounts", Needs::Role, "/accounts".to_owned(), new)
        .await;
    let path = format!("/accounts/{team}/invitations");
    let people = wish(&["DEVELOPER"], &["bob@example.com"]);
    let created = scene
        .first(
            "POST /accounts/{account}/invitations",
            Needs::Role,
            path.clone(),
            people,
        )
        .await;
    let created: Value = serde_json::from_str(&created).unwrap();
    let path = format!(
        "{path}/{}",
        created["results"][0]["invitation"]["id"].as_str().unwrap()
    );
    let route = "POST /accounts/{account}/invitations/{invitation}/resend";
    scene
        .first(route, Needs::Role, format!("{path}/resend"), post.clone())
        .await;
    let route = "POST /accounts/{account}/invitations/{invitation}/revoke";
    scene
        .first(route, Needs::Role, format!("{path}/revoke"), post.clone())
        .await;
    let path = |account: &str, act: &str| format!("/me/ownership-offers/{account}/{act}");
    let route = "POST /me/ownership-offers/{account}/accept";
    scene
        .first(
            route,
            Needs::Role,
            path(&accounts[0], "accept"),
            post.clone(),
        )
        .await;
    let route = "POST /me/ownership-offers/{account}/decline";
    scene
        .first(
            route,
            Needs::Session,
            path(&accounts[1], "decline"),
            post.clone(),
        )
        .await;
    let leave = format!("/accounts/{}/leave", accounts[1]);
    scene
        .first(
            "POST /accounts/{account}/leave",
            Needs::Session,
            leave,
            post.clone(),
        )
        .await;
    let path = |invitation: &str, act: &str| format!("/me/invitations/{invitation}/{act}");
    let route = "POST /me/invitations/{invitation}/accept";
    scene
        .first(
            route,
            Needs::Membership,
            path(&invitations[0], "accept"),
            post.clone(),
        )
        .await;
    let route = "POST /me/invitations/{invitation}/decline";
    scene
        .first(
            route,
            Needs::Session,
            path(&invitations[1], "decline"),
            post,
        )
        .await;
    scene
}

/// Repeats every request and expects the stored response, or the refusal that this need is answered with now.
async fn repeat(scene: &mut Scene, refusal: impl Fn(Needs) -> Option<(u16, &'static str)>) {
    for keyed in &mut scene.done {
        let answer = keyed.client.post(&keyed.path, &keyed.body).await;
        if let Some((status, code)) = refusal(keyed.needs) {
            let problem = answer.problem(status, code);
            assert_ne!(problem.body(), keyed.answer, "{}", keyed.route);
        } else {
            assert_eq!(
                (answer.status, &answer.body()),
                (keyed.status, &keyed.answer),
                "{}",
                keyed.route
            );
        }
    }
}

on_both! {
    async fn a_lost_right_ends_the_stored_response_of_every_keyed_route(house: House) {
        let mut scene = scene(&house).await;
        let done: BTreeSet<String> = scene.done.iter().map(|keyed| keyed.route.to_owned()).collect();
        let takes_key = |it: &document::Operation| it.parameters("header").contains(&"Idempotency-Key".to_owned());
        let keyed = document::operations().into_iter().filter(takes_key).map(|it| it.name());
        assert_eq!(done, keyed.collect(), "each keyed route has a row here");
        for keyed in scene.done.iter().filter(|keyed| keyed.needs == Needs::Session) {
            assert!(["", r#"{"status":"declined"}"#].contains(&keyed.answer.as_str()), "{}", keyed.route);
        }
        repeat(&mut scene, |_| None).await;

        // No roles and no ownership any more, but still a member.
        house.run_sql("update accounts set owner_id = (select id from users where login = 'ada@example.com')
            where not is_default").await;
        house.run_sql("update members set roles = '' where user_id =
            (select id from users where login = 'kit@example.com')").await;
        repeat(&mut scene, |needs| (needs == Needs::Role).then_some((403, "permission-denied"))).await;

        // No member any more: the same as for an account that there is not.
        house.run_sql("delete from members where user_id =
            (select id from users where login = 'kit@example.com')").await;
        repeat(&mut scene, |needs| (needs != Needs::Session).then_some((404, "not-found"))).await;

        // A session that has ended, and none.
        scene.kit.delete("/sessions/current").await.expect(204);
        repeat(&mut scene, |_| Some((401, "sign-in-required"))).await;
        for keyed in &mut scene.done {
            keyed.client.cookie = None;
        }
        repeat(&mut scene, |_| Some((401, "sign-in-required"))).await;
    }

    async fn another_body_under_the_key_tells_a_removed_member_nothing(house: House) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        let team = house.account(&mut ada, "Engines").await;
        let kit = house.member(&mut ada, &team, "kit@example.com", &["USER_ADMIN"]).await;
        let mut kit = kit.with("idempotency-key", "one");
        let path = format!("/accounts/{team}/invitations");
        kit.post(&path, &wish(&["DEVELOPER"], &["bob@example.com"])).await.expect(201);
        let id = kit.id().await;
        ada.delete(&format!("/accounts/{team}/members/{id}")).await.expect(204);
        kit.post(&path, &wish(&["DEVELOPER"], &["eve@example.com"])).await.problem(404, "not-found");
        kit.post(&path, &wish(&["DEVELOPER"], &["bob@example.com"])).await.problem(404, "not-found");
    }
}
