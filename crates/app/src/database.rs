//! The database of a configuration: how it is opened, and what state it is in.

use std::path::{Path, PathBuf};

use crate::config::Config;
use convoke_domain::DatabaseError;
use convoke_store::{self as store, Db, Kind, Options, migrate::Schema};

/// The state of a database that was looked at without changing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseState {
    /// There is no SQLite file at this path yet; its folder exists.
    MissingFile(PathBuf),
    /// It answers; its name for display, and its schema.
    Reachable(&'static str, Schema),
}

/// Looks at the database without migrating it or creating a file.
///
/// # Errors
/// A sentence that begins with the key.
pub async fn inspect(config: &Config) -> Result<DatabaseState, String> {
    if let Some(path) = missing_file(config) {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        return match folder.filter(|folder| !folder.is_dir()) {
            Some(folder) => Err(format!(
                "database.url: the folder {} does not exist",
                folder.display()
            )),
            None => Ok(DatabaseState::MissingFile(path)),
        };
    }
    let db = open(config)?;
    let schema: Result<Schema, store::Error> = db.read(store::migrate::schema).await;
    match schema.map_err(DatabaseError::from) {
        Ok(schema) => Ok(DatabaseState::Reachable(name(&db), schema)),
        Err(error @ DatabaseError::Internal(_)) => Err(format!("database.url: {error}")),
        Err(error) => Err(format!(
            "{error}. Is database.url right, and the server running?"
        )),
    }
}

/// The path of the SQLite file, while there is none.
#[must_use]
pub fn missing_file(config: &Config) -> Option<PathBuf> {
    let path = config.database.url.expose().strip_prefix("sqlite://")?;
    let path = Path::new(path);
    (!path.exists()).then(|| path.to_owned())
}

/// Opens the database, creating a missing SQLite file.
pub(crate) fn open(config: &Config) -> Result<Db, String> {
    let url = config.database.url.expose();
    let default_connections = if url.starts_with("sqlite://") {
        cores().max(2)
    } else {
        cores() * 4
    };
    Db::open(&Options {
        url: url.to_owned(),
        connections: config.database.connections.unwrap_or(default_connections),
        timeout: config.database.timeout,
        tls: convoke_infra::tls::client_config_with,
    })
    .map_err(|error| format!("database.url: {error}"))
}

/// The processor cores that this program may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// The name of a database, for display.
pub(crate) fn name(db: &Db) -> &'static str {
    match db.kind() {
        Kind::Sqlite => "SQLite",
        Kind::Postgres => "PostgreSQL",
    }
}
