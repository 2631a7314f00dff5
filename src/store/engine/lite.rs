//! SQLite: one writer thread whose closures share commits, and a few reader threads.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::conn::lite_error;
use super::task::Job;
use super::{Conn, Error, Options, QUEUE};

/// Older ones can corrupt a write-ahead log (security rule 17).
const OLDEST: i32 = 3_051_003;

/// How many closures may share one commit; bounds how long the first of them waits.
const GROUP: usize = 128;

/// Above the number of statements in the house, so that none is prepared twice.
const STATEMENT_CACHE: usize = 256;

/// Opens the file and starts the threads; they end when their queue is dropped.
pub(super) fn start(path: &Path, options: &Options) -> Result<(Sender<Job>, Sender<Job>), Error> {
    if rusqlite::version_number() < OLDEST {
        return Err(Error::Unavailable(format!(
            "SQLite {} is too old, 3.51.3 is needed",
            rusqlite::version()
        )));
    }
    if !path.exists() {
        create(path)?;
    }
    let connection = open(path, options.timeout, false)?;
    let (writes, jobs) = bounded(QUEUE);
    spawn("sqlite-writer", move || write_loop(&connection, &jobs))?;
    let (reads, jobs) = bounded(QUEUE);
    for _ in 0..options.connections.max(1) {
        let reader = open(path, options.timeout, true)?;
        let jobs = jobs.clone();
        spawn("sqlite-reader", move || read_loop(&reader, &jobs))?;
    }
    Ok((reads, writes))
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|fault| Error::Unavailable(fault.to_string()))
}

/// Creates a missing file for its owner alone: it holds password hashes. SQLite gives its log the same rights.
fn create(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|fault| Error::Unavailable(format!("{}: {fault}", path.display())))
}

fn open(path: &Path, timeout: Duration, read_only: bool) -> Result<Connection, Error> {
    let try_open = || {
        let access = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let connection =
            Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Plans that looked at bound values would be made anew at every use.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -8192)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        if !read_only {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
        }
        Ok(connection)
    };
    try_open().map_err(|fault: rusqlite::Error| match lite_error(&fault) {
        Error::Unavailable(why) | Error::Refused(why) => {
            Error::Unavailable(format!("{}: {why}", path.display()))
        }
        other => other,
    })
}

fn read_loop(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(mut job) = jobs.recv() {
        if job.is_late() {
            job.work.answer(Some(Error::Busy));
            continue;
        }
        // One snapshot for the whole closure.
        let outcome = run(connection, "begin").and_then(|()| {
            job.work.run(&mut Conn::lite(connection));
            run(connection, "rollback")
        });
        job.work.answer(outcome.err());
    }
}

fn write_loop(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(GROUP - 1));
        let (group, alone): (Vec<Job>, Vec<Job>) = group.into_iter().partition(|job| job.writes);
        write_group(connection, group);
        for mut job in alone {
            job.work.run(&mut Conn::lite(connection));
            job.work.answer(None);
        }
    }
}

/// Runs each closure in its own savepoint, commits once, then answers them all.
fn write_group(connection: &Connection, group: Vec<Job>) {
    let (late, mut group): (Vec<Job>, Vec<Job>) = group.into_iter().partition(Job::is_late);
    for job in late {
        job.work.answer(Some(Error::Busy));
    }
    let outcome = run(connection, "begin immediate").and_then(|()| {
        for job in &mut group {
            run(connection, "savepoint task")?;
            if !job.work.run(&mut Conn::lite(connection)) {
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
    let fault = outcome.err();
    if let Some(fault) = &fault {
        tracing::error!(%fault, tasks = group.len(), "a commit failed, nothing of it was kept");
    }
    for job in group {
        job.work.answer(fault.as_ref().map(same));
    }
}

fn same(fault: &Error) -> Error {
    match fault {
        Error::Busy => Error::Busy,
        other => Error::Unavailable(other.to_string()),
    }
}

fn run(connection: &Connection, text: &'static str) -> Result<(), Error> {
    connection
        .prepare_cached(text)
        .and_then(|mut statement| statement.raw_query().next().map(drop))
        .map_err(|fault| lite_error(&fault))
}
