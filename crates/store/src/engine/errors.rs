//! What errors of the drivers mean.

use tokio_postgres::error::SqlState;

use super::Error;
use super::postgres_url::PERCENT_ENCODING;

pub(super) fn lite_error(error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
        OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => Error::Busy,
        Some(
            CannotOpen | DatabaseCorrupt | DiskFull | NotADatabase | OutOfMemory | PermissionDenied
            | ReadOnly | SystemIoFailure,
        ) => Error::Unavailable(error.to_string()),
        _ => Error::Rejected(error.to_string()),
    }
}

/// Whether the connection is closed, or the server has announced that it will be (class 57P).
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed()
        || error
            .code()
            .is_some_and(|code| code.code().starts_with("57P"))
}

/// Whether the error is one of the connection rather than of the statement, so that a new connection may not have it:
/// read-only since a failover (25006), on a standby, with prepared statements that the schema has left behind (0A000).
pub(super) fn is_of_connection(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .and_then(|code| code.code().get(..2))
        .is_some_and(|class| matches!(class, "08" | "0A" | "25" | "26" | "58" | "XX"))
}

pub(super) fn pg_error(error: &tokio_postgres::Error) -> Error {
    let Some(db) = error.as_db_error() else {
        return Error::Unavailable(with_source(error));
    };
    // Classes of appendix A of PostgreSQL's manual: the program's own errors are 22, 23 and 42.
    match db.code().code().get(..2) {
        Some("22" | "23" | "42") => Error::Rejected(db.to_string()),
        _ if *db.code() == SqlState::INVALID_PASSWORD => {
            Error::Unavailable(format!("{db}; in database.url {PERCENT_ENCODING}"))
        }
        _ if *db.code() == SqlState::LOCK_NOT_AVAILABLE => Error::Busy,
        _ => Error::Unavailable(db.to_string()),
    }
}

fn with_source(error: &tokio_postgres::Error) -> String {
    let Some(source) = std::error::Error::source(error) else {
        return error.to_string();
    };
    let source = source.to_string();
    let remedy = if source.contains("UnknownIssuer") {
        "; name the file of its certificate authority by sslrootcert, or add the authority to the system's list"
    } else {
        ""
    };
    format!("{error}: {source}{remedy}")
}
