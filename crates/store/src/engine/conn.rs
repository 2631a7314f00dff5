//! A connection inside a transaction.

use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::column::Column;
use super::errors::{is_lost, is_of_connection, lite_error, pg_error};
use super::rows::{Row, bind, first_column, lite_rows, pg_rows};
use super::session::Session;
use super::statement::{Sql, Value};
use super::{Error, Kind};

/// A connection inside a transaction.
pub struct Conn<'c> {
    pub(super) driver: Driver<'c>,
    /// Whether the same work may succeed when run again: serialization failure, deadlock, connection lost.
    pub(super) retry: bool,
    /// The first error of a statement; nothing is committed after one, even where the task ignores it.
    pub(super) error: Option<Error>,
    /// How many statements it has run.
    pub(super) statement_count: u64,
}

pub(super) enum Driver<'c> {
    Lite(&'c rusqlite::Connection),
    Pg(&'c mut Session),
}

impl<'c> Conn<'c> {
    pub(super) const fn lite(connection: &'c rusqlite::Connection) -> Self {
        Self {
            driver: Driver::Lite(connection),
            retry: false,
            error: None,
            statement_count: 0,
        }
    }

    pub(super) const fn pg(session: &'c mut Session) -> Self {
        Self {
            driver: Driver::Pg(session),
            retry: false,
            error: None,
            statement_count: 0,
        }
    }

    /// Which database this is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.driver {
            Driver::Lite(_) => Kind::Sqlite,
            Driver::Pg(_) => Kind::Postgres,
        }
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, Error> {
        self.statement_count += 1;
        let result = match &mut self.driver {
            Driver::Lite(connection) => {
                let run = || {
                    let mut statement = connection.prepare_cached(sql.lite)?;
                    bind(&mut statement, params)?;
                    statement.raw_execute()
                };
                run()
                    .map(|rows| rows as u64)
                    .map_err(|error| lite_error(&error))
            }
            Driver::Pg(session) => {
                let mut run = || {
                    let statement = session.prepare(sql.pg)?;
                    session.client.execute(&statement, &pg_params(params))
                };
                run().map_err(|error| self.pg_error(&error))
            }
        };
        self.record(result)
    }

    /// Runs a statement for each of some rows and returns how many rows it changed. The text for SQLite is about one row, that for
    /// PostgreSQL about all: each parameter is an array.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn execute_all<const N: usize>(
        &mut self,
        sql: Sql,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        self.statement_count += 1;
        let result = match &mut self.driver {
            Driver::Lite(connection) => {
                let run = || {
                    let mut statement = connection.prepare_cached(sql.lite)?;
                    rows.iter().try_fold(0, |added, row| {
                        bind(&mut statement, row)?;
                        Ok(added + statement.raw_execute()? as u64)
                    })
                };
                run().map_err(|error| lite_error(&error))
            }
            Driver::Pg(session) => {
                let arrays = columns(rows);
                let params = array_params(&arrays);
                let mut run = || {
                    let statement = session.prepare(sql.pg)?;
                    session.client.execute(&statement, &params)
                };
                run().map_err(|error| self.pg_error(&error))
            }
        };
        self.record(result)
    }

    /// Locks rows until the transaction ends. PostgreSQL gets it together with the next statement, which is run after the lock was
    /// waited for and sees what was committed until then; an error of it is an error of that one. SQLite, which has one writer,
    /// does not run it.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn lock_later(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<(), Error> {
        match self.kind() {
            Kind::Sqlite => Ok(()),
            Kind::Postgres => self.execute_later(sql, params),
        }
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn query_all<T>(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.statement_count += 1;
        let result = match &mut self.driver {
            Driver::Lite(connection) => lite_rows(connection, sql.lite, params, read),
            Driver::Pg(session) => {
                let mut run = || {
                    let statement = session.prepare(sql.pg)?;
                    session.client.query(&statement, &pg_params(params))
                };
                run()
                    .map_err(|error| self.pg_error(&error))
                    .and_then(|rows| pg_rows(&rows, read))
            }
        };
        self.record(result)
    }

    /// Reads the rows of each of some keys. The text for SQLite is about one key, that for PostgreSQL about all: each parameter
    /// is an array.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn query_for_all<T, const N: usize>(
        &mut self,
        sql: Sql,
        keys: &[[Value<'_>; N]],
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.statement_count += 1;
        let result = match &mut self.driver {
            Driver::Lite(connection) => keys.iter().try_fold(Vec::new(), |mut items, key| {
                items.extend(lite_rows(connection, sql.lite, key, &mut read)?);
                Ok(items)
            }),
            Driver::Pg(session) => {
                let arrays = columns(keys);
                let params = array_params(&arrays);
                let mut run = || {
                    let statement = session.prepare(sql.pg)?;
                    session.client.query(&statement, &params)
                };
                run()
                    .map_err(|error| self.pg_error(&error))
                    .and_then(|rows| pg_rows(&rows, read))
            }
        };
        self.record(result)
    }

    /// Reads the first row, if there is one.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn query_optional<T>(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.query_all(sql, params, read)?.into_iter().next())
    }

    /// Reads the first column of the one row there must be.
    ///
    /// # Errors
    /// When the database cannot or will not, or there is no row.
    pub fn query_scalar<T: Column>(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<T, Error> {
        let value = self.query_optional(sql, params, first_column)?;
        self.record(value.ok_or_else(|| Error::Rejected("a statement gave no row".to_owned())))
    }

    /// Prepares a statement without running it; for the test that prepares them all.
    ///
    /// # Errors
    /// When the database rejects its text.
    pub fn prepare(&mut self, sql: Sql) -> Result<(), Error> {
        let result = match &mut self.driver {
            Driver::Lite(connection) => connection
                .prepare_cached(sql.lite)
                .map(drop)
                .map_err(|error| lite_error(&error)),
            Driver::Pg(session) => session
                .prepare(sql.pg)
                .map(drop)
                .map_err(|error| self.pg_error(&error)),
        };
        self.record(result)
    }

    /// Runs several statements without parameters; for migrations.
    pub(crate) fn execute_batch(&mut self, text: &str) -> Result<(), Error> {
        self.send_inserts()?;
        let result = match &mut self.driver {
            Driver::Lite(connection) => connection
                .execute_batch(text)
                .map_err(|error| lite_error(&error)),
            Driver::Pg(session) => session
                .client
                .batch_execute(text)
                .map_err(|error| self.pg_error(&error)),
        };
        self.record(result)
    }

    /// Stores the first error of this work, so that it cannot be committed.
    pub(super) fn record<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.error.get_or_insert_with(|| error.clone());
        }
        result
    }

    /// Decides what the error means for this work and for its connection.
    pub(super) fn pg_error(&mut self, error: &tokio_postgres::Error) -> Error {
        self.retry |= is_lost(error)
            || matches!(
                error.code(),
                // After a unique violation the second run finds the row that was faster.
                Some(
                    &SqlState::T_R_SERIALIZATION_FAILURE
                        | &SqlState::T_R_DEADLOCK_DETECTED
                        | &SqlState::UNIQUE_VIOLATION,
                )
            );
        if let Driver::Pg(session) = &mut self.driver {
            if is_lost(error) {
                session.set_lost();
            }
            // The statement failed, so nothing of this work was written: it may run again on a new connection.
            self.retry |= is_of_connection(error) && session.replace();
        }
        pg_error(error)
    }
}

/// The columns of some rows.
fn columns<'v, const N: usize>(rows: &[[Value<'v>; N]]) -> Vec<Vec<Value<'v>>> {
    let column = |at: usize| rows.iter().filter_map(|row| row.get(at)).copied().collect();
    (0..N).map(column).collect()
}

fn array_params<'a>(arrays: &'a [Vec<Value<'a>>]) -> Vec<&'a (dyn ToSql + Sync)> {
    let params = arrays.iter().map(|array| array as &(dyn ToSql + Sync));
    params.collect()
}

fn pg_params<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}
