//! The permission table of the specification, act by act and person by person.

use axum::http::Method;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::{invitations, ownership};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp, TestResponse};

/// The columns of the table, and an anonymous client.
const PEOPLE: [&str; 7] = [
    "owner",
    "admin",
    "auditor",
    "billing",
    "other",
    "stranger",
    "anonymous",
];

/// An account in which everybody of the table has their place, and things in it to act on.
struct Stage {
    account: String,
    people: Vec<Client>,
    /// Members to edit and remove, one for each caller.
    spare_members: Vec<String>,
    /// Invitations to edit and revoke, one for each caller.
    spare_invitations: Vec<String>,
}

async fn stage(test_app: &TestApp) -> Stage {
    let mut owner = test_app.user("owner@example.com", "Owner").await;
    let account = test_app.account(&mut owner, "Engines").await;
    let mut people = vec![owner.clone()];
    for (name, role) in [
        ("admin", "USER_ADMIN"),
        ("auditor", "USER_AUDITOR"),
        ("billing", "BILLING_ADMIN"),
        ("other", "DEVELOPER"),
    ] {
        let email = format!("{name}@example.com");
        people.push(
            test_app
                .joiner(&mut owner, &account, (&email, name), &[role])
                .await,
        );
    }
    people.push(test_app.user("stranger@example.com", "Stranger").await);
    people.push(test_app.anonymous());
    let (mut spare_members, mut spare_invitations) = (Vec::new(), Vec::new());
    for name in ["spare-1", "spare-2"] {
        let email = format!("{name}@example.com");
        let mut spare = test_app
            .joiner(&mut owner, &account, (&email, name), &["DEVELOPER"])
            .await;
        spare_members.push(spare.id().await);
        let email = format!("invited-{name}@example.com");
        spare_invitations.push(
            test_app
                .invite(&mut owner, &account, &email, &["DEVELOPER"])
                .await,
        );
    }
    // Callers without permission need no target of their own.
    spare_members.resize(PEOPLE.len(), spare_members[1].clone());
    spare_invitations.resize(PEOPLE.len(), spare_invitations[1].clone());
    Stage {
        account,
        people,
        spare_members,
        spare_invitations,
    }
}

/// A request, the status if it is allowed, and the number of leading [`PEOPLE`] that are allowed.
struct Row {
    method: Method,
    /// `{m}` and `{i}` stand for a member and an invitation of one's own to act on, `{n}` for one's number.
    path: &'static str,
    body: Value,
    accept: Option<&'static str>,
    allowed: u16,
    who: &'static [&'static str],
}

const MANAGERS: &[&str] = &["owner", "admin"];
const SEERS: &[&str] = &["owner", "admin", "auditor"];
const OWNER: &[&str] = &["owner"];
const MEMBERS: &[&str] = &["owner", "admin", "auditor", "billing", "other"];

fn row(
    method: Method,
    path: &'static str,
    body: Value,
    allowed: u16,
    who: &'static [&'static str],
) -> Row {
    Row {
        method,
        path,
        body,
        accept: None,
        allowed,
        who,
    }
}

fn export(path: &'static str, accept: &'static str) -> Row {
    Row {
        method: Method::GET,
        path,
        body: Value::Null,
        accept: Some(accept),
        allowed: 200,
        who: SEERS,
    }
}

