//! Invariant V1: members and pending invitations never exceed the limit, at any instant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use convoke_core::clock::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;

use super::storm::{CALLERS, Crowd, Doors, Hits, ROUNDS, Shot, count, only};
use crate::support::{
    Database, DbProbe, InProcessApp, Program, SeededUser, TestApp, limit_account, seed_user,
};

const LIMIT: i64 = 20;

/// The owner has one.
const FREE: usize = 19;

#[tokio::test]
async fn seats_are_never_oversold_on_sqlite() {
    let test_app = TestApp::new(Database::sqlite()).await;
    rounds(&test_app, &Doors::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn seats_are_never_oversold_on_postgres() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Doors::of(&test_app), ROUNDS).await;
}

#[tokio::test]
async fn seats_are_never_oversold_by_two_nodes() {
    let test_app = TestApp::new(Database::postgres()).await;
    rounds(&test_app, &Doors::two(&test_app), ROUNDS).await;
}

#[test]
fn seats_are_never_oversold_by_two_processes() {
    let database = Database::postgres();
    let backdoor = InProcessApp::into(&database);
    let (one, other) = (
        Program::on(&database).start(),
        Program::on(&database).start(),
    );
    let mut crowd = Crowd::at(&[&one.address, &other.address]);
    let watch = Watch::over(&database.url, SystemClock.now());
    for round in 0..ROUNDS {
        let owner = backdoor.seed_user(&format!("owner{round}@example.com"));
        backdoor.limit(owner.account, LIMIT);
        let hits = crowd.fire(everybody_wants_in(&owner, "a"));
        exactly_the_free_seats_went(&hits, FREE);
    }
    watch.saw_no_more_than(LIMIT);
}

/// Odd rounds are invitations alone; in the others people accept and owners take back meanwhile.
async fn rounds(test_app: &TestApp, doors: &Doors, times: usize) {
    let guests = guests(test_app).await;
    let watch = Watch::over(&test_app.database.url, test_app.now());
    for round in 0..times {
        let owner = seed_user(&test_app.app, &format!("owner{round}@example.com")).await;
        limit_account(&test_app.app, owner.account, LIMIT).await;
        if round % 2 == 1 {
            let hits = doors.fire(everybody_wants_in(&owner, "a")).await;
            exactly_the_free_seats_went(&hits, FREE);
        } else {
            comings_and_goings(test_app, doors, &owner, &guests).await;
        }
    }
    watch.saw_no_more_than(LIMIT);
}

async fn guests(test_app: &TestApp) -> Vec<SeededUser> {
    let mut guests = Vec::new();
    for number in 0..5 {
        guests.push(seed_user(&test_app.app, &format!("guest{number}@example.com")).await);
    }
    guests
}

fn everybody_wants_in(owner: &SeededUser, tag: &str) -> Vec<Shot> {
    (0..CALLERS)
        .map(|number| {
            let email = format!("{tag}{number}@example.org");
            Shot::invite(&owner.cookie, owner.account, &[email])
        })
        .collect()
}

#[track_caller]
fn exactly_the_free_seats_went(hits: &Hits, free: usize) {
    only(hits, &[201, 409]);
    assert_eq!(count(hits, 201), free);
    for (_, body) in hits.iter().filter(|(status, _)| *status == 409) {
        assert_eq!(body["code"], "user-limit-exceeded");
        assert_eq!(body["available"], 0, "{body}");
    }
}

/// Five accept, five are taken back, and all others want the seats.
async fn comings_and_goings(
    test_app: &TestApp,
    doors: &Doors,
    owner: &SeededUser,
    guests: &[SeededUser],
) {
    let mut emails: Vec<String> = guests.iter().map(|guest| guest.email.clone()).collect();
    emails.extend((0..5).map(|number| format!("leaving{number}@example.org")));
    let invited = doors
        .fire(vec![Shot::invite(&owner.cookie, owner.account, &emails)])
        .await;
    only(&invited, &[201]);
    let ids: Vec<&str> = invited[0].1["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["invitation"]["id"].as_str().unwrap())
        .collect();
    let mut shots = everybody_wants_in(owner, "b");
    shots.truncate(CALLERS - ids.len());
    for (index, id) in ids.iter().enumerate() {
        let (cookie, path) = if let Some(guest) = guests.get(index) {
            (&guest.cookie, format!("/me/invitations/{id}/accept"))
        } else {
            (
                &owner.cookie,
                format!("/accounts/{}/invitations/{id}/revoke", owner.account),
            )
        };
        // Spread over the storm.
        shots.insert(index * 2, Shot::new(cookie, path, Value::Null));
    }
    let hits = doors.fire(shots).await;
    only(&hits, &[200, 201, 409]);
    assert_eq!(count(&hits, 200), 10);
    let won = count(&hits, 201);
    assert!((9..=14).contains(&won), "{won}");
    // Whatever was given back can be had again, and no more.
    let mut shots = everybody_wants_in(owner, "c");
    shots.truncate(16);
    let hits = doors.fire(shots).await;
    exactly_the_free_seats_went(&hits, 14 - won);
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

/// Counts every account's seats over and over, each time in one snapshot.
struct Watch {
    end: Arc<AtomicBool>,
    looking: JoinHandle<(i64, usize)>,
}

impl Watch {
    fn over(url: &str, now: Timestamp) -> Self {
        let (url, end) = (url.to_owned(), Arc::new(AtomicBool::new(false)));
        let stop = end.clone();
        let sql = format!(
            "select coalesce(max((select count(*) from members m where m.account_id = a.id)
            + (select count(*) from invitations i where i.account_id = a.id and i.status = 'pending'
            and i.expires_at > {})), 0) from accounts a",
            now.millis()
        );
        let looking = thread::spawn(move || {
            let mut probe = DbProbe::of(&url);
            let (mut most, mut looks) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                most = most.max(probe.number(&sql));
                looks += 1;
                thread::park_timeout(Duration::from_millis(4));
            }
            (most, looks)
        });
        Self { end, looking }
    }

    fn saw_no_more_than(self, limit: i64) {
        self.end.store(true, Ordering::SeqCst);
        let (most, looks) = self.looking.join().unwrap();
        assert_eq!(most, limit);
        assert!(looks > 20, "{looks} looks are too few to mean anything");
    }
}
