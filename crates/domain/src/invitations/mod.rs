//! Invitations: states and pure rules here, one operation per file.
//!
//! | state | reached by | who |
//! | --- | --- | --- |
//! | pending | `create` | a member who manages users, or the owner |
//! | accepted | `accept`, with a user of the invited address | the invitee |
//! | declined | `decline` | the holder of the link, or the invitee |
//! | revoked | `revoke`, `bulk`, or the removal of the member who sent it | a member who manages users |
//! | expired | the clock: nothing is written until the address is invited again | – |
//!
//! A pending invitation holds a seat of its account (rule A4). Every end is final and reached once: each operation locks the
//! account, reads the clock again, and ends the invitation by an update on the condition that it is pending and not expired. So
//! two concurrent requests end it once, and a seat is never taken twice.
//!
//! `resend` extends the invitation and mails a new link; earlier links keep working. A mailed link verifies the mailbox while the
//! invitation is pending; a link to hand over does not (rule I12). Only hashes of links are stored.
//!
//! `readdress` gives a pending invitation another address and ends its links: each link belongs to a version of the address, and
//! `lock_by_token` compares it under the lock. The invitee can ask for it once (`request_address`); the request ends with the next
//! address (rule I16).
//!
//! After a crash there is an invitation with its email in the outbox, or neither: both are written in one transaction. The email
//! of an invitation that has ended meanwhile is not sent.

mod accept;
mod bulk;
mod check_recipients;
mod create;
mod decline;
mod edit;
mod known_recipients;
mod list;
mod locks;
mod preview;
mod readdress;
mod reminders;
mod request_address;
mod resend;
mod revoke;
mod suppress;
mod validate;

use crate::accounts::Account;
use crate::error::InvitationEnded;
use crate::sessions::User;
use crate::{Caller, Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::email_address::{EmailAddress, to_readable};
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::language::Locale;
pub use convoke_core::model::invitation::{DeliveryReason, DeliveryStatus, InvitationStatus};
use convoke_core::names::full_name;
use convoke_core::text::ForeignText;
use convoke_store::invitations as table;

pub use accept::{Acceptance, accept, accept_by_id};
pub use bulk::{BulkResult, invite_again_all, resend_all, revoke_all};
pub use check_recipients::{
    RecipientCheck, RecipientStatus, check_recipients, last_sent, likely_product,
};
pub use create::{Created, Outcome, create, dry_run};
pub use decline::{decline, decline_by_id};
pub use edit::{Edit, SeenAccess, edit};
pub use list::{
    Filter, MAX_COUNTED, count_by_delivery, count_by_status, find_many, get, list, list_received,
};
pub use preview::{Preview, preview};
pub use readdress::readdress;
pub use reminders::remind;
pub use request_address::request_address;
pub use resend::{create_link, create_link_once, resend};
pub use revoke::{SentInvitationsPolicy, count_sent, reassign_or_revoke_sent, revoke};
pub use suppress::{
    is_unsubscribed, is_unsubscribed_by_link, resubscribe, subscribe_own, unsubscribe, unsuppress,
};
pub use validate::{CreateRequest, NewInvitations, Recipient, RecipientGroup, validate};

pub(super) use accept::accept_after_sign_up;
pub(super) use locks::{find_by_token, lock_by_token};
use locks::{lock, lock_link_user, lock_received};

/// The state at `now` of an invitation whose state was last written as `written`: expiry is a fact of the
/// clock, the moment `expires_at` is reached.
#[must_use]
pub fn status_at(
    written: InvitationStatus,
    expires_at: Timestamp,
    now: Timestamp,
) -> InvitationStatus {
    if written == InvitationStatus::Pending && expires_at <= now {
        InvitationStatus::Expired
    } else {
        written
    }
}

/// An offer to one address to join one account with given roles.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The account to join.
    pub account: AccountId,
    /// The account's name.
    pub account_name: String,
    /// The invited address as stored.
    pub email: String,
    /// The invited address for comparing (rule I5).
    pub email_canonical: String,
    /// The name that was given with the address; none once it has ended (rule I17).
    pub name: Option<String>,
    /// Product key.
    pub product: String,
    /// Role keys.
    pub roles: Vec<String>,
    /// The inviter's choice of language.
    pub locale: Locale,
    /// Its current status.
    pub status: InvitationStatus,
    /// Who sent it.
    pub invited_by: UserId,
    /// The sender's name.
    pub inviter_name: String,
    /// The sender's address.
    pub inviter_email: Option<String>,
    /// IANA name of the sender's time zone.
    pub inviter_time_zone: String,
    /// The user whose permissions the granted roles depend on (rules I13 and V3).
    pub sponsor: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// When the mail server took the last mail.
    pub sent_at: Option<Timestamp>,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who accepted it.
    pub accepted_by: Option<UserId>,
    /// What became of the last email.
    pub delivery: DeliveryStatus,
    /// Why the last email waits or was not sent.
    pub delivery_reason: Option<DeliveryReason>,
    /// The text of the mail server or the connection about it.
    pub delivery_detail: Option<ForeignText>,
    /// How often it was given another address.
    pub address_version: i64,
    /// The address that the invitee asked to be invited at instead; none once it has ended.
    pub requested_email: Option<String>,
    /// When an email that waits is tried again; none once it has ended.
    pub next_attempt_at: Option<Timestamp>,
}

