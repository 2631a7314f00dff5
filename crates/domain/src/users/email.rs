//! Change of address: waits until the new mailbox is verified (rules U2 and U8).

use convoke_core::model::activity::Action;
use serde_json::json;
use uuid::Uuid;

use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::credentials::{self, Reauthentication};
use crate::idempotency;
use crate::notifications::{self, Notification};
use crate::policy::CONFIRMATION_LIFETIME;
use crate::sessions::{self, SignedIn};
use crate::submitted_forms::{self, FormResult};
use crate::{Caller, Error, Mode, Tx};
use convoke_core::email_address::EmailAddress;
use convoke_core::ids::UserId;
use convoke_core::secret::{TokenHash, TokenKind, token_hash};
use convoke_store as store;
use convoke_store::email_changes as table;

/// Begins a change of the caller's address. Whether the address is in use is disclosed by the email only.
///
/// # Errors
/// As [`Reauthentication::redeem`], or [`Error::RateLimited`].
pub fn request_email(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    proof: &Reauthentication,
    email: &EmailAddress,
) -> Result<(), Error> {
    proof.redeem(tx, caller)?;
    let permits = tx.ctx.rate_limits.email_change(caller.user.id, tx.now)?;
    tx.reserve(permits);
    let change = table::EmailChange {
        id: tx.new_id::<Uuid>(),
        user: caller.user.id,
        email: email.as_str().to_owned(),
        email_canonical: email.canonical().to_owned(),
        created_at: tx.now,
        expires_at: tx.now.plus(CONFIRMATION_LIFETIME),
    };
    table::insert(tx.conn, &change)?;
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::UserEmailChangeRequested,
        target: None,
        before: None,
        after: Some(json!({ "email": change.email })),
    };
    activity::record(
        tx,
        ActivityScope::Person(caller.user.id),
        &caller.client,
        event,
    )?;
    notifications::enqueue(tx, &Notification::EmailChange(change.id, change.user))
}

/// The address that the caller's change waits for.
///
/// # Errors
/// When the database is unavailable.
pub fn pending_email(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
) -> Result<Option<String>, Error> {
    let change = table::find_by_user(tx.conn, caller.user.id)?;
    let pending = change.filter(|change| change.expires_at > tx.now);
    Ok(pending.map(|change| change.email))
}

/// Mails the link of the caller's change of address again, which was authenticated when it began; the link that was mailed before
/// ends. Does nothing without a change, or when it was done with the same key.
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended, or [`Error::RateLimited`].
pub fn resend_email(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    key: Option<&idempotency::Key>,
) -> Result<(), Error> {
    idempotency::do_once(tx, caller, key, |tx| enqueue_again(tx, caller))
}

fn enqueue_again(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Error> {
    let (user, _) = sessions::lock(tx, caller)?;
    let change = table::find_by_user(tx.conn, user.id)?;
    let Some(change) = change.filter(|change| change.expires_at > tx.now) else {
        return Ok(());
    };
    let permits = tx.ctx.rate_limits.email_change(user.id, tx.now)?;
    tx.reserve(permits);
    notifications::enqueue(tx, &Notification::EmailChange(change.id, user.id))
}

/// The waiting change of a user to the address to which the link was sent, for them or for another user.
fn find_verified_change(
    tx: &mut Tx<'_, '_, impl Mode>,
    user: UserId,
    hash: &TokenHash,
) -> Result<Option<table::EmailChange>, Error> {
    let now = tx.now;
    let verified = table::find_by_token(tx.conn, hash)?.filter(|change| change.expires_at > now);
    let Some(verified) = verified else {
        return Ok(None);
    };
    let change = table::find_by_user(tx.conn, user)?;
    Ok(change
        .filter(|change| change.expires_at > now)
        .filter(|change| change.email_canonical == verified.email_canonical))
}

/// Whether [`confirm_email`] would finish a change of the caller's address.
///
/// # Errors
/// [`Error::Database`].
pub fn can_confirm_email(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    token: &str,
) -> Result<bool, Error> {
    match token_hash(TokenKind::Confirmation, token) {
        Some(hash) => Ok(find_verified_change(tx, caller.user.id, &hash)?.is_some()),
        None => Ok(false),
    }
}

/// Finishes a change of address: other sessions end, the current one gets a new token, the old address is notified.
///
/// A link that was sent for another user's change to the same address finishes the caller's own change: it verifies the
/// same mailbox, so other users' changes cannot keep the owner of the mailbox from theirs (V15). The result is stored for the link,
/// so that a second submission leads to the same page.
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended; [`Error::LinkNoLongerValid`] when the link is unknown, used or
/// too old, when the caller does not change to its address, or when another user has got the address.
pub fn confirm_email(tx: &mut Tx<'_, '_>, caller: &Caller, token: &str) -> Result<SignedIn, Error> {
    let hash = token_hash(TokenKind::Confirmation, token).ok_or(Error::LinkNoLongerValid)?;
    let (user, session) = sessions::lock(tx, caller)?;
    let change = find_verified_change(tx, user.id, &hash)?.ok_or(Error::LinkNoLongerValid)?;
    if !table::delete(tx.conn, change.id)?
        || !store::users::update_email(
            tx.conn,
            user.id,
            &change.email,
            &change.email_canonical,
            tx.now,
        )?
    {
        return Err(Error::LinkNoLongerValid);
    }
    submitted_forms::record(tx, Some(&hash), FormResult::EmailChanged(user.id))?;
    credentials::invalidate(tx, &user, &caller.client)?;
    store::registrations::delete_of_email(tx.conn, &change.email_canonical)?;
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::UserEmailChanged,
        target: None,
        before: Some(json!({ "email": user.email })),
        after: Some(json!({ "email": change.email })),
    };
    activity::record(tx, ActivityScope::Person(user.id), &caller.client, event)?;
    if let Some(old) = &user.email {
        notifications::enqueue(tx, &Notification::EmailChanged(user.id, old.clone()))?;
    }
    sessions::rotate(tx, user.id, &session, &caller.client)
}
