//! Re-address: a pending invitation gets another address (rule I16).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::create::check_registered;
use super::known_recipients::KnownRecipients;
use super::{Invitation, find, remind_at, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize_for_update;
use crate::notifications;
use crate::permissions::Permission;
use crate::validation::parse_email;
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId};

/// Gives a pending invitation another address. Seat, product and roles stay; its links end, and a new one is mailed, valid for the
/// whole lifetime from now on. The address that it has already changes nothing.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::InvitationEnded`], [`Error::Invalid`], [`Error::AlreadyMember`],
/// [`Error::AlreadyInvited`], [`Error::RegisteredUsersOnly`], [`Error::RateLimited`].
pub fn readdress(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    email: &str,
) -> Result<Invitation, Error> {
    let (stored_account, _) = authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let before = find(tx, account, id)?;
    before.ensure_pending(None)?;
    let email = parse_email(email).map_err(Error::Invalid)?;
    if email.canonical() == before.email_canonical {
        return Ok(before);
    }
    let known = KnownRecipients::load(tx, account, &[email.canonical()])?;
    if known.member(email.canonical()).is_some() {
        return Err(Error::AlreadyMember);
    }
    if known.invitation(email.canonical()).is_some() {
        return Err(Error::AlreadyInvited);
    }
    // In registered-only mode the response discloses who is registered (rule I6).
    if tx.ctx.policy.registered_users_only || stored_account.registered_users_only {
        let permits = tx.ctx.rate_limits.dry_run(caller.user.id, tx.now)?;
        tx.reserve_attempt(permits);
    }
    check_registered(tx, &stored_account, &[&email])?;
    let limits = &tx.ctx.rate_limits;
    let created_at = stored_account.created_at;
    let permits = limits.invitations(caller.user.id, account, created_at, 1, tx.now)?;
    tx.reserve(permits);
    // The outbox entries are locked before the invitation, in the order of the mail worker.
    notifications::enqueue_readdressed(tx, account, id)?;
    // The account is locked, so only an invitation that has expired can still hold the address.
    table::mark_expired(tx.conn, account, email.canonical(), tx.now)?;
    let expires_at = tx.now.plus(tx.ctx.policy.invitation_lifetime);
    let remind_at = remind_at(tx, expires_at);
    if !table::update_email(tx.conn, id, tx.now, &email, expires_at, remind_at)? {
        return Err(Error::VersionConflict);
    }
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationReaddressed,
        target: Some(Target::Invitation(id, email.as_str().to_owned())),
        before: Some(json!({ "email": before.email, "expires_at": before.expires_at })),
        after: Some(json!({ "email": email.as_str(), "expires_at": expires_at })),
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
    find(tx, account, id)
}
