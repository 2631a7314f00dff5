//! Security rule 19: a shutdown completes requests in flight, and a start is ready immediately.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{Database, DbProbe, InProcessApp, Program, SeededUser, SocketClient, until};

/// Requests in flight get ten seconds; the process needs a little longer to exit.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(11);

#[test]
fn a_shutdown_loses_no_committed_change_and_responds_to_accepted_requests() {
    let database = Database::sqlite();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let program = Program::on(&database);
    let process = program.start();
    let response_count = AtomicUsize::new(0);
    let answered: Vec<String> = thread::scope(|scope| {
        let streams: Vec<_> = (0..8)
            .map(|stream| {
                let (caller, owner, response_count) =
                    (owner.calling(&process), &owner, &response_count);
                scope.spawn(move || invite_until_closed(caller, owner, stream, response_count))
            })
            .collect();
        until(Duration::from_secs(20), "a stream of responses", || {
            response_count.load(Ordering::SeqCst) > 100
        });
        process.terminate();
        streams
            .into_iter()
            .flat_map(|stream| stream.join().unwrap())
            .collect()
    });
    let (status, took) = process.ended_within(SHUTDOWN_TIMEOUT);
    println!("stopped after {took:?}, {} answered", answered.len());
    assert!(status.success(), "{status}\n{}", program.log());
    assert!(took < Duration::from_secs(3), "{took:?}");
    let stored = DbProbe::of(&database.url).texts("select email from invitations");
    for email in &answered {
        assert!(stored.contains(email), "answered and lost: {email}");
    }
    let again = program.start().ready_after;
    assert!(again < Duration::from_secs(2), "{again:?}");
}

/// Sends invitations until the connection closes; only requests that were not accepted end without a response.
fn invite_until_closed(
    mut caller: SocketClient,
    owner: &SeededUser,
    stream: usize,
    response_count: &AtomicUsize,
) -> Vec<String> {
    let path = format!("/accounts/{}/invitations", owner.account);
    let mut answered = Vec::new();
    for number in 0_usize.. {
        let email = format!("s{stream}n{number}@example.org");
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [email] });
        match caller.post(&path, &body) {
            Ok(response) => drop(response.expect(201)),
            Err(_) => break,
        }
        answered.push(email);
        response_count.fetch_add(1, Ordering::SeqCst);
    }
    answered
}

#[test]
fn a_request_in_flight_gets_a_response_after_sigterm() {
    let database = Database::sqlite();
    drop(InProcessApp::into(&database));
    let program = Program::on(&database);
    let process = program.start();
    let mut caller = process.caller("");
    let body = json!({ "login": "nobody@example.com", "password": "correct horse battery" });
    caller.begin("/sessions", &body);
    process.terminate();
    until(Duration::from_secs(10), "the order is heard", || {
        program.log().contains("shutting down")
    });
    caller.finish(&body).unwrap().expect(401);
    let (status, took) = process.ended_within(SHUTDOWN_TIMEOUT);
    assert!(
        status.success() && took < Duration::from_secs(3),
        "{status} {took:?}"
    );
}

#[test]
fn unfinished_requests_do_not_block_a_shutdown() {
    let database = Database::sqlite();
    drop(InProcessApp::into(&database));
    let process = Program::on(&database).start();
    let mut idle = process.caller("");
    assert!(idle.is_ready());
    let mut slow = process.caller("");
    slow.begin("/sessions", &json!({ "login": "nobody@example.com" }));
    process.terminate();
    let (status, took) = process.ended_within(SHUTDOWN_TIMEOUT + Duration::from_secs(1));
    println!("stopped after {took:?} in spite of an unfinished request");
    assert!(status.success(), "{status}");
}
