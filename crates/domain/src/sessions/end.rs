//! Sessions that end, with their grants to products: by their user, by a change of credentials, and by the clock.
//!
//! Sessions are deleted here alone, so that no grant outlives its session unnoticed by its product.

use super::{User, lock, record};
use crate::activity::Actor;
use crate::oauth2::{self, EndCause};
use crate::policy::{SESSION_IDLE, SESSION_LIFETIME};
use crate::{Caller, ClientInfo, Error, Tx};
use convoke_core::ids::{SessionId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::model::grant::GrantEnd;
use convoke_store::sessions as table;

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Error::SignInRequired`] when the caller's own session has ended, [`Error::NotFound`] when they have no such
/// session.
pub fn end(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Error> {
    lock(tx, caller)?;
    delete_one(tx, caller, id)
}

/// Ends a session of the caller, who is locked.
pub(super) fn delete_one(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Error> {
    if !table::delete(tx.conn, id, caller.user.id)? {
        return Err(Error::NotFound);
    }
    record(tx, &caller.user, &caller.client, Action::SessionEnded, None)?;
    let actor = Actor::from_caller(caller);
    oauth2::end_of_sessions(tx, &[id], ended_by(&actor, &caller.client))
}

const fn ended_by<'c>(actor: &'c Actor, client: &'c ClientInfo) -> EndCause<'c> {
    EndCause {
        reason: GrantEnd::SessionEnded,
        actor,
        client,
    }
}

/// Ends all of the caller's sessions but the current one.
///
/// # Errors
/// [`Error::SignInRequired`] when that one has ended.
pub fn end_others(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Error> {
    lock(tx, caller)?;
    let (user, kept) = (caller.user.id, caller.session.id);
    let ended = table::delete_all(tx.conn, user, Some(kept))?;
    if ended == 0 {
        return Ok(());
    }
    record(
        tx,
        &caller.user,
        &caller.client,
        Action::SessionOthersEnded,
        None,
    )?;
    let actor = Actor::from_caller(caller);
    oauth2::end_of_other_sessions(tx, user, kept, ended_by(&actor, &caller.client))
}

/// Ends all sessions of a locked user and all their grants.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn end_all(tx: &mut Tx<'_, '_>, user: UserId, cause: EndCause<'_>) -> Result<(), Error> {
    table::delete_all(tx.conn, user, None)?;
    oauth2::end_of_user(tx, user, cause)
}

/// Ends the sessions of a user beyond the `keep` that were used last.
pub(super) fn end_oldest(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
    keep: i64,
) -> Result<(), Error> {
    let ended = table::delete_oldest(tx.conn, user.id, keep)?;
    if ended.is_empty() {
        return Ok(());
    }
    let actor = Actor::from_user(user);
    oauth2::end_of_sessions(tx, &ended, ended_by(&actor, client))
}

/// Deletes a session whose token was not handed out, so that it has no grants.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn discard(tx: &mut Tx<'_, '_>, user: UserId, id: SessionId) -> Result<(), Error> {
    table::delete(tx.conn, id, user)?;
    Ok(())
}

/// Deletes up to `limit` sessions that were unused for too long, ends their grants, and returns how many sessions.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn end_idle(tx: &mut Tx<'_, '_>, limit: i64) -> Result<u64, Error> {
    let ended = table::delete_idle(tx.conn, tx.now.minus(SESSION_IDLE), limit)?;
    end_of_expired(tx, &ended)
}

/// Deletes up to `limit` sessions that began too long ago, ends their grants, and returns how many sessions.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn end_old(tx: &mut Tx<'_, '_>, limit: i64) -> Result<u64, Error> {
    let ended = table::delete_old(tx.conn, tx.now.minus(SESSION_LIFETIME), limit)?;
    end_of_expired(tx, &ended)
}

/// No grant begins in them at the same time: they have not counted since they became too old.
fn end_of_expired(tx: &mut Tx<'_, '_>, ended: &[SessionId]) -> Result<u64, Error> {
    let cause = EndCause::by_system(GrantEnd::SessionExpired);
    oauth2::end_of_sessions(tx, ended, cause)?;
    Ok(ended.len().try_into().unwrap_or(u64::MAX))
}
