//! A PostgreSQL cluster of a test's own, to be stopped, frozen and started again.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::process::{is_root, run};
use super::{Database, free_port, until};

/// A cluster of a test's own; it ends with the test.
pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
    bin: PathBuf,
    as_root: bool,
}

impl Cluster {
    /// A new one, running.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A new one, running, after its files were changed.
    pub fn with(set_up: impl FnOnce(&Self)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let as_root = is_root();
        let cluster = Self {
            folder,
            port: free_port(),
            bin: bin(),
            as_root,
        };
        if as_root {
            run(Command::new("chown")
                .arg("postgres")
                .arg(cluster.folder.path()));
        }
        run(cluster.command("initdb").args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-sync",
        ]));
        set_up(&cluster);
        cluster.start();
        cluster
    }

    /// Its database.
    pub fn database(&self) -> Database {
        let url = format!(
            "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
            self.port
        );
        Database::elsewhere(url)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Adds lines to one of its configuration files.
    pub fn append(&self, file: &str, lines: &str) {
        let path = self.folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}\n{lines}\n")).unwrap();
    }

    /// Writes a file that only the server's user can read.
    pub fn write(&self, file: &str, content: &str) {
        let path = self.folder.path().join(file);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        if self.as_root {
            run(Command::new("chown").arg("postgres").arg(&path));
        }
    }

    pub fn start(&self) {
        let folder = self.folder.path().display();
        let options = format!(
            "-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}",
            self.port
        );
        let log = self.folder.path().join("log");
        let mut command = self.command("pg_ctl");
        run(command
            .arg("-w")
            .arg("-l")
            .arg(log)
            .args(["-o", &options, "start"]));
    }

    /// Ends it at once, connections and all.
    pub fn stop(&self) {
        run(self
            .command("pg_ctl")
            .args(["-w", "-m", "immediate", "stop"]));
    }

    /// Sends SIGSTOP to every process: connections stay open without responses.
    pub fn freeze(&self) {
        // The postmaster first, or it starts another backend; and a signal may not be delivered yet
        // when `kill` returns.
        stop(self.postmaster());
        self.everyone().into_iter().for_each(stop);
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.everyone()
            .iter()
            .rev()
            .for_each(|pid| nudge("CONT", *pid));
    }

    /// The postmaster, then its children.
    fn postmaster(&self) -> u32 {
        let path = self.folder.path().join("postmaster.pid");
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    fn everyone(&self) -> Vec<u32> {
        let postmaster = self.postmaster();
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = std::fs::read_to_string(children).unwrap();
        let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
        std::iter::once(postmaster).chain(children).collect()
    }

    /// A tool of the server on this cluster; they reject to run as root.
    fn command(&self, tool: &str) -> Command {
        let tool = self.bin.join(tool);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(tool);
            command
        } else {
            Command::new(tool)
        };
        command.arg("-D").arg(self.folder.path()).current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.path().join("postmaster.pid").exists() {
            self.thaw();
            self.stop();
        }
    }
}

/// Stops a process and waits until it runs no more.
fn stop(pid: u32) {
    nudge("STOP", pid);
    until(Duration::from_secs(5), "a process is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
        // Gone or a zombie.
        state.is_none_or(|state| state.starts_with(['T', 'Z']))
    });
}

/// Sends a signal to one process, which may have ended by itself meanwhile.
fn nudge(name: &str, pid: u32) {
    let mut command = Command::new("kill");
    command
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .output()
        .unwrap();
}

/// Where the server's tools are.
#[expect(
    clippy::disallowed_methods,
    reason = "the script says where PostgreSQL is"
)]
fn bin() -> PathBuf {
    std::env::var("CONVOKE_TEST_PGBIN")
        .expect("CONVOKE_TEST_PGBIN is not set: run the tests with scripts/test, which finds PostgreSQL")
        .into()
}
