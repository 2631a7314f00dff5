//! Emails to inviters about invitees who joined or declined: the first at once, those of the next hour in one email.
//!
//! An entry is about one inviter in one account and names the invitations in its detail. An answer is added to an entry that
//! was never tried; once it was, the email may have been received, and a further answer makes a new entry. The limit of emails to
//! an inviter defers that entry, and meanwhile it collects the answers that follow.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::OutboxEntry;
use super::parts::{PrepareOutcome, acquire, recipient, role_entries, to_user};
use crate::{Error, Tx};
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::model::email::{Email, EmailContent, JoinedMember, Person};
use convoke_core::model::notification::NotificationKind;
use convoke_store as store;
use convoke_store::invitations::Invitation;
use convoke_store::users::User;

/// How many answers one email names; bounds its length.
const MAX_ANSWERS: usize = 50;

/// The invitations that an entry is about.
#[derive(Default, Deserialize, Serialize)]
struct Detail {
    invitations: Vec<Uuid>,
}

impl Detail {
    fn from_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// The detail of an entry about these invitations.
pub(super) fn detail(invitations: &[InvitationId]) -> Value {
    let invitations = invitations.iter().map(|id| (*id).into()).collect();
    json!(Detail { invitations })
}

/// Adds an answer to the newest entry of the same kind, account and inviter that was never tried, and returns it; nothing when
/// that entry is full.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn add_to_untried(
    tx: &mut Tx<'_, '_>,
    kind: NotificationKind,
    account: AccountId,
    inviter: Uuid,
    invitation: InvitationId,
) -> Result<Option<Uuid>, Error> {
    let untried = store::outbox::find_untried(tx.conn, kind, account, inviter)?;
    let Some((entry, stored)) = untried else {
        return Ok(None);
    };
    let mut detail = Detail::from_stored(&stored);
    if detail.invitations.is_empty() || detail.invitations.len() >= MAX_ANSWERS {
        return Ok(None);
    }
    detail.invitations.push(invitation.into());
    let is_added = store::outbox::update_detail(tx.conn, entry, &json!(detail).to_string())?;
    Ok(is_added.then_some(entry))
}

/// Composes the email of an entry, or defers it while the inviter has had one in the last hour.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn prepare(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<PrepareOutcome, Error> {
    let Some((inviter, email)) = compose(tx, entry)? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let Some(account) = entry.account else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let recipient = recipient(&email);
    let acquired = acquire(tx, entry, |limits, now| {
        limits.answer_email(entry.kind, account, inviter.id, &recipient, now)
    });
    Ok(match acquired {
        Ok(()) => PrepareOutcome::Ready(Box::new(email)),
        Err(wait) => PrepareOutcome::RetryAfter(wait),
    })
}

fn compose(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<Option<(User, Email)>, Error> {
    let mut ids = Detail::from_stored(&entry.detail).invitations;
    if ids.is_empty() {
        // An entry of an earlier version is about one invitation, its subject.
        ids.push(entry.subject);
    }
    let mut answered: Vec<Invitation> = Vec::new();
    for id in ids {
        answered.extend(store::invitations::find_any(tx.conn, id.into())?);
    }
    let Some(first) = answered.first() else {
        return Ok(None);
    };
    let (account, account_name) = (first.account, first.account_name.clone());
    let inviter = match store::users::find(tx.conn, entry.subject.into())? {
        Some(inviter) => Some(inviter),
        None => store::users::find(tx.conn, first.invited_by)?,
    };
    let Some(inviter) = inviter else {
        return Ok(None);
    };
    let first_name = inviter.first_name.clone();
    let content = if entry.kind == NotificationKind::Declined {
        EmailContent::Declined {
            first_name,
            account,
            account_name,
            emails: answered.into_iter().map(|one| one.email).collect(),
        }
    } else {
        let mut joined = Vec::new();
        for invitation in &answered {
            joined.extend(joined_member(tx, &inviter, invitation)?);
        }
        if joined.is_empty() {
            return Ok(None);
        }
        EmailContent::Joined {
            first_name,
            account,
            account_name,
            joined,
        }
    };
    Ok(to_user(&inviter, content).map(|email| (inviter, email)))
}

/// The user who accepted an invitation, with their present roles.
fn joined_member(
    tx: &mut Tx<'_, '_>,
    inviter: &User,
    invitation: &Invitation,
) -> Result<Option<JoinedMember>, Error> {
    let Some(id) = invitation.accepted_by else {
        return Ok(None);
    };
    let Some(user) = store::users::find(tx.conn, id)? else {
        return Ok(None);
    };
    let roles = store::members::find_roles(tx.conn, invitation.account, id)?;
    let keys = roles.map(|roles| roles.keys()).unwrap_or_default();
    Ok(Some(JoinedMember {
        roles: role_entries(tx, keys, inviter.locale),
        person: Person {
            name: user.name(),
            email: user.email,
        },
    }))
}
