//! PostgreSQL: a pool of threads, each with a connection of its own that it fixes by itself.

use std::sync::{Arc, Weak};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::account_queue::AccountQueues;
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
pub(super) fn start(connector: &Arc<Connector>, connections: usize) -> Result<Queues, Error> {
    let (queue, tasks) = bounded(QUEUE);
    let of_accounts = Arc::new(AccountQueues::new(queue.clone()));
    for _ in 0..connections {
        let mut worker = Worker {
            connector: connector.clone(),
            account_queues: Arc::downgrade(&of_accounts),
            session: None,
        };
        let tasks: Receiver<QueuedTask> = tasks.clone();
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || worker.serve(&tasks))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
    }
    Ok(Queues {
        tasks: queue,
        of_accounts,
    })
}

/// Where work is sent.
pub(super) struct Queues {
    pub tasks: Sender<QueuedTask>,
    pub of_accounts: Arc<AccountQueues>,
}

struct Worker {
    connector: Arc<Connector>,
    /// Gone with the last handle of the database.
    account_queues: Weak<AccountQueues>,
    session: Option<Session>,
}

impl Worker {
    fn serve(&mut self, tasks: &Receiver<QueuedTask>) {
        while let Ok(queued) = tasks.recv() {
            let mut next = Some(queued);
            while let Some(queued) = next {
                next = self.serve_task(queued);
                // A transaction that was read in ends while no caller waits for it.
                if let Some(session) = &mut self.session
                    && session.client.wait().is_err()
                {
                    session.set_lost();
                }
            }
        }
    }

    /// Runs a task, and those that may share its commit; returns what must be run next.
    fn serve_task(&mut self, queued: QueuedTask) -> Option<QueuedTask> {
        let of_accounts = self.account_queues.upgrade();
        let (Some(change), Some(of_accounts)) = (queued.account_change(), of_accounts) else {
            self.serve_alone(queued);
            return None;
        };
        let mut group = of_accounts.take_group(change);
        if group.is_empty() {
            self.serve_alone(queued);
        } else {
            group.insert(0, queued);
            self.serve_group(group);
        }
        of_accounts.end(change.account)
    }

    fn serve_alone(&mut self, mut queued: QueuedTask) {
        let error = if queued.is_expired() {
            Some(Error::Busy)
        } else {
            self.run(&mut queued).err()
        };
        queued.respond(error);
    }

    /// Runs tasks in one transaction. Unless that succeeds, each is run again in one of its own, so that an error is that of one task.
    fn serve_group(&mut self, mut group: Vec<QueuedTask>) {
        match self.run_group(&mut group) {
            GroupOutcome::Committed => group.into_iter().for_each(|queued| queued.respond(None)),
            GroupOutcome::RolledBack => {
                for queued in group {
                    self.serve_alone(queued);
                }
            }
            GroupOutcome::Failed(error) => {
                for queued in group {
                    queued.respond(Some(error.clone()));
                }
            }
        }
    }

    fn run_group(&mut self, group: &mut [QueuedTask]) -> GroupOutcome {
        if group.iter().any(QueuedTask::is_expired) {
            return GroupOutcome::RolledBack;
        }
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => return GroupOutcome::Failed(error),
        };
        session.client.send_batch("begin");
        for queued in group {
            session.client.send_batch("savepoint task");
            let mut conn = Conn::pg(session);
            let is_kept = queued.run(&mut conn) && conn.send_inserts().is_ok();
            // An error may be that of the last statement of the task before, which was not waited for, and the savepoint then its own.
            let is_clean = conn.error.is_none() && !conn.retry;
            if !is_clean || (!is_kept && session.client.wait().is_err()) {
                session.send_rollback();
                return GroupOutcome::RolledBack;
            }
            if !is_kept {
                session.send_rollback_to("rollback to task");
            }
            session.client.send_batch("release task");
        }
        match session.client.commit(COMMIT).commit {
            Ok(()) => GroupOutcome::Committed,
            Err(error) if is_rejected(&error) => {
                session.send_rollback();
                GroupOutcome::RolledBack
            }
            Err(error) => GroupOutcome::Failed(unknown(session, &error)),
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
            Access::Write(_) => "begin",
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
        let sent = if keep { conn.send_inserts() } else { Ok(()) };
        let retry = conn.retry;
        if let Err(error) = sent {
            session.send_rollback();
            return RunOutcome::Failed { error, retry };
        }
        if retry || !keep || queued.access == Access::ReadSnapshot {
            session.send_rollback();
            return if retry {
                RunOutcome::Retry
            } else {
                RunOutcome::Done
            };
        }
        let committed = session.client.commit(COMMIT);
        match committed.commit {
            Ok(()) => RunOutcome::Done,
            Err(error) if is_rejected(&error) => {
                session.send_rollback();
                let cause = committed.before.err().unwrap_or(error);
                let mut conn = Conn::pg(session);
                let error = conn.pg_error(&cause);
                let retry = conn.retry;
                RunOutcome::Failed { error, retry }
            }
            Err(error) => RunOutcome::Failed {
                error: unknown(session, &error),
                retry: false,
            },
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

/// Whether the server rejected the commit, so that nothing was stored.
fn is_rejected(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some() && !is_shutdown(error)
}

/// The error of a commit without a response; nothing is retried after it.
fn unknown(session: &mut Session, error: &tokio_postgres::Error) -> Error {
    session.set_lost();
    Error::Unknown(error.to_string())
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

enum GroupOutcome {
    Committed,
    /// Nothing was stored, and each task may run again.
    RolledBack,
    /// What all tasks failed with.
    Failed(Error),
}
