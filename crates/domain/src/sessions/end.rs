//! Sessions that their user ends.

use super::{lock, record};
use crate::{Caller, Error, Tx};
use convoke_core::ids::SessionId;
use convoke_core::model::activity::Action;
use convoke_store as store;

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Error::SignInRequired`] when the caller's own session has ended, [`Error::NotFound`] when they have no such
/// session.
pub fn end(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Error> {
    lock(tx, caller)?;
    delete_one(tx, caller, id)
}

pub(super) fn delete_one(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Error> {
    if !store::sessions::delete(tx.conn, id, caller.user.id)? {
        return Err(Error::NotFound);
    }
    record(tx, &caller.user, &caller.client, Action::SessionEnded, None)
}

/// Ends all of the caller's sessions but the current one.
///
/// # Errors
/// [`Error::SignInRequired`] when that one has ended.
pub fn end_others(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Error> {
    lock(tx, caller)?;
    let ended = store::sessions::delete_all(tx.conn, caller.user.id, Some(caller.session.id))?;
    if ended == 0 {
        return Ok(());
    }
    record(
        tx,
        &caller.user,
        &caller.client,
        Action::SessionOthersEnded,
        None,
    )
}
