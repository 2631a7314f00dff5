//! Invariant V2: one final state, one membership and one live invitation under concurrent requests.

use convoke_core::ids::InvitationId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::concurrency::{
    CONCURRENT_REQUESTS, ConcurrentClients, Nodes, ROUNDS, Responses, TestRequest, assert_statuses,
    count,
};
use crate::support::{
    Database, DbProbe, InProcessApp, Process, Program, SeededUser, TestApp, seed_user,
};

#[tokio::test]
async fn an_invitation_has_one_final_state_on_sqlite() {
    let test_app = TestApp::new(Database::sqlite()).await;
    rounds(&test_app, &Nodes::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn an_invitation_has_one_final_state_on_postgres() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Nodes::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn an_invitation_has_one_final_state_on_two_nodes() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Nodes::two(&test_app), ROUNDS).await;
}

#[test]
fn an_invitation_has_one_final_state_on_two_processes() {
    let database = Database::postgres();
    let in_process = InProcessApp::into(&database);
    let (one, other) = (
        Program::on(&database).start(),
        Program::on(&database).start(),
    );
    let mut clients = ConcurrentClients::at(&[&one.address, &other.address]);
    let mut probe = DbProbe::of(&database.url);
    let invitee = in_process.seed_user("invitee@example.com");
    for round in 0..ROUNDS {
        let owner = in_process.seed_user(&format!("owner{round}@example.com"));
        let invite_responses = clients.send_all(invite_same_address(&owner, &invitee));
        let invitation = assert_one_invited(&invite_responses, &mut probe, false);
        let token = token(&one, &owner, &invitation);
        let responses = clients.send_all(accept_decline_and_revoke(
            &owner,
            &invitee,
            &invitation,
            &token,
        ));
        assert_one_end(&responses, &invitation, &invitee, &mut probe, false);
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

async fn rounds(test_app: &TestApp, nodes: &Nodes, times: usize) {
    let invitee = seed_user(&test_app.app, "invitee@example.com").await;
    for round in 0..times {
        let owner = seed_user(&test_app.app, &format!("owner{round}@example.com")).await;
        let invite_responses = nodes.send_all(invite_same_address(&owner, &invitee)).await;
        let ask = |probe: &mut DbProbe| assert_one_invited(&invite_responses, probe, true);
        let invitation = DbProbe::ask(&test_app.database.url, ask);
        let path = format!("/accounts/{}/invitations/{invitation}/links", owner.account);
        let link = owner
            .at(&test_app.router)
            .post(&path, &Value::Null)
            .await
            .expect(201)
            .text("/url");
        let token = link.rsplit('/').next().unwrap();
        let responses = if round % 2 == 0 {
            nodes
                .send_all(accept_decline_and_revoke(
                    &owner,
                    &invitee,
                    &invitation,
                    token,
                ))
                .await
        } else {
            let responses = nodes
                .send_all(accept_repeatedly(&invitee, &invitation, token))
                .await;
            assert_eq!(count(&responses, 200), 1);
            let mut lost = responses.iter().filter(|(status, _)| *status == 409);
            assert!(lost.all(|(_, body)| body["code"] == "invitation-already-accepted"));
            responses
        };
        DbProbe::ask(&test_app.database.url, |probe| {
            assert_one_end(&responses, &invitation, &invitee, probe, true);
        });
    }
}

fn invite_same_address(owner: &SeededUser, invitee: &SeededUser) -> Vec<TestRequest> {
    let spellings = [invitee.email.clone(), invitee.email.to_uppercase()];
    let turns = spellings.iter().cycle().take(CONCURRENT_REQUESTS);
    turns
        .map(|email| TestRequest::invite(&owner.cookie, owner.account, std::slice::from_ref(email)))
        .collect()
}

/// Checks that exactly one request created the invitation and returns its id. Without delivery its outbox entry still exists.
#[track_caller]
fn assert_one_invited(responses: &Responses, probe: &mut DbProbe, mail_waits: bool) -> String {
    assert_statuses(responses, &[201]);
    let outcome = |body: &Value| body["results"][0]["outcome"].clone();
    let mut created = responses
        .iter()
        .filter(|(_, body)| outcome(body) == "invited");
    let id = created.next().unwrap().1["results"][0]["invitation"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(created.next().is_none());
    for (_, body) in responses {
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

/// One user accepts in many tabs, by link and by id.
fn accept_repeatedly(invitee: &SeededUser, invitation: &str, token: &str) -> Vec<TestRequest> {
    (0..CONCURRENT_REQUESTS)
        .map(|number| accept(invitee, invitation, token, number))
        .collect()
}

fn accept(invitee: &SeededUser, invitation: &str, token: &str, number: usize) -> TestRequest {
    if number.is_multiple_of(2) {
        TestRequest::new(
            &invitee.cookie,
            "/invitations/accept".to_owned(),
            json!({ "token": token }),
        )
    } else {
        TestRequest::new(
            &invitee.cookie,
            format!("/me/invitations/{invitation}/accept"),
            Value::Null,
        )
    }
}

/// Accepts, declines and revokes.
fn accept_decline_and_revoke(
    owner: &SeededUser,
    invitee: &SeededUser,
    invitation: &str,
    token: &str,
) -> Vec<TestRequest> {
    (0..CONCURRENT_REQUESTS)
        .map(|number| match number % 3 {
            0 => accept(invitee, invitation, token, number),
            1 => TestRequest::new(
                "",
                "/invitations/decline".to_owned(),
                json!({ "token": token }),
            ),
            _ => {
                let path = format!(
                    "/accounts/{}/invitations/{invitation}/revoke",
                    owner.account
                );
                TestRequest::new(&owner.cookie, path, Value::Null)
            }
        })
        .collect()
}

/// Checks that exactly one request ended the invitation and that rows, activity and outbox have that final state.
#[track_caller]
fn assert_one_end(
    responses: &Responses,
    invitation: &str,
    invitee: &SeededUser,
    probe: &mut DbProbe,
    mail_waits: bool,
) {
    assert_statuses(responses, &[200, 409]);
    assert_eq!(count(responses, 200), 1, "{responses:?}");
    let invitation: InvitationId = invitation.parse().unwrap();
    let (id, uuid) = (probe.id(invitation), Uuid::from(invitation));
    let status = probe.texts(&format!("select status from invitations where id = {id}"));
    let winner = &responses
        .iter()
        .find(|(status, _)| *status == 200)
        .unwrap()
        .1;
    // Accepting returns the membership, the other two the new state.
    let final_status = winner["status"].as_str().unwrap_or("accepted");
    assert_eq!(status, [final_status]);
    let actions = format!("select action from activity where target_id = {id} order by action");
    let mut expected = [
        format!("invitation.{final_status}"),
        "invitation.created".to_owned(),
    ];
    expected.sort();
    let mut actions = probe.texts(&actions);
    actions.retain(|action| action != "invitation.link_created");
    assert_eq!(actions, expected);
    let user = probe.id(invitee.user);
    let members = probe.number(&format!(
        "select count(*) from members where user_id = {user}
        and account_id = (select account_id from invitations where id = {id})"
    ));
    assert_eq!(members, i64::from(final_status == "accepted"));
    if !mail_waits {
        return;
    }
    for kind in ["joined", "declined"] {
        let ends = [("joined", "accepted"), ("declined", "declined")];
        let due = ends.contains(&(kind, final_status));
        // The entry is about the inviter and names the invitations that were answered.
        let entry =
            format!("select count(*) from outbox where kind = '{kind}' and detail like '%{uuid}%'");
        assert_eq!(probe.number(&entry), i64::from(due), "{kind}");
    }
}
