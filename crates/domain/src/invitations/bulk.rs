//! Acts on several invitations of an account in one transaction; those that have ended meanwhile are left out.

use super::{resend, revoke};
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId};

/// The results of a bulk operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkResult {
    /// How many were done.
    pub done: usize,
    /// Those that had ended before.
    pub ended: Vec<InvitationId>,
}

/// Sends several again; see [`resend`].
///
/// # Errors
/// As [`resend`], and then none is sent; but an invitation that has ended is only reported.
pub fn resend_all(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<BulkResult, Error> {
    for_each_invitation(ids, |id| resend(tx, caller, account, id).map(drop))
}

/// Revokes several; see [`revoke`].
///
/// # Errors
/// As [`revoke`], and then none is revoked; but an invitation that has ended is only reported.
pub fn revoke_all(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<BulkResult, Error> {
    for_each_invitation(ids, |id| revoke(tx, caller, account, id).map(drop))
}

fn for_each_invitation(
    ids: &[InvitationId],
    mut act: impl FnMut(InvitationId) -> Result<(), Error>,
) -> Result<BulkResult, Error> {
    let mut batch = BulkResult::default();
    for id in ids {
        match act(*id) {
            Ok(()) => batch.done += 1,
            Err(Error::InvitationEnded(_)) => batch.ended.push(*id),
            Err(other) => return Err(other),
        }
    }
    Ok(batch)
}
