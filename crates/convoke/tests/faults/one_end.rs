//! Invariant V2: one end, one membership, one live invitation, whoever is at it at the same moment.

use convoke_core::ids::InvitationId;
use serde_json::{Value, json};

use super::storm::{CALLERS, Crowd, Doors, Hits, ROUNDS, Shot, count, only};
use crate::support::{
    Database, DbProbe, InProcessApp, Process, Program, SeededUser, TestApp, seed_user,
};

#[tokio::test]
async fn an_invitation_has_one_end_on_sqlite() {
    let test_app = TestApp::new(Database::sqlite()).await;
    rounds(&test_app, &Doors::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn an_invitation_has_one_end_on_postgres() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Doors::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn an_invitation_has_one_end_on_two_nodes() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Doors::two(&test_app), ROUNDS).await;
}

#[test]
fn an_invitation_has_one_end_on_two_processes() {
    let database = Database::postgres();
    let backdoor = InProcessApp::into(&database);
    let (one, other) = (
        Program::on(&database).start(),
        Program::on(&database).start(),
    );
    let mut crowd = Crowd::at(&[&one.address, &other.address]);
    let mut probe = DbProbe::of(&database.url);
    let guest = backdoor.seed_user("guest@example.com");
    for round in 0..ROUNDS {
        let owner = backdoor.seed_user(&format!("owner{round}@example.com"));
        let made = crowd.fire(the_same_address(&owner, &guest));
        let invitation = one_was_invited(&made, &mut probe, false);
        let token = token(&one, &owner, &invitation);
        let hits = crowd.fire(everything_at_once(&owner, &guest, &invitation, &token));
        one_end(&hits, &invitation, &guest, &mut probe, false);
    }
}

fn token(process: &Process, owner: &SeededUser, invitation: &str) -> String {
    let path = format!("/accounts/{}/invitations/{invitation}/links", owner.account);
    let url = owner
        .calling(process)
        .post(&path, &Value::Null)
        .unwrap()
        .expect(201)
        .text("/url");
    url.rsplit('/').next().unwrap().to_owned()
}

async fn rounds(test_app: &TestApp, doors: &Doors, times: usize) {
    let guest = seed_user(&test_app.app, "guest@example.com").await;
    for round in 0..times {
        let owner = seed_user(&test_app.app, &format!("owner{round}@example.com")).await;
        let made = doors.fire(the_same_address(&owner, &guest)).await;
        let ask = |probe: &mut DbProbe| one_was_invited(&made, probe, true);
        let invitation = DbProbe::ask(&test_app.database.url, ask);
        let path = format!("/accounts/{}/invitations/{invitation}/links", owner.account);
        let link = owner
            .at(&test_app.router)
            .post(&path, &Value::Null)
            .await
            .expect(201)
            .text("/url");
        let token = link.rsplit('/').next().unwrap();
        let hits = if round % 2 == 0 {
            doors
                .fire(everything_at_once(&owner, &guest, &invitation, token))
                .await
        } else {
            let hits = doors.fire(two_tabs(&guest, &invitation, token)).await;
            assert_eq!(count(&hits, 200), 1);
            let mut lost = hits.iter().filter(|(status, _)| *status == 409);
            assert!(lost.all(|(_, body)| body["code"] == "invitation-already-accepted"));
            hits
        };
        DbProbe::ask(&test_app.database.url, |probe| {
            one_end(&hits, &invitation, &guest, probe, true);
        });
    }
}

fn the_same_address(owner: &SeededUser, guest: &SeededUser) -> Vec<Shot> {
    let spellings = [guest.email.clone(), guest.email.to_uppercase()];
    let turns = spellings.iter().cycle().take(CALLERS);
    turns
        .map(|email| Shot::invite(&owner.cookie, owner.account, std::slice::from_ref(email)))
        .collect()
}

