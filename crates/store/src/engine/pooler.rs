//! Detection of connection poolers that are not in session mode.
//!
//! In transaction mode a pooler such as PgBouncer hands each transaction to any of its connections to the server. Settings
//! and prepared statements belong to one of those connections, so they would be missing in the next transaction, or be
//! found by another client. Two connections of our own reveal it: directly or in session mode each has one server process,
//! the same from transaction to transaction, and never that of the other.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;

use super::Error;
use super::client::Client;
use super::errors::pg_error;

/// How often both connections are asked in turn. One round is enough for a pooler that uses its connections again in
/// either order; the others cover clients that come in between.
const ROUNDS: usize = 3;

/// Which server process serves a connection: ids of processes are used again, together with their start they are not. The view
/// `pg_stat_activity` would read those of all connections, with their databases and users.
const FIND_PROCESS: &str =
    "select pid || ' ' || backend_start from pg_stat_get_activity(pg_backend_pid())";

/// How connections are shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// A connection has one server process until it ends: there is no pooler, or it is in session mode.
    PerSession,
    /// Each transaction has another one.
    PerTransaction,
}

/// What was found, and the connection that may be used further.
pub(super) struct Detected {
    /// How connections are shared; nothing when there was no second connection.
    pub pooling: Option<Pooling>,
    /// A connection on which nothing was changed; nothing when there was no answer in time.
    pub client: Option<Client>,
}

/// Compares the server processes of two connections.
///
/// # Errors
/// When the first connection cannot be made, or one of them is lost.
pub(super) fn detect(
    timeout: Duration,
    connect: impl Fn() -> Result<Client, Error> + Send + Sync + 'static,
) -> Result<Detected, Error> {
    let (sender, receiver) = mpsc::channel();
    // A thread of its own, since a pooler lets a query wait for minutes where all its connections are in use.
    let spawned = thread::Builder::new()
        .name("postgres-pooler".to_owned())
        .spawn(move || drop(sender.send(compare(connect))));
    let unknown = |pooling| Detected {
        pooling,
        client: None,
    };
    if spawned.is_err() {
        return Ok(unknown(None));
    }
    receiver.recv_timeout(timeout).unwrap_or_else(|_| {
        tracing::warn!("connection pooler not checked: no answer within the timeout");
        Ok(unknown(Some(Pooling::PerSession)))
    })
}

fn compare(connect: impl Fn() -> Result<Client, Error> + Sync) -> Result<Detected, Error> {
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(&connect);
        (connect(), other.join())
    });
    let mut one = one?;
    let pooling = match other {
        Ok(Ok(mut other)) => Some(compare_two(&mut one, &mut other)?),
        // There may be no place for a second connection, and one of both was rejected.
        Ok(Err(_)) | Err(_) => None,
    };
    Ok(Detected {
        pooling,
        client: Some(one),
    })
}

fn compare_two(one: &mut Client, other: &mut Client) -> Result<Pooling, Error> {
    let first = process(one)?;
    if first.is_none() {
        // A server that does not tell is not PostgreSQL behind a pooler.
        return Ok(Pooling::PerSession);
    }
    for _ in 0..ROUNDS {
        let theirs = process(other)?;
        let ours = process(one)?;
        if ours != first || theirs == ours {
            return Ok(Pooling::PerTransaction);
        }
    }
    Ok(Pooling::PerSession)
}

/// By the simple protocol: poolers may not know prepared statements.
fn process(client: &mut Client) -> Result<Option<String>, Error> {
    let results = client
        .simple_query(FIND_PROCESS)
        .map_err(|error| pg_error(&error))?;
    Ok(results.iter().find_map(|result| match result {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
