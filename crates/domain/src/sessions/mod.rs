//! Sessions: begun at sign-in, authenticated at every request, ended by their user or the clock (security rule 8).
//!
//! A session begins with a password that matched, with a service's callback, or with the end of a sign-up. The browser keeps its
//! token in a cookie; the database has only the hash. It ends
//!
//! - 14 days after its last use or 90 days after its beginning, by the clock alone;
//! - when its user signs out, ends it in the list of sessions, or has more than a hundred;
//! - when another user signs in with the same browser: its cookie is replaced, so it could not be ended later. The same user goes
//!   on in the same session, which gets another token;
//! - when password or address change: all other sessions end, and the caller's own is replaced (rule V14).
//!
//! A request is authenticated in a transaction of its own. Every operation that changes something for the caller locks the
//! user and reads the session again (`lock`), since it may have ended meanwhile (rule V13). Last use is written every five
//! minutes at most.

mod begin;
mod end;
mod reauthentication;

use convoke_core::model::activity::Action;
use serde_json::json;

use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::policy::{ACTIVITY_RESOLUTION, SESSION_IDLE, SESSION_LIFETIME};
use crate::{Caller, ClientInfo, Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{SessionId, UserId};
use convoke_core::secret::TokenHash;
use convoke_store as store;

pub use begin::{SignedIn, create, sign_in_by_password};
pub(crate) use begin::{rotate, sign_in};
pub use convoke_store::sessions::Session;
pub use convoke_store::users::User;
pub(crate) use end::{discard, end_all, end_idle, end_old};
pub use end::{end, end_others};
pub use reauthentication::{is_recently_authenticated, replaces_password};

/// Finds the caller of a session token.
///
/// # Errors
/// [`Error::SignInRequired`] when the session is unknown or has ended.
pub fn authenticate(
    tx: &mut Tx<'_, '_, impl Mode>,
    token: &TokenHash,
    client: &ClientInfo,
) -> Result<Caller, Error> {
    let (idle_since, begun_since) = live_since(tx);
    let (user, session) = store::sessions::find_live(tx.conn, token, idle_since, begun_since)?
        .ok_or(Error::SignInRequired)?;
    Ok(Caller {
        user,
        session,
        client: client.clone(),
    })
}

pub(crate) fn live_since(tx: &Tx<'_, '_, impl Mode>) -> (Timestamp, Timestamp) {
    (tx.now.minus(SESSION_IDLE), tx.now.minus(SESSION_LIFETIME))
}

/// Whether a session with these times is live (security rule 8).
pub(crate) fn is_live(
    tx: &Tx<'_, '_, impl Mode>,
    last_used_at: Timestamp,
    begun_at: Timestamp,
) -> bool {
    let (idle_since, begun_since) = live_since(tx);
    last_used_at > idle_since && begun_at > begun_since
}

/// Whether the use of this session should be written down again.
#[must_use]
pub fn is_stale(session: &Session, now: Timestamp) -> bool {
    now >= session.last_used_at.plus(ACTIVITY_RESOLUTION)
}

/// Writes down that session and user were active.
///
/// # Errors
/// When the database is unavailable.
pub fn touch(tx: &mut Tx<'_, '_>, session: SessionId, user: UserId) -> Result<(), Error> {
    if store::sessions::mark_used(tx.conn, session, tx.now)? {
        store::members::mark_active(tx.conn, user, tx.now)?;
    }
    Ok(())
}

/// Locks the caller's user and returns user and session as both are now: either may have changed since the caller was
/// authenticated (rule V13).
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended.
pub(crate) fn lock(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(User, Session), Error> {
    store::users::lock_later(tx.conn, caller.user.id)?;
    find_locked(tx, caller)
}

/// The caller's user, who was locked by this transaction, and their session.
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended meanwhile.
pub(crate) fn find_locked(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(User, Session), Error> {
    let found = store::sessions::find_of_user(tx.conn, caller.session.id, caller.user.id)?;
    tx.read_clock();
    found
        .filter(|(_, session)| is_live(tx, session.last_used_at, session.created_at))
        .ok_or(Error::SignInRequired)
}

/// A user and one of their sessions, while it is live.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn find_live_of_user(
    tx: &mut Tx<'_, '_, impl Mode>,
    user: UserId,
    session: SessionId,
) -> Result<Option<(User, Session)>, Error> {
    let found = store::sessions::find_of_user(tx.conn, session, user)?;
    Ok(found.filter(|(_, session)| is_live(tx, session.last_used_at, session.created_at)))
}

/// The caller's sessions, last used first.
///
/// # Errors
/// When the database is unavailable.
pub fn list(tx: &mut Tx<'_, '_, impl Mode>, caller: &Caller) -> Result<Vec<Session>, Error> {
    let (idle_since, begun_since) = live_since(tx);
    Ok(store::sessions::list_live(
        tx.conn,
        caller.user.id,
        idle_since,
        begun_since,
    )?)
}

fn record(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
    action: Action,
    begun: Option<&Session>,
) -> Result<(), Error> {
    let event = ActivityEvent {
        actor: Actor::User(user.id, user.name()),
        action,
        target: None,
        before: None,
        after: begun.map(|session| match &session.provider {
            Some(provider) => json!({ "session": session.id, "provider": provider }),
            None => json!({ "session": session.id }),
        }),
    };
    activity::record(tx, ActivityScope::Person(user.id), client, event)
}
