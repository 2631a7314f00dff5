//! Decline: by link or as the signed-in invitee.

use super::{Invitation, InvitationStatus, lock_by_token, lock_link_user, lock_received, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::notifications::{self, Notification};
use crate::submitted_forms::{self, FormKey};
use crate::{Caller, ClientInfo, Error, Tx, sessions};
use convoke_core::ids::InvitationId;
use convoke_core::model::activity::Action;

/// Declines by link, signed in or not; a form that was sent before has done so already.
///
/// # Errors
/// [`Error::NotFound`], [`Error::LinkNoLongerValid`], [`Error::InvitationEnded`].
pub fn decline(
    tx: &mut Tx<'_, '_>,
    caller: Option<&Caller>,
    client: &ClientInfo,
    token: &str,
    form: Option<&FormKey>,
) -> Result<(), Error> {
    if submitted_forms::reserve(tx, form)?.is_some() {
        return Ok(());
    }
    let (invitation, _) = lock_by_token(tx, token)?;
    invitation.ensure_pending(caller.map(|caller| caller.user.id))?;
    let user = lock_link_user(tx, caller)?.filter(|user| invitation.is_for(user));
    // It may have expired while the lock was waited for.
    invitation.ensure_not_expired(tx.now)?;
    let actor = user.map_or(Actor::InvitationLink, |user| Actor::from_user(&user));
    mark_declined(tx, actor, client, invitation)
}

/// Declines one of the invitations that wait for the caller's address.
///
/// # Errors
/// As [`decline`].
pub fn decline_by_id(tx: &mut Tx<'_, '_>, caller: &Caller, id: InvitationId) -> Result<(), Error> {
    let invitation = lock_received(tx, caller, id)?;
    invitation.ensure_pending(Some(caller.user.id))?;
    let (user, _) = sessions::find_locked(tx, caller)?;
    // Their address may be another one by now (rule V5).
    if !invitation.is_for(&user) {
        return Err(Error::NotFound);
    }
    mark_declined(tx, Actor::from_caller(caller), &caller.client, invitation)
}

fn mark_declined(
    tx: &mut Tx<'_, '_>,
    actor: Actor,
    client: &ClientInfo,
    invitation: Invitation,
) -> Result<(), Error> {
    let declined = InvitationStatus::Declined;
    if !table::mark_ended(tx.conn, invitation.id, tx.now, declined)? {
        return Err(Error::VersionConflict);
    }
    let declined = Notification::Declined(invitation.account, invitation.invited_by, invitation.id);
    notifications::enqueue(tx, &declined)?;
    let event = ActivityEvent {
        actor,
        action: Action::InvitationDeclined,
        target: Some(Target::Invitation(invitation.id, invitation.email)),
        before: None,
        after: None,
    };
    let scope = ActivityScope::Account(invitation.account);
    activity::record(tx, scope, client, event)
}