fn table() -> Vec<Row> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let none = Value::Null;
    let invite =
        json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["by-{n}@example.com"] });
    let roles = json!({ "roles": ["LINGUIST"] });
    let only = json!({ "settings": { "registered_users_only": false } });
    let offer = json!({ "user_id": "{m}", "account_name": "Engines", "password": PASSWORD });
    vec![
        row(get.clone(), "", none.clone(), 200, MEMBERS),
        row(get.clone(), "/members", none.clone(), 200, SEERS),
        row(get.clone(), "/members/{m}", none.clone(), 200, SEERS),
        row(get.clone(), "/invitations", none.clone(), 200, SEERS),
        row(get.clone(), "/invitations/{i}", none.clone(), 200, SEERS),
        row(get, "/activity", none.clone(), 200, SEERS),
        export("/members", "text/csv"),
        export("/invitations", "text/csv"),
        export("/activity", "text/csv"),
        export("/activity", "application/x-ndjson"),
        row(
            post.clone(),
            "/invitations?dry_run=true",
            invite.clone(),
            200,
            MANAGERS,
        ),
        row(post.clone(), "/invitations", invite, 201, MANAGERS),
        row(
            patch.clone(),
            "/invitations/{i}",
            roles.clone(),
            200,
            MANAGERS,
        ),
        row(
            post.clone(),
            "/invitations/{i}/resend",
            none.clone(),
            200,
            MANAGERS,
        ),
        row(
            post.clone(),
            "/invitations/{i}/links",
            none.clone(),
            201,
            MANAGERS,
        ),
        row(
            post.clone(),
            "/invitations/{i}/revoke",
            none.clone(),
            200,
            MANAGERS,
        ),
        row(patch.clone(), "/members/{m}", roles, 200, MANAGERS),
        row(patch.clone(), "", json!({ "name": "Engines" }), 200, OWNER),
        row(patch, "", only, 200, OWNER),
        row(post.clone(), "/ownership-offer", offer, 201, OWNER),
        row(delete.clone(), "/ownership-offer", none.clone(), 204, OWNER),
        row(delete, "/members/{m}", none, 204, MANAGERS),
    ]
}

impl Stage {
    /// Sends one request of the table as one caller.
    async fn try_as(&self, row: &Row, person: usize, account: &str) -> TestResponse {
        let filled = |text: &str| {
            text.replace("{m}", &self.spare_members[person])
                .replace("{i}", &self.spare_invitations[person])
                .replace("{n}", &person.to_string())
        };
        let path = format!("/accounts/{account}{}", filled(row.path));
        let body: Value = serde_json::from_str(&filled(&row.body.to_string())).unwrap();
        let mut client = self.people[person].clone();
        if let Some(accept) = row.accept {
            client = client.with("accept", accept);
        }
        client.send(row.method.clone(), &path, Some(&body)).await
    }
}

