//! Sign-ins that are recent enough for sensitive changes (rule U8).

use super::{Session, User};
use crate::policy::{Policy, REAUTHENTICATION_WINDOW};
use convoke_core::clock::Timestamp;

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
