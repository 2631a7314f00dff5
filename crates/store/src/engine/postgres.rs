//! PostgreSQL: a pool of threads, each with a connection of its own that it fixes by itself.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::connector::Connector;
use super::session::Session;
use super::task::{Access, QueuedTask};
use super::{Conn, Error, QUEUE};

/// How often one closure may run: serialization failures and deadlocks pass, a storm of them does not.
const MAX_ATTEMPTS: usize = 5;

/// Commits. In an aborted transaction COMMIT alone would roll back and report success; `select` fails there (25P02),
/// and what follows it in the same message is not run.
const COMMIT: &str = "select; commit";

/// Starts the threads; they connect when a task is queued and end when the queue is dropped.
pub(super) fn start(
    connector: &Arc<Connector>,
    connections: usize,
) -> Result<Sender<QueuedTask>, Error> {
    let (queue, tasks) = bounded(QUEUE);
    for _ in 0..connections {
        let mut worker = Worker {
            connector: connector.clone(),
            session: None,
        };
        let tasks: Receiver<QueuedTask> = tasks.clone();
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || worker.serve(&tasks))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
    }
    Ok(queue)
}

struct Worker {
    connector: Arc<Connector>,
    session: Option<Session>,
}

impl Worker {
    fn serve(&mut self, tasks: &Receiver<QueuedTask>) {
        while let Ok(mut queued) = tasks.recv() {
            let error = if queued.is_expired() {
                Some(Error::Busy)
            } else {
                self.run(&mut queued).err()
            };
            queued.respond(error);
            // A transaction that was read in ends while nobody waits for it.
            if let Some(session) = &mut self.session
                && session.client.wait().is_err()
            {
                session.set_lost();
            }
        }
    }

    fn run(&mut self, queued: &mut QueuedTask) -> Result<(), Error> {
        for attempt in 1.. {
            let again = attempt < MAX_ATTEMPTS && !queued.is_expired();
            match self.run_once(queued) {
                RunOutcome::Retry | RunOutcome::Failed { retry: true, .. } if again => {}
                RunOutcome::Done | RunOutcome::Retry => return Ok(()),
                RunOutcome::Failed { error, .. } => return Err(error),
            }
        }
        Ok(())
    }

    fn run_once(&mut self, queued: &mut QueuedTask) -> RunOutcome {
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => {
                return RunOutcome::Failed {
                    error,
                    retry: false,
                };
            }
        };
        let begin = match queued.access {
            Access::Write => "begin",
            Access::ReadSnapshot => "begin isolation level repeatable read read only",
            Access::ReadOne | Access::Maintain => {
                let mut conn = Conn::pg(session);
                queued.run(&mut conn);
                return if conn.retry {
                    RunOutcome::Retry
                } else {
                    RunOutcome::Done
                };
            }
        };
        session.client.send_batch(begin);
        let mut conn = Conn::pg(session);
        let keep = queued.run(&mut conn);
        let retry = conn.retry;
        if retry || !keep || queued.access == Access::ReadSnapshot {
            session.client.send_rollback();
            return if retry {
                RunOutcome::Retry
            } else {
                RunOutcome::Done
            };
        }
        let committed = session.client.commit(COMMIT);
        match committed.commit {
            Ok(()) => RunOutcome::Done,
            // The server rejected the commit, so nothing was stored. Without its response the result is unknown, and nothing is
            // retried.
            Err(error) if error.as_db_error().is_some() && !is_shutdown(&error) => {
                session.client.send_rollback();
                let cause = committed.before.err().unwrap_or(error);
                let mut conn = Conn::pg(session);
                let error = conn.pg_error(&cause);
                let retry = conn.retry;
                RunOutcome::Failed { error, retry }
            }
            Err(error) => {
                session.set_lost();
                RunOutcome::Failed {
                    error: Error::Unknown(error.to_string()),
                    retry: false,
                }
            }
        }
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        self.session = self.session.take().filter(Session::is_usable);
        if self.session.is_none() {
            self.session = Some(Session::new(self.connector.connect()?));
        }
        self.session
            .as_mut()
            .ok_or_else(|| Error::Unavailable("not connected".to_owned()))
    }
}

/// Whether the server ended the connection (class 57P): while a commit waits for its standby it has happened already.
fn is_shutdown(error: &tokio_postgres::Error) -> bool {
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
