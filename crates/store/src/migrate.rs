//! Brings the schema up to date from one set of files; migrations only go forward.

use std::cmp::Ordering;

use uuid::Uuid;

use super::engine::{params, statements};
use super::{Conn, Error, Kind, write_checks};
use convoke_core::clock::Timestamp;
use convoke_core::secret::sha256;

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../../migrations/0001_foundation.sql")),
    (2, include_str!("../../../migrations/0002_console.sql")),
    (
        3,
        include_str!("../../../migrations/0003_third_party_sign_in.sql"),
    ),
    (
        4,
        include_str!("../../../migrations/0004_credential_versions.sql"),
    ),
    (5, include_str!("../../../migrations/0005_limits.sql")),
    (6, include_str!("../../../migrations/0006_outbox_turns.sql")),
    (
        7,
        include_str!("../../../migrations/0007_registration_clients.sql"),
    ),
    (
        8,
        include_str!("../../../migrations/0008_members_by_activity.sql"),
    ),
    (
        9,
        include_str!("../../../migrations/0009_sessions_by_age.sql"),
    ),
    (
        10,
        include_str!("../../../migrations/0010_migration_checksums.sql"),
    ),
    (
        11,
        include_str!("../../../migrations/0011_delivery_reasons.sql"),
    ),
    (
        12,
        include_str!("../../../migrations/0012_delivery_entries.sql"),
    ),
    (
        13,
        include_str!("../../../migrations/0013_submitted_forms.sql"),
    ),
    (
        14,
        include_str!("../../../migrations/0014_invitation_addresses.sql"),
    ),
    (
        15,
        include_str!("../../../migrations/0015_delivery_states.sql"),
    ),
    (
        16,
        include_str!("../../../migrations/0016_account_activity.sql"),
    ),
    (
        17,
        include_str!("../../../migrations/0017_invitee_names.sql"),
    ),
    (
        18,
        include_str!("../../../migrations/0018_mailed_links.sql"),
    ),
    (
        19,
        include_str!("../../../migrations/0019_undelivered_invitations.sql"),
    ),
    (
        20,
        include_str!("../../../migrations/0020_signing_keys.sql"),
    ),
    (21, include_str!("../../../migrations/0021_grants.sql")),
    (
        22,
        include_str!("../../../migrations/0022_logout_deliveries.sql"),
    ),
    (
        23,
        include_str!("../../../migrations/0023_user_updates.sql"),
    ),
    (
        24,
        include_str!("../../../migrations/0024_logout_deliveries_of_account.sql"),
    ),
    (
        25,
        include_str!("../../../migrations/0025_expired_codes.sql"),
    ),
    (
        26,
        include_str!("../../../migrations/0026_member_counts.sql"),
    ),
    (
        27,
        include_str!("../../../migrations/0027_refresh_token_families.sql"),
    ),
    (
        28,
        include_str!("../../../migrations/0028_undelivered_by_reason.sql"),
    ),
];

/// The migration since which checksums are stored.
const CHECKSUMS_SINCE: i64 = 10;

statements! {
    COUNT_TABLES = "select count(*) from sqlite_master where type = 'table' and name = 'schema_migrations'"
        pg "select count(*) from pg_class where oid = to_regclass('schema_migrations')";
    FIND_VERSION = "select coalesce(max(version), 0) from schema_migrations";
    INSERT = "insert into schema_migrations (version, applied_at) values ($1, $2)";
    LIST_CHECKSUMS = "select version, checksum from schema_migrations where checksum is not null";
    UPDATE_CHECKSUM = "update schema_migrations set checksum = $2 where version = $1 and checksum is null";
}

/// Applies what is missing and returns how many migrations that were.
///
/// Runs in one write transaction; nodes that start together wait for one another.
///
/// # Errors
/// When the database is unavailable, was migrated by a newer program, or by one whose migrations differ.
pub fn migrate(conn: &mut Conn<'_>, now: Timestamp) -> Result<usize, Error> {
    if conn.kind() == Kind::Postgres {
        // Only here: nothing on the path of a request takes an advisory lock.
        conn.execute_batch("select pg_advisory_xact_lock(7305808869229651822)")?;
        // A migration may change every row of a table.
        conn.execute_batch("set local enable_seqscan = on; set local enable_bitmapscan = on; set local enable_hashjoin = on; \
             set local enable_mergejoin = on",
        )?;
    }
    conn.execute_batch(
        "create table if not exists schema_migrations (version bigint primary key, applied_at bigint not null)",
    )?;
    let applied: i64 = conn.query_scalar(FIND_VERSION, params![])?;
    if applied > latest() {
        return Err(Error::Rejected(format!(
            "its schema has version {applied}, this program knows {}: run a newer convoke",
            latest()
        )));
    }
    if applied >= CHECKSUMS_SINCE {
        verify_checksums(conn)?;
    }
    let mut done = 0;
    for (version, text) in MIGRATIONS {
        if *version > applied {
            conn.execute_batch(&for_kind(text, conn.kind()))?;
            conn.execute(INSERT, params![*version, now])?;
            done += 1;
        }
    }
    for (version, text) in MIGRATIONS {
        conn.execute(UPDATE_CHECKSUM, params![*version, &checksum(text)])?;
    }
    Ok(done)
}

