//! A queued closure for a database thread, and its result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Conn, Error};

/// What a task does to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It reads by one statement.
    ReadOne,
    /// It reads, and all its statements see the same snapshot.
    ReadSnapshot,
    /// It runs inside a transaction that is committed.
    Write,
    /// It runs on the connection that writes, outside of a transaction.
    Maintain,
}

/// Work in a queue.
pub(super) struct QueuedTask {
    pub task: Box<dyn ErasedTask>,
    pub access: Access,
    pub deadline: Instant,
}

impl QueuedTask {
    /// Whether its deadline has passed; such a task fails without being run.
    pub(super) fn is_expired(&self) -> bool {
        Instant::now() >= self.deadline
    }
}

/// A closure whose types are hidden from the queues.
pub(super) trait ErasedTask: Send {
    /// Runs it and stores its result; returns whether its changes are to be committed.
    fn run(&mut self, conn: &mut Conn<'_>) -> bool;
    /// Sends the stored result, or `error` instead of it.
    fn respond(self: Box<Self>, error: Option<Error>);
}

pub(super) struct Task<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    /// Statements of all tasks.
    statement_count: Arc<AtomicU64>,
}

impl<F, T, E> Task<F, T, E> {
    pub(super) const fn new(
        work: F,
        reply: oneshot::Sender<Result<T, E>>,
        statement_count: Arc<AtomicU64>,
    ) -> Self {
        Self {
            work,
            result: None,
            reply,
            statement_count,
        }
    }
}

impl<F, T, E> ErasedTask for Task<F, T, E>
where
    F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, conn: &mut Conn<'_>) -> bool {
        // A panic is this task's own: the transaction is rolled back and the thread goes on.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(conn))).ok();
        self.statement_count
            .fetch_add(conn.statement_count, Ordering::Relaxed);
        // After an error PostgreSQL answers COMMIT with the tag ROLLBACK and without an error, and SQLite commits
        // the statements that succeeded; so `Ok` after an error of a statement does not count, on both.
        self.result = match (result, conn.error.clone()) {
            (Some(Ok(_)), Some(error)) => Some(Err(error.into())),
            (result, _) => result,
        };
        matches!(self.result, Some(Ok(_)))
    }

    fn respond(self: Box<Self>, error: Option<Error>) {
        let result = match error {
            Some(error) => Err(error.into()),
            None => self.result.unwrap_or_else(|| Err(Error::Panicked.into())),
        };
        // The receiver is gone when the request was dropped; what was committed stays committed.
        drop(self.reply.send(result));
    }
}
