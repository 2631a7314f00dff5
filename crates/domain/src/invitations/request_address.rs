//! The invitee asks to be invited at another address (rule I16).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{lock_by_token, lock_link_user, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::notifications::{self, Notification};
use crate::validation::parse_email;
use crate::{Caller, ClientInfo, Error, Tx};

/// Asks the inviter to give the link's invitation another address. While a request is open, further ones change nothing, so a link
/// causes one email to the inviter.
///
/// # Errors
/// [`Error::Invalid`], [`Error::NotFound`], [`Error::LinkNoLongerValid`], [`Error::InvitationEnded`].
pub fn request_address(
    tx: &mut Tx<'_, '_>,
    caller: Option<&Caller>,
    client: &ClientInfo,
    token: &str,
    email: &str,
) -> Result<(), Error> {
    let (invitation, _) = lock_by_token(tx, token)?;
    invitation.ensure_pending(caller.map(|caller| caller.user.id))?;
    let user = lock_link_user(tx, caller)?;
    // It may have expired while the lock was waited for.
    invitation.ensure_not_expired(tx.now)?;
    let email = parse_email(email).map_err(Error::Invalid)?;
    if email.canonical() == invitation.email_canonical
        || !table::request_address(tx.conn, invitation.id, tx.now, &email)?
    {
        return Ok(());
    }
    let event = ActivityEvent {
        actor: user.map_or(Actor::InvitationLink, |user| Actor::from_user(&user)),
        action: Action::InvitationAddressRequested,
        target: Some(Target::Invitation(invitation.id, invitation.email)),
        before: None,
        after: Some(json!({ "email": email.as_str() })),
    };
    let scope = ActivityScope::Account(invitation.account);
    activity::record(tx, scope, client, event)?;
    let notification = Notification::AddressRequested(invitation.account, invitation.id);
    notifications::enqueue(tx, &notification)
}
