//! What an invitee sees before deciding; looking changes nothing (rules I9 and I14).

use super::accept::missing_requirement;
use super::{Invitation, find_by_token};
use crate::error::AcceptRequirement;
use crate::{Caller, Error, Mode, Tx};
use convoke_store as store;

/// An invitation as its invitee sees it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The invitation.
    pub invitation: Invitation,
    /// Whether the viewer holds the invited address, which is masked for all others.
    pub is_mine: bool,
    /// The viewer's missing requirement for acceptance; `None` also when it has ended.
    pub need: Option<AcceptRequirement>,
    /// The viewer's own address.
    pub own_email: Option<String>,
    /// Whether the link was mailed.
    pub proves_mailbox: bool,
    /// Whether the viewer is the user who accepted it.
    pub accepted_by_viewer: bool,
    /// Whether a user has the invited address. Known only to viewers without a session whose link verifies the mailbox: others
    /// would learn who is registered (rule V12).
    pub invitee_has_user: Option<bool>,
}

impl Preview {
    /// Whether the viewer may accept it now.
    #[must_use]
    pub fn can_accept(&self) -> bool {
        self.invitation.is_pending() && self.need.is_none()
    }
}

/// The invitation of a link.
///
/// # Errors
/// [`Error::NotFound`] when the link is unknown, [`Error::LinkNoLongerValid`] when the invitation has another address since.
pub fn preview(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: Option<&Caller>,
    token: &str,
) -> Result<Preview, Error> {
    let (invitation, proves_mailbox) = find_by_token(tx, token)?;
    let user = caller.map(|caller| &caller.user);
    let invitee_has_user = if user.is_none() && proves_mailbox && invitation.is_pending() {
        let invitee = store::users::find_by_email(tx.conn, &invitation.email_canonical)?;
        Some(invitee.is_some())
    } else {
        None
    };
    Ok(Preview {
        invitee_has_user,
        is_mine: user.is_some_and(|user| invitation.is_for(user)),
        need: invitation
            .is_pending()
            .then(|| missing_requirement(&invitation, user))
            .flatten(),
        own_email: user.and_then(|user| user.email.clone()),
        accepted_by_viewer: user.is_some_and(|user| invitation.accepted_by == Some(user.id)),
        proves_mailbox,
        invitation,
    })
}