impl Invitation {
    /// The invitation with its status at `now`.
    #[must_use]
    pub fn from_stored(stored: table::NamedInvitation, now: Timestamp) -> Self {
        let table::NamedInvitation {
            invitation: row,
            names,
        } = stored;
        let status = status_at(row.status, row.expires_at, now);
        let expired = (status == InvitationStatus::Expired).then_some(row.expires_at);
        Self {
            inviter_name: full_name(
                &names.inviter_first_name,
                names.inviter_last_name.as_deref(),
            ),
            id: row.id,
            account: row.account,
            account_name: names.account_name,
            email: row.email,
            email_canonical: row.email_canonical,
            name: row.name.filter(|_| status == InvitationStatus::Pending),
            product: row.product,
            roles: row.roles.keys(),
            locale: row.locale,
            status,
            invited_by: row.invited_by,
            inviter_email: names.inviter_email,
            inviter_time_zone: names.inviter_time_zone,
            sponsor: row.sponsor,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at.or(expired),
            accepted_by: row.accepted_by,
            delivery: row.delivery,
            delivery_reason: row.delivery_reason,
            delivery_detail: row.delivery_detail,
            address_version: row.address_version,
            requested_email: row
                .requested_email
                .filter(|_| status == InvitationStatus::Pending),
            next_attempt_at: row
                .next_attempt_at
                .filter(|_| status == InvitationStatus::Pending),
        }
    }

    /// The invited address as people read it.
    #[must_use]
    pub fn readable_email(&self) -> String {
        to_readable(&self.email).into_owned()
    }

    /// Whether it is pending.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.status == InvitationStatus::Pending
    }

    /// Rejects acts on an ended invitation, naming how it ended and when.
    ///
    /// # Errors
    /// [`Error::InvitationEnded`].
    pub fn ensure_pending(&self, caller: Option<UserId>) -> Result<(), Error> {
        if self.is_pending() {
            return Ok(());
        }
        Err(Error::InvitationEnded(InvitationEnded {
            status: self.status,
            at: self.ended_at.unwrap_or(self.expires_at),
            by_caller: caller.is_some() && self.accepted_by == caller,
        }))
    }

    /// Rejects what has expired since it was read.
    fn ensure_not_expired(&self, now: Timestamp) -> Result<(), Error> {
        if status_at(self.status, self.expires_at, now) != InvitationStatus::Expired {
            return Ok(());
        }
        Err(Error::InvitationEnded(InvitationEnded {
            status: InvitationStatus::Expired,
            at: self.expires_at,
            by_caller: false,
        }))
    }

    /// The invitation after it was ended: what goes with a pending one is gone (rule I17).
    fn ended(self, status: InvitationStatus, at: Timestamp) -> Self {
        Self {
            status,
            ended_at: Some(at),
            name: None,
            requested_email: None,
            next_attempt_at: None,
            ..self
        }
    }

    /// Whether a user holds the invited address (rule V5).
    #[must_use]
    pub fn is_for(&self, user: &User) -> bool {
        user.email_canonical.as_deref() == Some(&self.email_canonical)
    }
}

/// An address with most of its local part hidden.
#[must_use]
pub fn mask_email(email: &str) -> String {
    EmailAddress::parse(email).map_or_else(|_| String::new(), |email| email.masked())
}

/// When an invitation that is sent now ends, and when its reminder is due; there is none when the lifetime is too short for one.
fn renewed_times(tx: &Tx<'_, '_, impl Mode>) -> (Timestamp, Option<Timestamp>) {
    let policy = &tx.ctx.policy;
    let expires_at = tx.now.plus(policy.invitation_lifetime);
    let remind_at = expires_at.minus(policy.reminder_before);
    let has_reminder = !policy.reminder_before.is_zero() && remind_at > tx.now;
    (expires_at, has_reminder.then_some(remind_at))
}

/// Counts invitations that the caller sends in this transaction.
///
/// # Errors
/// [`Error::RateLimited`].
fn count_sent_now(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: &Account,
    count: u32,
) -> Result<(), Error> {
    let limits = &tx.ctx.rate_limits;
    let (inviter, created_at) = (caller.user.id, account.created_at);
    let permits = limits.invitations(inviter, account.id, created_at, count, tx.now)?;
    tx.reserve(permits);
    Ok(())
}

/// Whether only addresses of users can be invited to an account (rule I6).
fn is_registered_only(tx: &Tx<'_, '_, impl Mode>, account: &Account) -> bool {
    tx.ctx.policy.registered_users_only || account.registered_users_only
}

/// Counts a request whose response discloses who is registered, as every one does in registered-only mode (rule I6), also when it
/// is rejected.
///
/// # Errors
/// [`Error::RateLimited`].
fn count_trial(tx: &mut Tx<'_, '_, impl Mode>, caller: &Caller) -> Result<(), Error> {
    let permits = tx.ctx.rate_limits.dry_run(caller.user.id, tx.now)?;
    tx.reserve_attempt(permits);
    Ok(())
}

fn find(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    id: InvitationId,
) -> Result<Invitation, Error> {
    let row = table::find(tx.conn, account, id)?.ok_or(Error::NotFound)?;
    Ok(Invitation::from_stored(row, tx.now))
}

#[cfg(test)]
mod tests;
