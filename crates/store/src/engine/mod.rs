//! The only module that distinguishes SQLite from PostgreSQL.
//!
//! A transaction is one closure that runs on a database thread, or on SQLite in the asking thread if it is one statement.
//! Nothing awaits inside, so a dropped request cannot cut it in half, and on SQLite everything that queued up during one fsync
//! shares the next commit.

mod account_queue;
mod client;
mod column;
mod conn;
mod connector;
mod errors;
mod inserts;
mod pipeline;
mod pooler;
mod postgres;
mod postgres_url;
mod response;
mod row;
mod rows;
mod session;
mod sqlite;
mod statement;
mod task;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};
use tokio::sync::oneshot;

use account_queue::AccountQueues;
use connector::Connector;
use convoke_core::model::tls::TlsOptions;
use sqlite::ImmediateReaders;

pub use conn::Conn;
pub use connector::PLANNER_SETTINGS;
pub use pipeline::{PendingCount, PendingRows};
pub(crate) use row::row;
pub(crate) use rows::{Row, first_column};
pub use statement::Sql;
pub(crate) use statement::Value;
pub(crate) use statement::{in_texts, in_uuids, json_array, params, statements, uuid_array};
pub use task::AccountChange;
use task::{Access, ErasedResult, ErasedTask, QueuedTask, Task};

/// Why a database operation failed; nothing was changed, except after [`Error::Unknown`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The queue is full or the work waited past its deadline.
    #[error("the database is busy")]
    Busy,
    /// The URL, a file that it names or the pooler behind it must be changed; waiting does not help.
    #[error("{0}")]
    Misconfigured(String),
    /// The database is unavailable, full or read-only.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection went while the commit was under way: it may or may not have happened.
    #[error("the database did not answer the commit: {0}")]
    Unknown(String),
    /// The database rejected a statement that the program should not have sent.
    #[error("the database rejected a statement: {0}")]
    Rejected(String),
    /// A stored value is none that this program knows.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// The work itself panicked and was rolled back.
    #[error("a database task panicked")]
    Panicked,
}

/// Which database is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bundled SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// Makes the TLS settings of a connection; an error is a sentence.
pub type MakeTls = fn(&TlsOptions) -> Result<rustls::ClientConfig, String>;

/// Where the database is and how much of it to use.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite://path` or `postgres://…`.
    pub url: String,
    /// Connections: reader threads on SQLite (one more writes, as many are for long reads, and one fewer than cores are for
    /// single statements), all threads on PostgreSQL (a quarter of them for long reads, at least one).
    pub connections: usize,
    /// How long a request may wait for the database.
    pub timeout: Duration,
    /// Makes the TLS settings of connections to PostgreSQL.
    pub tls: MakeTls,
}

/// How many tasks may wait; more fail with [`Error::Busy`] at once.
const QUEUE: usize = 1024;

/// A handle on the database, cheap to clone. Its threads end when the last handle is dropped.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    kind: Kind,
    /// On SQLite only.
    immediate: Option<ImmediateReaders>,
    reads: Sender<QueuedTask>,
    long_reads: Sender<QueuedTask>,
    writes: Sender<QueuedTask>,
    /// On PostgreSQL only.
    account_queues: Option<Arc<AccountQueues>>,
    timeout: Duration,
    last_commit: Mutex<Option<Instant>>,
    statement_count: Arc<AtomicU64>,
}

