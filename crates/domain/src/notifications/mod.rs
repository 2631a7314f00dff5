//! Notifications: what is enqueued, and the email of each entry, composed from its current subject before sending.
//!
//! Operations put kind and ids into the outbox, in the transaction of the change (`enqueue`). The worker leases a ready entry
//! (`lease`), which makes an `Email` of it: only then are tokens made and their hashes stored, so that no secret waits in the
//! database. An entry then is
//!
//! - deleted, when its subject has ended or has no address;
//! - deferred, when a limit per recipient is reached, until the limit admits it;
//! - put back, when the mail server takes no more connections, which does not count as a failure;
//! - sent, and deleted when the mail server took it;
//! - tried again after 5 s, 10 s, 20 s … up to an hour, when the mail server was unavailable;
//! - failed, when the mail server rejected it for good; an invitation then shows why.
//!
//! A lease ends after 30 seconds. A worker that died leaves its entries to others, and an email that was sent without being
//! recorded is sent again with the same Message-ID. A worker whose lease has ended may still record that it sent an email,
//! but no other outcome once the entry was leased again; and only the newest entry of an invitation sets its delivery state.

mod account_notices;
mod answers;
mod delivery;
mod invitation_emails;
mod invitee;
mod notices;
mod parts;
mod prepare;

use std::slice;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{ClientInfo, Error, Tx};
use crate::rate_limits::Client;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::model::notification::NotificationKind;
use convoke_core::secret::sha256;
use convoke_store as store;
use convoke_store::identities::Identity;
use convoke_store::users::User;

pub use convoke_store::outbox::OutboxEntry;
use convoke_store::outbox::{ORDINARY, URGENT};
pub use delivery::{Capacity, LeasedEmail, advance, lease, record_deliveries, release};

/// A notification that a change causes, by kind and ids.
#[derive(Clone, Debug)]
pub enum Notification {
    /// Finish the sign-up that this client began, or: this address has a user already (rule U3).
    Registration(Uuid, Client),
    /// Join an account.
    Invitation(AccountId, InvitationId),
    /// The invitation ends soon.
    Reminder(AccountId, InvitationId),
    /// Reset the password, if the address has a user.
    PasswordReset(Uuid, Client),
    /// Verify the new mailbox, or: another user has this address already.
    EmailChange(Uuid, UserId),
    /// The password was changed.
    PasswordChanged(UserId),
    /// A user without a password has one now.
    PasswordAdded(UserId),
    /// A service was connected to the user.
    ServiceConnected(Identity),
    /// A service was disconnected from the user.
    ServiceDisconnected(Identity),
    /// A break-glass user has signed in from there.
    BreakGlassSignIn(UserId, ClientInfo),
    /// The address was changed; sent to the old one.
    EmailChanged(UserId, String),
    /// Roles in an account were changed.
    RolesChanged(AccountId, UserId),
    /// No member any more.
    Removed(AccountId, UserId),
    /// The invitee joined; sent to this inviter.
    Joined(AccountId, UserId, InvitationId),
    /// The invitee declined; sent to this inviter.
    Declined(AccountId, UserId, InvitationId),
    /// The invitee asks for an invitation to another address; sent to the inviter.
    AddressRequested(AccountId, InvitationId),
    /// Take over an account.
    OwnershipOffer(AccountId, UserId),
}

/// The lane of a kind of email that clients cause which are not signed in: a flood from one client delays neither those of
/// others nor other kinds.
fn client_lane(kind: &str, client: Client) -> Uuid {
    let hash = sha256(format!("{kind} {client}").as_bytes());
    hash.first_chunk()
        .copied()
        .map_or(Uuid::nil(), Uuid::from_bytes)
}

impl Notification {
    /// The notice that a user, as they were before, has a new password.
    #[must_use]
    pub fn password_set(before: &User) -> Self {
        if before.has_password {
            Self::PasswordChanged(before.id)
        } else {
            Self::PasswordAdded(before.id)
        }
    }

    /// Whose share of the queue it takes: that of the account, the person or the client that causes it.
    fn lane(&self) -> Uuid {
        match self {
            Self::Registration(_, client) => client_lane("registration", *client),
            Self::PasswordReset(_, client) => client_lane("password reset", *client),
            Self::EmailChange(_, user)
            | Self::PasswordChanged(user)
            | Self::PasswordAdded(user)
            | Self::EmailChanged(user, _)
            | Self::BreakGlassSignIn(user, _) => (*user).into(),
            Self::ServiceConnected(identity) | Self::ServiceDisconnected(identity) => {
                identity.user.into()
            }
            Self::Invitation(account, _)
            | Self::Reminder(account, _)
            | Self::RolesChanged(account, _)
            | Self::Removed(account, _)
            | Self::Joined(account, ..)
            | Self::Declined(account, ..)
            | Self::AddressRequested(account, _)
            | Self::OwnershipOffer(account, _) => (*account).into(),
        }
    }

