//! Responses stored for 24 hours under the caller's idempotency key.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;

row! {
    /// A stored response.
    pub struct SavedResponse as response_columns {
        /// SHA-256 of method, path and body of the request that used the key.
        pub request_hash: Vec<u8> = "request_hash",
        /// HTTP status code; 0 until the response is stored.
        pub status: i64 = "status",
        /// JSON text as sent; empty until the response is stored.
        pub body: String = "body",
    }
}

statements! {
    RESERVE = "insert into idempotency_keys (user_id, key_hash, request_hash, status, body, created_at)
        values ($1, $2, $3, 0, '', $4) on conflict do nothing";
    FIND = (concat!("select ", response_columns!(), " from idempotency_keys where user_id = $1 and key_hash = $2"));
    UPDATE = "update idempotency_keys set status = $3, body = $4 where user_id = $1 and key_hash = $2";
    DELETE = "delete from idempotency_keys where user_id = $1 and key_hash = $2";
    DELETE_BEYOND = "delete from idempotency_keys where user_id = $1 and key_hash <> $2 and key_hash in (
        select k.key_hash from (select key_hash, row_number() over (order by created_at desc, key_hash) as place,
                sum(length(body)) over (order by created_at desc, key_hash) as bytes
            from idempotency_keys where user_id = $1 and key_hash <> $2) k
        where k.place >= $3 or k.bytes > $4)";
    DELETE_ONE_OLD = "delete from idempotency_keys where user_id = $1 and key_hash = $2 and created_at <= $3";
    DELETE_OLD = "delete from idempotency_keys where (user_id, key_hash) in (
        select user_id, key_hash from idempotency_keys where created_at <= $1 order by created_at limit $2)";
}

/// Acquires a key for this transaction; returns false when it is taken, after waiting for a transaction that is acquiring it.
///
/// # Errors
/// When the database is unavailable.
pub fn reserve(
    conn: &mut Conn<'_>,
    user: UserId,
    key: &[u8; 32],
    request: &[u8; 32],
    now: Timestamp,
    expired_before: Timestamp,
) -> Result<bool, Error> {
    conn.execute(DELETE_ONE_OLD, params![user, key, expired_before])?;
    Ok(conn.execute(RESERVE, params![user, key, request, now])? == 1)
}

/// The response stored under a key.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    conn: &mut Conn<'_>,
    user: UserId,
    key: &[u8; 32],
) -> Result<Option<SavedResponse>, Error> {
    conn.query_optional(FIND, params![user, key], SavedResponse::read)
}

/// Stores the response under a reserved key.
///
/// # Errors
/// When the database is unavailable.
pub fn update(
    conn: &mut Conn<'_>,
    user: UserId,
    key: &[u8; 32],
    status: i64,
    body: &str,
) -> Result<(), Error> {
    conn.execute(UPDATE, params![user, key, status, body])?;
    Ok(())
}

/// Releases a key whose work changed nothing.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, user: UserId, key: &[u8; 32]) -> Result<(), Error> {
    conn.execute(DELETE, params![user, key])?;
    Ok(())
}

/// Deletes a user's oldest responses, so that with this newest one at most `count` are left, and those before it have at
/// most `bytes` together.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_beyond(
    conn: &mut Conn<'_>,
    user: UserId,
    newest: &[u8; 32],
    (count, bytes): (i64, i64),
) -> Result<(), Error> {
    conn.execute(DELETE_BEYOND, params![user, newest, count, bytes])?;
    Ok(())
}

/// Deletes up to `limit` keys of `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_old(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_OLD, params![before, limit])
}
