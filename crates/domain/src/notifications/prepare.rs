//! Loads the subject of an outbox entry and composes its email.

use serde::Deserialize;

use super::invitation_emails::PreparedInvitations;
use super::invitee::{address_requested, invitation_of_registration};
use super::parts::{PrepareOutcome, acquire, read_detail, to_user};
use super::{OutboxEntry, account_notices, answers, notices};
use crate::policy::{CONFIRMATION_LIFETIME, MAX_UNSENT_REGISTRATIONS, RESET_LIFETIME};
use crate::rate_limits::{Confirmation, EmailCause};
use crate::{Error, Tx};
use convoke_core::model::email::{Email, EmailContent};
use convoke_core::model::notification::NotificationKind;
use convoke_core::secret::{TokenKind, new_token};
use convoke_store as store;

/// Loads the subject of an entry and composes its email, storing the hashes of new tokens. Those of invitations are prepared before.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn prepare(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    invitations: &mut PreparedInvitations,
) -> Result<PrepareOutcome, Error> {
    match entry.kind {
        NotificationKind::Registration => registration(tx, entry),
        NotificationKind::PasswordReset => password_reset(tx, entry),
        NotificationKind::EmailChange => email_change(tx, entry),
        NotificationKind::Invitation | NotificationKind::Reminder => {
            let outcome = invitations.remove(&entry.id);
            Ok(outcome.unwrap_or(PrepareOutcome::Obsolete))
        }
        NotificationKind::Joined | NotificationKind::Declined => answers::prepare(tx, entry),
        // One for each invitation that the recipient has sent, so no other user decides how many.
        NotificationKind::AddressRequested => {
            Ok(PrepareOutcome::from(address_requested(tx, entry)?))
        }
        NotificationKind::PasswordChanged => notices::prepare(tx, entry, |_, entry, user| {
            Ok(notices::password_changed(entry, user))
        }),
        NotificationKind::PasswordAdded => notices::prepare(tx, entry, |_, entry, user| {
            Ok(notices::password_added(entry, user))
        }),
        NotificationKind::ServiceConnected => {
            notices::prepare(tx, entry, notices::service_connected)
        }
        NotificationKind::ServiceDisconnected => {
            notices::prepare(tx, entry, notices::service_disconnected)
        }
        NotificationKind::BreakGlassSignIn => {
            notices::prepare(tx, entry, notices::break_glass_sign_in)
        }
        NotificationKind::EmailChanged => notices::email_changed(tx, entry),
        NotificationKind::RolesChanged => account_notices::roles_changed(tx, entry),
        NotificationKind::Removed => account_notices::removed(tx, entry),
        NotificationKind::OwnershipOffer => account_notices::ownership_offer(tx, entry),
    }
}

/// The detail of an entry about a registration; none where an earlier version has enqueued it.
#[derive(Deserialize)]
struct RegistrationDetail {
    /// The client that began it, as limits count it.
    client: String,
}

fn registration(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<PrepareOutcome, Error> {
    let Some(registration) = store::registrations::find(tx.conn, entry.subject)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    // Here and not in the request: its work must not disclose whether others wait for the same address (rule V12).
    let is_among_newest = entry.attempts > 1
        || store::registrations::keep_newest_emails(
            tx.conn,
            &registration,
            MAX_UNSENT_REGISTRATIONS,
        )?;
    if registration.expires_at <= tx.now || !is_among_newest {
        return Ok(PrepareOutcome::Obsolete);
    }
    let detail: Option<RegistrationDetail> = read_detail(entry.id, &entry.detail)?;
    let client = detail.map(|detail| detail.client).unwrap_or_default();
    let cause = EmailCause::Client(client);
    let recipient = &registration.email_canonical;
    if let Err(wait) = acquire(tx, entry, |limits, now| {
        limits.confirmation_email(Confirmation::SignUp, &cause, recipient, now)
    }) {
        return Ok(PrepareOutcome::RetryAfter(wait));
    }
    if let Some(user) = store::users::find_by_email(tx.conn, &registration.email_canonical)? {
        let content = EmailContent::AlreadyRegistered {
            first_name: user.first_name.clone(),
            invitation: invitation_of_registration(tx, &registration)?,
        };
        return Ok(PrepareOutcome::from(to_user(&user, content)));
    }
    let (token, hash) = new_token(TokenKind::Confirmation, tx.ctx.random.as_ref());
    store::registrations::update_token(tx.conn, registration.id, &hash)?;
    Ok(PrepareOutcome::Ready(Box::new(Email {
        to: registration.email,
        locale: registration.locale,
        time_zone: registration.time_zone,
        content: EmailContent::ConfirmSignUp {
            first_name: registration.first_name,
            token,
            expires_at: registration.created_at.plus(CONFIRMATION_LIFETIME),
        },
    })))
}

fn password_reset(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<PrepareOutcome, Error> {
    let Some(reset) = store::password_resets::find(tx.conn, entry.subject)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    // One that was sent before has a token, and is not replaced.
    if entry.attempts == 1 && !store::password_resets::keep_newest_unsent(tx.conn, &reset)? {
        return Ok(PrepareOutcome::Obsolete);
    }
    let user = store::users::find_by_email(tx.conn, &reset.email_canonical)?;
    let Some(user) = user.filter(|_| reset.expires_at > tx.now) else {
        return Ok(PrepareOutcome::Obsolete);
    };
    if let Err(wait) = acquire(tx, entry, |limits, now| {
        limits.reset_email(&reset.email_canonical, now)
    }) {
        return Ok(PrepareOutcome::RetryAfter(wait));
    }
    let (token, hash) = new_token(TokenKind::Reset, tx.ctx.random.as_ref());
    // The email may have waited, so the link's lifetime starts now.
    let expires_at = tx.now.plus(RESET_LIFETIME);
    store::password_resets::update_token(tx.conn, reset.id, &hash, user.id, expires_at)?;
    let content = EmailContent::ResetPassword {
        first_name: user.first_name.clone(),
        token,
        expires_at,
    };
    Ok(PrepareOutcome::from(to_user(&user, content)))
}

fn email_change(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<PrepareOutcome, Error> {
    let Some(change) = store::email_changes::find(tx.conn, entry.subject)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let user = store::users::find(tx.conn, change.user)?;
    let Some(user) = user.filter(|_| change.expires_at > tx.now) else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let cause = EmailCause::User(user.id);
    let recipient = &change.email_canonical;
    if let Err(wait) = acquire(tx, entry, |limits, now| {
        limits.confirmation_email(Confirmation::AddressChange, &cause, recipient, now)
    }) {
        return Ok(PrepareOutcome::RetryAfter(wait));
    }
    let holder = store::users::find_by_email(tx.conn, &change.email_canonical)?;
    let content = if holder.is_some_and(|holder| holder.id != user.id) {
        EmailContent::EmailTaken {
            first_name: user.first_name,
        }
    } else {
        let (token, hash) = new_token(TokenKind::Confirmation, tx.ctx.random.as_ref());
        store::email_changes::update_token(tx.conn, change.id, &hash)?;
        EmailContent::ConfirmEmail {
            first_name: user.first_name,
            token,
            expires_at: change.expires_at,
        }
    };
    Ok(PrepareOutcome::Ready(Box::new(Email {
        to: change.email,
        locale: user.locale,
        time_zone: user.time_zone,
        content,
    })))
}
