//! Pictures of people, as they are served.

use super::engine::{params, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;

statements! {
    INSERT = "insert into pictures (id, user_id, media_type, content, created_at) values ($1, $2, $3, $4, $5)";
    FIND = "select media_type, content from pictures where id = $1";
    DELETE_OF_USER = "delete from pictures where user_id = $1";
}

/// Adds a picture in place of the user's earlier one.
///
/// # Errors
/// When the database is unavailable.
pub fn replace(
    conn: &mut Conn<'_>,
    id: &str,
    user: UserId,
    media_type: &str,
    content: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    delete_of_user(conn, user)?;
    conn.execute(INSERT, params![id, user, media_type, content, now])?;
    Ok(())
}

/// A picture's media type and content.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: &str) -> Result<Option<(String, Vec<u8>)>, Error> {
    conn.query_optional(FIND, params![id], |row| Ok((row.get()?, row.get()?)))
}

/// Removes a user's picture; returns whether there was one.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_of_user(conn: &mut Conn<'_>, user: UserId) -> Result<bool, Error> {
    Ok(conn.execute(DELETE_OF_USER, params![user])? > 0)
}
