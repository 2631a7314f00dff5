//! Brings the schema up to date from one set of files; migrations only go forward.

use std::cmp::Ordering;

use uuid::Uuid;

use super::engine::{params, statements};
use super::{Conn, Error, Kind};
use crate::core::clock::Timestamp;

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../migrations/0001_foundation.sql")),
    (2, include_str!("../../migrations/0002_console.sql")),
    (
        3,
        include_str!("../../migrations/0003_third_party_sign_in.sql"),
    ),
    (
        4,
        include_str!("../../migrations/0004_credential_versions.sql"),
    ),
    (5, include_str!("../../migrations/0005_limits.sql")),
    (6, include_str!("../../migrations/0006_outbox_turns.sql")),
    (
        7,
        include_str!("../../migrations/0007_registration_clients.sql"),
    ),
    (
        8,
        include_str!("../../migrations/0008_members_by_activity.sql"),
    ),
    (9, include_str!("../../migrations/0009_sessions_by_age.sql")),
];

statements! {
    APPLIED = "select coalesce(max(version), 0) from schema_migrations";
    RECORD = "insert into schema_migrations (version, applied_at) values ($1, $2)";
    CHECK_INSERT = "insert into write_checks (id) values ($1)";
    CHECK_DELETE = "delete from write_checks where id = $1";
}

/// Applies what is missing and returns how many migrations that were.
///
/// Runs in one write transaction; nodes that start together wait for one another.
///
/// # Errors
/// When the database is unavailable, or was migrated by a newer program.
pub fn migrate(conn: &mut Conn<'_>, now: Timestamp) -> Result<usize, Error> {
    if conn.kind() == Kind::Postgres {
        // Only here: nothing on the path of a request takes an advisory lock.
        conn.execute_batch("select pg_advisory_xact_lock(7305808869229651822)")?;
    }
    conn.execute_batch(
        "create table if not exists schema_migrations (version bigint primary key, applied_at bigint not null)",
    )?;
    let applied: i64 = conn.query_scalar(APPLIED, params![])?;
    if applied > latest() {
        return Err(Error::Refused(format!(
            "its schema has version {applied}, this program knows {}: run a newer convoke",
            latest()
        )));
    }
    let mut done = 0;
    for (version, text) in MIGRATIONS {
        if *version > applied {
            conn.execute_batch(&for_kind(text, conn.kind()))?;
            conn.execute(RECORD, params![*version, now])?;
            done += 1;
        }
    }
    Ok(done)
}

/// How the schema compares to the one this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The same.
    Current,
    /// Migrations are missing.
    Old,
    /// A newer program has migrated it.
    Newer,
}

/// How the schema compares to the one this program knows.
///
/// # Errors
/// When the database is unavailable or was never migrated.
pub fn schema(conn: &mut Conn<'_>) -> Result<Schema, Error> {
    let applied = conn.query_scalar::<i64>(APPLIED, params![])?;
    Ok(match applied.cmp(&latest()) {
        Ordering::Less => Schema::Old,
        Ordering::Equal => Schema::Current,
        Ordering::Greater => Schema::Newer,
    })
}

/// The same after a real write: a row under `id`, inserted and deleted in this transaction.
///
/// # Errors
/// When the database cannot be written, or was never migrated.
pub fn check_write(conn: &mut Conn<'_>, id: Uuid) -> Result<Schema, Error> {
    let found = schema(conn)?;
    if found == Schema::Current {
        conn.execute(CHECK_INSERT, params![id])?;
        conn.execute(CHECK_DELETE, params![id])?;
    }
    Ok(found)
}

fn latest() -> i64 {
    MIGRATIONS
        .iter()
        .map(|(version, _)| *version)
        .max()
        .unwrap_or(0)
}

/// Text sorts by bytes on both, so that a page of a list ends at the same place.
fn for_kind(text: &str, kind: Kind) -> String {
    let (uuid, bytes, collated, clustered) = match kind {
        Kind::Sqlite => ("blob", "blob", "text", "without rowid"),
        Kind::Postgres => ("uuid", "bytea", "text collate \"C\"", ""),
    };
    text.replace("{uuid}", uuid)
        .replace("{bytes}", bytes)
        .replace("{text}", collated)
        .replace("{clustered}", clustered)
}
