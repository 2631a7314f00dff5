//! PostgreSQL stopped, frozen and started again: an honest 503 meanwhile, and recovery without help.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    Cluster, Database, DbProbe, InProcessApp, Process, Program, SeededUser, SocketClient, until,
};

/// What the operator allows a request to wait for the database.
const TIMEOUT: Duration = Duration::from_secs(1);

/// For the rest of an answer on a busy machine.
const MARGIN: Duration = Duration::from_millis(700);

struct Scene {
    cluster: Cluster,
    database: Database,
    process: Process,
    owner: SeededUser,
}

impl Scene {
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

    /// Whatever is asked is answered 503 in time, and the process says that it lives but is not ready.
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

    /// Callers invite all the while `trouble` is made; every answer is kept to.
    fn under_load(&self, trouble: impl FnOnce()) {
        let end = AtomicBool::new(false);
        let answered: BTreeSet<String> = thread::scope(|scope| {
            let streams: Vec<_> = (0..6)
                .map(|stream| {
                    let end = &end;
                    scope.spawn(move || self.stream(stream, end))
                })
                .collect();
            let ending = End(&end);
            trouble();
            drop(ending);
            streams
                .into_iter()
                .flat_map(|stream| stream.join().unwrap())
                .collect()
        });
        let there = DbProbe::of(&self.database.url).texts("select email from invitations");
        let there: BTreeSet<String> = there.into_iter().collect();
        let lost: Vec<_> = answered.difference(&there).collect();
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

/// Ends the streams, also when the trouble was too much.
struct End<'e>(&'e AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_stopped_postgres_is_answered_503_and_comes_back_unattended() {
    let scene = Scene::new();
    scene.under_load(|| {
        scene.cluster.stop();
        scene.is_away();
        scene.cluster.start();
        scene.is_back_soon();
    });
}

#[test]
fn a_frozen_postgres_is_answered_503_and_comes_back_unattended() {
    let scene = Scene::new();
    scene.under_load(|| {
        scene.cluster.freeze();
        scene.is_away();
        scene.cluster.thaw();
        scene.is_back_soon();
    });
}

#[test]
fn a_restarted_postgres_costs_nobody_an_answer() {
    let scene = Scene::new();
    scene.under_load(|| {
        for _ in 0..3 {
            scene.cluster.stop();
            scene.cluster.start();
            scene.is_back_soon();
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
    // Meanwhile it lives, and answers.
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
fn nodes_that_start_together_wait_for_one_another() {
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
