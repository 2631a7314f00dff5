//! Small writes of which nothing stays.

use uuid::Uuid;

use super::engine::{params, statements};
use super::{Conn, Error};

statements! {
    INSERT = "insert into write_checks (id) values ($1)";
    DELETE = "delete from write_checks where id = $1";
}

/// Inserts a row under `id` and deletes it again: checks that the database can be written, or costs as much as a small write.
///
/// # Errors
/// When the database cannot be written.
pub fn insert_and_delete(conn: &mut Conn<'_>, id: Uuid) -> Result<(), Error> {
    conn.execute(INSERT, params![id])?;
    conn.execute(DELETE, params![id])?;
    Ok(())
}