impl Db {
    /// Opens the database, creating a missing SQLite file.
    ///
    /// # Errors
    /// When the URL is of neither kind, the SQLite file cannot be opened, or a thread cannot be started.
    /// PostgreSQL is connected to by its threads when a task is queued.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let (immediate, reads, long_reads, writes, account_queues) = match target(options)? {
            Target::Lite(path) => {
                let queues = sqlite::start(&path, options)?;
                (
                    Some(queues.immediate),
                    queues.reads,
                    queues.long_reads,
                    queues.writes,
                    None,
                )
            }
            Target::Pg(connector) => {
                let long = (options.connections / 4).max(1);
                let short = options.connections.saturating_sub(long).max(1);
                let queues = postgres::start(&connector, short)?;
                let long_reads = postgres::start(&connector, long)?.tasks;
                let tasks = queues.tasks;
                (
                    None,
                    tasks.clone(),
                    long_reads,
                    tasks,
                    Some(queues.of_accounts),
                )
            }
        };
        let kind = if immediate.is_some() {
            Kind::Sqlite
        } else {
            Kind::Postgres
        };
        Ok(Self(Arc::new(Inner {
            kind,
            immediate,
            reads,
            long_reads,
            writes,
            account_queues,
            timeout: options.timeout,
            last_commit: Mutex::default(),
            statement_count: Arc::default(),
        })))
    }

    /// How many statements of tasks were run since the start.
    #[must_use]
    pub fn statement_count(&self) -> u64 {
        self.0.statement_count.load(Ordering::Relaxed)
    }

    /// Which database is behind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Runs `work` in one transaction that is committed when it returns `Ok` and rolled back otherwise.
    ///
    /// An error of a statement rolls it back even if `work` returns `Ok` after it, and is the result then.
    ///
    /// The result is returned after the commit is durable. On PostgreSQL `work` may run again after a serialization
    /// failure, a deadlock or a connection lost before the commit was sent.
    ///
    /// # Errors
    /// The error of `work`, or an [`Error`] of the database itself.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_with(Access::Write(None), work).await
    }

    /// As [`Db::write`], for a change that locks an account first. On PostgreSQL such changes of one account run one after
    /// another on one connection, and those of one user that wait for each other may share a commit.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_in_account<T, E, F>(&self, change: AccountChange, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_with(Access::Write(Some(change)), work).await
    }

    async fn write_with<T, E, F>(&self, access: Access, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let result = self.run(&self.0.writes, access, work).await;
        if result.is_ok() {
            *self.last_commit() = Some(Instant::now());
        }
        result
    }

    /// How long ago a transaction of [`Db::write`] was committed; `None` before the first one.
    #[must_use]
    pub fn time_since_commit(&self) -> Option<Duration> {
        self.last_commit().map(|at| at.elapsed())
    }

    /// A poisoned lock still holds a usable value.
    fn last_commit(&self) -> MutexGuard<'_, Option<Instant>> {
        let last = self.0.last_commit.lock();
        last.unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work`, which reads by one statement: on SQLite in the calling thread, where that is possible without waiting.
    ///
    /// # Errors
    /// The error of `work`, or an [`Error`] of the database itself.
    pub async fn read_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(&self.0.reads, Access::ReadOne, work).await
    }

    /// Runs `work`, which only reads; all its statements see the same snapshot.
    ///
    /// # Errors
    /// The error of `work`, or an [`Error`] of the database itself.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(&self.0.reads, Access::ReadSnapshot, work).await
    }

    /// As [`Db::read`], for work whose length depends on how much there is: lists, searches, exports. It has
    /// connections of its own, so that short reads never wait for it.
    ///
    /// # Errors
    /// The error of `work`, or an [`Error`] of the database itself.
    pub async fn read_long<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(&self.0.long_reads, Access::ReadSnapshot, work)
            .await
    }

    /// Writes SQLite's log into its file; nothing to do on PostgreSQL.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        match self.0.kind {
            Kind::Postgres => Ok(()),
            Kind::Sqlite => {
                let work =
                    |conn: &mut Conn<'_>| conn.execute_batch("pragma wal_checkpoint(truncate)");
                self.run(&self.0.writes, Access::Maintain, work).await
            }
        }
    }

    async fn run<T, E, F>(
        &self,
        queue: &Sender<QueuedTask>,
        access: Access,
        work: F,
    ) -> Result<T, E>
    where
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let task: Task<F, T, E> = Task::new(work);
        let result = self.submit(queue, access, Box::new(task)).await?;
        match result.downcast() {
            Ok(result) => *result,
            Err(_) => Err(Error::Panicked.into()),
        }
    }

    /// Queues a task and waits for its result.
    async fn submit(
        &self,
        queue: &Sender<QueuedTask>,
        access: Access,
        task: Box<dyn ErasedTask>,
    ) -> Result<ErasedResult, Error> {
        let (timeout, count) = (self.0.timeout, self.0.statement_count.clone());
        let (reply, response) = oneshot::channel();
        let mut queued = QueuedTask::new(task, access, timeout, reply, count);
        if access == Access::ReadOne
            && let Some(readers) = &self.0.immediate
            && readers.try_run(&mut queued)
        {
            queued.respond(None);
            return response.await.unwrap_or(Err(Error::Panicked));
        }
        match (queued.account_change(), &self.0.account_queues) {
            (Some(change), Some(of_accounts)) => of_accounts.send(change.account, queued)?,
            _ => send(queue, queued)?,
        }
        // A frozen server holds its thread; the caller gets an error all the same. A change may begin just before
        // its deadline and gets as long again to end, so that few are left in doubt; of a read nothing depends.
        let writes = matches!(access, Access::Write(_));
        let timeout = if writes { timeout * 2 } else { timeout };
        match tokio::time::timeout(timeout, response).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::Panicked),
            Err(_) if writes => Err(Error::Unknown("no answer within the timeout".to_owned())),
            Err(_) => Err(Error::Unavailable(
                "no answer within the timeout".to_owned(),
            )),
        }
    }
}

/// Queues a task.
///
/// # Errors
/// [`Error::Busy`] when too many wait, [`Error::Unavailable`] when the threads have ended.
fn send(queue: &Sender<QueuedTask>, queued: QueuedTask) -> Result<(), Error> {
    queue.try_send(queued).map_err(|error| match error {
        TrySendError::Full(_) => Error::Busy,
        TrySendError::Disconnected(_) => Error::Unavailable("its threads have ended".to_owned()),
    })
}

enum Target {
    Lite(PathBuf),
    Pg(Arc<Connector>),
}

fn target(options: &Options) -> Result<Target, Error> {
    let url = &options.url;
    if let Some(path) = url.strip_prefix("sqlite://") {
        return Ok(Target::Lite(PathBuf::from(path)));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let parsed = postgres_url::parse(url, options.timeout)?;
        return Ok(Target::Pg(Arc::new(Connector::new(parsed, options)?)));
    }
    Err(Error::Misconfigured(
        "it must start with sqlite:// or postgres://".to_owned(),
    ))
}
