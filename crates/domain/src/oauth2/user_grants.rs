//! The products that a user is signed in to, and their end by the user.

use crate::activity::Actor;
use crate::{Caller, Error, Mode, Tx, sessions};
use convoke_core::ids::{AccountId, GrantId, UserId};
use convoke_core::model::grant::GrantEnd;
use convoke_store::grants as table;

use super::grant_ends::{EndCause, end_grant};

pub use table::UserGrant;

/// The caller's grants in all of their sessions, last used first.
///
/// # Errors
/// [`Error::Database`].
pub fn list(tx: &mut Tx<'_, '_, impl Mode>, caller: &Caller) -> Result<Vec<UserGrant>, Error> {
    let (idle_since, begun_since) = sessions::live_since(tx);
    let user = caller.user.id;
    Ok(table::list_live_of_user(
        tx.conn,
        user,
        idle_since,
        begun_since,
    )?)
}

/// The account that a user has worked in last with a product.
///
/// # Errors
/// [`Error::Database`].
pub fn find_last_account(
    tx: &mut Tx<'_, '_, impl Mode>,
    user: UserId,
    client: &str,
) -> Result<Option<AccountId>, Error> {
    Ok(table::find_last_account(tx.conn, user, client)?)
}

/// Ends one of the caller's grants.
///
/// # Errors
/// [`Error::SignInRequired`] when the caller's session has ended, [`Error::NotFound`] when they have no such grant.
pub fn end_own(tx: &mut Tx<'_, '_>, caller: &Caller, id: GrantId) -> Result<(), Error> {
    sessions::lock(tx, caller)?;
    let grant = table::find(tx.conn, id)?;
    if grant.is_none_or(|grant| grant.user != caller.user.id) {
        return Err(Error::NotFound);
    }
    let cause = EndCause {
        reason: GrantEnd::EndedByUser,
        actor: &Actor::from_caller(caller),
        client: &caller.client,
    };
    if end_grant(tx, id, cause)? {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Whether a grant of a client belongs to the caller's session, ended or not.
///
/// # Errors
/// [`Error::Database`].
pub fn is_of_session(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    client: &str,
    id: GrantId,
) -> Result<bool, Error> {
    let grant = table::find(tx.conn, id)?;
    Ok(grant.is_some_and(|grant| {
        grant.client == client && grant.user == caller.user.id && grant.session == caller.session.id
    }))
}
