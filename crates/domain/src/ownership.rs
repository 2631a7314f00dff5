//! Transfer of ownership: offered by the owner, accepted by another member (rule A3).
//!
//! There is at most one offer per account; a new one replaces it. It lives seven days and ends
//!
//! - accepted: the member owns the account, the former owner stays a member as user administrator;
//! - declined by the member, or withdrawn by the owner;
//! - when the member is removed or leaves, and when the owner's password or address change (rule V14).
//!
//! The account is locked first, then the user who would own it, so that the limit of accounts per user holds (rule A1). An offer
//! that has ended answers that the link is no longer valid.

use crate::FieldErrorKind;
use convoke_core::model::activity::Action;
use serde_json::json;

use super::accounts::Account;
use super::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use super::authorization::{authorize, authorize_for_update};
use super::catalogue::USER_ADMIN;
use super::credentials::Reauthentication;
use super::notifications::{self, Notification};
use super::permissions::Permission;
use super::policy::OFFER_LIFETIME;
use super::{Caller, Error, FieldError, Tx, members, oauth2, sessions};
use crate::Mode;
use convoke_core::ids::{AccountId, UserId};
use convoke_store as store;

pub use convoke_store::ownership_offers::OwnershipOffer;

/// Rejects an offer that no user may make: of an account of others, or of the default account of a user (rule A1).
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::DefaultAccount`].
pub fn check_offerable(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<(), Error> {
    let (current, _) = authorize(tx, caller, account, Permission::Own)?;
    ensure_offerable(&current)
}

const fn ensure_offerable(account: &Account) -> Result<(), Error> {
    if account.is_default {
        return Err(Error::DefaultAccount);
    }
    Ok(())
}

/// Offers the caller's account to another member.
///
/// # Errors
/// As [`crate::authorization::authorize`] and [`Reauthentication::redeem`]; [`Error::DefaultAccount`], [`Error::Invalid`],
/// [`Error::NotFound`] when the user is no member.
pub fn offer(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    proof: &Reauthentication,
    account: AccountId,
    to: UserId,
    typed_name: &str,
) -> Result<OwnershipOffer, Error> {
    let (current, _) = authorize_for_update(tx, caller, account, Permission::Own)?;
    proof.redeem(tx, caller)?;
    ensure_offerable(&current)?;
    if typed_name.trim() != current.name {
        let error = FieldError::new("/account_name", FieldErrorKind::OtherAccountName);
        return Err(Error::Invalid(vec![error]));
    }
    if to == caller.user.id {
        return Err(Error::NotFound);
    }
    let target = members::find(tx, account, to)?;
    let expires_at = tx.now.plus(OFFER_LIFETIME);
    store::ownership_offers::insert(tx.conn, account, caller.user.id, to, tx.now, expires_at)?;
    record(
        tx,
        caller,
        account,
        Action::OwnershipOffered,
        Target::User(to, target.name),
    )?;
    notifications::enqueue(tx, &Notification::OwnershipOffer(account, to))?;
    store::ownership_offers::find_live(tx.conn, account, tx.now)?.ok_or(Error::NotFound)
}

/// Withdraws the offer.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::NotFound`] when there is none.
pub fn withdraw(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<(), Error> {
    let (current, _) = authorize_for_update(tx, caller, account, Permission::Own)?;
    let offer = store::ownership_offers::find_live(tx.conn, account, tx.now)?;
    let offer = offer.ok_or(Error::NotFound)?;
    if !store::ownership_offers::delete_live(tx.conn, account, offer.to, tx.now)? {
        return Err(Error::NotFound);
    }
    let target = Target::Account(account, current.name);
    record(tx, caller, account, Action::OwnershipOfferWithdrawn, target)
}

/// The open offer of an account, which only its owner sees.
///
/// # Errors
/// As [`authorize`].
pub fn pending(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Option<OwnershipOffer>, Error> {
    authorize(tx, caller, account, Permission::Own)?;
    Ok(store::ownership_offers::find_live(
        tx.conn, account, tx.now,
    )?)
}

/// Accounts offered to the caller.
///
/// # Errors
/// When the database is unavailable.
pub fn list(tx: &mut Tx<'_, '_, impl Mode>, caller: &Caller) -> Result<Vec<OwnershipOffer>, Error> {
    Ok(store::ownership_offers::list_live_to(
        tx.conn,
        caller.user.id,
        tx.now,
    )?)
}

/// Uses up the offer of an account to the caller. A conditional delete decides, since the owner's change of password
/// voids the offer without the account's lock (rule V14).
fn use_offer(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
) -> Result<OwnershipOffer, Error> {
    tx.lock_account(account)?;
    sessions::lock(tx, caller)?;
    let to = caller.user.id;
    let offer = store::ownership_offers::find_to(tx.conn, account, to)?;
    let offer = offer.ok_or(Error::NotFound)?;
    if store::ownership_offers::delete_live(tx.conn, account, to, tx.now)? {
        Ok(offer)
    } else {
        Err(Error::LinkNoLongerValid)
    }
}

/// Accepts the ownership; the old owner stays as member with `USER_ADMIN`.
///
/// # Errors
/// [`Error::NotFound`] when nothing is offered to the caller, [`Error::LinkNoLongerValid`] when the offer has ended;
/// [`Error::AccountLimitExceeded`], and the offer stays.
pub fn accept(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
) -> Result<super::accounts::AccountSummary, Error> {
    let offer = use_offer(tx, caller, account)?;
    let new_before = members::find(tx, account, caller.user.id)?;
    let old_before = members::find(tx, account, offer.from)?;
    super::accounts::ensure_can_own_another(tx, caller.user.id)?;
    if !store::accounts::update_owner(tx.conn, account, caller.user.id, offer.from)? {
        return Err(Error::NotFound);
    }
    let old_owner = store::users::find(tx.conn, offer.from)?.ok_or(Error::NotFound)?;
    let (old_after, _) = members::add_member(tx, account, &old_owner, &[USER_ADMIN.to_owned()])?;
    let new_after = members::find(tx, account, caller.user.id)?;
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::OwnershipTransferred,
        target: Some(Target::User(caller.user.id, caller.user.name())),
        before: Some(json!({ "owner": offer.from })),
        after: Some(json!({ "owner": caller.user.id })),
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
    let actor = Actor::from_caller(caller);
    for (before, after) in [(new_before, new_after), (old_before, old_after)] {
        let (old, new) = (before.membership(), after.membership());
        let by = (&actor, &caller.client);
        oauth2::end_after_change(tx, account, after.user, &old, &new, by)?;
    }
    super::accounts::get(tx, caller, account)
}

/// Declines to take the account over.
///
/// # Errors
/// [`Error::NotFound`] when nothing is offered to the caller, [`Error::LinkNoLongerValid`] when the offer has ended.
pub fn decline(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<(), Error> {
    let offer = use_offer(tx, caller, account)?;
    let target = Target::User(offer.from, offer.from_name());
    record(tx, caller, account, Action::OwnershipOfferDeclined, target)
}

fn record(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    action: Action,
    target: Target,
) -> Result<(), Error> {
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action,
        target: Some(target),
        before: None,
        after: None,
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)
}
