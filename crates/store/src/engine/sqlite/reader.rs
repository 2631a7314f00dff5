//! Connections of SQLite that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::Receiver;
use rusqlite::Connection;

use super::file::{FileId, file_id, open, open_unwritable};
use super::{is_of_file, lock, not_open, run};
use crate::engine::task::{Access, QueuedTask};
use crate::engine::{Conn, Error};

/// A connection that reads.
///
/// Where the file system is read-only, SQLite maps its log's index read-only, and all connections of the process share
/// that mapping until the last of them is closed. So while the writer could not be opened a reader keeps no connection:
/// each work has one of its own, one at a time, and the writer is opened between two of them.
pub(super) struct Reader {
    path: PathBuf,
    timeout: Duration,
    /// The file that is open.
    file: Option<FileId>,
    connection: Option<Connection>,
    writer_is_open: Arc<Mutex<bool>>,
}

impl Reader {
    pub(super) fn new(path: &Path, timeout: Duration, writer_is_open: &Arc<Mutex<bool>>) -> Self {
        Self {
            path: path.to_owned(),
            timeout,
            file: None,
            connection: None,
            writer_is_open: writer_is_open.clone(),
        }
    }

    /// Runs the tasks of a queue.
    pub(super) fn serve(&mut self, tasks: &Receiver<QueuedTask>) {
        while let Ok(mut queued) = tasks.recv() {
            let error = if queued.is_expired() {
                Some(Error::Busy)
            } else {
                self.run(&mut queued).err()
            };
            queued.respond(error);
        }
    }

    /// Runs a task of one statement, unless that would have to wait; returns whether it did.
    fn try_run(&mut self, queued: &mut QueuedTask) -> bool {
        self.close_if_replaced();
        if self.connection.is_none() {
            let opened = match self.writer_is_open.try_lock() {
                Ok(is_open) if *is_open => open(&self.path, self.timeout, true),
                _ => return false,
            };
            let Ok(connection) = opened else {
                return false;
            };
            self.connection = Some(connection);
        }
        matches!(self.run_open(queued), Ok(error) if !matches!(error, Some(Error::Busy)))
    }

    fn run(&mut self, queued: &mut QueuedTask) -> Result<(), Error> {
        self.close_if_replaced();
        let writer_is_open = self.writer_is_open.clone();
        let mut is_opening = None;
        if self.connection.is_none() {
            let is_open = lock(&writer_is_open);
            self.connection = Some(if *is_open {
                open(&self.path, self.timeout, true)?
            } else {
                open_unwritable(&self.path, self.timeout)?
            });
            is_opening = Some(is_open).filter(|is_open| !**is_open);
        }
        let outcome = self.run_open(queued).map(drop);
        if is_opening.is_some() {
            self.connection = None;
        }
        outcome
    }

    /// Closes the connection where another file is at its path.
    fn close_if_replaced(&mut self) {
        let file = file_id(&self.path);
        if file != self.file {
            (self.connection, self.file) = (None, file);
        }
    }

    /// Runs a task by the open connection, which is closed after an error of the file. Returns the first error of a statement.
    fn run_open(&mut self, queued: &mut QueuedTask) -> Result<Option<Error>, Error> {
        let connection = self.connection.as_ref().ok_or_else(not_open)?;
        let mut conn = Conn::lite(connection);
        let outcome = if queued.access == Access::ReadOne {
            queued.run(&mut conn);
            Ok(())
        } else {
            // One snapshot for the whole closure.
            run(connection, "begin").and_then(|()| {
                queued.run(&mut conn);
                run(connection, "rollback")
            })
        };
        let failed = conn.error.take();
        let error = outcome.as_ref().err().or(failed.as_ref());
        if error.is_some_and(is_of_file) {
            self.connection = None;
        }
        outcome.map(|()| failed)
    }
}

/// Connections for tasks of one statement that are run by the thread that has them: to hand such a task to another thread and to be
/// woken takes longer than to run it.
pub(in crate::engine) struct ImmediateReaders(Vec<Mutex<Reader>>);

impl ImmediateReaders {
    pub(super) fn new(readers: impl Iterator<Item = Reader>) -> Self {
        Self(readers.map(Mutex::new).collect())
    }

    /// Runs a task, unless all connections are in use or it would have to wait; returns whether it did.
    pub(in crate::engine) fn try_run(&self, queued: &mut QueuedTask) -> bool {
        let free = self.0.iter().find_map(|reader| reader.try_lock().ok());
        free.is_some_and(|mut reader| reader.try_run(queued))
    }
}
