//! Mail: what is owed, and what each letter says once it is looked at again before sending.
//!
//! Operations put kind and ids into the outbox; the worker turns a claimed entry into a [`Letter`] here. Only
//! now are tokens made and their hashes stored, so that no secret waits in the database.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::invitations::Invitation;
use super::rules::{CONFIRMATION_LIFETIME, RESET_LIFETIME};
use super::{Refusal, Tx};
use crate::core::clock::Timestamp;
use crate::core::ids::{AccountId, InvitationId, UserId};
use crate::core::language::Locale;
use crate::core::secret::{Secret, TokenKind, new_token};
use crate::store::{self, users::User};

pub use crate::store::outbox::Owed;

/// A mail that a change owes, by kind and ids.
#[derive(Clone, Debug)]
pub enum Message {
    /// Finish the sign-up, or: this address has a user already (rule U3).
    Registration(Uuid),
    /// Join an account.
    Invitation(AccountId, InvitationId),
    /// The invitation ends soon.
    Reminder(AccountId, InvitationId),
    /// Reset the password, if the address has a user.
    PasswordReset(Uuid),
    /// Prove the new mailbox, or: somebody has this address already.
    EmailChange(Uuid),
    /// The password was changed.
    PasswordChanged(UserId),
    /// The address was changed; goes to the old one.
    EmailChanged(UserId, String),
    /// Roles in an account were changed.
    RolesChanged(AccountId, UserId),
    /// No member any more.
    Removed(AccountId, UserId),
    /// The invitee joined; goes to the inviter.
    Joined(AccountId, InvitationId),
    /// The invitee declined; goes to the inviter.
    Declined(AccountId, InvitationId),
    /// Take over an account.
    OwnershipOffer(AccountId, UserId),
}

/// Confirm and reset mail goes before everything else (security rule 18).
const URGENT: i64 = 0;
const ORDINARY: i64 = 1;

impl Message {
    fn parts(&self) -> (&'static str, i64, Option<AccountId>, Uuid, Value) {
        match self {
            Self::Registration(id) => ("registration", URGENT, None, *id, Value::Null),
            Self::PasswordReset(id) => ("password_reset", URGENT, None, *id, Value::Null),
            Self::EmailChange(id) => ("email_change", URGENT, None, *id, Value::Null),
            Self::PasswordChanged(user) => (
                "password_changed",
                URGENT,
                None,
                (*user).into(),
                Value::Null,
            ),
            Self::EmailChanged(user, old) => {
                let detail = json!({ "to": old });
                ("email_changed", URGENT, None, (*user).into(), detail)
            }
            Self::Invitation(account, id) => (
                "invitation",
                ORDINARY,
                Some(*account),
                (*id).into(),
                Value::Null,
            ),
            Self::Reminder(account, id) => (
                "reminder",
                ORDINARY,
                Some(*account),
                (*id).into(),
                Value::Null,
            ),
            Self::Joined(account, id) => (
                "joined",
                ORDINARY,
                Some(*account),
                (*id).into(),
                Value::Null,
            ),
            Self::Declined(account, id) => (
                "declined",
                ORDINARY,
                Some(*account),
                (*id).into(),
                Value::Null,
            ),
            Self::RolesChanged(account, user) => (
                "roles_changed",
                ORDINARY,
                Some(*account),
                (*user).into(),
                Value::Null,
            ),
            Self::Removed(account, user) => (
                "removed",
                ORDINARY,
                Some(*account),
                (*user).into(),
                Value::Null,
            ),
            Self::OwnershipOffer(account, user) => (
                "ownership_offer",
                ORDINARY,
                Some(*account),
                (*user).into(),
                Value::Null,
            ),
        }
    }
}

