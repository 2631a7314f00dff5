//! Requests to reset a password. A row is written for every address, known or not (rule V12).

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_core::secret::TokenHash;
use uuid::Uuid;

row! {
    /// A request to reset a password.
    pub struct PasswordReset as password_reset_columns {
        /// Subject of the outbox entry of the reset email.
        pub id: Uuid = "id",
        /// The entered address for comparing (rule I5), whether or not a user has it (rule V12).
        pub email_canonical: String = "email_canonical",
        /// Known once the mail worker has looked the address up.
        pub user: Option<UserId> = "user_id",
        /// When the reset was requested.
        pub created_at: Timestamp = "created_at",
        /// `RESET_EMAIL_WAIT` after the request, and once the email is prepared the end of its link.
        pub expires_at: Timestamp = "expires_at",
    }
}

statements! {
    INSERT = "insert into password_resets (id, email_canonical, created_at, expires_at) values ($1, $2, $3, $4)";
    FIND = (concat!("select ", password_reset_columns!(), " from password_resets where id = $1"));
    FIND_BY_TOKEN = (concat!("select ", password_reset_columns!(), " from password_resets where token_hash = $1"));
    UPDATE_TOKEN = "update password_resets set token_hash = $2, user_id = $3, expires_at = $4 where id = $1";
    COUNT_NEWER = "select count(*) from password_resets where email_canonical = $1 and token_hash is null and id > $2";
    DELETE_OLDER_MAIL = "delete from outbox where kind = 'password_reset' and subject_id in (
        select id from password_resets where email_canonical = $1 and token_hash is null and id < $2)";
    DELETE_OLDER = "delete from password_resets where email_canonical = $1 and token_hash is null and id < $2";
    DELETE = "delete from password_resets where id = $1";
    DELETE_OF_USER = "delete from password_resets where user_id = $1";
    DELETE_OF_EMAIL = "delete from password_resets where email_canonical = $1";
    DELETE_ENDED = "delete from password_resets where id in (
        select id from password_resets where expires_at <= $1 order by expires_at limit $2)";
}

/// Adds a request.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, reset: &PasswordReset) -> Result<(), Error> {
    conn.execute(
        INSERT,
        params![
            reset.id,
            &reset.email_canonical,
            reset.created_at,
            reset.expires_at
        ],
    )?;
    Ok(())
}

/// The request with this id.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<PasswordReset>, Error> {
    conn.query_optional(FIND, params![id], PasswordReset::read)
}

/// The request that a link's token finishes.
///
/// # Errors
/// When the database is unavailable.
pub fn find_by_token(
    conn: &mut Conn<'_>,
    token: &TokenHash,
) -> Result<Option<PasswordReset>, Error> {
    conn.query_optional(FIND_BY_TOKEN, params![token], PasswordReset::read)
}

/// Remembers the token of the link that is about to be mailed, whose password it resets, and until when.
///
/// # Errors
/// When the database is unavailable.
pub fn update_token(
    conn: &mut Conn<'_>,
    id: Uuid,
    token: &TokenHash,
    user: UserId,
    expires_at: Timestamp,
) -> Result<(), Error> {
    conn.execute(UPDATE_TOKEN, params![id, token, user, expires_at])?;
    Ok(())
}

/// Leaves of the requests of an address whose mail has not been sent only the newest, and returns whether this is it.
///
/// # Errors
/// When the database is unavailable.
pub fn keep_newest_unsent(conn: &mut Conn<'_>, reset: &PasswordReset) -> Result<bool, Error> {
    let values = params![&reset.email_canonical, reset.id];
    conn.execute(DELETE_OLDER_MAIL, values)?;
    conn.execute(DELETE_OLDER, values)?;
    if conn.query_scalar::<i64>(COUNT_NEWER, values)? == 0 {
        return Ok(true);
    }
    conn.execute(DELETE, params![reset.id])?;
    Ok(false)
}

/// Deletes a request; false when it was used or voided before.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, id: Uuid) -> Result<bool, Error> {
    Ok(conn.execute(DELETE, params![id])? == 1)
}

/// Voids every request of a user and of their address, also those whose mail was not sent yet.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    email_canonical: Option<&str>,
) -> Result<(), Error> {
    conn.execute(DELETE_OF_USER, params![user])?;
    if let Some(email) = email_canonical {
        conn.execute(DELETE_OF_EMAIL, params![email])?;
    }
    Ok(())
}

/// Deletes up to `limit` resets that ended at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_ended(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_ENDED, params![before, limit])
}
