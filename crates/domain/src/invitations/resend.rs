//! Sends a pending invitation again (rule I8), or creates a link to hand over (rule I12).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Invitation, find, remind_at, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize_for_update;
use crate::notifications;
use crate::permissions::Permission;
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::secret::{Secret, TokenKind, new_token};
use convoke_store as store;

/// Mails a new link and extends the invitation; earlier links keep working.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::InvitationEnded`], [`Error::RateLimited`].
pub fn resend(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Invitation, Error> {
    let (stored_account, _) = authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let before = find(tx, account, id)?;
    before.ensure_pending(None)?;
    let limits = &tx.ctx.rate_limits;
    let permits = limits.invitations(
        caller.user.id,
        account,
        stored_account.created_at,
        1,
        tx.now,
    )?;
    tx.reserve(permits);
    let expires_at = tx.now.plus(tx.ctx.policy.invitation_lifetime);
    let remind_at = remind_at(tx, expires_at);
    // The outbox entry is locked before the invitation, in the order of the mail worker.
    notifications::enqueue_resend(tx, account, id)?;
    if !table::update_expiry(tx.conn, id, tx.now, expires_at, remind_at)? {
        return Err(Error::VersionConflict);
    }
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationResent,
        target: Some(Target::Invitation(id, before.email)),
        before: Some(json!({ "expires_at": before.expires_at })),
        after: Some(json!({ "expires_at": expires_at })),
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
    find(tx, account, id)
}

/// Makes a link to hand over by other means; it verifies no mailbox and is shown this once.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::InvitationEnded`], [`Error::RateLimited`].
pub fn create_link(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Secret, Error> {
    authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let invitation = find(tx, account, id)?;
    invitation.ensure_pending(None)?;
    let permits = tx.ctx.rate_limits.invitation_link(caller.user.id, tx.now)?;
    tx.reserve(permits);
    let (token, hash) = new_token(TokenKind::Invitation, tx.ctx.random.as_ref());
    store::invitation_tokens::insert(tx.conn, &hash, id, false, tx.now)?;
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationLinkCreated,
        target: Some(Target::Invitation(id, invitation.email)),
        before: None,
        after: None,
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
    Ok(token)
}