    /// Kind, account, subject and detail of the entry.
    fn parts(&self) -> (NotificationKind, Option<AccountId>, Uuid, Value) {
        use NotificationKind as Kind;
        let of_user = |kind, user: UserId| (kind, None, user.into(), Value::Null);
        let of_account =
            |kind, account: AccountId, subject: Uuid| (kind, Some(account), subject, Value::Null);
        match self {
            Self::Registration(id, client) => {
                let detail = json!({ "client": client.to_string() });
                (Kind::Registration, None, *id, detail)
            }
            Self::PasswordReset(id, _) => (Kind::PasswordReset, None, *id, Value::Null),
            Self::EmailChange(id, _) => (Kind::EmailChange, None, *id, Value::Null),
            Self::PasswordChanged(user) => of_user(Kind::PasswordChanged, *user),
            Self::PasswordAdded(user) => of_user(Kind::PasswordAdded, *user),
            Self::ServiceConnected(identity) => {
                let detail = json!(notices::NoticeDetail::from_identity(identity));
                (Kind::ServiceConnected, None, identity.user.into(), detail)
            }
            Self::ServiceDisconnected(identity) => {
                let detail = json!(notices::NoticeDetail::from_identity(identity));
                (
                    Kind::ServiceDisconnected,
                    None,
                    identity.user.into(),
                    detail,
                )
            }
            Self::BreakGlassSignIn(user, client) => {
                let detail = json!(notices::NoticeDetail::from_client_info(client));
                (Kind::BreakGlassSignIn, None, (*user).into(), detail)
            }
            Self::EmailChanged(user, old) => {
                let detail = json!({ "to": old });
                (Kind::EmailChanged, None, (*user).into(), detail)
            }
            Self::Invitation(account, id) => of_account(Kind::Invitation, *account, (*id).into()),
            Self::Reminder(account, id) => of_account(Kind::Reminder, *account, (*id).into()),
            Self::AddressRequested(account, id) => {
                of_account(Kind::AddressRequested, *account, (*id).into())
            }
            Self::Joined(account, inviter, id) => {
                let detail = answers::detail(&[*id]);
                (Kind::Joined, Some(*account), (*inviter).into(), detail)
            }
            Self::Declined(account, inviter, id) => {
                let detail = answers::detail(&[*id]);
                (Kind::Declined, Some(*account), (*inviter).into(), detail)
            }
            Self::RolesChanged(account, user) => {
                of_account(Kind::RolesChanged, *account, (*user).into())
            }
            Self::Removed(account, user) => of_account(Kind::Removed, *account, (*user).into()),
            Self::OwnershipOffer(account, user) => {
                of_account(Kind::OwnershipOffer, *account, (*user).into())
            }
        }
    }
}

/// Enqueues an email, in the transaction of the change that causes it, unless an earlier entry covers it.
///
/// # Errors
/// When the database is unavailable.
pub fn enqueue(tx: &mut Tx<'_, '_>, message: &Notification) -> Result<(), Error> {
    enqueue_entry(tx, message).map(drop)
}

/// Enqueues the email of an invitation again. The delivery of entries from before is shown no longer (rule I14).
///
/// # Errors
/// When the database is unavailable.
pub fn enqueue_resend(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    id: InvitationId,
) -> Result<(), Error> {
    let entry = enqueue_entry(tx, &Notification::Invitation(account, id))?;
    store::invitations::update_delivery_entry(tx.conn, id, entry)?;
    Ok(())
}

/// Enqueues the email of an invitation to its new address, before that is stored. Emails to the former one are deleted; one that is
/// being sent is not tried again and does not count for the invitation any more (rule I16).
///
/// # Errors
/// When the database is unavailable.
pub fn enqueue_readdressed(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    id: InvitationId,
) -> Result<(), Error> {
    store::outbox::delete_of_invitation(tx.conn, account, id)?;
    enqueue_resend(tx, account, id)
}

/// Enqueues the first emails of new invitations of an account.
///
/// # Errors
/// When the database is unavailable.
pub fn enqueue_new_invitations(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    invitations: impl IntoIterator<Item = InvitationId>,
) -> Result<(), Error> {
    tx.has_enqueued_mail = true;
    let entries: Vec<OutboxEntry> = invitations
        .into_iter()
        .map(|id| new_entry(tx, &Notification::Invitation(account, id)))
        .collect();
    Ok(store::outbox::insert(tx.conn, &entries)?)
}

/// Returns the entry that is added, or that covers the email.
fn enqueue_entry(tx: &mut Tx<'_, '_>, message: &Notification) -> Result<Uuid, Error> {
    let entry = new_entry(tx, message);
    let (kind, account, subject) = (entry.kind, entry.account, entry.subject);
    tx.has_enqueued_mail = true;
    // What waits and is made of the present when it is sent needs no second one: an edit of roles any, a resend and an
    // offer one that was put off.
    let deferred_beyond = match message {
        Notification::RolesChanged(..) => Some(Timestamp::from_millis(0)),
        Notification::Invitation(..) | Notification::OwnershipOffer(..) => Some(tx.now),
        _ => None,
    };
    if let (Some(account), Some(beyond)) = (account, deferred_beyond)
        && let Some(waiting) =
            store::outbox::advance_waiting(tx.conn, kind, (account, subject), beyond, tx.now)?
    {
        return Ok(waiting);
    }
    // Answers to invitations of one inviter go together until the first attempt to send them.
    if let (Some(account), Notification::Joined(.., id) | Notification::Declined(.., id)) =
        (account, message)
        && let Some(waiting) = answers::add_to_untried(tx, kind, account, subject, *id)?
    {
        return Ok(waiting);
    }
    store::outbox::insert(tx.conn, slice::from_ref(&entry))?;
    Ok(entry.id)
}

fn new_entry(tx: &Tx<'_, '_>, message: &Notification) -> OutboxEntry {
    let (kind, account, subject, detail) = message.parts();
    OutboxEntry {
        id: tx.new_id(),
        kind,
        // A user waits for an email about their own sign-in; one about an account may be sent later.
        priority: if account.is_none() { URGENT } else { ORDINARY },
        account,
        lane: message.lane(),
        subject,
        detail: detail.to_string(),
        attempts: 0,
        failures: 0,
        created_at: tx.now,
    }
}
