//! SQLite: one writer thread whose closures share commits, a few reader threads, and connections for tasks of one statement
//! that the asking thread runs itself.

mod file;
mod reader;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;

use super::errors::lite_error;
use super::task::{Access, QueuedTask};
use super::{Conn, Error, Options, QUEUE};
use file::{FileId, create, file_id, open};
pub(super) use reader::ImmediateReaders;
use reader::Reader;

/// Older ones can corrupt a write-ahead log (security rule 17).
const MIN_SQLITE_VERSION: i32 = 3_051_003;

/// How many closures may share one commit; bounds how long the first of them waits.
const MAX_GROUP_COMMIT: usize = 128;

/// Opens the file and starts the threads; they end when their queue is dropped.
///
/// A file that cannot be created or written now (on a read-only file system, say) is opened again for the next task.
pub(super) fn start(path: &Path, options: &Options) -> Result<Queues, Error> {
    if rusqlite::version_number() < MIN_SQLITE_VERSION {
        return Err(Error::Unavailable(format!(
            "SQLite {} is too old, 3.51.3 is needed",
            rusqlite::version()
        )));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return Err(Error::Rejected(format!(
            "{}: its folder {} does not exist",
            path.display(),
            folder.display()
        )));
    }
    let is_writable: Arc<Mutex<bool>> = Arc::default();
    let mut write_connection = Writer {
        path: path.to_owned(),
        timeout: options.timeout,
        is_missing: !path.exists(),
        file: None,
        connection: None,
        is_open: is_writable.clone(),
    };
    match write_connection.connection() {
        Err(error @ Error::Rejected(_)) => return Err(error),
        Err(error) => tracing::warn!(%error, "database file is not writable yet"),
        Ok(_) => {}
    }
    let (writes, tasks) = bounded(QUEUE);
    spawn("sqlite-writer", move || {
        write_loop(&mut write_connection, &tasks);
    })?;
    let reader = |timeout| Reader::new(path, timeout, &is_writable);
    let start_readers = |count: usize| -> Result<Sender<QueuedTask>, Error> {
        let (queue, tasks) = bounded(QUEUE);
        for _ in 0..count {
            let mut reader = reader(options.timeout);
            let tasks: Receiver<QueuedTask> = tasks.clone();
            spawn("sqlite-reader", move || reader.serve(&tasks))?;
        }
        Ok(queue)
    };
    // One core is left where the file system does not respond.
    let immediate = thread::available_parallelism().map_or(1, NonZero::get) - 1;
    Ok(Queues {
        immediate: ImmediateReaders::new((0..immediate).map(|_| reader(Duration::ZERO))),
        reads: start_readers(options.connections.max(1))?,
        // A list is written as JSON by the thread that reads it, so that lists need every core.
        long_reads: start_readers(options.connections.max(1))?,
        writes,
    })
}

/// Where work is sent.
pub(super) struct Queues {
    pub immediate: ImmediateReaders,
    pub reads: Sender<QueuedTask>,
    pub long_reads: Sender<QueuedTask>,
    pub writes: Sender<QueuedTask>,
}

/// The connection that writes, replaced after an error of the file: one that was opened read-only stays so, and one to
/// a file system that was unavailable may never recover.
struct Writer {
    path: PathBuf,
    timeout: Duration,
    /// Whether there was no file at the start, and it was not created since.
    is_missing: bool,
    /// The file that is open.
    file: Option<FileId>,
    connection: Option<Connection>,
    /// Held while the connection is opened or closed.
    is_open: Arc<Mutex<bool>>,
}

impl Writer {
    fn connection(&mut self) -> Result<&Connection, Error> {
        let file = file_id(&self.path);
        if self.connection.is_some() && file != self.file {
            self.close();
        }
        if self.connection.is_none() {
            let mut is_open = lock(&self.is_open);
            if self.is_missing {
                create(&self.path)?;
                self.is_missing = false;
            }
            self.connection = Some(open(&self.path, self.timeout, false)?);
            self.file = file_id(&self.path);
            *is_open = true;
        }
        self.connection.as_ref().ok_or_else(not_open)
    }

