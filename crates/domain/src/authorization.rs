//! Who may do what in an account: the caller's membership, checked by each operation inside its transaction.

use crate::accounts::Account;
use crate::permissions::{Membership, Permission, is_allowed, required_role};
use crate::{Caller, Error, FieldError, Mode, Tx, sessions};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::roles::StoredRoles;
use convoke_store::{self as store, PendingRows};

/// The account and the caller's membership in it, if it allows this.
///
/// # Errors
/// [`Error::NotFound`] for non-members, as for an account that does not exist; [`Error::PermissionDenied`]
/// for members who may not.
pub fn authorize(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    id: AccountId,
    act: Permission,
) -> Result<(Account, Membership), Error> {
    let (account, membership) = membership_of(tx, id, caller.user.id)?.ok_or(Error::NotFound)?;
    check(account, membership, act)
}

/// The same after locking the account, then the caller's user, for operations that change it. The caller was authenticated
/// before this transaction, so their session may have ended in the meantime (rule V14).
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::SignInRequired`].
pub fn authorize_for_update(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
    act: Permission,
) -> Result<(Account, Membership), Error> {
    lock_for_update(tx, caller, id)?;
    authorize_locked(tx, caller, id, act)
}

/// The locks of [`authorize_for_update`], for operations that read more together with [`authorize_locked`].
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn lock_for_update(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
) -> Result<(), Error> {
    Ok(store::accounts::lock_with_member_later(
        tx.conn,
        id,
        caller.user.id,
    )?)
}

/// What [`authorize_for_update`] does after its locks.
///
/// # Errors
/// As [`authorize_for_update`].
pub(crate) fn authorize_locked(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
    act: Permission,
) -> Result<(Account, Membership), Error> {
    let (user, session) = (caller.user.id, caller.session.id);
    let found = store::accounts::find_with_session(tx.conn, id, user, session)?;
    tx.read_clock();
    let live = found.filter(|found| sessions::is_live(tx, found.last_used_at, found.begun_at));
    let Some(found) = live else {
        // The statement does not say what is missing.
        sessions::find_live_of_user(tx, user, session)?.ok_or(Error::SignInRequired)?;
        return authorize(tx, caller, id, act);
    };
    let owner = found.account.owner == user;
    let membership = Membership::from_stored(owner, &found.roles, &tx.ctx.catalogue);
    check(found.account, membership, act)
}

/// A valid request for an operation that authorizes the caller by itself. Who may not do this gets the error of [`authorize`], not
/// what is wrong with the request.
///
/// # Errors
/// As [`authorize`], or [`Error::Invalid`].
pub fn valid_request<'r, T>(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    act: Permission,
    request: &'r Result<T, Vec<FieldError>>,
) -> Result<&'r T, Error> {
    match request {
        Ok(valid) => Ok(valid),
        Err(errors) => {
            authorize(tx, caller, account, act)?;
            Err(Error::Invalid(errors.clone()))
        }
    }
}

/// The account and a membership in it, if that allows this.
fn check(
    account: Account,
    membership: Membership,
    act: Permission,
) -> Result<(Account, Membership), Error> {
    if !is_allowed(&membership, act) {
        return Err(Error::PermissionDenied(required_role(act)));
    }
    Ok((account, membership))
}

/// An account and the membership of any user in it; none for users who are no members.
///
/// # Errors
/// When the database is unavailable.
pub fn membership_of(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    user: UserId,
) -> Result<Option<(Account, Membership)>, Error> {
    let pending = store::accounts::send_find_with_roles(tx.conn, account, user)?;
    receive_membership(tx, user, pending)
}

/// The same for a query that was sent.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn receive_membership(
    tx: &mut Tx<'_, '_, impl Mode>,
    user: UserId,
    pending: PendingRows<(Account, StoredRoles)>,
) -> Result<Option<(Account, Membership)>, Error> {
    let found = tx.conn.receive_optional(pending)?;
    Ok(found.map(|(account, stored)| {
        let owner = account.owner == user;
        let membership = Membership::from_stored(owner, &stored, &tx.ctx.catalogue);
        (account, membership)
    }))
}
