//! Accept: everything is checked again in one transaction (rules I10 and I11).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Invitation, lock, lock_by_token, lock_received, mask_email, table};
use crate::accounts::{self, Account, AccountSummary};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::receive_membership;
use crate::error::{AcceptRequirement, AdditionalActions};
use crate::members::{self, Member};
use crate::notifications::{self, Notification};
use crate::oauth2;
use crate::permissions::{Membership, not_grantable};
use crate::roles::normalize_roles;
use crate::sessions::User;
use crate::{Caller, ClientInfo, Error, Tx, sessions};
use convoke_core::ids::InvitationId;
use convoke_core::model::roles::StoredRoles;
use convoke_store::{self as store, PendingRows};

/// What the new member sees.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The joined account.
    pub summary: AccountSummary,
    /// Their membership.
    pub member: Member,
}

/// The missing requirement for acceptance; `None` when they may accept.
#[must_use]
pub(super) fn missing_requirement(
    invitation: &Invitation,
    user: Option<&User>,
) -> Option<AcceptRequirement> {
    match user {
        None => Some(AcceptRequirement::SignIn),
        Some(user) if user.email.is_none() => Some(AcceptRequirement::NoEmail),
        Some(user) if !invitation.is_for(user) => Some(AcceptRequirement::OtherEmail),
        Some(_) => None,
    }
}

/// Accepts by link. The checks come in the order of rule I11: token known, ended, signed in, address.
///
/// # Errors
/// [`Error::NotFound`], [`Error::LinkNoLongerValid`], [`Error::InvitationEnded`], [`Error::SignInRequired`],
/// [`Error::AdditionalActions`].
pub fn accept(
    tx: &mut Tx<'_, '_>,
    caller: Option<&Caller>,
    token: &str,
) -> Result<Acceptance, Error> {
    let (invitation, _) = lock_by_token(tx, token)?;
    invitation.ensure_pending(caller.map(|caller| caller.user.id))?;
    let caller = caller.ok_or(Error::SignInRequired)?;
    let sponsor = send_sponsor(tx, &invitation)?;
    // Their address may be another one by now (rule V5).
    let (user, _) = sessions::lock(tx, caller)?;
    complete_acceptance(
        tx,
        &user,
        &caller.client,
        caller.session.provider.as_deref(),
        &invitation,
        sponsor,
    )
}

/// Accepts one of the invitations that wait for the caller's address.
///
/// # Errors
/// [`Error::NotFound`] when it is for another address, else as [`accept`].
pub fn accept_by_id(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: InvitationId,
) -> Result<Acceptance, Error> {
    let invitation = lock_received(tx, caller, id)?;
    invitation.ensure_pending(Some(caller.user.id))?;
    let sponsor = send_sponsor(tx, &invitation)?;
    // Their address may be another one by now (rule V5).
    let (user, _) = sessions::find_locked(tx, caller)?;
    complete_acceptance(
        tx,
        &user,
        &caller.client,
        caller.session.provider.as_deref(),
        &invitation,
        sponsor,
    )
}

/// Accepts for a user who has just verified their mailbox; the error of an invitation that cannot be accepted any more
/// is returned inside and does not undo the sign-up (rule U4).
///
/// # Errors
/// The error of the invitation inside, or outside when the database cannot.
pub(crate) fn accept_after_sign_up(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
    id: InvitationId,
) -> Result<Result<Acceptance, Error>, Error> {
    let Some(invitation) = lock(tx, id)? else {
        return Ok(Err(Error::NotFound));
    };
    if let Err(ended) = invitation.ensure_pending(Some(user.id)) {
        return Ok(Err(ended));
    }
    tx.lock_user(user.id)?;
    let sponsor = send_sponsor(tx, &invitation)?;
    match complete_acceptance(tx, user, client, None, &invitation, sponsor) {
        Err(error @ (Error::AdditionalActions(_) | Error::InvitationEnded(_))) => Ok(Err(error)),
        Err(other) => Err(other),
        Ok(acceptance) => Ok(Ok(acceptance)),
    }
}

