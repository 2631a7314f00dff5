//! Accept: everything is checked again in one transaction (rules I10 and I11).

use serde_json::json;

use super::{Invitation, Status, find_by_token, lock, masked, table};
use crate::core::ids::InvitationId;
use crate::domain::accounts::{self, Card};
use crate::domain::activity::{self, Actor, Book, Change, Target};
use crate::domain::letters::{self, Message};
use crate::domain::members::{self, Member, clean_roles, sponsor_standing};
use crate::domain::permissions::not_grantable;
use crate::domain::refusal::{AdditionalActions, Need};
use crate::domain::sessions::User;
use crate::domain::{Caller, Origin, Refusal, Tx, sessions};
use crate::store;

/// What the new member sees.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The joined account.
    pub card: Card,
    /// Their membership.
    pub member: Member,
}

/// What stands between a person and acceptance; nothing when they may accept.
#[must_use]
pub fn need(it: &Invitation, user: Option<&User>) -> Option<Need> {
    match user {
        None => Some(Need::SignIn),
        Some(user) if user.email.is_none() => Some(Need::NoEmail),
        Some(user) if !it.is_for(user) => Some(Need::OtherEmail),
        Some(_) => None,
    }
}

/// Accepts by link. The checks come in the order of rule I11: token known, ended, signed in, address.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::InvitationEnded`], [`Refusal::SignInRequired`],
/// [`Refusal::AdditionalActions`].
pub fn accept(
    tx: &mut Tx<'_, '_>,
    caller: Option<&Caller>,
    token: &str,
) -> Result<Acceptance, Refusal> {
    let (it, _) = find_by_token(tx, token)?;
    let it = lock(tx, &it)?;
    it.must_be_pending(caller.map(|caller| caller.user.id))?;
    let caller = caller.ok_or(Refusal::SignInRequired)?;
    sessions::lock(tx, caller)?;
    take(
        tx,
        &caller.user,
        &caller.origin,
        caller.session.provider.as_deref(),
        &it,
    )
}

/// Accepts one of the invitations that wait for the caller's address.
///
/// # Errors
/// [`Refusal::NotFound`] when it is for another address, else as [`accept`].
pub fn accept_mine(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: InvitationId,
) -> Result<Acceptance, Refusal> {
    let it = find_mine(tx, &caller.user, id)?;
    let it = lock(tx, &it)?;
    it.must_be_pending(Some(caller.user.id))?;
    sessions::lock(tx, caller)?;
    take(
        tx,
        &caller.user,
        &caller.origin,
        caller.session.provider.as_deref(),
        &it,
    )
}

pub(super) fn find_mine(
    tx: &mut Tx<'_, '_>,
    user: &User,
    id: InvitationId,
) -> Result<Invitation, Refusal> {
    let row = table::find_any(tx.conn, id)?.ok_or(Refusal::NotFound)?;
    let it = Invitation::of(row, tx.now);
    if it.is_for(user) {
        Ok(it)
    } else {
        Err(Refusal::NotFound)
    }
}

/// Joins somebody who has just proven their mailbox; an invitation that cannot be accepted any more is said
/// to the caller and does not undo the sign-up (rule U4).
///
/// # Errors
/// The refusal of the invitation inside, or outside when the database cannot.
pub(in crate::domain) fn try_to_join(
    tx: &mut Tx<'_, '_>,
    user: &User,
    origin: &Origin,
    id: InvitationId,
) -> Result<Result<Acceptance, Refusal>, Refusal> {
    let Some(row) = table::find_any(tx.conn, id)? else {
        return Ok(Err(Refusal::NotFound));
    };
    let it = Invitation::of(row, tx.now);
    let it = lock(tx, &it)?;
    if let Err(ended) = it.must_be_pending(Some(user.id)) {
        return Ok(Err(ended));
    }
    match take(tx, user, origin, None, &it) {
        Err(refusal @ (Refusal::AdditionalActions(_) | Refusal::InvitationEnded(_))) => {
            Ok(Err(refusal))
        }
        Err(other) => Err(other),
        Ok(acceptance) => Ok(Ok(acceptance)),
    }
}

/// The last step, with the account locked and the invitation pending.
fn take(
    tx: &mut Tx<'_, '_>,
    user: &User,
    origin: &Origin,
    provider: Option<&str>,
    it: &Invitation,
) -> Result<Acceptance, Refusal> {
    // The caller was looked up before this transaction; their address may be another one by now (rule V5).
    tx.lock_user(user.id)?;
    let user = &store::users::find(tx.conn, user.id)?.ok_or(Refusal::SignInRequired)?;
    // It may have expired while the lock was waited for.
    it.must_not_have_expired(tx.now)?;
    if let Some(need) = need(it, Some(user)) {
        return Err(Refusal::AdditionalActions(AdditionalActions {
            need,
            invited_email: masked(&it.email),
            own_email: user.email.clone(),
            provider: provider.map(str::to_owned),
            by_password: tx.app.rules.registers_by_password(),
        }));
    }
    let known = clean_roles(tx, &it.roles);
    let refused = match sponsor_standing(tx, it.account, it.sponsor)? {
        Some(sponsor) => not_grantable(&sponsor, &known, &tx.app.catalogue),
        None => known.clone(),
    };
    let (dropped, roles): (Vec<String>, Vec<String>) = it
        .roles
        .iter()
        .cloned()
        .partition(|key| refused.contains(key) || !known.contains(key));
    let accepted = Status::Accepted.as_str();
    if !table::mark_ended(tx.conn, it.id, tx.now, accepted, Some(user.id))? {
        return Err(Refusal::ChangedMeanwhile);
    }
    let held = store::members::find_roles(tx.conn, it.account, user.id)?;
    let member = members::join(tx, it.account, user, &roles)?;
    let after = if dropped.is_empty() {
        json!({ "roles": member.roles })
    } else {
        json!({ "roles": member.roles, "dropped_roles": dropped })
    };
    let change = Change {
        actor: Actor::User(user.id, user.name()),
        action: "invitation.accepted",
        target: Some(Target::Invitation(it.id, it.email.clone())),
        before: held.map(|held| json!({ "roles": members::split_roles(&held) })),
        after: Some(after),
    };
    activity::record(tx, Book::Account(it.account), origin, change)?;
    letters::owe(tx, &Message::Joined(it.account, it.id))?;
    let card = accounts::show_to(tx, user, it.account)?;
    Ok(Acceptance { card, member })
}
