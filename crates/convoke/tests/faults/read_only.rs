//! A read-only database: 503 for changes and for `/readyz`, and automatic recovery.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::{Database, DbProbe, InProcessApp, Process, Program, SeededUser, until};

/// How soon writes must succeed once they are possible, and how soon `/readyz` must notice that they are not.
const SOON: Duration = Duration::from_secs(5);

/// How soon a process runs that starts on a busy machine.
const START: Duration = Duration::from_secs(30);

struct Fixture {
    /// Its folder is where the process runs.
    _program: Program,
    process: Process,
    owner: SeededUser,
}

impl Fixture {
    fn launch(database: &Database, owner: &SeededUser) -> Self {
        let program = Program::on(database).set("CONVOKE_DATABASE__TIMEOUT", "1s");
        let program = program.obeying_modes();
        Self {
            process: program.launch(),
            _program: program,
            owner: owner.clone(),
        }
    }

    fn invite(&self, email: &str) -> u16 {
        let path = format!("/accounts/{}/invitations", self.owner.account);
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [email] });
        let reply = self.owner.calling(&self.process).post(&path, &body);
        reply.map_or(0, |reply| reply.status)
    }

    /// It serves reads; changes are rejected, and it is not ready.
    fn only_reads(&self) {
        until(START, "it reads and says that it is not ready", || {
            let me = self.owner.calling(&self.process).get("/me");
            me.is_ok_and(|reply| reply.status == 200)
                && self.process.caller("").status_of("/readyz") == 503
        });
        for number in 0..5 {
            assert_eq!(self.invite(&format!("during{number}@example.org")), 503);
            let me = self.owner.calling(&self.process).get("/me").unwrap();
            me.expect(200);
            assert_eq!(self.process.caller("").status_of("/readyz"), 503);
        }
        assert_eq!(self.process.caller("").status_of("/healthz"), 200);
    }

    fn writes_again(&self, database: &Database) {
        let took = until(SOON, "changes succeed again", || {
            self.invite("after@example.org") == 201
        });
        until(SOON, "it says that it is ready", || {
            self.process.caller("").is_ready()
        });
        println!("recovered after {took:?}");
        // On any connection: read-only connections are replaced after one second.
        until(SOON, "changes succeed on every connection", || {
            (0..40).all(|number| self.invite(&format!("more{number}@example.org")) == 201)
        });
        let during = "select count(*) from invitations where email like 'during%'";
        assert_eq!(DbProbe::of(&database.url).number(during), 0);
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn writes_succeed_after_a_read_only_sqlite_file_becomes_writable() {
    let database = Database::sqlite();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let file = database.folder().unwrap().join("test.db");
    set_mode(&file, 0o400);
    let fixture = Fixture::launch(&database, &owner);
    fixture.only_reads();
    // SQLite gives its log the mode of the file.
    for entry in std::fs::read_dir(database.folder().unwrap()).unwrap() {
        set_mode(&entry.unwrap().path(), 0o600);
    }
    fixture.writes_again(&database);
}

#[test]
fn writes_succeed_after_a_read_only_sqlite_folder_becomes_writable() {
    let database = Database::sqlite();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let folder = database.folder().unwrap();
    set_mode(&folder.join("test.db"), 0o400);
    set_mode(folder, 0o500);
    let fixture = Fixture::launch(&database, &owner);
    fixture.only_reads();
    set_mode(folder, 0o700);
    set_mode(&folder.join("test.db"), 0o600);
    fixture.writes_again(&database);
}

#[test]
fn nothing_is_served_from_a_sqlite_file_that_was_moved_away() {
    let database = Database::sqlite();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let file = database.folder().unwrap().join("test.db");
    let fixture = Fixture::launch(&database, &owner);
    until(START, "it is ready", || {
        fixture.process.caller("").is_ready()
    });
    assert_eq!(fixture.invite("before@example.org"), 201);
    let away = file.with_extension("away");
    std::fs::rename(&file, &away).unwrap();
    for number in 0..5 {
        assert_eq!(fixture.invite(&format!("during{number}@example.org")), 503);
        let me = fixture.owner.calling(&fixture.process).get("/me").unwrap();
        me.expect(503);
    }
    until(SOON, "it says that it is not ready", || {
        fixture.process.caller("").status_of("/readyz") == 503
    });
    assert!(!file.exists(), "an empty file has taken its place");
    std::fs::rename(&away, &file).unwrap();
    fixture.writes_again(&database);
    let before = "select count(*) from invitations where email = 'before@example.org'";
    assert_eq!(DbProbe::of(&database.url).number(before), 1);
}

#[test]
fn a_missing_sqlite_file_is_created_after_its_folder_becomes_writable() {
    let database = Database::sqlite();
    let folder = database.folder().unwrap();
    set_mode(folder, 0o500);
    let program = Program::on(&database).obeying_modes();
    let process = program.launch();
    until(START, "it lives", || {
        process.caller("").status_of("/healthz") == 200
    });
    for path in ["/readyz", "/sign-in", "/api/v1/me"] {
        assert_eq!(process.caller("").status_of(path), 503, "{path}");
    }
    set_mode(folder, 0o700);
    until(SOON, "it is ready", || process.caller("").is_ready());
    let mode = folder.join("test.db").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn a_sqlite_file_with_a_write_ahead_log_is_used_after_its_folder_becomes_writable() {
    let database = Database::sqlite();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let fixture = Fixture::launch(&database, &owner);
    until(START, "it is ready", || {
        fixture.process.caller("").is_ready()
    });
    assert_eq!(fixture.invite("before@example.org"), 201);
    fixture.process.kill();
    let folder = database.folder().unwrap();
    // A copy of the two files that hold the data, as a backup or a volume has them.
    std::fs::remove_file(folder.join("test.db-shm")).unwrap();
    let files = std::fs::read_dir(folder).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    let log = folder.join("test.db-wal");
    assert!(log.metadata().unwrap().len() > 0);
    for file in &files {
        set_mode(file, 0o400);
    }
    set_mode(folder, 0o500);
    // The index of the log cannot be created, so nothing can be read: the process waits and logs it.
    let fixture = Fixture::launch(&database, &owner);
    let status_of = |path: &str| fixture.process.caller("").status_of(path);
    until(START, "it lives", || status_of("/healthz") == 200);
    for path in ["/readyz", "/", "/sign-in", "/api/v1/me", "/api/v1/products"] {
        assert_eq!(status_of(path), 503, "{path}");
    }
    set_mode(folder, 0o700);
    for file in &files {
        set_mode(file, 0o600);
    }
    fixture.writes_again(&database);
    let before = "select count(*) from invitations where email = 'before@example.org'";
    assert_eq!(DbProbe::of(&database.url).number(before), 1);
}

/// Makes new connections to the database read-only, or not; existing ones are unchanged.
fn set_read_only(database: &Database, read_only: bool) {
    let DbProbe::Pg(mut client) = DbProbe::of(&database.url) else {
        unreachable!()
    };
    let (_, name) = database.url.rsplit_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    let own = "set default_transaction_read_only = off";
    client.batch_execute(own).unwrap();
    let others = format!("alter database {name} set default_transaction_read_only = {read_only}");
    client.batch_execute(&others).unwrap();
}

#[test]
fn writes_succeed_after_a_postgres_that_started_read_only_becomes_writable() {
    let database = Database::postgres();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    set_read_only(&database, true);
    let fixture = Fixture::launch(&database, &owner);
    fixture.only_reads();
    set_read_only(&database, false);
    fixture.writes_again(&database);
}

#[test]
fn writes_succeed_after_a_postgres_that_became_read_only_becomes_writable() {
    let database = Database::postgres();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let fixture = Fixture::launch(&database, &owner);
    until(START, "it is ready", || {
        fixture.process.caller("").is_ready()
    });
    assert_eq!(fixture.invite("before@example.org"), 201);
    set_read_only(&database, true);
    // As after a failover: the old connections end, the new ones reach a read-only server.
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    DbProbe::of(&database.url).number(end);
    fixture.only_reads();
    set_read_only(&database, false);
    fixture.writes_again(&database);
}
