//! Devices that a user has signed in with: a browser keeps a random token from each successful sign-in, the database
//! its SHA-256 (security rule 1).
//!
//! A known device passes the limits that another client can use up, those per client address and per login, and has one
//! of its own instead. It never replaces the password.

use std::time::Duration;

use uuid::Uuid;

use super::{ClientInfo, Error, Tx};
use crate::Mode;
use convoke_core::ids::UserId;
use convoke_core::secret::{Secret, TokenHash, TokenKind, new_token};
use convoke_store::known_devices as table;

/// How long a device is known after its last sign-in.
pub const DEVICE_LIFETIME: Duration = Duration::from_hours(365 * 24);

/// How many devices of one user are known; the least recently used ones are deleted.
const MAX_DEVICES: i64 = 10;

/// The user and their device, when this user has signed in with it before. Without a user it runs the same query.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    tx: &mut Tx<'_, '_, impl Mode>,
    user: Option<UserId>,
    device: TokenHash,
) -> Result<Option<(UserId, TokenHash)>, Error> {
    let user = user.unwrap_or_else(|| Uuid::nil().into());
    let since = tx.now.minus(DEVICE_LIFETIME);
    let is_known = table::is_known(tx.conn, user, &device, since)?;
    Ok(is_known.then_some((user, device)))
}

/// Remembers the device of a successful sign-in; returns the token for the cookie of a new one.
///
/// # Errors
/// When the database is unavailable.
pub fn register_device(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    user: UserId,
) -> Result<Option<Secret>, Error> {
    if let Some(device) = &client.device
        && table::update_last_used(tx.conn, user, device, tx.now)?
    {
        return Ok(None);
    }
    let (token, hash) = new_token(TokenKind::Device, tx.ctx.random.as_ref());
    table::insert(tx.conn, user, &hash, tx.now)?;
    table::delete_oldest(tx.conn, user, MAX_DEVICES)?;
    Ok(Some(token))
}

/// Deletes a user's devices but the one of this request: after a change of password
/// or address only the device that made it is known.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_others(tx: &mut Tx<'_, '_>, user: UserId, client: &ClientInfo) -> Result<(), Error> {
    Ok(table::delete_others(tx.conn, user, client.device.as_ref())?)
}
