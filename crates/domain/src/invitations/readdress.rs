//! Re-address: a pending invitation gets another address (rule I16).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::create::check_registered;
use super::known_recipients::KnownRecipients;
use super::{
    Invitation, count_sent_now, count_trial, find, is_registered_only, renewed_times, table,
};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize_for_update;
use crate::notifications;
use crate::permissions::Permission;
use crate::validation::parse_email;
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId};

/// Gives a pending invitation another address. Seat, product and roles stay; its links end, and a new one is mailed, valid for the
/// whole lifetime from now on. The address that it has already changes nothing. `seen` is the [`Invitation::address_version`] that
/// the editor saw, if the request names it.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::InvitationEnded`], [`Error::Invalid`], [`Error::AlreadyMember`],
/// [`Error::AlreadyInvited`], [`Error::RegisteredUsersOnly`], [`Error::RateLimited`]; [`Error::VersionConflict`] when it has
/// another address than the editor saw.
pub fn readdress(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    email: &str,
    seen: Option<i64>,
) -> Result<Invitation, Error> {
    let (stored_account, membership) =
        authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let before = find(tx, account, id)?;
    before.ensure_pending(None)?;
    let email = parse_email(email).map_err(Error::Invalid)?;
    if email.canonical() == before.email_canonical {
        return Ok(before);
    }
    if seen.is_some_and(|version| version != before.address_version) {
        return Err(Error::VersionConflict);
    }
    let known = KnownRecipients::load(tx, account, &[email.canonical()])?;
    if known.member(email.canonical()).is_some() {
        return Err(Error::AlreadyMember);
    }
    if known.invitation(email.canonical()).is_some() {
        return Err(Error::AlreadyInvited);
    }
    if is_registered_only(tx, &stored_account) {
        count_trial(tx, caller)?;
    }
    check_registered(tx, (&stored_account, &membership), &[&email])?;
    count_sent_now(tx, caller, &stored_account, 1)?;
    // The outbox entries are locked before the invitation, in the order of the mail worker.
    notifications::enqueue_readdressed(tx, account, id)?;
    // The account is locked, so only an invitation that has expired can still hold the address.
    table::mark_expired(tx.conn, account, [email.canonical()], tx.now)?;
    let (expires_at, remind_at) = renewed_times(tx);
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