    fn close_after(&mut self, error: &Error) {
        if is_of_file(error) {
            self.close();
        }
    }

    fn close(&mut self) {
        let mut is_open = lock(&self.is_open);
        self.connection = None;
        *is_open = false;
    }
}

/// A poisoned lock still holds a usable flag.
fn lock(flag: &Mutex<bool>) -> MutexGuard<'_, bool> {
    flag.lock().unwrap_or_else(PoisonError::into_inner)
}

fn not_open() -> Error {
    Error::Unavailable("the file is not open".to_owned())
}

const fn is_of_file(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_))
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| Error::Unavailable(error.to_string()))
}

fn write_loop(writer: &mut Writer, tasks: &Receiver<QueuedTask>) {
    while let Ok(first) = tasks.recv() {
        let mut group = vec![first];
        group.extend(tasks.try_iter().take(MAX_GROUP_COMMIT - 1));
        let (group, alone): (Vec<QueuedTask>, Vec<QueuedTask>) = group
            .into_iter()
            .partition(|queued| matches!(queued.access, Access::Write(_)));
        if let Some(error) = write_group(writer, group) {
            writer.close_after(&error);
        }
        for mut queued in alone {
            let outcome = writer.connection().map(|connection| {
                queued.run(&mut Conn::lite(connection));
            });
            queued.respond(outcome.err());
        }
    }
}

/// Runs each closure in its own savepoint, commits once, then responds to all; returns an error of the file, be it of
/// the commit or of one closure.
fn write_group(writer: &mut Writer, group: Vec<QueuedTask>) -> Option<Error> {
    let (expired, mut group): (Vec<QueuedTask>, Vec<QueuedTask>) =
        group.into_iter().partition(QueuedTask::is_expired);
    for queued in expired {
        queued.respond(Some(Error::Busy));
    }
    if group.is_empty() {
        return None;
    }
    let mut file_error = None;
    let outcome = writer
        .connection()
        .and_then(|connection| commit_group(connection, &mut group, &mut file_error));
    let error = outcome.err();
    if let Some(error) = &error {
        tracing::error!(%error, tasks = group.len(), "group commit failed and was rolled back");
    }
    for queued in group {
        queued.respond(error.as_ref().map(clone_error));
    }
    error.or(file_error)
}

fn commit_group(
    connection: &Connection,
    group: &mut [QueuedTask],
    error: &mut Option<Error>,
) -> Result<(), Error> {
    let outcome = run(connection, "begin immediate").and_then(|()| {
        for queued in group {
            run(connection, "savepoint task")?;
            let mut conn = Conn::lite(connection);
            let keep = queued.run(&mut conn);
            let unavailable = conn
                .error
                .take_if(|error| matches!(error, Error::Unavailable(_)));
            *error = error.take().or(unavailable);
            if !keep {
                // A full disk rolls back the whole transaction by itself; then the savepoint is gone too.
                if connection.is_autocommit() {
                    return Err(Error::Unavailable(
                        "the transaction was rolled back".to_owned(),
                    ));
                }
                run(connection, "rollback to task")?;
            }
            run(connection, "release task")?;
        }
        run(connection, "commit")
    });
    if outcome.is_err() && !connection.is_autocommit() {
        drop(run(connection, "rollback"));
    }
    outcome
}

fn clone_error(error: &Error) -> Error {
    match error {
        Error::Busy => Error::Busy,
        Error::Unavailable(message) => Error::Unavailable(message.clone()),
        other => Error::Unavailable(other.to_string()),
    }
}

fn run(connection: &Connection, text: &'static str) -> Result<(), Error> {
    connection
        .prepare_cached(text)
        .and_then(|mut statement| statement.raw_query().next().map(drop))
        .map_err(|error| lite_error(&error))
}