/// The SHA-256 of a migration's file in hexadecimal.
fn checksum(text: &str) -> String {
    let hash = sha256(text.as_bytes());
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Rejects a database one of whose applied migrations is another one in this program.
fn verify_checksums(conn: &mut Conn<'_>) -> Result<(), Error> {
    let stored = conn.query_all(LIST_CHECKSUMS, params![], |row| {
        Ok((row.get::<i64>()?, row.get::<String>()?))
    })?;
    for (version, stored) in stored {
        let known = MIGRATIONS.iter().find(|(number, _)| *number == version);
        if known.is_some_and(|(_, text)| checksum(text) != stored) {
            return Err(Error::Rejected(format!(
                "migration {version} is not the one that was applied: run the program that applied it, or restore its file"
            )));
        }
    }
    Ok(())
}

/// How the schema compares to the one of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// There is none: the database was never migrated.
    Empty,
    /// The same.
    Current,
    /// Migrations are missing.
    Old,
    /// A newer program has migrated it.
    Newer,
}

/// How the schema compares to the one of this program.
///
/// # Errors
/// When the database is unavailable, or was migrated by a program whose migrations differ.
pub fn schema(conn: &mut Conn<'_>) -> Result<Schema, Error> {
    if conn.query_scalar::<i64>(COUNT_TABLES, params![])? == 0 {
        return Ok(Schema::Empty);
    }
    let applied = conn.query_scalar::<i64>(FIND_VERSION, params![])?;
    if applied >= CHECKSUMS_SINCE {
        verify_checksums(conn)?;
    }
    Ok(match applied.cmp(&latest()) {
        Ordering::Less => Schema::Old,
        Ordering::Equal => Schema::Current,
        Ordering::Greater => Schema::Newer,
    })
}

/// The same after a real write: a row under `id`, inserted and deleted in this transaction.
///
/// # Errors
/// When the database cannot be written.
pub fn check_write(conn: &mut Conn<'_>, id: Uuid) -> Result<Schema, Error> {
    let schema = schema(conn)?;
    if schema == Schema::Current {
        write_checks::insert_and_delete(conn, id)?;
    }
    Ok(schema)
}

fn latest() -> i64 {
    MIGRATIONS
        .iter()
        .map(|(version, _)| *version)
        .max()
        .unwrap_or(0)
}

/// Begins a part of a migration that is for one database alone, up to the next such line.
const ONLY: &str = "-- only: ";

/// The text of a migration for a database. Text sorts by bytes on both, so that a page of a list ends at the same place.
fn for_kind(text: &str, kind: Kind) -> String {
    let (name, uuid, bytes, collated, clustered) = match kind {
        Kind::Sqlite => ("SQLite", "blob", "blob", "text", "without rowid"),
        Kind::Postgres => ("PostgreSQL", "uuid", "bytea", "text collate \"C\"", ""),
    };
    let mut parts = text.split(ONLY);
    let shared = parts.next().unwrap_or_default().to_owned();
    parts
        .filter_map(|part| part.strip_prefix(name))
        .fold(shared, |text, part| text + part)
        .replace("{uuid}", uuid)
        .replace("{bytes}", bytes)
        .replace("{text}", collated)
        .replace("{clustered}", clustered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_contiguous_and_named_by_their_files() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|(version, _)| *version).collect();
        let expected: Vec<i64> = (1..=latest()).collect();
        assert_eq!(versions, expected);
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
        let mut files: Vec<(i64, String)> = std::fs::read_dir(directory)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                let version = name.split('_').next().unwrap().parse().unwrap();
                (version, std::fs::read_to_string(&path).unwrap())
            })
            .collect();
        files.sort();
        let files = files
            .iter()
            .map(|(version, text)| (*version, text.as_str()));
        assert!(files.eq(MIGRATIONS.iter().copied()));
    }
}
