//! Deleting what has ended by the clock; ended rows count for nothing before that too.

use super::policy::{IDEMPOTENCY_LIFETIME, REGISTRATION_RETENTION};
use super::{Error, Tx, oauth2, sessions};
use crate::identities::USED_STATE_RETENTION;
use crate::known_devices::DEVICE_LIFETIME;
use convoke_store::{
    idempotency, identities, known_devices, password_resets, registrations, submitted_forms,
};

/// How many rows of a table are deleted in one transaction: other writes must not wait for a long one.
const BATCH: i64 = 500;

/// Deletes a batch of ended sessions, registrations (a while after their end, so that another link can be requested),
/// resets, used states, devices, idempotency keys, results of forms, and what grants leave. Returns the number of deleted rows, and
/// whether none is left.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_expired(tx: &mut Tx<'_, '_>) -> Result<(u64, bool), Error> {
    let sessions = [
        sessions::end_idle(tx, BATCH)?,
        sessions::end_old(tx, BATCH)?,
    ];
    let of_grants = oauth2::delete_expired(tx, BATCH)?;
    let (now, conn) = (tx.now, &mut *tx.conn);
    let others = [
        registrations::delete_ended(conn, now.minus(REGISTRATION_RETENTION), BATCH)?,
        password_resets::delete_ended(conn, now, BATCH)?,
        identities::delete_old_states(conn, now.minus(USED_STATE_RETENTION), BATCH)?,
        known_devices::delete_old(conn, now.minus(DEVICE_LIFETIME), BATCH)?,
        idempotency::delete_old(conn, now.minus(IDEMPOTENCY_LIFETIME), BATCH)?,
        submitted_forms::delete_old(conn, now.minus(IDEMPOTENCY_LIFETIME), BATCH)?,
    ];
    Ok(sum(sessions.iter().chain(&of_grants).chain(&others)))
}

/// Deletes a batch of sessions that have ended by the clock, and ends their grants, so that products are notified soon. Returns as
/// [`delete_expired`].
///
/// # Errors
/// When the database is unavailable.
pub fn end_expired_sessions(tx: &mut Tx<'_, '_>) -> Result<(u64, bool), Error> {
    let ended = [
        sessions::end_idle(tx, BATCH)?,
        sessions::end_old(tx, BATCH)?,
    ];
    Ok(sum(ended.iter()))
}

/// The number of deleted rows, and whether no statement has reached its limit.
fn sum<'c>(deleted: impl Iterator<Item = &'c u64>) -> (u64, bool) {
    deleted.fold((0, true), |(total, is_done), count| {
        (total + count, is_done && *count < BATCH.unsigned_abs())
    })
}
