//! Requests to reset a password. A row is written for every address, known or not (rule V12).

use super::engine::{Row, params, statements};
use super::{Conn, Error};
use crate::core::clock::Timestamp;
use crate::core::ids::UserId;
use crate::core::secret::TokenHash;
use uuid::Uuid;

/// A request to reset a password.
#[derive(Clone, Debug)]
pub struct PasswordReset {
    pub id: Uuid,
    pub email_canonical: String,
    /// Known once the mail worker has looked the address up.
    pub user: Option<UserId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

statements! {
    INSERT = "insert into password_resets (id, email_canonical, created_at, expires_at) values ($1, $2, $3, $4)";
    FIND = "select id, email_canonical, user_id, created_at, expires_at from password_resets where id = $1";
    FIND_BY_TOKEN = "select id, email_canonical, user_id, created_at, expires_at
        from password_resets where token_hash = $1";
    SET_TOKEN = "update password_resets set token_hash = $2, user_id = $3 where id = $1";
    DELETE = "delete from password_resets where id = $1";
    DELETE_OF_USER = "delete from password_resets where user_id = $1";
    DELETE_OF_EMAIL = "delete from password_resets where email_canonical = $1";
    DELETE_OLD = "delete from password_resets where expires_at <= $1";
}

fn read(row: &mut Row<'_>) -> Result<PasswordReset, Error> {
    Ok(PasswordReset {
        id: row.take()?,
        email_canonical: row.take()?,
        user: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
    })
}

/// Adds a request.
///
/// # Errors
/// When the database cannot.
pub fn insert(conn: &mut Conn<'_>, it: &PasswordReset) -> Result<(), Error> {
    conn.exec(
        INSERT,
        params![it.id, &it.email_canonical, it.created_at, it.expires_at],
    )?;
    Ok(())
}

/// The request with this id.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<PasswordReset>, Error> {
    conn.opt(FIND, params![id], read)
}

/// The request that a link's token finishes.
///
/// # Errors
/// When the database cannot.
pub fn find_by_token(
    conn: &mut Conn<'_>,
    token: &TokenHash,
) -> Result<Option<PasswordReset>, Error> {
    conn.opt(FIND_BY_TOKEN, params![token], read)
}

/// Remembers the token of the link that is about to be mailed, and whose password it resets.
///
/// # Errors
/// When the database cannot.
pub fn update_token(
    conn: &mut Conn<'_>,
    id: Uuid,
    token: &TokenHash,
    user: UserId,
) -> Result<(), Error> {
    conn.exec(SET_TOKEN, params![id, token, user])?;
    Ok(())
}

/// Deletes a request; false when it was used or voided before.
///
/// # Errors
/// When the database cannot.
pub fn delete(conn: &mut Conn<'_>, id: Uuid) -> Result<bool, Error> {
    Ok(conn.exec(DELETE, params![id])? == 1)
}

/// Voids every request of a user and of their address, also those whose mail was not sent yet.
///
/// # Errors
/// When the database cannot.
pub fn delete_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    email_canonical: Option<&str>,
) -> Result<(), Error> {
    conn.exec(DELETE_OF_USER, params![user])?;
    if let Some(email) = email_canonical {
        conn.exec(DELETE_OF_EMAIL, params![email])?;
    }
    Ok(())
}

/// Forgets requests that ended before `before`.
///
/// # Errors
/// When the database cannot.
pub fn delete_ended(conn: &mut Conn<'_>, before: Timestamp) -> Result<u64, Error> {
    conn.exec(DELETE_OLD, params![before])
}
