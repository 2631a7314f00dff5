//! Statements whose results are read after the next one. PostgreSQL gets them together with it, which saves a round trip each;
//! SQLite, which has none, runs a query when its rows are received. So a change that a query would see comes after those.

use tokio_postgres::Row as PgRow;

use super::client::OwnedParam;
use super::conn::{Conn, Driver};
use super::inserts::UnsentInsert;
use super::response::Response;
use super::rows::{Row, lite_rows, pg_rows};
use super::statement::{OwnedValue, Sql, Value};
use super::{Error, Kind};

/// A query whose rows are still to be read.
#[must_use = "SQLite runs it when its rows are read"]
pub struct PendingRows<T> {
    rows: Rows,
    read: ReadRow<T>,
}

type ReadRow<T> = fn(&mut Row<'_>) -> Result<T, Error>;

#[derive(Debug)]
enum Rows {
    Lite(&'static str, Vec<OwnedValue>),
    Pg(Response<Vec<PgRow>>),
}

/// A change whose number of rows is still to be read.
#[derive(Debug)]
#[must_use = "the number of rows decides"]
pub struct PendingCount(Count);

#[derive(Debug)]
enum Count {
    Lite(u64),
    Pg(Response<u64>),
}

impl Conn<'_> {
    /// Sends a query whose rows [`Conn::receive_rows`] reads. An error of it is an error of the next statement that is waited for.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn send_query<T>(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        read: ReadRow<T>,
    ) -> Result<PendingRows<T>, Error> {
        self.statement_count += 1;
        let Driver::Pg(session) = &mut self.driver else {
            let params = params.iter().copied().map(OwnedValue::from).collect();
            let rows = Rows::Lite(sql.lite, params);
            return Ok(PendingRows { rows, read });
        };
        let params = owned_values(params);
        let prepared = session.prepare(sql.pg);
        let sent = prepared.map(|statement| session.client.send_query(statement, params));
        let sent = sent.map_err(|error| self.pg_error(&error));
        let rows = self.record(sent.map(Rows::Pg))?;
        Ok(PendingRows { rows, read })
    }

    /// The rows of a query that was sent.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn receive_rows<T>(&mut self, pending: PendingRows<T>) -> Result<Vec<T>, Error> {
        let read = pending.read;
        let result = match (pending.rows, &mut self.driver) {
            (Rows::Lite(text, params), Driver::Lite(connection)) => {
                let params: Vec<Value<'_>> = params.iter().map(OwnedValue::borrow).collect();
                lite_rows(connection, text, &params, read)
            }
            (Rows::Pg(response), _) => self
                .wait()
                .and_then(|()| response.take())
                .and_then(|rows| pg_rows(&rows, read)),
            (Rows::Lite(..), Driver::Pg(_)) => Err(of_another_connection()),
        };
        self.record(result)
    }

    /// The first row of a query that was sent, if there is one.
    ///
    /// # Errors
    /// As [`Conn::receive_rows`].
    pub fn receive_optional<T>(&mut self, pending: PendingRows<T>) -> Result<Option<T>, Error> {
        Ok(self.receive_rows(pending)?.into_iter().next())
    }

    /// Sends a change whose number of rows [`Conn::receive_count`] reads; SQLite has made it when this returns. An error of it is an
    /// error of the next statement that is waited for.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn send_execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<PendingCount, Error> {
        let Driver::Pg(session) = &mut self.driver else {
            let count = self.execute(sql, params)?;
            return Ok(PendingCount(Count::Lite(count)));
        };
        self.statement_count += 1;
        let params = owned_values(params);
        let prepared = session.prepare(sql.pg);
        let sent = prepared.map(|statement| session.client.send_execute(statement, params));
        let sent = sent.map_err(|error| self.pg_error(&error));
        self.record(sent.map(|response| PendingCount(Count::Pg(response))))
    }

    /// The same for a change whose number of rows does not matter.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn execute_later(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<(), Error> {
        self.send_execute(sql, params).map(drop)
    }

    /// As [`Conn::execute_all`], for statements whose number of rows does not matter. PostgreSQL gets it together with the next
    /// statement or with the commit; an error of it is an error of those.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn execute_all_later<const N: usize>(
        &mut self,
        sql: Sql,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), Error> {
        let Driver::Pg(session) = &mut self.driver else {
            return self.execute_all(sql, rows).map(drop);
        };
        if rows.is_empty() {
            return Ok(());
        }
        self.statement_count += 1;
        let prepared = session.prepare(sql.pg);
        let sent = prepared.map(|statement| {
            drop(session.client.send_execute(statement, owned_columns(rows)));
        });
        let result = sent.map_err(|error| self.pg_error(&error));
        self.record(result)
    }

    /// Inserts a row. PostgreSQL gets it together with the inserts that follow it at once, as one statement, before the next statement
    /// or the commit; an error of it is an error of those.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn insert_later(&mut self, sql: Sql, row: &[Value<'_>]) -> Result<(), Error> {
        if self.kind() == Kind::Sqlite {
            return self.execute(sql, row).map(drop);
        }
        self.insert_unsent(sql.pg, owned_values(row))
    }

    /// The same for several rows. The text for SQLite is about one row, that for PostgreSQL about all: each parameter is an array.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn insert_all_later<const N: usize>(
        &mut self,
        sql: Sql,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), Error> {
        if self.kind() == Kind::Sqlite {
            return self.execute_all(sql, rows).map(drop);
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.insert_unsent(sql.pg, owned_columns(rows))
    }

    fn insert_unsent(&mut self, text: &'static str, params: Vec<OwnedParam>) -> Result<(), Error> {
        let Driver::Pg(session) = &mut self.driver else {
            return Err(of_another_connection());
        };
        self.statement_count += 1;
        let taken = session.insert_later(UnsentInsert { text, params });
        let result = taken.map_err(|error| self.pg_error(&error));
        self.record(result)
    }

    /// Sends the inserts that PostgreSQL was not sent yet.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub(super) fn send_inserts(&mut self) -> Result<(), Error> {
        let Driver::Pg(session) = &mut self.driver else {
            return Ok(());
        };
        let sent = session.send_inserts();
        let result = sent.map_err(|error| self.pg_error(&error));
        self.record(result)
    }

    /// How many rows a change that was sent has changed.
    ///
    /// # Errors
    /// When the database cannot or will not.
    pub fn receive_count(&mut self, pending: PendingCount) -> Result<u64, Error> {
        let result = match pending.0 {
            Count::Lite(count) => Ok(count),
            Count::Pg(response) => self.wait().and_then(|()| response.take()),
        };
        self.record(result)
    }

    /// Waits for what PostgreSQL was sent.
    fn wait(&mut self) -> Result<(), Error> {
        let Driver::Pg(session) = &mut self.driver else {
            return Ok(());
        };
        let waited = session.client.wait();
        waited.map_err(|error| self.pg_error(&error))
    }
}

fn owned_values(values: &[Value<'_>]) -> Vec<OwnedParam> {
    let values = values.iter().copied().map(OwnedValue::from);
    values.map(|value| Box::new(value) as OwnedParam).collect()
}

/// The columns of some rows, each an array.
fn owned_columns<const N: usize>(rows: &[[Value<'_>; N]]) -> Vec<OwnedParam> {
    let column = |at: usize| -> Vec<OwnedValue> {
        let values = rows.iter().filter_map(|row| row.get(at));
        values.copied().map(OwnedValue::from).collect()
    };
    (0..N)
        .map(|at| Box::new(column(at)) as OwnedParam)
        .collect()
}

fn of_another_connection() -> Error {
    Error::Rejected("a statement was sent to another database".to_owned())
}
