//! Sends a pending invitation again (rule I8), or creates a link to hand over (rule I12).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Invitation, count_sent_now, find, renewed_times, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize_for_update;
use crate::idempotency::{self, IdempotentResponse, Key, ReplayPermission};
use crate::notifications;
use crate::permissions::Permission;
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::secret::{Secret, TokenHash, TokenKind, derive_token, new_token};
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
    count_sent_now(tx, caller, &stored_account, 1)?;
    let (expires_at, remind_at) = renewed_times(tx);
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
    let (token, hash) = new_token(TokenKind::Invitation, tx.ctx.random.as_ref());
    insert_link(tx, caller, account, id, &hash)?;
    Ok(token)
}

/// The same once per form: a form that is sent again gets the same link, while that is valid. Its token is derived from the form's own token, which is
/// not stored, and a stored salt, so that the database alone does not disclose it.
///
/// # Errors
/// As [`create_link`], or [`Error::LinkNoLongerValid`] when the invitation has got another address since.
pub fn create_link_once(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    (key, form): (&Key, &Secret),
) -> Result<Secret, Error> {
    let permission = ReplayPermission::InAccount(account, Permission::ManageUsers);
    let response = idempotency::run_once(tx, caller, key, permission, |tx| {
        let mut salt = [0; 32];
        tx.ctx.random.fill(&mut salt);
        let salt = URL_SAFE_NO_PAD.encode(salt);
        let (_, hash) = derive_token(TokenKind::Invitation, salt.as_bytes(), form);
        insert_link(tx, caller, account, id, &hash)?;
        Ok(IdempotentResponse {
            status: 201,
            body: salt,
        })
    })?;
    let invitation = find(tx, account, id)?;
    invitation.ensure_pending(None)?;
    let (token, hash) = derive_token(TokenKind::Invitation, response.body.as_bytes(), form);
    // The invitation may have got another address since the form was sent first.
    let is_valid = store::invitation_tokens::find(tx.conn, &hash)?
        .is_some_and(|stored| stored.address_version == invitation.address_version);
    if is_valid {
        Ok(token)
    } else {
        Err(Error::LinkNoLongerValid)
    }
}

fn insert_link(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    hash: &TokenHash,
) -> Result<(), Error> {
    authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let invitation = find(tx, account, id)?;
    invitation.ensure_pending(None)?;
    let permits = tx.ctx.rate_limits.invitation_link(caller.user.id, tx.now)?;
    tx.reserve(permits);
    let stored = store::invitation_tokens::InvitationToken {
        invitation: id,
        proves_mailbox: false,
        address_version: invitation.address_version,
        email_canonical: None,
    };
    store::invitation_tokens::insert(tx.conn, &[(*hash, stored)], tx.now)?;
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationLinkCreated,
        target: Some(Target::Invitation(id, invitation.email)),
        before: None,
        after: None,
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)
}