/// Puts a mail into the outbox, in the transaction of the change that owes it.
///
/// # Errors
/// When the database cannot.
pub fn owe(tx: &mut Tx<'_, '_>, message: &Message) -> Result<(), Refusal> {
    let (kind, priority, account, subject, detail) = message.parts();
    let owed = Owed {
        id: tx.new_id(),
        kind: kind.to_owned(),
        priority,
        account,
        subject,
        detail: detail.to_string(),
        attempts: 0,
        created_at: tx.now,
    };
    store::outbox::insert(tx.conn, &owed)?;
    tx.owes_mail = true;
    Ok(())
}

/// A person as letters name them.
#[derive(Clone, Debug)]
pub struct Person {
    /// First and last name.
    pub name: String,
    /// Their address, if they have one.
    pub email: Option<String>,
}

/// What a letter is about; secrets are in the links alone.
#[derive(Clone, Debug)]
pub enum Content {
    /// Finish the sign-up with the chosen password.
    ConfirmSignUp {
        first_name: String,
        token: Secret,
        expires_at: Timestamp,
    },
    /// Somebody signed up with an address that has a user.
    AlreadyRegistered { first_name: String },
    /// Join an account; a reminder says the same once more.
    Invitation(Box<InvitationLetter>),
    /// Reset the password.
    ResetPassword {
        first_name: String,
        token: Secret,
        expires_at: Timestamp,
    },
    /// Prove the new mailbox.
    ConfirmEmail {
        first_name: String,
        token: Secret,
        expires_at: Timestamp,
    },
    /// The wanted new address is another user's.
    EmailTaken { first_name: String },
    /// The password was changed at this moment.
    PasswordChanged { first_name: String, at: Timestamp },
    /// The address was changed; `new_email` is masked.
    EmailChanged {
        first_name: String,
        new_email: String,
        at: Timestamp,
    },
    /// Roles in an account are these now, by key.
    RolesChanged {
        first_name: String,
        account: AccountId,
        account_name: String,
        roles: Vec<String>,
    },
    /// No member of an account any more.
    Removed {
        first_name: String,
        account_name: String,
    },
    /// The invitee joined.
    Joined {
        first_name: String,
        account: AccountId,
        account_name: String,
        invitee: Person,
    },
    /// The invitee declined.
    Declined {
        first_name: String,
        account: AccountId,
        account_name: String,
        email: String,
    },
    /// Take over an account.
    OwnershipOffer {
        first_name: String,
        account_name: String,
        from: Person,
        expires_at: Timestamp,
    },
}

/// What an invitation's letter says.
#[derive(Clone, Debug)]
pub struct InvitationLetter {
    /// Whether it reminds of an earlier one.
    pub reminder: bool,
    /// Who invites.
    pub inviter: Person,
    /// To which account.
    pub account_name: String,
    /// Product key.
    pub product: String,
    /// Role keys in the catalogue's order.
    pub roles: Vec<String>,
    /// The invited address.
    pub email: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Opens the invitation and proves the mailbox.
    pub token: Secret,
}

/// One mail, ready to be rendered and sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The address it goes to, as stored.
    pub to: String,
    /// Its language.
    pub locale: Locale,
    /// IANA name of the zone its times are shown in.
    pub time_zone: String,
    /// What it is about.
    pub content: Content,
}

/// What becomes of a claimed entry.
#[derive(Debug)]
enum Prepared {
    /// To be rendered and sent.
    Ready(Box<Letter>),
    /// The thing it speaks of has ended or has nobody to tell: struck out.
    Void,
    /// Not yet: too many mails to this address today.
    Later(Duration),
}

/// A claimed entry with its letter; without one it was void or must wait, and is settled already.
#[derive(Debug)]
pub struct Claimed {
    /// The entry.
    pub owed: Owed,
    /// To be rendered and sent.
    pub letter: Option<Box<Letter>>,
}

