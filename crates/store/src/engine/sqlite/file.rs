//! The file of a SQLite database: creating it, opening it, and whether it is still the one at its path.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use crate::engine::Error;
use crate::engine::errors::lite_error;

/// Above the number of statements in the code base, so that none is prepared twice.
const STATEMENT_CACHE: usize = 256;

/// The device and inode of a file.
pub(super) type FileId = (u64, u64);

/// The file at a path. A connection goes on with a file that was moved away or deleted, where its changes would be lost; so
/// before each use the file at the path must be the one that is open.
pub(super) fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Creates a missing file for its owner alone: it holds password hashes. SQLite gives its log the same rights.
pub(super) fn create(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))
}

pub(super) fn open(path: &Path, timeout: Duration, read_only: bool) -> Result<Connection, Error> {
    let access = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        // Never creates: a file that was moved away must not be replaced by an empty one.
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    open_with(path, access, timeout, read_only)
}

/// Opens a file for one work while it cannot be written. On a read-only file system SQLite can create no index of a log
/// beside it; where there is no log either, all of the data is in the file, and it is opened as immutable.
pub(super) fn open_unwritable(path: &Path, timeout: Duration) -> Result<Connection, Error> {
    let opened = open(path, timeout, true).and_then(|connection| {
        let schema = "select count(*) from sqlite_schema";
        let read = connection.query_row(schema, [], |_| Ok(()));
        read.map_err(|error| lite_error(&error))?;
        Ok(connection)
    });
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    if has_log || !matches!(opened, Err(Error::Unavailable(_))) {
        return opened;
    }
    let access = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    open_with(&immutable_uri(path), access, timeout, true)
}

/// The name of a file as a URI by which SQLite takes no locks and looks for no log.
fn immutable_uri(path: &Path) -> PathBuf {
    let escaped = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let bytes = path.as_os_str().as_encoded_bytes();
    let escaped: String = bytes.iter().map(escaped).collect();
    PathBuf::from(format!("file:{escaped}?immutable=1"))
}

fn open_with(
    path: &Path,
    access: OpenFlags,
    timeout: Duration,
    read_only: bool,
) -> Result<Connection, Error> {
    let try_open = || {
        let connection =
            Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Plans that depend on bound values would be recomputed at every use.
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
    let named = |message: &str| format!("{}: {message}", path.display());
    let connection = try_open().map_err(|error: rusqlite::Error| match lite_error(&error) {
        Error::Unavailable(message)
            if !matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
            ) =>
        {
            Error::Unavailable(named(&message))
        }
        Error::Unavailable(message) | Error::Rejected(message) => Error::Rejected(named(&message)),
        other => other,
    })?;
    // Where it may not write, SQLite opens a file for reading without an error.
    if !read_only && connection.is_readonly(MAIN_DB).unwrap_or(true) {
        return Err(Error::Unavailable(named("the file is read-only")));
    }
    Ok(connection)
}