on_both! {
    async fn every_role_has_exactly_the_permissions_of_the_table(test_app: TestApp) {
        let stage = stage(&test_app).await;
        for row in table() {
            for (person, name) in PEOPLE.into_iter().enumerate() {
                let what = format!("{name}: {} {}", row.method, row.path);
                let response = stage.try_as(&row, person, &stage.account).await;
                if row.who.contains(&name) {
                    assert_eq!(response.status, row.allowed, "{what}: {}", response.body());
                } else if MEMBERS.contains(&name) {
                    assert_eq!(response.status, 403, "{what}: {}", response.body());
                    let problem = response.problem(403, "permission-denied").json();
                    let missing = problem["permission"].as_str().unwrap();
                    let expected = match row.who.last() {
                        Some(&"auditor") => "USER_AUDITOR",
                        Some(&"admin") => "USER_ADMIN",
                        _ => "owner",
                    };
                    assert_eq!(missing, expected, "{what}");
                    assert!(problem["detail"].as_str().unwrap().contains(expected), "{what}");
                } else if name == "stranger" {
                    // The same response as for an unknown account.
                    let unknown = stage.try_as(&row, person, "acc_01h455vb4pex5vsknk084sn02q").await;
                    let malformed = stage.try_as(&row, person, "acc_1").await;
                    assert_eq!(response.anonymous(), unknown.anonymous(), "{what}");
                    assert_eq!(response.anonymous(), malformed.anonymous(), "{what}");
                    response.problem(404, "not-found");
                } else {
                    response.problem(401, "sign-in-required");
                }
            }
        }
    }

    async fn usage_is_visible_to_the_roles_of_the_table(test_app: TestApp) {
        let stage = stage(&test_app).await;
        for (person, name) in MEMBERS.iter().enumerate() {
            let mut client = stage.people[person].clone();
            let account_summary = client.get(&format!("/accounts/{}", stage.account)).await.expect(200).json();
            assert_eq!(account_summary["usage"].is_object(), *name != "other", "{name}");
            assert_eq!(account_summary["settings"].is_object(), SEERS.contains(name), "{name}");
            let list = client.get("/accounts").await.expect(200).json();
            let listed = list["items"].as_array().unwrap().iter().find(|item| item["id"] == account_summary["id"]);
            assert_eq!(listed, Some(&account_summary), "{name}");
        }
    }

    async fn every_member_except_the_owner_can_leave(test_app: TestApp) {
        let stage = stage(&test_app).await;
        let path = format!("/accounts/{}/leave", stage.account);
        for (person, (status, code)) in [(409, "owner-cannot-leave"), (204, ""), (204, ""), (204, ""), (204, ""),
            (404, "not-found"), (401, "sign-in-required")].into_iter().enumerate() {
            let response = stage.people[person].clone().post(&path, &Value::Null).await;
            if code.is_empty() {
                response.expect(status);
            } else {
                response.problem(status, code);
            }
        }
    }

    async fn objects_of_another_account_return_404_like_unknown_ones(test_app: TestApp) {
        let stage = stage(&test_app).await;
        let mut owner = stage.people[0].clone();
        let mut rival = stage.people[5].clone();
        let own = test_app.account(&mut rival, "Rivals").await;
        let (member, invitation) = (&stage.spare_members[0], &stage.spare_invitations[0]);
        for (method, path, body) in [
            (Method::GET, format!("members/{member}"), Value::Null),
            (Method::PATCH, format!("members/{member}"), json!({ "roles": [] })),
            (Method::DELETE, format!("members/{member}"), Value::Null),
            (Method::GET, format!("invitations/{invitation}"), Value::Null),
            (Method::PATCH, format!("invitations/{invitation}"), json!({ "roles": ["LINGUIST"] })),
            (Method::POST, format!("invitations/{invitation}/resend"), Value::Null),
            (Method::POST, format!("invitations/{invitation}/revoke"), Value::Null),
            (Method::POST, format!("invitations/{invitation}/links"), Value::Null),
        ] {
            let foreign = rival.send(method.clone(), &format!("/accounts/{own}/{path}"), Some(&body)).await;
            let unknown = path.replace(member.as_str(), "usr_01h455vb4pex5vsknk084sn02q")
                .replace(invitation.as_str(), "inv_01h455vb4pex5vsknk084sn02q");
            let unknown = rival.send(method.clone(), &format!("/accounts/{own}/{unknown}"), Some(&body)).await;
            assert_eq!(foreign.anonymous(), unknown.anonymous(), "{method} {path}");
            foreign.problem(404, "not-found");
        }
        let seen = owner.get(&format!("/accounts/{}/members/{member}", stage.account)).await.expect(200).json();
        assert_eq!(seen["roles"], json!(["DEVELOPER"]));
    }

    async fn operations_of_pages_check_the_permission_themselves(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut mia = team.member(&test_app, "mia@example.com", &["DEVELOPER"]).await;
        team.invite("bob@example.com").await;
        let eve = test_app.user("eve@example.com", "Eve").await;
        let account: AccountId = team.account.parse().unwrap();
        let owner: UserId = team.owner.id().await.parse().unwrap();
        let own: UserId = mia.id().await.parse().unwrap();
        for (client, allowed) in [(&team.owner, true), (&mia, false), (&eve, false)] {
            let caller = test_app.caller(client).await;
            let asker = caller.clone();
            let count = test_app.app.read(move |tx| invitations::count_sent(tx, &asker, account, owner)).await;
            assert_eq!(count.ok(), allowed.then_some(1));
            let offer = test_app.app.read(move |tx| ownership::pending(tx, &caller, account)).await;
            assert_eq!(offer.is_ok(), allowed);
        }
        // Everyone may leave, and sees what that ends.
        let caller = test_app.caller(&mia).await;
        let count = test_app.app.read(move |tx| invitations::count_sent(tx, &caller, account, own)).await;
        assert_eq!(count.unwrap(), 0);
    }
}
