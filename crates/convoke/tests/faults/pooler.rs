//! Behind PgBouncer, where it is installed: session mode works, transaction mode is rejected.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::operator::{ended, on};
use crate::support::{Cluster, Database, Program, convoke, free_port, is_root, until};

/// A running PgBouncer in front of a cluster; it ends with the test.
struct Pooler {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Pooler {
    fn new(program: &Path, cluster: &Cluster, mode: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let path = |file: &str| folder.path().join(file);
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n",
            cluster.port()
        );
        std::fs::write(path("pgbouncer.ini"), settings).unwrap();
        let mut command = Command::new(program);
        command.arg("-q").arg(path("pgbouncer.ini"));
        if is_root() {
            command.args(["-u", "postgres"]);
            let mut owner = Command::new("chown");
            owner.args(["-R", "postgres"]).arg(folder.path());
            assert!(owner.status().unwrap().success());
        }
        let log = std::fs::File::create(path("log")).unwrap();
        let child = command.stdin(Stdio::null()).stderr(log).spawn().unwrap();
        until(Duration::from_secs(5), "the pooler listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self {
            child,
            port,
            folder,
        }
    }

    fn database(&self) -> Database {
        Database::elsewhere(format!(
            "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
            self.port
        ))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where PgBouncer is, if it is installed.
fn program() -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    let paths = folders.map(|folder| Path::new(folder).join("pgbouncer"));
    paths.into_iter().find(|path| path.exists())
}

#[test]
fn works_behind_a_pooler_in_session_mode() {
    let Some(program) = program() else {
        return;
    };
    let cluster = Cluster::new();
    let pooler = Pooler::new(&program, &cluster, "session");
    let database = pooler.database();
    let (stdout, _) = ended(&convoke(&["check"], &on(&database), None), 0);
    assert!(
        stdout.contains("is reachable, empty"),
        "{stdout}{}",
        pooler.log()
    );
    let process = Program::on(&database)
        .set("CONVOKE_DATABASE__CONNECTIONS", "6")
        .start();
    let body = json!({ "email": "ada@example.com", "password": "correct horse battery", "first_name": "Ada" });
    for _ in 0..5 {
        process
            .caller("")
            .post("/registrations", &body)
            .unwrap()
            .expect(202);
    }
    process.terminate();
    assert!(process.ended_within(Duration::from_secs(11)).0.success());
}

#[test]
fn a_pooler_in_transaction_mode_is_rejected_in_one_sentence() {
    let Some(program) = program() else {
        return;
    };
    let cluster = Cluster::new();
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::new(&program, &cluster, mode);
        let database = pooler.database();
        let (stdout, _) = ended(&convoke(&["check"], &on(&database), None), 1);
        let line = stdout
            .lines()
            .find(|line| line.starts_with("error database"));
        assert!(
            line.unwrap().contains("pool_mode = session"),
            "{stdout}{}",
            pooler.log()
        );
        let listen = format!("127.0.0.1:{}", free_port());
        let environment = [on(&database)[0], ("CONVOKE_LISTEN", &listen)];
        let (_, stderr) = ended(&convoke(&["serve"], &environment, None), 1);
        assert!(stderr.contains("pool_mode = session"), "{stderr}");
        let (_, stderr) = ended(&convoke(&["migrate"], &environment, None), 1);
        assert!(stderr.contains("pool_mode = session"), "{stderr}");
    }
}
