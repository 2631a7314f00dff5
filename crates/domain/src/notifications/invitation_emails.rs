//! Emails of invitations and reminders. What those of several entries are made of is read at once.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::OutboxEntry;
use super::invitee::new_mailed_token;
use super::parts::{PrepareOutcome, acquire, catalogue_text, role_entries};
use crate::invitations::Invitation;
use crate::rate_limits::EmailCause;
use crate::{Error, Tx};
use convoke_core::ids::InvitationId;
use convoke_core::language::Locale;
use convoke_core::model::email::{CatalogueEntry, Email, EmailContent, InvitationEmail, Person};
use convoke_core::model::invitation::DeliveryReason;
use convoke_core::model::notification::NotificationKind;
use convoke_core::names;
use convoke_core::secret::Secret;
use convoke_store as store;
use convoke_store::users::User;

/// What to do with entries, by their ids.
pub(super) type PreparedInvitations = HashMap<Uuid, PrepareOutcome>;

/// What the emails are made of.
struct Subjects {
    /// Those that are pending.
    invitations: HashMap<InvitationId, Invitation>,
    /// Canonical addresses that want no such emails.
    suppressed: HashSet<String>,
    /// The users of the invited addresses, by canonical address.
    invitees: HashMap<String, User>,
}

/// Prepares the emails of those entries that are about invitations, storing the hashes of their tokens.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn prepare(
    tx: &mut Tx<'_, '_>,
    entries: &[OutboxEntry],
) -> Result<PreparedInvitations, Error> {
    let is_invitation = |entry: &&OutboxEntry| {
        matches!(
            entry.kind,
            NotificationKind::Invitation | NotificationKind::Reminder
        )
    };
    let entries: Vec<&OutboxEntry> = entries.iter().filter(is_invitation).collect();
    if entries.is_empty() {
        return Ok(HashMap::new());
    }
    let subjects = load(tx, &entries)?;
    let mut tokens = Vec::new();
    let mut prepared = HashMap::new();
    for entry in entries {
        let outcome = match find_recipient(tx, entry, &subjects) {
            Ok((invitation, invitee)) => {
                let (token, stored) = new_mailed_token(tx, invitation);
                tokens.push(stored);
                let email = compose(tx, entry, invitation, invitee, token);
                PrepareOutcome::Ready(Box::new(email))
            }
            Err(outcome) => outcome,
        };
        prepared.insert(entry.id, outcome);
    }
    store::invitation_tokens::insert(tx.conn, &tokens, tx.now)?;
    Ok(prepared)
}

fn load(tx: &mut Tx<'_, '_>, entries: &[&OutboxEntry]) -> Result<Subjects, Error> {
    let ids = entries.iter().map(|entry| entry.subject.into());
    let rows = store::invitations::find_any_many(tx.conn, ids)?;
    let now = tx.now;
    let invitations: HashMap<InvitationId, Invitation> = rows
        .into_iter()
        .map(|row| Invitation::from_stored(row, now))
        .filter(Invitation::is_pending)
        .map(|invitation| (invitation.id, invitation))
        .collect();
    let emails = || {
        let invitations = invitations.values();
        invitations.map(|invitation| invitation.email_canonical.as_str())
    };
    let suppressed = store::suppressions::list_of(tx.conn, emails())?;
    let users = store::users::list_by_emails(tx.conn, emails())?;
    let by_email = |user: User| Some((user.email_canonical.clone()?, user));
    Ok(Subjects {
        suppressed: suppressed.into_iter().collect(),
        invitees: users.into_iter().filter_map(by_email).collect(),
        invitations,
    })
}

/// The invitation of an entry and the user of its address, if there is one; else why no email is sent now.
fn find_recipient<'s>(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    subjects: &'s Subjects,
) -> Result<(&'s Invitation, Option<&'s User>), PrepareOutcome> {
    let invitation = subjects.invitations.get(&entry.subject.into());
    let invitation = invitation.ok_or(PrepareOutcome::Obsolete)?;
    // When the invitation was sent again or has got another address since, another reminder follows.
    let due_at = (invitation.expires_at).minus(tx.ctx.policy.reminder_before);
    if entry.kind == NotificationKind::Reminder && due_at > entry.created_at {
        return Err(PrepareOutcome::Obsolete);
    }
    let email = &invitation.email_canonical;
    if subjects.suppressed.contains(email) {
        return Err(PrepareOutcome::Rejected(DeliveryReason::Suppressed));
    }
    let cause = EmailCause::Account(invitation.account);
    acquire(tx, entry, |limits, now| limits.email(&cause, email, now))
        .map_err(PrepareOutcome::RetryAfter)?;
    Ok((invitation, subjects.invitees.get(email)))
}

fn compose(
    tx: &Tx<'_, '_>,
    entry: &OutboxEntry,
    invitation: &Invitation,
    invitee: Option<&User>,
    token: Secret,
) -> Email {
    let locale = invitee.map_or(invitation.locale, |user| user.locale);
    let own_name = invitee.map(|user| user.first_name.clone());
    let given_name = invitation.name.as_deref();
    let given_name = given_name.map(|name| names::split_name(name).0);
    // An invitee without a user has no zone of their own yet.
    let time_zone = invitee.map_or(&invitation.inviter_time_zone, |user| &user.time_zone);
    Email {
        to: invitation.email.clone(),
        locale,
        time_zone: time_zone.clone(),
        content: EmailContent::Invitation(Box::new(InvitationEmail {
            reminder: entry.kind == NotificationKind::Reminder,
            first_name: own_name.or(given_name).filter(|name| !name.is_empty()),
            inviter: Person {
                name: invitation.inviter_name.clone(),
                email: invitation.inviter_email.clone(),
            },
            account_name: invitation.account_name.clone(),
            product: product_entry(tx, &invitation.product, locale),
            roles: role_entries(tx, invitation.roles.clone(), locale),
            email: invitation.email.clone(),
            expires_at: invitation.expires_at,
            token,
        })),
    }
}

/// A product as emails name it.
fn product_entry(tx: &Tx<'_, '_>, key: &str, locale: Locale) -> CatalogueEntry {
    let product = tx.ctx.catalogue.product(key);
    let text = product.map(|product| catalogue_text(&product.name, &product.description, locale));
    CatalogueEntry {
        key: key.to_owned(),
        text,
    }
}
