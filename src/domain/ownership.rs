//! Transfer of ownership: offered by the owner, accepted by another member (rule A3).

use serde_json::json;

use super::accounts::require_locked;
use super::activity::{self, Actor, Book, Change, Target};
use super::catalogue::USER_ADMIN;
use super::letters::{self, Message};
use super::members;
use super::permissions::Act;
use super::rules::OFFER_LIFETIME;
use super::{Caller, Fault, Refusal, Tx};
use crate::core::ids::{AccountId, UserId};
use crate::store;

pub use crate::store::ownership_offers::OwnershipOffer;

/// Offers the caller's account to another member; the caller's password was asked for before.
///
/// # Errors
/// As [`super::accounts::require`]; [`Refusal::DefaultAccount`], [`Refusal::Invalid`], [`Refusal::NotFound`]
/// when the user is no member.
pub fn offer(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    to: UserId,
    typed_name: &str,
) -> Result<OwnershipOffer, Refusal> {
    let (found, _) = require_locked(tx, caller, account, Act::Own)?;
    if found.is_default {
        return Err(Refusal::DefaultAccount);
    }
    if typed_name.trim() != found.name {
        return Err(Refusal::Invalid(vec![Fault::new(
            "/account_name",
            "invalid-name",
            "This is not the account's name. Type it exactly as it is shown.",
        )]));
    }
    if to == caller.user.id {
        return Err(Refusal::NotFound);
    }
    let target = members::find(tx, account, to)?;
    let expires_at = tx.now.plus(OFFER_LIFETIME);
    store::ownership_offers::insert(tx.conn, account, caller.user.id, to, tx.now, expires_at)?;
    record(
        tx,
        caller,
        account,
        "account.ownership_offered",
        Target::User(to, target.name),
    )?;
    letters::owe(tx, &Message::OwnershipOffer(account, to))?;
    store::ownership_offers::find_live(tx.conn, account, tx.now)?.ok_or(Refusal::NotFound)
}

/// Takes the offer back.
///
/// # Errors
/// As [`super::accounts::require`], or [`Refusal::NotFound`] when there is none.
pub fn withdraw(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<(), Refusal> {
    let (found, _) = require_locked(tx, caller, account, Act::Own)?;
    if store::ownership_offers::find_live(tx.conn, account, tx.now)?.is_none() {
        return Err(Refusal::NotFound);
    }
    store::ownership_offers::delete(tx.conn, account)?;
    let target = Target::Account(account, found.name);
    record(
        tx,
        caller,
        account,
        "account.ownership_offer_withdrawn",
        target,
    )
}

/// The offer of an account that waits for its answer.
///
/// # Errors
/// When the database cannot.
pub fn pending(tx: &mut Tx<'_, '_>, account: AccountId) -> Result<Option<OwnershipOffer>, Refusal> {
    Ok(store::ownership_offers::find_live(
        tx.conn, account, tx.now,
    )?)
}

/// Accounts offered to the caller.
///
/// # Errors
/// When the database cannot.
pub fn list(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<Vec<OwnershipOffer>, Refusal> {
    Ok(store::ownership_offers::list_live_to(
        tx.conn,
        caller.user.id,
        tx.now,
    )?)
}

fn offer_to_caller(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
) -> Result<OwnershipOffer, Refusal> {
    tx.lock_account(account)?;
    store::ownership_offers::find_live(tx.conn, account, tx.now)?
        .filter(|offer| offer.to == caller.user.id)
        .ok_or(Refusal::NotFound)
}

/// Takes the account over; the old owner stays as member with `USER_ADMIN`.
///
/// # Errors
/// [`Refusal::NotFound`] when nothing is offered to the caller any more.
pub fn accept(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
) -> Result<super::accounts::Card, Refusal> {
    let offer = offer_to_caller(tx, caller, account)?;
    members::find(tx, account, caller.user.id)?;
    if !store::accounts::update_owner(tx.conn, account, caller.user.id, offer.from)? {
        return Err(Refusal::NotFound);
    }
    store::ownership_offers::delete(tx.conn, account)?;
    let old_owner = store::users::find(tx.conn, offer.from)?.ok_or(Refusal::NotFound)?;
    members::join(tx, account, &old_owner, &[USER_ADMIN.to_owned()])?;
    let change = Change {
        actor: Actor::of(caller),
        action: "account.ownership_transferred",
        target: Some(Target::User(caller.user.id, caller.user.name())),
        before: Some(json!({ "owner": offer.from })),
        after: Some(json!({ "owner": caller.user.id })),
    };
    activity::record(tx, Book::Account(account), &caller.origin, change)?;
    super::accounts::show(tx, caller, account)
}

/// Declines to take the account over.
///
/// # Errors
/// [`Refusal::NotFound`] when nothing is offered to the caller any more.
pub fn decline(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<(), Refusal> {
    let offer = offer_to_caller(tx, caller, account)?;
    store::ownership_offers::delete(tx.conn, account)?;
    let target = Target::User(offer.from, offer.from_name);
    record(
        tx,
        caller,
        account,
        "account.ownership_offer_declined",
        target,
    )
}

fn record(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    action: &'static str,
    target: Target,
) -> Result<(), Refusal> {
    let change = Change {
        actor: Actor::of(caller),
        action,
        target: Some(target),
        before: None,
        after: None,
    };
    activity::record(tx, Book::Account(account), &caller.origin, change)
}
