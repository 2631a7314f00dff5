//! Invitations that ended before an action on them: listed above the list, with a link to invite again.

use crate::console::context::PageContext;
use crate::console::urls;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::invitations::{self, Invitation, InvitationStatus};
use convoke_domain::{Caller, Error, Mode, Tx};

/// An invitation that had ended.
pub(super) struct AlreadyEnded {
    pub text: String,
    /// The link that invites the address again; none for members.
    pub again: Option<String>,
}

/// Loads invitations that have ended; those of other accounts and pending ones are left out.
///
/// # Errors
/// As [`invitations::find_many`].
pub(super) fn find(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, Error> {
    let mut invitations = invitations::find_many(tx, caller, account, ids)?;
    invitations.retain(|invitation| !invitation.is_pending());
    Ok(invitations)
}

impl AlreadyEnded {
    /// The item of an invitation.
    pub(super) fn new(context: &PageContext, invitation: &Invitation, manages: bool) -> Self {
        let ago = context.format_relative(invitation.ended_at.unwrap_or(invitation.expires_at));
        let key = format!("skipped-{}", invitation.status.as_str());
        let args = [
            ("email", invitation.readable_email().into()),
            ("ago", ago.into()),
        ];
        let again = manages && invitation.status != InvitationStatus::Accepted;
        Self {
            text: context.t_args(&key, &args),
            again: again.then(|| urls::invite_again(invitation.account, invitation.id)),
        }
    }
}
