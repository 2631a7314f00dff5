//! Rows of both drivers, and the binding of parameters on SQLite.

use tokio_postgres::Row as PgRow;

use super::Error;
use super::column::{Column, Raw as _};
use super::errors::lite_error;
use super::statement::Value;

/// One row; columns are taken from left to right.
pub struct Row<'r> {
    cells: Cells<'r>,
    at: usize,
}

enum Cells<'r> {
    Lite(&'r rusqlite::Row<'r>),
    Pg(&'r PgRow),
}

impl Row<'_> {
    /// The next column.
    ///
    /// # Errors
    /// When there is none, or it holds something else.
    pub fn get<T: Column>(&mut self) -> Result<T, Error> {
        let at = self.at;
        self.at += 1;
        let raw: T::Raw<'_> = match &self.cells {
            Cells::Lite(row) => row
                .get_ref(at)
                .and_then(|value| T::Raw::from_lite(value).map_err(Into::into))
                .map_err(|error| Error::Rejected(error.to_string()))?,
            Cells::Pg(row) => row
                .try_get(at)
                .map_err(|error| Error::Rejected(error.to_string()))?,
        };
        T::from_raw(raw).ok_or_else(|| Error::Corrupt(format!("column {at}")))
    }
}

/// Reads the rows of a statement of SQLite.
pub(super) fn lite_rows<T>(
    connection: &rusqlite::Connection,
    text: &'static str,
    params: &[Value<'_>],
    mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection
        .prepare_cached(text)
        .map_err(|error| lite_error(&error))?;
    bind(&mut statement, params).map_err(|error| lite_error(&error))?;
    let mut rows = statement.raw_query();
    let mut items = Vec::new();
    while let Some(row) = rows.next().map_err(|error| lite_error(&error))? {
        items.push(read(&mut Row {
            cells: Cells::Lite(row),
            at: 0,
        })?);
    }
    Ok(items)
}

/// Reads the rows that PostgreSQL has returned.
pub(super) fn pg_rows<T>(
    rows: &[PgRow],
    mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    rows.iter()
        .map(|row| {
            read(&mut Row {
                cells: Cells::Pg(row),
                at: 0,
            })
        })
        .collect()
}

/// The first column of a row.
///
/// # Errors
/// When there is none, or it holds something else.
pub(crate) fn first_column<T: Column>(row: &mut Row<'_>) -> Result<T, Error> {
    row.get()
}

/// SQLite numbers `$1` by where it first appears, so that each value is bound by its name.
pub(super) fn bind(
    statement: &mut rusqlite::Statement<'_>,
    params: &[Value<'_>],
) -> rusqlite::Result<()> {
    const NAMES: [&str; 24] = [
        "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14",
        "$15", "$16", "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24",
    ];
    if params.len() > NAMES.len() || params.len() != statement.parameter_count() {
        return Err(rusqlite::Error::InvalidParameterCount(
            params.len(),
            statement.parameter_count(),
        ));
    }
    for (name, value) in NAMES.iter().zip(params) {
        let index = statement
            .parameter_index(name)?
            .ok_or_else(|| rusqlite::Error::InvalidParameterName((*name).to_owned()))?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}