/// What the roles of an invitation depend on, as it is while the account is locked (rule V3).
type PendingSponsor = PendingRows<(Account, StoredRoles)>;

fn send_sponsor(tx: &mut Tx<'_, '_>, invitation: &Invitation) -> Result<PendingSponsor, Error> {
    let (account, sponsor) = (invitation.account, invitation.sponsor);
    Ok(store::accounts::send_find_with_roles(
        tx.conn, account, sponsor,
    )?)
}

/// The last step, with the account locked and the invitation pending, and the user locked and read after that.
fn complete_acceptance(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
    provider: Option<&str>,
    invitation: &Invitation,
    sponsor: PendingSponsor,
) -> Result<Acceptance, Error> {
    let sponsor = receive_membership(tx, invitation.sponsor, sponsor)?;
    // It may have expired while the lock was waited for.
    invitation.ensure_not_expired(tx.now)?;
    if let Some(need) = missing_requirement(invitation, Some(user)) {
        return Err(Error::AdditionalActions(AdditionalActions {
            requirement: need,
            invited_email: mask_email(&invitation.email),
            own_email: user.email.clone(),
            provider: provider.map(str::to_owned),
            by_password: tx.ctx.policy.allows_password_registration(),
        }));
    }
    let known = normalize_roles(&tx.ctx.catalogue, &invitation.roles);
    let not_granted = match &sponsor {
        Some((_, sponsor)) => not_grantable(sponsor, &known, &tx.ctx.catalogue),
        None => known.clone(),
    };
    let (dropped, roles): (Vec<String>, Vec<String>) = invitation
        .roles
        .iter()
        .cloned()
        .partition(|key| not_granted.contains(key) || !known.contains(key));
    let ended = table::send_mark_accepted(tx.conn, invitation.id, tx.now, user.id)?;
    let (member, roles_before) = members::add_member(tx, invitation.account, user, &roles)?;
    if tx.conn.receive_count(ended)? != 1 {
        return Err(Error::VersionConflict);
    }
    let joined = Notification::Joined(invitation.account, invitation.invited_by, invitation.id);
    notifications::enqueue(tx, &joined)?;
    let mut after = json!({
        "product": invitation.product,
        "roles": member.roles,
        "invited_by": { "id": invitation.invited_by, "name": invitation.inviter_name },
    });
    if let (false, Some(after)) = (dropped.is_empty(), after.as_object_mut()) {
        after.insert("dropped_roles".to_owned(), json!(dropped));
    }
    let event = ActivityEvent {
        actor: Actor::User(user.id, user.name()),
        action: Action::InvitationAccepted,
        target: Some(Target::Invitation(invitation.id, invitation.email.clone())),
        before: roles_before
            .as_ref()
            .map(|roles_before| json!({ "roles": roles_before.keys() })),
        after: Some(after),
    };
    activity::record(
        tx,
        ActivityScope::Account(invitation.account),
        client,
        event,
    )?;
    end_grants(tx, user, client, invitation, roles_before.as_ref(), &member)?;
    let account = match sponsor {
        Some((account, _)) => account,
        None => store::accounts::find(tx.conn, invitation.account)?.ok_or(Error::NotFound)?,
    };
    let stored = StoredRoles::from_keys(&member.roles);
    let membership = Membership::from_stored(member.owner, &stored, &tx.ctx.catalogue);
    let summary = accounts::summary(tx, account, membership)?;
    Ok(Acceptance { summary, member })
}

/// Ends the grants that the acceptance has made void: of a member whose roles have changed, and to the product in other accounts.
fn end_grants(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
    invitation: &Invitation,
    roles_before: Option<&StoredRoles>,
    member: &Member,
) -> Result<(), Error> {
    let actor = Actor::from_user(user);
    let (account, by) = (invitation.account, (&actor, client));
    if let Some(before) = roles_before {
        let before = Membership::from_stored(member.owner, before, &tx.ctx.catalogue);
        let after = member.membership();
        oauth2::end_after_change(tx, account, user.id, &before, &after, by)?;
    }
    oauth2::end_in_other_accounts(tx, user.id, by)
}
