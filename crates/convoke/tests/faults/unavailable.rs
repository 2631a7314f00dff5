//! PostgreSQL stopped, frozen and restarted: 503 in the meantime, and automatic recovery.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    Cluster, Database, DbProbe, InProcessApp, Process, Program, SeededUser, SocketClient, until,
};

/// The configured database timeout.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Margin for a busy machine.
const MARGIN: Duration = Duration::from_millis(700);

struct Fixture {
    cluster: Cluster,
    database: Database,
    process: Process,
    owner: SeededUser,
}

impl Fixture {
    fn new() -> Self {
        let cluster = Cluster::new();
        let database = cluster.database();
        let owner = InProcessApp::into(&database).seed_user("owner@example.com");
        let program = Program::on(&database).set("CONVOKE_DATABASE__TIMEOUT", "1s");
        Self {
            process: program.start(),
            cluster,
            database,
            owner,
        }
    }

    fn invite(&self, caller: &mut SocketClient, email: &str) -> std::io::Result<u16> {
        let path = format!("/accounts/{}/invitations", self.owner.account);
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [email] });
        caller.post(&path, &body).map(|reply| reply.status)
    }

    /// Every request gets 503 in time; the process is live but not ready.
    fn is_away(&self) {
        let mut caller = self.owner.calling(&self.process);
        for path in ["/me", "/accounts"] {
            let begun = Instant::now();
            caller.get(path).unwrap().unavailable();
            assert!(
                begun.elapsed() < TIMEOUT + MARGIN,
                "{path} took {:?}",
                begun.elapsed()
            );
        }
        let begun = Instant::now();
        assert_eq!(self.invite(&mut caller, "away@example.org").unwrap(), 503);
        assert!(begun.elapsed() < TIMEOUT + MARGIN, "{:?}", begun.elapsed());
        until(
            Duration::from_secs(5),
            "it says that it is not ready",
            || {
                let ready = self.process.caller("").page("/readyz").unwrap();
                ready.status == 503 && ready.header("retry-after").is_some()
            },
        );
        assert_eq!(self.process.caller("").status_of("/healthz"), 200);
    }

    fn is_back_soon(&self) {
        let mut caller = self.owner.calling(&self.process);
        let took = until(
            Duration::from_secs(5),
            "requests are answered again",
            || {
                self.invite(&mut caller, "back@example.org")
                    .is_ok_and(|status| status == 201)
            },
        );
        println!("recovered after {took:?}");
        until(Duration::from_secs(5), "it says that it is ready", || {
            self.process.caller("").is_ready()
        });
    }

    /// Sends invitations while `inject_fault` runs; every acknowledged one must be stored.
    fn under_load(&self, inject_fault: impl FnOnce()) {
        let end = AtomicBool::new(false);
        let answered: BTreeSet<String> = thread::scope(|scope| {
            let streams: Vec<_> = (0..6)
                .map(|stream| {
                    let end = &end;
                    scope.spawn(move || self.stream(stream, end))
                })
                .collect();
            let ending = End(&end);
            inject_fault();
            drop(ending);
            streams
                .into_iter()
                .flat_map(|stream| stream.join().unwrap())
                .collect()
        });
        let stored = DbProbe::of(&self.database.url).texts("select email from invitations");
        let stored: BTreeSet<String> = stored.into_iter().collect();
        let lost: Vec<_> = answered.difference(&stored).collect();
        println!("{} answered", answered.len());
        assert!(lost.is_empty(), "answered and lost: {lost:?}");
    }

    fn stream(&self, stream: usize, end: &AtomicBool) -> Vec<String> {
        let mut caller = self.owner.calling(&self.process);
        let mut answered = Vec::new();
        for number in 0_usize.. {
            let email = format!("s{stream}n{number}@example.org");
            match self.invite(&mut caller, &email).unwrap() {
                201 => answered.push(email),
                503 => {}
                other => panic!("{other}"),
            }
            if end.load(Ordering::SeqCst) {
                break;
            }
        }
        answered
    }
}

/// Stops the client threads, also when the test panics.
struct End<'e>(&'e AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn responds_503_while_postgres_is_stopped_and_recovers() {
    let fixture = Fixture::new();
    fixture.under_load(|| {
        fixture.cluster.stop();
        fixture.is_away();
        fixture.cluster.start();
        fixture.is_back_soon();
    });
}

#[test]
fn responds_503_while_postgres_is_frozen_and_recovers() {
    let fixture = Fixture::new();
    fixture.under_load(|| {
        fixture.cluster.freeze();
        fixture.is_away();
        fixture.cluster.thaw();
        fixture.is_back_soon();
    });
}

#[test]
fn every_request_gets_a_response_while_postgres_restarts() {
    let fixture = Fixture::new();
    fixture.under_load(|| {
        for _ in 0..3 {
            fixture.cluster.stop();
            fixture.cluster.start();
            fixture.is_back_soon();
        }
    });
}

#[test]
fn a_node_waits_for_a_database_that_starts_later() {
    let cluster = Cluster::new();
    let database = cluster.database();
    cluster.stop();
    let program = Program::on(&database);
    let process = program.launch();
    until(Duration::from_secs(10), "it says that it waits", || {
        program.log().contains("waiting for the database")
    });
    // It is live and responds in the meantime.
    let caller = |path: &str| process.caller("").status_of(path);
    assert_eq!(caller("/healthz"), 200);
    for path in ["/readyz", "/sign-in", "/api/v1/me", "/nothing-here"] {
        assert_eq!(caller(path), 503, "{path}");
    }
    cluster.start();
    until(Duration::from_secs(5), "it is ready", || {
        process.caller("").is_ready()
    });
}

#[test]
fn nodes_that_start_together_all_become_ready() {
    let database = Database::postgres();
    let programs: Vec<Program> = (0..3).map(|_| Program::on(&database)).collect();
    let nodes: Vec<Process> = programs.iter().map(Program::launch).collect();
    for (node, program) in nodes.iter().zip(&programs) {
        until(Duration::from_secs(20), "it is ready", || {
            node.caller("").is_ready()
        });
        assert!(
            !program.log().contains("waiting for the database"),
            "{}",
            program.log()
        );
    }
    let applied = programs
        .iter()
        .filter(|program| program.log().contains("migrations applied"));
    assert_eq!(applied.count(), 1);
}
