//! A queued closure for a database thread, and its result.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use convoke_core::ids::{AccountId, UserId};
use tokio::sync::oneshot;

use super::{Conn, Error};

/// Which account a change locks, and which user makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// The account.
    pub account: AccountId,
    /// The user, whose row is locked too: changes of several users in one transaction could cause deadlocks.
    pub user: UserId,
}

/// What a task does to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It reads by one statement.
    ReadOne,
    /// It reads, and all its statements see the same snapshot.
    ReadSnapshot,
    /// It runs inside a transaction that is committed, and locks this account first.
    Write(Option<AccountChange>),
    /// It runs on the connection that writes, outside of a transaction.
    Maintain,
}

/// A `Result<T, E>` whose types are hidden from the queues.
pub(super) type ErasedResult = Box<dyn Any + Send>;

/// Work in a queue, and whom its result is sent to.
pub(super) struct QueuedTask {
    task: Box<dyn ErasedTask>,
    pub access: Access,
    deadline: Instant,
    reply: oneshot::Sender<Result<ErasedResult, Error>>,
    /// Statements of all tasks.
    statement_count: Arc<AtomicU64>,
}

impl QueuedTask {
    pub(super) fn new(
        task: Box<dyn ErasedTask>,
        access: Access,
        timeout: Duration,
        reply: oneshot::Sender<Result<ErasedResult, Error>>,
        statement_count: Arc<AtomicU64>,
    ) -> Self {
        Self {
            task,
            access,
            deadline: Instant::now() + timeout,
            reply,
            statement_count,
        }
    }

    /// What it changes, if it is a change of one account.
    pub(super) const fn account_change(&self) -> Option<AccountChange> {
        match self.access {
            Access::Write(change) => change,
            Access::ReadOne | Access::ReadSnapshot | Access::Maintain => None,
        }
    }

    /// Whether its deadline has passed; such a task fails without being run.
    pub(super) fn is_expired(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Runs it and stores its result; returns whether its changes are to be committed.
    pub(super) fn run(&mut self, conn: &mut Conn<'_>) -> bool {
        let is_ok = self.task.run(conn);
        self.statement_count
            .fetch_add(conn.statement_count, Ordering::Relaxed);
        is_ok
    }

    /// Sends the stored result, or `error` instead of it.
    pub(super) fn respond(self, error: Option<Error>) {
        let result = match error {
            Some(error) => Err(error),
            None => self.task.into_result().ok_or(Error::Panicked),
        };
        // The receiver is gone when the request was dropped; what was committed stays committed.
        drop(self.reply.send(result));
    }
}

/// A closure whose types are hidden from the queues.
pub(super) trait ErasedTask: Send {
    /// Runs it and stores its result; returns whether it succeeded.
    fn run(&mut self, conn: &mut Conn<'_>) -> bool;
    /// The stored result; none when it panicked or never ran.
    fn into_result(self: Box<Self>) -> Option<ErasedResult>;
}

/// A closure and its result. Each closure is a type of its own, so that only what needs that type is here.
pub(super) struct Task<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    pub(super) const fn new(work: F) -> Self {
        Self { work, result: None }
    }
}

impl<F, T, E> ErasedTask for Task<F, T, E>
where
    F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    fn run(&mut self, conn: &mut Conn<'_>) -> bool {
        // A panic is this task's own: the transaction is rolled back and the thread goes on.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(conn))).ok();
        // After an error PostgreSQL answers COMMIT with the tag ROLLBACK and without an error, and SQLite commits
        // the statements that succeeded; so `Ok` after an error of a statement does not count, on both.
        self.result = match (result, conn.error.clone()) {
            (Some(Ok(_)), Some(error)) => Some(Err(error.into())),
            (result, _) => result,
        };
        matches!(self.result, Some(Ok(_)))
    }

    fn into_result(self: Box<Self>) -> Option<ErasedResult> {
        self.result.map(|result| Box::new(result) as ErasedResult)
    }
}
