//! Revokes a pending invitation.

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Invitation, InvitationStatus, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::{authorize, authorize_locked, lock_for_update};
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx};
use convoke_core::ids::{AccountId, InvitationId, UserId};

/// Revokes a pending invitation; its links end at once.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::InvitationEnded`].
pub fn revoke(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Invitation, Error> {
    lock_for_update(tx, caller, account)?;
    let found = table::send_find(tx.conn, account, id)?;
    authorize_locked(tx, caller, account, Permission::ManageUsers)?;
    let found = tx.conn.receive_optional(found)?.ok_or(Error::NotFound)?;
    let invitation = Invitation::from_stored(found, tx.now);
    invitation.ensure_pending(None)?;
    mark_revoked(tx, caller, account, id, invitation.email.clone())?;
    Ok(invitation.ended(InvitationStatus::Revoked, tx.now))
}

fn mark_revoked(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    email: String,
) -> Result<(), Error> {
    if !table::mark_ended(tx.conn, id, tx.now, InvitationStatus::Revoked)? {
        return Err(Error::VersionConflict);
    }
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationRevoked,
        target: Some(Target::Invitation(id, email)),
        before: None,
        after: None,
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)
}

/// What to do with the pending invitations of a member who may no longer invite (rule I13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SentInvitationsPolicy {
    /// They are revoked.
    #[default]
    Revoke,
    /// They stay, and the caller becomes their sponsor.
    Keep,
}

/// How many pending invitations a user sent or sponsors: the caller, or another one whom the caller may remove.
///
/// # Errors
/// As [`authorize`].
pub fn count_sent(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
) -> Result<i64, Error> {
    let permission = if user == caller.user.id {
        Permission::ViewAccount
    } else {
        Permission::ManageUsers
    };
    authorize(tx, caller, account, permission)?;
    Ok(table::count_sponsored_by(tx.conn, account, user, tx.now)?)
}

/// Revokes or keeps what `user` sent, in a transaction that has locked the account and checked the permission.
///
/// # Errors
/// When the database is unavailable.
pub fn reassign_or_revoke_sent(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    choice: SentInvitationsPolicy,
) -> Result<(), Error> {
    for (id, email) in table::list_sponsored_by(tx.conn, account, user, tx.now)? {
        match choice {
            SentInvitationsPolicy::Revoke => mark_revoked(tx, caller, account, id, email)?,
            SentInvitationsPolicy::Keep => {
                table::update_sponsor(tx.conn, id, tx.now, caller.user.id)?;
                let event = ActivityEvent {
                    actor: Actor::from_caller(caller),
                    action: Action::InvitationUpdated,
                    target: Some(Target::Invitation(id, email)),
                    before: Some(json!({ "invited_by": user })),
                    after: Some(json!({ "invited_by": caller.user.id })),
                };
                activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
            }
        }
    }
    Ok(())
}
