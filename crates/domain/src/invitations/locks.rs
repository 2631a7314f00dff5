//! Finds an invitation by a link or an id, and locks its account: only the lock keeps it as it is.

use super::{Invitation, table};
use crate::sessions::{self, User};
use crate::{Caller, Error, Mode, Tx};
use convoke_core::ids::InvitationId;
use convoke_core::secret::{TokenKind, token_hash};
use convoke_store as store;
use convoke_store::invitation_tokens::InvitationToken;

/// The invitation of a presented token, and whether the token verifies the mailbox.
///
/// # Errors
/// [`Error::NotFound`] when the token is unknown, [`Error::LinkNoLongerValid`] when the invitation has got another address
/// since.
pub(crate) fn find_by_token(
    tx: &mut Tx<'_, '_, impl Mode>,
    token: &str,
) -> Result<(Invitation, bool), Error> {
    let hash = token_hash(TokenKind::Invitation, token).ok_or(Error::NotFound)?;
    let token = store::invitation_tokens::find(tx.conn, &hash)?.ok_or(Error::NotFound)?;
    find_of_token(tx, &token)
}

/// The same with the invitation's account locked: the invitation stays as it is, its address included.
///
/// # Errors
/// As [`find_by_token`].
pub(crate) fn lock_by_token(tx: &mut Tx<'_, '_>, token: &str) -> Result<(Invitation, bool), Error> {
    let hash = token_hash(TokenKind::Invitation, token).ok_or(Error::NotFound)?;
    table::lock_account_by_token_later(tx.conn, &hash)?;
    let token = store::invitation_tokens::find(tx.conn, &hash)?.ok_or(Error::NotFound)?;
    tx.read_clock();
    find_of_token(tx, &token)
}

fn find_of_token(
    tx: &mut Tx<'_, '_, impl Mode>,
    token: &InvitationToken,
) -> Result<(Invitation, bool), Error> {
    let row = table::find_any(tx.conn, token.invitation)?.ok_or(Error::NotFound)?;
    if row.invitation.address_version != token.address_version {
        return Err(Error::LinkNoLongerValid);
    }
    Ok((Invitation::from_stored(row, tx.now), token.proves_mailbox))
}

/// An invitation with its account locked; none for an unknown id.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn lock(tx: &mut Tx<'_, '_>, id: InvitationId) -> Result<Option<Invitation>, Error> {
    table::lock_account_later(tx.conn, id)?;
    find_locked(tx, id)
}

/// An invitation to the caller's address with its account and the caller's user locked.
///
/// # Errors
/// [`Error::NotFound`] when it is for another address.
pub(super) fn lock_received(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: InvitationId,
) -> Result<Invitation, Error> {
    table::lock_account_with_user_later(tx.conn, id, caller.user.id)?;
    let invitation = find_locked(tx, id)?;
    invitation
        .filter(|invitation| invitation.is_for(&caller.user))
        .ok_or(Error::NotFound)
}

fn find_locked(tx: &mut Tx<'_, '_>, id: InvitationId) -> Result<Option<Invitation>, Error> {
    let row = table::find_any(tx.conn, id)?;
    tx.read_clock();
    Ok(row.map(|row| Invitation::from_stored(row, tx.now)))
}

/// Locks the user of a caller who acts by a link, and returns the user as they are now; none without a session that has not ended
/// meanwhile (rule V13): then only the link counts.
pub(super) fn lock_link_user(
    tx: &mut Tx<'_, '_>,
    caller: Option<&Caller>,
) -> Result<Option<User>, Error> {
    let Some(caller) = caller else {
        return Ok(None);
    };
    match sessions::lock(tx, caller) {
        Ok((user, _)) => Ok(Some(user)),
        Err(Error::SignInRequired) => Ok(None),
        Err(error) => Err(error),
    }
}
