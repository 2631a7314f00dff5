//! Devices that users have signed in with, known by the hash of a token that the device keeps.

use super::engine::{params, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_core::secret::TokenHash;

statements! {
    IS_KNOWN = "select count(*) from known_devices where user_id = $1 and token_hash = $2 and last_used_at > $3";
    INSERT = "insert into known_devices (user_id, token_hash, last_used_at) values ($1, $2, $3)
        on conflict do nothing";
    UPDATE_LAST_USED = "update known_devices set last_used_at = $3 where user_id = $1 and token_hash = $2";
    DELETE_OLDEST = "delete from known_devices where user_id = $1 and token_hash not in (
        select token_hash from known_devices where user_id = $1 order by last_used_at desc, token_hash limit $2)";
    DELETE_OTHERS = "delete from known_devices where user_id = $1 and token_hash <> $2";
    DELETE_OLD = "delete from known_devices where (user_id, token_hash) in (
        select user_id, token_hash from known_devices where last_used_at <= $1 order by last_used_at limit $2)";
}

/// Whether the user has signed in with this device after `since`.
///
/// # Errors
/// When the database is unavailable.
pub fn is_known(
    conn: &mut Conn<'_>,
    user: UserId,
    device: &TokenHash,
    since: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.query_scalar::<i64>(IS_KNOWN, params![user, device, since])? > 0)
}

/// Adds a device.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    user: UserId,
    device: &TokenHash,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(INSERT, params![user, device, now])?;
    Ok(())
}

/// Writes down that a device was used; returns whether it is known.
///
/// # Errors
/// When the database is unavailable.
pub fn update_last_used(
    conn: &mut Conn<'_>,
    user: UserId,
    device: &TokenHash,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE_LAST_USED, params![user, device, now])? == 1)
}

/// Deletes a user's devices but the `count` last used ones.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_oldest(conn: &mut Conn<'_>, user: UserId, count: i64) -> Result<(), Error> {
    conn.execute(DELETE_OLDEST, params![user, count])?;
    Ok(())
}

/// Deletes a user's devices but this one.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_others(
    conn: &mut Conn<'_>,
    user: UserId,
    device: Option<&TokenHash>,
) -> Result<(), Error> {
    // No hash is empty, so without a device all of them go.
    let device: &[u8] = device.map_or(&[], |device| device);
    conn.execute(DELETE_OTHERS, params![user, device])?;
    Ok(())
}

/// Deletes up to `limit` devices that were last used at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_old(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_OLD, params![before, limit])
}
