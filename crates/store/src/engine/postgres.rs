//! PostgreSQL: a pool of threads, each with a connection of its own that it fixes by itself.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conn::{Session, is_lost, pg_error};
use super::task::{Access, QueuedTask};
use super::{Conn, Error, MakeTls, Options, QUEUE};

/// PostgreSQL 15, as `server_version_num`.
const MIN_SERVER_VERSION: i64 = 150_000;

/// How often one closure may run: serialization failures and deadlocks pass, a storm of them does not.
const MAX_ATTEMPTS: usize = 5;

/// Commits. In an aborted transaction COMMIT alone would roll back and report success; `select` fails there (25P02),
/// and what follows it in the same message is not run.
const COMMIT: &str = "select; commit";

/// Starts the threads; they connect when a task is queued and end when the queue is dropped.
pub(super) fn start(
    config: &postgres::Config,
    options: &Options,
    connections: usize,
) -> Result<Sender<QueuedTask>, Error> {
    let mut config = config.clone();
    let millis = options.timeout.as_millis();
    config
        .application_name("convoke")
        .connect_timeout(options.timeout.min(Duration::from_secs(2)))
        // Detects a server that is gone without closing its connections, so that they are reopened.
        .keepalives_idle(Duration::from_secs(15))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3)
        .tcp_user_timeout(options.timeout * 2)
        // Every statement finds its rows by an index whatever its values are; planning each of them again costs more
        // than running it.
        .options(&format!(
            "-c statement_timeout={millis} -c lock_timeout={millis} -c synchronous_commit=on \
             -c idle_in_transaction_session_timeout=60000 -c plan_cache_mode=force_generic_plan"
        ));
    let (queue, jobs) = bounded(QUEUE);
    for _ in 0..connections {
        let mut worker = Worker {
            config: config.clone(),
            tls: options.tls,
            session: None,
        };
        let jobs: Receiver<QueuedTask> = jobs.clone();
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || worker.serve(&jobs))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
    }
    Ok(queue)
}

struct Worker {
    config: postgres::Config,
    tls: MakeTls,
    session: Option<Session>,
}

impl Worker {
    fn serve(&mut self, jobs: &Receiver<QueuedTask>) {
        while let Ok(mut job) = jobs.recv() {
            let error = if job.is_expired() {
                Some(Error::Busy)
            } else {
                self.run(&mut job).err()
            };
            job.task.respond(error);
        }
    }

    fn run(&mut self, job: &mut QueuedTask) -> Result<(), Error> {
        for attempt in 1.. {
            let again = attempt < MAX_ATTEMPTS && !job.is_expired();
            match self.run_once(job) {
                RunOutcome::Retry | RunOutcome::Failed { retry: true, .. } if again => {}
                RunOutcome::Done | RunOutcome::Retry => return Ok(()),
                RunOutcome::Failed { error, .. } => return Err(error),
            }
        }
        Ok(())
    }

    fn run_once(&mut self, job: &mut QueuedTask) -> RunOutcome {
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => {
                return RunOutcome::Failed {
                    error,
                    retry: false,
                };
            }
        };
        let begin = match job.access {
            Access::Write => "begin",
            Access::ReadSnapshot => "begin isolation level repeatable read read only",
            Access::ReadOne | Access::Maintain => {
                let mut conn = Conn::pg(session);
                job.task.run(&mut conn);
                return if conn.retry {
                    RunOutcome::Retry
                } else {
                    RunOutcome::Done
                };
            }
        };
        if let Err(error) = session.client.batch_execute(begin) {
            return RunOutcome::Failed {
                error: pg_error(&error),
                retry: is_lost(&error),
            };
        }
        let mut conn = Conn::pg(session);
        let keep = job.task.run(&mut conn);
        if conn.retry {
            drop(session.client.batch_execute("rollback"));
            return RunOutcome::Retry;
        }
        if !keep || job.access == Access::ReadSnapshot {
            drop(session.client.batch_execute("rollback"));
            return RunOutcome::Done;
        }
        match session.client.batch_execute(COMMIT) {
            Ok(()) => RunOutcome::Done,
            // The server rejected the commit, so nothing was stored. Without its response the result is unknown, and nothing is retried.
            Err(error) if error.as_db_error().is_some() && !is_shutdown(&error) => {
                drop(session.client.batch_execute("rollback"));
                RunOutcome::Failed {
                    error: pg_error(&error),
                    retry: false,
                }
            }
            Err(error) => RunOutcome::Failed {
                error: Error::Unknown(error.to_string()),
                retry: false,
            },
        }
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        self.session = self.session.take().filter(Session::is_usable);
        if self.session.is_none() {
            self.session = Some(Session::new(connect(&self.config, self.tls)?));
        }
        self.session
            .as_mut()
            .ok_or_else(|| Error::Unavailable("not connected".to_owned()))
    }
}

/// Whether the server ended the connection (class 57P): while a commit waits for its standby it has happened already.
fn is_shutdown(error: &postgres::Error) -> bool {
    error
        .code()
        .is_some_and(|code| code.code().starts_with("57P"))
}

enum RunOutcome {
    Done,
    /// The closure's own result is returned if it cannot run again.
    Retry,
    Failed {
        error: Error,
        retry: bool,
    },
}

fn connect(config: &postgres::Config, tls: MakeTls) -> Result<postgres::Client, Error> {
    // `prefer` is the driver's default: plain on this machine, where a distribution's PostgreSQL shows a
    // self-signed certificate, and verified TLS everywhere else.
    let plain = match config.get_ssl_mode() {
        SslMode::Disable => true,
        SslMode::Prefer => config.get_hosts().iter().all(is_local),
        _ => false,
    };
    let connected = if plain {
        config
            .clone()
            .ssl_mode(SslMode::Disable)
            .connect(postgres::NoTls)
    } else {
        let tls = tls().map_err(|error| Error::Unavailable(error.to_string()))?;
        config
            .clone()
            .ssl_mode(SslMode::Require)
            .connect(MakeRustlsConnect::new(tls))
    };
    let mut client = connected.map_err(|error| pg_error(&error))?;
    let version = client
        .query_one("select current_setting('server_version_num')::bigint", &[])
        .and_then(|row| row.try_get::<_, i64>(0))
        .map_err(|error| pg_error(&error))?;
    if version < MIN_SERVER_VERSION {
        return Err(Error::Unavailable(format!(
            "PostgreSQL {} is too old, 15 is needed",
            version / 10_000
        )));
    }
    Ok(client)
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}
