//! Forgetting what has ended by the clock; ended rows count for nothing before that too.

use super::rules::{IDEMPOTENCY_LIFETIME, REGISTRATION_KEPT, SESSION_IDLE, SESSION_LIFETIME};
use super::{Refusal, Tx};
use crate::domain::identities::STATE_KEPT;
use crate::domain::known_devices::DEVICE_LIFETIME;
use crate::store::{
    idempotency, identities, known_devices, password_resets, registrations, sessions,
};

/// Deletes ended sessions, registrations (a while after their end, so that another link can be asked for), resets, used states, devices and idempotency keys, and says how many.
///
/// # Errors
/// When the database cannot.
pub fn forget_ended(tx: &mut Tx<'_, '_>) -> Result<u64, Refusal> {
    let now = tx.now;
    let mut forgotten = sessions::delete_ended(
        tx.conn,
        now.minus(SESSION_IDLE),
        now.minus(SESSION_LIFETIME),
    )?;
    forgotten += registrations::delete_ended(tx.conn, now.minus(REGISTRATION_KEPT))?;
    forgotten += password_resets::delete_ended(tx.conn, now)?;
    forgotten += identities::delete_old_states(tx.conn, now.minus(STATE_KEPT))?;
    forgotten += known_devices::delete_old(tx.conn, now.minus(DEVICE_LIFETIME))?;
    forgotten += idempotency::delete_old(tx.conn, now.minus(IDEMPOTENCY_LIFETIME))?;
    Ok(forgotten)
}
