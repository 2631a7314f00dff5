//! Changes of address that wait for the new mailbox to be verified; at most one per user.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_core::secret::TokenHash;
use uuid::Uuid;

row! {
    /// A change of address that waits for the new mailbox to be verified.
    pub struct EmailChange as email_change_columns {
        /// Subject of the outbox entry of the confirmation email.
        pub id: Uuid = "id",
        /// The user whose address changes; has at most one pending change.
        pub user: UserId = "user_id",
        /// The new address as typed but for its domain (rule I5); the link is sent to it.
        pub email: String = "email",
        /// The new address for comparing (rule I5).
        pub email_canonical: String = "email_canonical",
        /// When the change was requested.
        pub created_at: Timestamp = "created_at",
        /// From this moment on the link is not valid, and no email is sent (rule U9).
        pub expires_at: Timestamp = "expires_at",
    }
}

statements! {
    INSERT = "insert into email_changes (id, user_id, email, email_canonical, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (user_id) do update set id = excluded.id, email = excluded.email,
        email_canonical = excluded.email_canonical, token_hash = null, created_at = excluded.created_at,
        expires_at = excluded.expires_at";
    FIND = (concat!("select ", email_change_columns!(), " from email_changes where id = $1"));
    FIND_BY_TOKEN = (concat!("select ", email_change_columns!(), " from email_changes where token_hash = $1"));
    FIND_BY_USER = (concat!("select ", email_change_columns!(), " from email_changes where user_id = $1"));
    UPDATE_TOKEN = "update email_changes set token_hash = $2 where id = $1";
    DELETE = "delete from email_changes where id = $1";
    DELETE_OF_USER = "delete from email_changes where user_id = $1";
}

/// Adds a change, in place of the user's earlier one.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, change: &EmailChange) -> Result<(), Error> {
    conn.execute(
        INSERT,
        params![
            change.id,
            change.user,
            &change.email,
            &change.email_canonical,
            change.created_at,
            change.expires_at
        ],
    )?;
    Ok(())
}

/// The change with this id.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<EmailChange>, Error> {
    conn.query_optional(FIND, params![id], EmailChange::read)
}

/// The change that a link's token finishes.
///
/// # Errors
/// When the database is unavailable.
pub fn find_by_token(conn: &mut Conn<'_>, token: &TokenHash) -> Result<Option<EmailChange>, Error> {
    conn.query_optional(FIND_BY_TOKEN, params![token], EmailChange::read)
}

/// The change that a user waits for.
///
/// # Errors
/// When the database is unavailable.
pub fn find_by_user(conn: &mut Conn<'_>, user: UserId) -> Result<Option<EmailChange>, Error> {
    conn.query_optional(FIND_BY_USER, params![user], EmailChange::read)
}

/// Remembers the token of the link that is about to be mailed.
///
/// # Errors
/// When the database is unavailable.
pub fn update_token(conn: &mut Conn<'_>, id: Uuid, token: &TokenHash) -> Result<(), Error> {
    conn.execute(UPDATE_TOKEN, params![id, token])?;
    Ok(())
}

/// Deletes a change; false when it was used or replaced before.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, id: Uuid) -> Result<bool, Error> {
    Ok(conn.execute(DELETE, params![id])? == 1)
}

/// Voids a user's change.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_of_user(conn: &mut Conn<'_>, user: UserId) -> Result<(), Error> {
    conn.execute(DELETE_OF_USER, params![user])?;
    Ok(())
}
