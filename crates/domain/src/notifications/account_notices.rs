//! Emails to a user about an account, which its other members cause; a limit decides how many.

use std::time::Duration;

use super::OutboxEntry;
use super::parts::{PrepareOutcome, acquire, recipient, role_entries, to_user};
use crate::rate_limits::{EmailCause, RateLimits};
use crate::{Error, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::ids::AccountId;
use convoke_core::model::email::{EmailContent, Person};
use convoke_core::rate_limiter::Permits;
use convoke_store as store;
use convoke_store::accounts::Account;
use convoke_store::users::User;

/// The user and the account of an entry; none where one of them is not there.
fn subject(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<Option<(User, Account)>, Error> {
    let Some(account) = entry.account else {
        return Ok(None);
    };
    let user = store::users::find(tx.conn, entry.subject.into())?;
    Ok(user.zip(store::accounts::find(tx.conn, account)?))
}

/// The email with this content, or its wait for the limit.
fn limited(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    user: &User,
    content: EmailContent,
    limit: impl FnOnce(&RateLimits, &str, Timestamp) -> Result<Permits, Duration>,
) -> PrepareOutcome {
    let Some(email) = to_user(user, content) else {
        return PrepareOutcome::Obsolete;
    };
    let recipient = recipient(&email);
    match acquire(tx, entry, |limits, now| limit(limits, &recipient, now)) {
        Ok(()) => PrepareOutcome::Ready(Box::new(email)),
        Err(wait) => PrepareOutcome::RetryAfter(wait),
    }
}

/// The limit of emails that the members of an account cause.
fn of_account(
    account: AccountId,
) -> impl FnOnce(&RateLimits, &str, Timestamp) -> Result<Permits, Duration> {
    move |limits, recipient, now| limits.email(&EmailCause::Account(account), recipient, now)
}

/// The user is no member any more.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn removed(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<PrepareOutcome, Error> {
    let Some((user, account)) = subject(tx, entry)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let content = EmailContent::Removed {
        first_name: user.first_name.clone(),
        account_name: account.name,
    };
    Ok(limited(tx, entry, &user, content, of_account(account.id)))
}

/// The user's roles were changed; it names those of the moment of sending.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn roles_changed(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
) -> Result<PrepareOutcome, Error> {
    let Some((user, account)) = subject(tx, entry)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let Some(stored) = store::members::find_roles(tx.conn, account.id, user.id)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let content = EmailContent::RolesChanged {
        first_name: user.first_name.clone(),
        account: account.id,
        account_name: account.name,
        roles: role_entries(tx, stored.keys(), user.locale),
    };
    Ok(limited(
        tx,
        entry,
        &user,
        content,
        |limits, recipient, now| limits.role_email(account.id, user.id, recipient, now),
    ))
}

/// The user is offered the account, while that offer is open.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn ownership_offer(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
) -> Result<PrepareOutcome, Error> {
    let Some((user, account)) = subject(tx, entry)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let offer = store::ownership_offers::find_live(tx.conn, account.id, tx.now)?;
    let Some(offer) = offer.filter(|offer| offer.to == user.id) else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let from = store::users::find(tx.conn, offer.from)?;
    let content = EmailContent::OwnershipOffer {
        first_name: user.first_name.clone(),
        account_name: offer.account_name.clone(),
        from: Person {
            name: offer.from_name(),
            email: from.and_then(|from| from.email),
        },
        expires_at: offer.expires_at,
    };
    Ok(limited(tx, entry, &user, content, of_account(account.id)))
}
