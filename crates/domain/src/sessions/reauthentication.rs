//! Sign-ins that are recent enough for sensitive changes (rule U8).

use super::{Session, User};
use crate::credentials::Reauthentication;
use crate::policy::{Policy, REAUTHENTICATION_WINDOW};
use crate::{Caller, Error, Tx};
use convoke_core::clock::Timestamp;
use convoke_store as store;

/// Whether the user of a session signed in within the last minutes (rule U8).
#[must_use]
pub fn is_recently_authenticated(session: &Session, now: Timestamp) -> bool {
    now < session.authenticated_at.plus(REAUTHENTICATION_WINDOW)
}

/// Whether a recent sign-in through a service replaces the password of a session's user (rule U8), or one that does not
/// count.
#[must_use]
pub fn replaces_password(user: &User, session: &Session, policy: &Policy, now: Timestamp) -> bool {
    let without = session.provider.is_some() || !policy.allows_password(user);
    without && is_recently_authenticated(session, now)
}

/// Stores that the caller has just typed their password, so that their session counts as recently authenticated (rule U8).
///
/// # Errors
/// As [`Reauthentication::redeem`].
pub fn mark_authenticated(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    proof: &Reauthentication,
) -> Result<(), Error> {
    let (user, session) = proof.redeem(tx, caller)?;
    // A recent sign-in is no new authentication: its time stays.
    if let Reauthentication::Password(_) = proof {
        store::sessions::mark_authenticated(tx.conn, session.id, user.id, tx.now)?;
    }
    Ok(())
}
