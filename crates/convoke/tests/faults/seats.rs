//! Invariant V1: members and pending invitations never exceed the limit, at any instant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use convoke_core::clock::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;

use super::concurrency::{
    CONCURRENT_REQUESTS, ConcurrentClients, Nodes, ROUNDS, Responses, TestRequest, assert_statuses,
    count,
};
use crate::support::{
    Database, DbProbe, InProcessApp, Program, SeededUser, TestApp, limit_account, seed_user,
};

const LIMIT: i64 = 20;

/// `LIMIT` minus the seat of the owner.
const FREE: usize = 19;

#[tokio::test]
async fn seat_limit_is_never_exceeded_on_sqlite() {
    let test_app = TestApp::new(Database::sqlite()).await;
    rounds(&test_app, &Nodes::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn seat_limit_is_never_exceeded_on_postgres() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Nodes::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn seat_limit_is_never_exceeded_by_two_nodes() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Nodes::two(&test_app), ROUNDS).await;
}

#[test]
fn seat_limit_is_never_exceeded_by_two_processes() {
    let database = Database::postgres();
    let in_process = InProcessApp::into(&database);
    let (one, other) = (
        Program::on(&database).start(),
        Program::on(&database).start(),
    );
    let mut clients = ConcurrentClients::at(&[&one.address, &other.address]);
    let monitor = SeatMonitor::start(&database.url, SystemClock.now());
    for round in 0..ROUNDS {
        let owner = in_process.seed_user(&format!("owner{round}@example.com"));
        in_process.limit(owner.account, LIMIT);
        let responses = clients.send_all(competing_invitations(&owner, "a"));
        assert_seats_granted(&responses, FREE);
    }
    monitor.assert_peak(LIMIT);
}

/// Odd rounds only invite; in even rounds invitations are accepted and revoked at the same time.
async fn rounds(test_app: &TestApp, nodes: &Nodes, times: usize) {
    let invitees = invitees(test_app).await;
    let monitor = SeatMonitor::start(&test_app.database.url, test_app.now());
    for round in 0..times {
        let owner = seed_user(&test_app.app, &format!("owner{round}@example.com")).await;
        limit_account(&test_app.app, owner.account, LIMIT).await;
        if round % 2 == 1 {
            let responses = nodes.send_all(competing_invitations(&owner, "a")).await;
            assert_seats_granted(&responses, FREE);
        } else {
            accept_and_revoke(test_app, nodes, &owner, &invitees).await;
        }
    }
    monitor.assert_peak(LIMIT);
}

async fn invitees(test_app: &TestApp) -> Vec<SeededUser> {
    let mut invitees = Vec::new();
    for number in 0..5 {
        invitees.push(seed_user(&test_app.app, &format!("invitee{number}@example.com")).await);
    }
    invitees
}

fn competing_invitations(owner: &SeededUser, tag: &str) -> Vec<TestRequest> {
    (0..CONCURRENT_REQUESTS)
        .map(|number| {
            let email = format!("{tag}{number}@example.org");
            TestRequest::invite(&owner.cookie, owner.account, &[email])
        })
        .collect()
}

#[track_caller]
fn assert_seats_granted(responses: &Responses, free: usize) {
    assert_statuses(responses, &[201, 409]);
    assert_eq!(count(responses, 201), free);
    for (_, body) in responses.iter().filter(|(status, _)| *status == 409) {
        assert_eq!(body["code"], "user-limit-exceeded");
        assert_eq!(body["available"], 0, "{body}");
    }
}

/// Five invitations are accepted, five are revoked, and all other requests compete for the seats.
async fn accept_and_revoke(
    test_app: &TestApp,
    nodes: &Nodes,
    owner: &SeededUser,
    invitees: &[SeededUser],
) {
    let mut emails: Vec<String> = invitees
        .iter()
        .map(|invitee| invitee.email.clone())
        .collect();
    emails.extend((0..5).map(|number| format!("leaving{number}@example.org")));
    let invited = nodes
        .send_all(vec![TestRequest::invite(
            &owner.cookie,
            owner.account,
            &emails,
        )])
        .await;
    assert_statuses(&invited, &[201]);
    let ids: Vec<&str> = invited[0].1["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["invitation"]["id"].as_str().unwrap())
        .collect();
    let mut requests = competing_invitations(owner, "b");
    requests.truncate(CONCURRENT_REQUESTS - ids.len());
    for (index, id) in ids.iter().enumerate() {
        let (cookie, path) = if let Some(invitee) = invitees.get(index) {
            (&invitee.cookie, format!("/me/invitations/{id}/accept"))
        } else {
            (
                &owner.cookie,
                format!("/accounts/{}/invitations/{id}/revoke", owner.account),
            )
        };
        // Spread over the requests.
        requests.insert(index * 2, TestRequest::new(cookie, path, Value::Null));
    }
    let responses = nodes.send_all(requests).await;
    assert_statuses(&responses, &[200, 201, 409]);
    assert_eq!(count(&responses, 200), 10);
    let won = count(&responses, 201);
    assert!((9..=14).contains(&won), "{won}");
    // Released seats can be taken again, and no more than those.
    let mut requests = competing_invitations(owner, "c");
    requests.truncate(16);
    let responses = nodes.send_all(requests).await;
    assert_seats_granted(&responses, 14 - won);
    let seats = DbProbe::ask(&test_app.database.url, |probe| {
        let account = probe.id(owner.account);
        probe.number(&format!(
            "select count(*) from members where account_id = {account}"
        )) + probe.number(&format!(
            "select count(*) from invitations where account_id = {account} and status = 'pending'"
        ))
    });
    assert_eq!(seats, LIMIT);
}

/// Counts the seats of every account repeatedly, each time in one snapshot.
struct SeatMonitor {
    end: Arc<AtomicBool>,
    sampler: JoinHandle<(i64, usize)>,
}

impl SeatMonitor {
    fn start(url: &str, now: Timestamp) -> Self {
        let (url, end) = (url.to_owned(), Arc::new(AtomicBool::new(false)));
        let stop = end.clone();
        let sql = format!(
            "select coalesce(max((select count(*) from members m where m.account_id = a.id)
            + (select count(*) from invitations i where i.account_id = a.id and i.status = 'pending'
            and i.expires_at > {})), 0) from accounts a",
            now.millis()
        );
        let sampler = thread::spawn(move || {
            let mut probe = DbProbe::of(&url);
            let (mut peak, mut samples) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                peak = peak.max(probe.number(&sql));
                samples += 1;
                thread::park_timeout(Duration::from_millis(4));
            }
            (peak, samples)
        });
        Self { end, sampler }
    }

    fn assert_peak(self, limit: i64) {
        self.end.store(true, Ordering::SeqCst);
        let (peak, samples) = self.sampler.join().unwrap();
        assert_eq!(peak, limit);
        assert!(samples > 20, "{samples} samples are too few");
    }
}
