//! Members who are removed or leave (rules A3 and A5).

use super::{Member, find, record};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize_for_update;
use crate::invitations::{self, SentInvitationsPolicy};
use crate::notifications::{self, Notification};
use crate::oauth2::{self, EndCause};
use crate::permissions::Permission;
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::model::grant::GrantEnd;
use convoke_store as store;
use convoke_store::members as table;

/// Removes a member.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::CannotRemoveSelf`], [`Error::OwnerIsProtected`], [`Error::NotFound`].
pub fn remove(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    sent_invitations: SentInvitationsPolicy,
) -> Result<(), Error> {
    authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let member = find(tx, account, user)?;
    check_removable(caller, &member)?;
    let ended = (Action::MemberRemoved, GrantEnd::MemberRemoved);
    end_membership(tx, caller, account, &member, ended)?;
    invitations::reassign_or_revoke_sent(tx, caller, account, user, sent_invitations)?;
    notifications::enqueue(tx, &Notification::Removed(account, user))
}

/// Whether the caller could remove this member, if they may remove any.
///
/// # Errors
/// [`Error::CannotRemoveSelf`], [`Error::OwnerIsProtected`] (rule A3).
pub fn check_removable(caller: &Caller, member: &Member) -> Result<(), Error> {
    if member.user == caller.user.id {
        return Err(Error::CannotRemoveSelf);
    }
    if member.owner {
        return Err(Error::OwnerIsProtected);
    }
    Ok(())
}

/// Leaves an account (rule A5).
///
/// # Errors
/// [`Error::NotFound`] for non-members, [`Error::OwnerCannotLeave`].
pub fn leave(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<(), Error> {
    let (_, membership) = authorize_for_update(tx, caller, account, Permission::ViewAccount)?;
    if membership.owner {
        return Err(Error::OwnerCannotLeave);
    }
    let member = find(tx, account, caller.user.id)?;
    let ended = (Action::MemberLeft, GrantEnd::MemberLeft);
    end_membership(tx, caller, account, &member, ended)?;
    invitations::reassign_or_revoke_sent(
        tx,
        caller,
        account,
        caller.user.id,
        SentInvitationsPolicy::Revoke,
    )
}

fn end_membership(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    member: &Member,
    (action, reason): (Action, GrantEnd),
) -> Result<(), Error> {
    if !table::delete(tx.conn, account, member.user)? {
        return Err(Error::NotFound);
    }
    let offer = store::ownership_offers::find_live(tx.conn, account, tx.now)?;
    store::ownership_offers::delete_to(tx.conn, account, member.user)?;
    if let Some(offer) = offer.filter(|offer| offer.to == member.user) {
        let event = ActivityEvent {
            actor: Actor::from_caller(caller),
            action: Action::OwnershipOfferWithdrawn,
            target: Some(Target::Account(account, offer.account_name)),
            before: None,
            after: None,
        };
        activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
    }
    record(
        tx,
        caller,
        account,
        action,
        member,
        (Some(&member.roles), None),
    )?;
    let actor = Actor::from_caller(caller);
    let cause = EndCause {
        reason,
        actor: &actor,
        client: &caller.client,
    };
    oauth2::end_of_member(tx, account, member.user, cause)
}
