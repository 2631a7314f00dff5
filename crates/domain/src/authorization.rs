//! Who may do what in an account: the caller's membership, checked by each operation inside its transaction.

use crate::accounts::Account;
use crate::permissions::{Membership, Permission, is_allowed, required_role};
use crate::{Caller, Error, Mode, Tx, sessions};
use convoke_core::ids::{AccountId, UserId};
use convoke_store as store;

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
    let stored = store::members::find_roles(tx.conn, id, caller.user.id)?;
    let account = store::accounts::find(tx.conn, id)?;
    let (Some(stored), Some(account)) = (stored, account) else {
        return Err(Error::NotFound);
    };
    let owner = account.owner == caller.user.id;
    let membership = Membership::from_stored(owner, &stored, &tx.ctx.catalogue);
    if !is_allowed(&membership, act) {
        return Err(Error::PermissionDenied(required_role(act)));
    }
    Ok((account, membership))
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
    tx.lock_account(id)?;
    sessions::lock(tx, caller)?;
    authorize(tx, caller, id, act)
}

/// The membership of any user in an account, for checks at acceptance; `None` for non-members.
///
/// # Errors
/// When the database is unavailable.
pub fn membership_of(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    owner: UserId,
    user: UserId,
) -> Result<Option<Membership>, Error> {
    let stored = store::members::find_roles(tx.conn, account, user)?;
    Ok(stored.map(|stored| Membership::from_stored(owner == user, &stored, &tx.ctx.catalogue)))
}

/// The membership of an invitation's sponsor.
pub(crate) fn sponsor_membership(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    sponsor: UserId,
) -> Result<Option<Membership>, Error> {
    let owner = store::accounts::find(tx.conn, account)?
        .ok_or(Error::NotFound)?
        .owner;
    membership_of(tx, account, owner, sponsor)
}
