//! SQLite that cannot write: 503 for changes, reads go on, and automatic recovery.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    Database, DbProbe, InProcessApp, Process, Program, SeededUser, SocketClient, until,
};

/// How long after the end of the fault changes must succeed again.
const SOON: Duration = Duration::from_secs(5);

struct Fixture {
    database: Database,
    process: Process,
    owner: SeededUser,
}

impl Fixture {
    fn new() -> Self {
        let database = Database::sqlite();
        let owner = InProcessApp::into(&database).seed_user("owner@example.com");
        let program = Program::on(&database).set("CONVOKE_DATABASE__TIMEOUT", "1s");
        let process = program.start();
        let fixture = Self {
            database,
            process,
            owner,
        };
        assert_eq!(fixture.invite("before@example.org"), 201);
        fixture
    }

    fn caller(&self) -> SocketClient {
        self.owner.calling(&self.process)
    }

    fn invite(&self, email: &str) -> u16 {
        let path = format!("/accounts/{}/invitations", self.owner.account);
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [email] });
        let reply = self.caller().post(&path, &body).unwrap();
        if reply.status == 503 {
            reply.unavailable().status
        } else {
            reply.status
        }
    }

    /// Changes are rejected and store nothing; reads go on.
    fn only_reads(&self) {
        for number in 0..5 {
            let begun = Instant::now();
            assert_eq!(self.invite(&format!("during{number}@example.org")), 503);
            assert!(
                begun.elapsed() < Duration::from_secs(3),
                "{:?}",
                begun.elapsed()
            );
            self.caller().get("/me").unwrap().expect(200);
            let path = format!("/accounts/{}/invitations", self.owner.account);
            let list = self.caller().get(&path).unwrap().expect(200).json();
            assert_eq!(list["items"][0]["email"], "before@example.org");
        }
        assert_eq!(self.process.caller("").status_of("/healthz"), 200);
        until(SOON, "it says that it is not ready", || {
            self.process.caller("").status_of("/readyz") == 503
        });
    }

    fn writes_again(&self) {
        until(SOON, "changes succeed again", || {
            self.invite("after@example.org") == 201
        });
        until(SOON, "it says that it is ready", || {
            self.process.caller("").is_ready()
        });
        let mut probe = DbProbe::of(&self.database.url);
        let emails = probe.texts("select email from invitations order by email");
        assert_eq!(emails, ["after@example.org", "before@example.org"]);
        assert_eq!(probe.texts("pragma integrity_check"), ["ok"]);
    }
}

#[test]
fn a_full_disk_rejects_only_changes() {
    let fixture = Fixture::new();
    // No file can grow, the log included.
    fixture.process.limit_files(Some(1));
    fixture.only_reads();
    fixture.process.limit_files(None);
    fixture.writes_again();
}

#[test]
fn a_file_locked_by_another_process_rejects_only_changes() {
    let fixture = Fixture::new();
    let mut other = DbProbe::of(&fixture.database.url);
    let DbProbe::Lite(other) = &mut other else {
        unreachable!()
    };
    other.execute_batch("begin immediate").unwrap();
    fixture.only_reads();
    other.execute_batch("rollback").unwrap();
    fixture.writes_again();
}