/// Exactly one request made the invitation; gives its id. Where nobody delivers, its mail still waits.
#[track_caller]
fn one_was_invited(hits: &Hits, probe: &mut DbProbe, mail_waits: bool) -> String {
    only(hits, &[201]);
    let outcome = |body: &Value| body["results"][0]["outcome"].clone();
    let mut made = hits.iter().filter(|(_, body)| outcome(body) == "invited");
    let id = made.next().unwrap().1["results"][0]["invitation"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(made.next().is_none());
    for (_, body) in hits {
        assert!(
            outcome(body) == "invited" || outcome(body) == "already_invited",
            "{body}"
        );
        assert_eq!(body["results"][0]["invitation"]["id"], id);
    }
    let literal = probe.id(id.parse::<InvitationId>().unwrap());
    let entries = format!("select count(*) from activity where target_id = {literal}");
    assert_eq!(probe.number(&entries), 1);
    if mail_waits {
        let entry = format!("select count(*) from outbox where subject_id = {literal}");
        assert_eq!(probe.number(&entry), 1);
    }
    id
}

/// One user in many tabs, by link and by id.
fn two_tabs(guest: &SeededUser, invitation: &str, token: &str) -> Vec<Shot> {
    (0..CALLERS)
        .map(|number| accept(guest, invitation, token, number))
        .collect()
}

fn accept(guest: &SeededUser, invitation: &str, token: &str, number: usize) -> Shot {
    if number.is_multiple_of(2) {
        Shot::new(
            &guest.cookie,
            "/invitations/accept".to_owned(),
            json!({ "token": token }),
        )
    } else {
        Shot::new(
            &guest.cookie,
            format!("/me/invitations/{invitation}/accept"),
            Value::Null,
        )
    }
}

/// Accept, decline and revoke.
fn everything_at_once(
    owner: &SeededUser,
    guest: &SeededUser,
    invitation: &str,
    token: &str,
) -> Vec<Shot> {
    (0..CALLERS)
        .map(|number| match number % 3 {
            0 => accept(guest, invitation, token, number),
            1 => Shot::new(
                "",
                "/invitations/decline".to_owned(),
                json!({ "token": token }),
            ),
            _ => {
                let path = format!(
                    "/accounts/{}/invitations/{invitation}/revoke",
                    owner.account
                );
                Shot::new(&owner.cookie, path, Value::Null)
            }
        })
        .collect()
}

/// Exactly one request ended it; rows, activity and mail tell of that end and no other.
#[track_caller]
fn one_end(
    hits: &Hits,
    invitation: &str,
    guest: &SeededUser,
    probe: &mut DbProbe,
    mail_waits: bool,
) {
    only(hits, &[200, 409]);
    assert_eq!(count(hits, 200), 1, "{hits:?}");
    let id = probe.id(invitation.parse::<InvitationId>().unwrap());
    let status = probe.texts(&format!("select status from invitations where id = {id}"));
    let winner = &hits.iter().find(|(status, _)| *status == 200).unwrap().1;
    // Accepting answers the membership, the other two the new state.
    let said = winner["status"].as_str().unwrap_or("accepted");
    assert_eq!(status, [said]);
    let actions = format!("select action from activity where target_id = {id} order by action");
    let mut expected = [
        format!("invitation.{said}"),
        "invitation.created".to_owned(),
    ];
    expected.sort();
    let mut actions = probe.texts(&actions);
    actions.retain(|action| action != "invitation.link_created");
    assert_eq!(actions, expected);
    let user = probe.id(guest.user);
    let members = probe.number(&format!(
        "select count(*) from members where user_id = {user}
        and account_id = (select account_id from invitations where id = {id})"
    ));
    assert_eq!(members, i64::from(said == "accepted"));
    if !mail_waits {
        return;
    }
    for kind in ["joined", "declined"] {
        let ends = [("joined", "accepted"), ("declined", "declined")];
        let due = ends.contains(&(kind, said));
        let entry =
            format!("select count(*) from outbox where subject_id = {id} and kind = '{kind}'");
        assert_eq!(probe.number(&entry), i64::from(due), "{kind}");
    }
}