/// Takes up to `places` due entries for this worker and prepares them; entries that are void or must wait are
/// settled in the same transaction.
///
/// # Errors
/// When the database cannot.
pub fn claim(tx: &mut Tx<'_, '_>, lease: Duration, places: usize) -> Result<Vec<Claimed>, Refusal> {
    if places == 0 {
        return Ok(Vec::new());
    }
    let leased_until = tx.now.plus(lease);
    let most = i64::try_from(places).unwrap_or(i64::MAX);
    let mut claimed = Vec::new();
    for owed in store::outbox::claim(tx.conn, tx.now, leased_until, most)? {
        let letter = match prepare(tx, &owed)? {
            Prepared::Ready(letter) => Some(letter),
            Prepared::Void => {
                store::outbox::delete(tx.conn, owed.id)?;
                None
            }
            Prepared::Later(wait) => {
                store::outbox::put_off(tx.conn, owed.id, tx.now.plus(wait))?;
                None
            }
        };
        claimed.push(Claimed { owed, letter });
    }
    Ok(claimed)
}

/// Looks at the thing an entry speaks of and makes its letter, storing the hashes of new tokens.
///
/// # Errors
/// When the database cannot.
fn prepare(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Prepared, Refusal> {
    let letter = match owed.kind.as_str() {
        "registration" => registration(tx, owed)?,
        "password_reset" => password_reset(tx, owed)?,
        "email_change" => email_change(tx, owed)?,
        "invitation" | "reminder" => return invitation(tx, owed),
        "joined" | "declined" => answered(tx, owed)?,
        _ => about_a_user(tx, owed)?,
    };
    Ok(letter.map_or(Prepared::Void, |letter| Prepared::Ready(Box::new(letter))))
}

fn to_user(user: &User, content: Content) -> Option<Letter> {
    Some(Letter {
        to: user.email.clone()?,
        locale: user.locale,
        time_zone: user.time_zone.clone(),
        content,
    })
}

fn registration(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Option<Letter>, Refusal> {
    let Some(waiting) = store::registrations::find(tx.conn, owed.subject)? else {
        return Ok(None);
    };
    if waiting.expires_at <= tx.now {
        return Ok(None);
    }
    if let Some(user) = store::users::find_by_email(tx.conn, &waiting.email_canonical)? {
        let first_name = user.first_name.clone();
        return Ok(to_user(&user, Content::AlreadyRegistered { first_name }));
    }
    let (token, hash) = new_token(TokenKind::Confirmation, tx.app.random.as_ref());
    store::registrations::update_token(tx.conn, waiting.id, &hash)?;
    Ok(Some(Letter {
        to: waiting.email,
        locale: waiting.locale,
        time_zone: waiting.time_zone,
        content: Content::ConfirmSignUp {
            first_name: waiting.first_name,
            token,
            expires_at: waiting.created_at.plus(CONFIRMATION_LIFETIME),
        },
    }))
}

fn password_reset(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Option<Letter>, Refusal> {
    let Some(reset) = store::password_resets::find(tx.conn, owed.subject)? else {
        return Ok(None);
    };
    let user = store::users::find_by_email(tx.conn, &reset.email_canonical)?;
    let Some(user) = user.filter(|_| reset.expires_at > tx.now) else {
        return Ok(None);
    };
    let (token, hash) = new_token(TokenKind::Reset, tx.app.random.as_ref());
    store::password_resets::update_token(tx.conn, reset.id, &hash, user.id)?;
    let content = Content::ResetPassword {
        first_name: user.first_name.clone(),
        token,
        expires_at: reset.created_at.plus(RESET_LIFETIME),
    };
    Ok(to_user(&user, content))
}

fn email_change(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Option<Letter>, Refusal> {
    let Some(change) = store::email_changes::find(tx.conn, owed.subject)? else {
        return Ok(None);
    };
    let user = store::users::find(tx.conn, change.user)?;
    let Some(user) = user.filter(|_| change.expires_at > tx.now) else {
        return Ok(None);
    };
    let holder = store::users::find_by_email(tx.conn, &change.email_canonical)?;
    let content = if holder.is_some_and(|holder| holder.id != user.id) {
        Content::EmailTaken {
            first_name: user.first_name,
        }
    } else {
        let (token, hash) = new_token(TokenKind::Confirmation, tx.app.random.as_ref());
        store::email_changes::update_token(tx.conn, change.id, &hash)?;
        Content::ConfirmEmail {
            first_name: user.first_name,
            token,
            expires_at: change.expires_at,
        }
    };
    Ok(Some(Letter {
        to: change.email,
        locale: user.locale,
        time_zone: user.time_zone,
        content,
    }))
}

fn live_invitation(tx: &mut Tx<'_, '_>, id: Uuid) -> Result<Option<Invitation>, Refusal> {
    let found = store::invitations::find_any(tx.conn, id.into())?;
    Ok(found
        .map(|stored| Invitation::of(stored, tx.now))
        .filter(Invitation::is_pending))
}

fn invitation(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Prepared, Refusal> {
    let Some(it) = live_invitation(tx, owed.subject)? else {
        return Ok(Prepared::Void);
    };
    if store::invitations::is_suppressed(tx.conn, &it.email_canonical)? {
        let why = Some(
            "This person asked not to get invitations by mail. Copy the link and hand it over.",
        );
        store::invitations::update_delivery(tx.conn, it.id, "failed", why, None)?;
        return Ok(Prepared::Void);
    }
    // Counted once per letter: an outage of the mail server must not use the day's mails up.
    if owed.attempts == 1
        && let Err(wait) = tx.app.limits.mail(&it.email_canonical, it.account, tx.now)
    {
        return Ok(Prepared::Later(wait));
    }
    let (token, hash) = new_token(TokenKind::Invitation, tx.app.random.as_ref());
    store::invitations::insert_token(tx.conn, &hash, it.id, true, tx.now)?;
    let invitee = store::users::find_by_email(tx.conn, &it.email_canonical)?;
    Ok(Prepared::Ready(Box::new(Letter {
        to: it.email.clone(),
        locale: invitee.as_ref().map_or(it.locale, |user| user.locale),
        time_zone: invitee.map_or_else(|| "UTC".to_owned(), |user| user.time_zone),
        content: Content::Invitation(Box::new(InvitationLetter {
            reminder: owed.kind == "reminder",
            inviter: Person {
                name: it.inviter_name,
                email: it.inviter_email,
            },
            account_name: it.account_name,
            product: it.product,
            roles: it.roles,
            email: it.email,
            expires_at: it.expires_at,
            token,
        })),
    })))
}

fn answered(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Option<Letter>, Refusal> {
    let Some(it) = store::invitations::find_any(tx.conn, owed.subject.into())? else {
        return Ok(None);
    };
    let Some(sender) = store::users::find(tx.conn, it.invited_by)? else {
        return Ok(None);
    };
    let first_name = sender.first_name.clone();
    let content = if owed.kind == "declined" {
        Content::Declined {
            first_name,
            account: it.account,
            account_name: it.account_name,
            email: it.email,
        }
    } else {
        let Some(id) = it.accepted_by else {
            return Ok(None);
        };
        let Some(invitee) = store::users::find(tx.conn, id)? else {
            return Ok(None);
        };
        Content::Joined {
            first_name,
            account: it.account,
            account_name: it.account_name,
            invitee: Person {
                name: invitee.name(),
                email: invitee.email,
            },
        }
    };
    Ok(to_user(&sender, content))
}

fn about_a_user(tx: &mut Tx<'_, '_>, owed: &Owed) -> Result<Option<Letter>, Refusal> {
    let Some(user) = store::users::find(tx.conn, owed.subject.into())? else {
        return Ok(None);
    };
    let first_name = user.first_name.clone();
    let at = owed.created_at;
    let account = match owed.account {
        Some(id) => store::accounts::find(tx.conn, id)?,
        None => None,
    };
    let content = match (owed.kind.as_str(), account) {
        ("password_changed", _) => Content::PasswordChanged { first_name, at },
        ("email_changed", _) => {
            let detail: Value = serde_json::from_str(&owed.detail).unwrap_or_default();
            let Some(to) = detail.get("to").and_then(Value::as_str) else {
                return Ok(None);
            };
            let new_email = user.email.as_deref().map(super::invitations::masked);
            return Ok(Some(Letter {
                to: to.to_owned(),
                locale: user.locale,
                time_zone: user.time_zone.clone(),
                content: Content::EmailChanged {
                    first_name,
                    new_email: new_email.unwrap_or_default(),
                    at,
                },
            }));
        }
        ("removed", Some(account)) => Content::Removed {
            first_name,
            account_name: account.name,
        },
        ("roles_changed", Some(account)) => {
            let Some(stored) = store::members::find_roles(tx.conn, account.id, user.id)? else {
                return Ok(None);
            };
            Content::RolesChanged {
                first_name,
                account: account.id,
                account_name: account.name,
                roles: super::members::split_roles(&stored),
            }
        }
        ("ownership_offer", Some(account)) => {
            let offer = store::ownership_offers::find_live(tx.conn, account.id, tx.now)?;
            let Some(offer) = offer.filter(|offer| offer.to == user.id) else {
                return Ok(None);
            };
            let from = store::users::find(tx.conn, offer.from)?;
            Content::OwnershipOffer {
                first_name,
                account_name: offer.account_name,
                from: Person {
                    name: offer.from_name,
                    email: from.and_then(|from| from.email),
                },
                expires_at: offer.expires_at,
            }
        }
        _ => return Ok(None),
    };
    Ok(to_user(&user, content))
}

/// What became of a letter at the mail server.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// The server took it.
    Sent,
    /// The server refused it for good, with these words.
    Refused(String),
    /// Not now, with these words; to be tried again.
    Deferred(String),
}

/// Waits 5 s, 10 s, 20 s … up to an hour, each shortened by up to a quarter so that retries spread.
fn backoff(attempts: i64, jitter: u8) -> Duration {
    let doubling = u32::try_from(attempts.clamp(1, 11) - 1).unwrap_or(0);
    let whole = Duration::from_secs(5 * 2_u64.pow(doubling)).min(Duration::from_hours(1));
    whole.mul_f64(1.0 - f64::from(jitter) / 1024.0)
}

/// Writes down what became of a letter: struck out when sent or refused, tried again when deferred.
///
/// # Errors
/// When the database cannot.
pub fn settle(tx: &mut Tx<'_, '_>, owed: &Owed, delivery: &Delivery) -> Result<(), Refusal> {
    let (state, detail, sent_at) = match delivery {
        Delivery::Sent => ("sent", None, Some(tx.now)),
        Delivery::Refused(why) => ("failed", Some(why.as_str()), None),
        Delivery::Deferred(why) => ("queued", Some(why.as_str()), None),
    };
    if owed.kind == "invitation" {
        let id = owed.subject.into();
        store::invitations::update_delivery(tx.conn, id, state, detail, sent_at)?;
    }
    if matches!(delivery, Delivery::Deferred(_)) {
        let mut jitter = [0];
        tx.app.random.fill(&mut jitter);
        let wait = backoff(owed.attempts, jitter.first().copied().unwrap_or(0));
        store::outbox::postpone(tx.conn, owed.id, tx.now.plus(wait))?;
    } else {
        store::outbox::delete(tx.conn, owed.id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_wait_longer_each_time_up_to_an_hour() {
        assert_eq!(backoff(1, 0), Duration::from_secs(5));
        assert_eq!(backoff(2, 0), Duration::from_secs(10));
        assert_eq!(backoff(50, 0), Duration::from_hours(1));
        assert!(backoff(1, 255) >= Duration::from_millis(3_750));
    }
}
