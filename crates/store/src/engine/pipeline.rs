//! Statements whose results are read after the next one. PostgreSQL gets them together with it, which saves a round trip each;
//! SQLite, which has none, runs a query when its rows are received. So a change that a query would see comes after those.

use tokio_postgres::Row as PgRow;

use super::Error;
use super::conn::{Conn, Driver};
use super::response::Response;
use super::rows::{Row, lite_rows, pg_rows};
use super::statement::{OwnedValue, Sql, Value};

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
        let params = params.iter().copied().map(OwnedValue::from).collect();
        let Driver::Pg(session) = &mut self.driver else {
            let rows = Rows::Lite(sql.lite, params);
            return Ok(PendingRows { rows, read });
        };
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
        let params = params.iter().copied().map(OwnedValue::from).collect();
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

fn of_another_connection() -> Error {
    Error::Rejected("a statement was sent to another database".to_owned())
}
