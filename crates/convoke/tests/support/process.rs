//! The program as a child process, and its command line.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Database, FakeSmtpServer, SocketClient, until};

/// How long a start may take before the test gives up on it.
const START: Duration = Duration::from_secs(30);

/// How the program is started; one of these can be started again and again.
#[derive(Clone)]
pub struct Program {
    pub port: u16,
    folder: Arc<tempfile::TempDir>,
    environment: Vec<(String, String)>,
    arguments: &'static str,
    obeys_modes: bool,
}

impl Program {
    /// A server on a free port of this machine, rate limits off, mail kept in memory.
    pub fn on(database: &Database) -> Self {
        let port = free_port();
        Self {
            port,
            folder: Arc::new(tempfile::tempdir().unwrap()),
            environment: Vec::new(),
            arguments: "serve",
            obeys_modes: false,
        }
        .set("CONVOKE_LISTEN", &format!("127.0.0.1:{port}"))
        .set("CONVOKE_DATABASE__URL", &database.url)
        .set("CONVOKE_RATE_LIMITS__ENABLED", "false")
        .set("CONVOKE_LIMITS__USERS_PER_ACCOUNT", "1000000")
    }

    /// The same with this SMTP server.
    pub fn mailing(self, smtp: &FakeSmtpServer) -> Self {
        self.set("CONVOKE_MAIL__SMTP_URL", &smtp.url())
    }

    /// The same with one more variable.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with other arguments than `serve`.
    pub fn arguments(mut self, arguments: &'static str) -> Self {
        self.arguments = arguments;
        self
    }

    /// The same, bound by the modes of files even where the tests run as root.
    pub fn obeying_modes(mut self) -> Self {
        self.obeys_modes = true;
        self
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) -> Process {
        let mut process = self.launch();
        let begun = Instant::now();
        until(START, "the program is ready", || {
            let ended = process.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}\n{}", self.log());
            process.caller("").is_ready()
        });
        process.ready_after = begun.elapsed();
        process
    }

    /// Starts it without waiting.
    pub fn launch(&self) -> Process {
        // A file that would grow past its limit then gives an error, as on a full disk, instead of a signal.
        let mut command = if self.obeys_modes && is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--bounding-set=-dac_override,-dac_read_search", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", "trap '' XFSZ; exec \"$0\" $1"]);
        command.args([env!("CARGO_BIN_EXE_convoke"), self.arguments]);
        let log = self.open_log();
        command
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Process {
            child: command.spawn().unwrap(),
            address: format!("127.0.0.1:{}", self.port),
            ready_after: Duration::ZERO,
        }
    }

    /// Everything it has written, over all its starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("serve.log")
    }

    fn open_log(&self) -> File {
        let path = self.log_path();
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap()
    }
}

/// A running program; it is killed when dropped.
pub struct Process {
    child: Child,
    pub address: String,
    /// From the start of the process to its first healthy response.
    pub ready_after: Duration,
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client with this cookie on a new connection.
    pub fn caller(&self, cookie: &str) -> SocketClient {
        SocketClient::new(&self.address, cookie)
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        run(Command::new("kill")
            .arg("-TERM")
            .arg(self.pid().to_string()));
    }

    /// Waits for its end and says how long that took.
    pub fn ended_within(mut self, limit: Duration) -> (ExitStatus, Duration) {
        let mut status = None;
        let took = until(limit, "the program has ended", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        (status.unwrap(), took)
    }

    /// A figure of `/proc/PID/status` in KiB, such as `VmHWM`, the most memory it ever had.
    pub fn kib(&self, name: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Sets the file size limit (`RLIMIT_FSIZE`) in bytes.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let soft = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        run(Command::new("prlimit")
            .arg(format!("--pid={}", self.pid()))
            .arg(format!("--fsize={soft}:unlimited")));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
}

/// Runs the command line to its end, in a folder of its own unless one is given.
pub fn convoke(arguments: &[&str], environment: &[(&str, &str)], folder: Option<&Path>) -> Output {
    let own = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_convoke"))
        .args(arguments)
        .current_dir(folder.unwrap_or(own.path()))
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A port that no process listens on at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
