//! Emails to inviters about invitees who joined or declined: the first at once, those of the next hour in one email.
//!
//! An entry is about one inviter in one account and names the invitations in its detail. An answer is added to an entry that
//! was never tried; once it was, the email may have been received, and a further answer makes a new entry. The limit of emails to
//! an inviter defers that entry, and meanwhile it collects the answers that follow.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::OutboxEntry;
use super::parts::{PrepareOutcome, acquire, read_detail, role_entries, to_user};
use crate::{Error, Tx};
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::model::email::{EmailContent, JoinedMember, Person};
use convoke_core::model::notification::NotificationKind;
use convoke_store as store;
use convoke_store::invitations::NamedInvitation;
use convoke_store::users::User;

/// How many answers one email names; bounds its length.
const MAX_ANSWERS: usize = 50;

/// The invitations that an entry is about.
#[derive(Deserialize, Serialize)]
struct AnswersDetail {
    invitations: Vec<Uuid>,
}

/// The detail of an entry about these invitations.
pub(super) fn detail(invitations: &[InvitationId]) -> Value {
    let invitations = invitations.iter().map(|id| (*id).into()).collect();
    json!(AnswersDetail { invitations })
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
    let Some(mut detail) = read_detail::<AnswersDetail>(entry, &stored)? else {
        return Ok(None);
    };
    if detail.invitations.len() >= MAX_ANSWERS {
        return Ok(None);
    }
    detail.invitations.push(invitation.into());
    let is_added = store::outbox::update_detail(tx.conn, entry, &json!(detail).to_string())?;
    Ok(is_added.then_some(entry))
}

/// The inviter whom an entry is for, and the answered invitations, in the order of the answers.
struct Answered {
    inviter: UserId,
    invitations: Vec<InvitationId>,
}

impl Answered {
    fn of_entry(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<Option<Self>, Error> {
        if let Some(detail) = read_detail::<AnswersDetail>(entry.id, &entry.detail)? {
            return Ok(Some(Self {
                inviter: entry.subject.into(),
                invitations: detail.invitations.into_iter().map(Into::into).collect(),
            }));
        }
        // An entry of an earlier version is about one invitation, its subject.
        let invitation = store::invitations::find_any(tx.conn, entry.subject.into())?;
        Ok(invitation.map(|NamedInvitation { invitation, .. }| Self {
            inviter: invitation.invited_by,
            invitations: vec![invitation.id],
        }))
    }
}

/// Composes the email of an entry, or defers it while the inviter has had one in the last hour. An inviter who is no member any
/// more learns nothing about the account, so there is no email then.
///
/// # Errors
/// When the database is unavailable, or the detail of the entry is unreadable.
pub(super) fn prepare(tx: &mut Tx<'_, '_>, entry: &OutboxEntry) -> Result<PrepareOutcome, Error> {
    let (Some(account), Some(answered)) = (entry.account, Answered::of_entry(tx, entry)?) else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let inviter = store::users::find(tx.conn, answered.inviter)?;
    let Some((inviter, recipient)) = inviter.and_then(|inviter| {
        inviter
            .email_canonical
            .clone()
            .map(|email| (inviter, email))
    }) else {
        return Ok(PrepareOutcome::Obsolete);
    };
    if store::members::find_roles(tx.conn, account, inviter.id)?.is_none() {
        return Ok(PrepareOutcome::Obsolete);
    }
    if let Err(wait) = acquire(tx, entry, |limits, now| {
        limits.answer_email(entry.kind, account, inviter.id, &recipient, now)
    }) {
        return Ok(PrepareOutcome::RetryAfter(wait));
    }
    let content = compose(tx, entry.kind, account, &inviter, &answered.invitations)?;
    let email = content.and_then(|content| to_user(&inviter, content));
    Ok(PrepareOutcome::from(email))
}

/// The content of the email, read by a number of statements that does not depend on how many answers there are.
fn compose(
    tx: &mut Tx<'_, '_>,
    kind: NotificationKind,
    account: AccountId,
    inviter: &User,
    ids: &[InvitationId],
) -> Result<Option<EmailContent>, Error> {
    let rows = store::invitations::find_many(tx.conn, account, ids.iter().copied())?;
    let mut rows: HashMap<InvitationId, NamedInvitation> = rows
        .into_iter()
        .map(|row| (row.invitation.id, row))
        .collect();
    let answered: Vec<NamedInvitation> = ids.iter().filter_map(|id| rows.remove(id)).collect();
    let Some(account_name) = answered
        .first()
        .map(|first| first.names.account_name.clone())
    else {
        return Ok(None);
    };
    let first_name = inviter.first_name.clone();
    if kind == NotificationKind::Declined {
        return Ok(Some(EmailContent::Declined {
            first_name,
            account,
            account_name,
            emails: answered
                .into_iter()
                .map(|one| one.invitation.email)
                .collect(),
        }));
    }
    let joined = joined_members(tx, account, inviter, &answered)?;
    Ok((!joined.is_empty()).then_some(EmailContent::Joined {
        first_name,
        account,
        account_name,
        joined,
    }))
}

/// The users who accepted invitations, with their present roles.
fn joined_members(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    inviter: &User,
    answered: &[NamedInvitation],
) -> Result<Vec<JoinedMember>, Error> {
    let ids: Vec<UserId> = answered
        .iter()
        .filter_map(|one| one.invitation.accepted_by)
        .collect();
    let users = store::users::find_many(tx.conn, ids.iter().copied())?;
    let mut users: HashMap<UserId, User> = users.into_iter().map(|user| (user.id, user)).collect();
    let mut roles = store::members::find_roles_of_many(tx.conn, account, ids.iter().copied())?;
    let members = ids.into_iter().filter_map(|id| {
        let user = users.remove(&id)?;
        let keys = roles.remove(&id).map(|roles| roles.keys());
        Some(JoinedMember {
            roles: role_entries(tx, keys.unwrap_or_default(), inviter.locale),
            person: Person {
                name: user.name(),
                email: user.email,
            },
        })
    });
    Ok(members.collect())
}
