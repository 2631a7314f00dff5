//! Deleting what has ended by the clock; ended rows count for nothing before that too.

use super::policy::{IDEMPOTENCY_LIFETIME, REGISTRATION_RETENTION, SESSION_IDLE, SESSION_LIFETIME};
use super::{Error, Tx};
use crate::identities::USED_STATE_RETENTION;
use crate::known_devices::DEVICE_LIFETIME;
use convoke_store::{
    idempotency, identities, known_devices, password_resets, registrations, sessions,
    submitted_forms,
};

/// How many rows of a table are deleted in one transaction: other writes must not wait for a long one.
const BATCH: i64 = 500;

/// Deletes a batch of ended sessions, registrations (a while after their end, so that another link can be requested),
/// resets, used states, devices, idempotency keys and results of forms. Returns the number of deleted rows, and whether none is left.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_expired(tx: &mut Tx<'_, '_>) -> Result<(u64, bool), Error> {
    let (now, conn) = (tx.now, &mut *tx.conn);
    let deleted = [
        sessions::delete_idle(conn, now.minus(SESSION_IDLE), BATCH)?,
        sessions::delete_old(conn, now.minus(SESSION_LIFETIME), BATCH)?,
        registrations::delete_ended(conn, now.minus(REGISTRATION_RETENTION), BATCH)?,
        password_resets::delete_ended(conn, now, BATCH)?,
        identities::delete_old_states(conn, now.minus(USED_STATE_RETENTION), BATCH)?,
        known_devices::delete_old(conn, now.minus(DEVICE_LIFETIME), BATCH)?,
        idempotency::delete_old(conn, now.minus(IDEMPOTENCY_LIFETIME), BATCH)?,
        submitted_forms::delete_old(conn, now.minus(IDEMPOTENCY_LIFETIME), BATCH)?,
    ];
    let is_done = deleted.iter().all(|count| *count < BATCH.unsigned_abs());
    Ok((deleted.iter().sum(), is_done))
}
