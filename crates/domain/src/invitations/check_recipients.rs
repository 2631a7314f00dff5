//! What would become of each address of a list, reported while it is typed; unlike a dry run it rejects nothing.

use std::collections::HashSet;

use super::known_recipients::{KnownRecipients, find_unregistered};
use super::{Invitation, count_trial, is_registered_only, table};
use crate::accounts::{self, SeatUsage};
use crate::catalogue::Product;
use crate::members::Member;
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx, authorization, max_id};
use convoke_core::email_address::{EmailAddress, EmailError};
use convoke_core::email_list::EmailList;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::pagination::PageLimit;

/// The state of an address in the account.
#[derive(Clone, Debug)]
pub enum RecipientStatus {
    /// It can be invited.
    Invitable,
    /// Its holder is a member already (rule I4).
    Member(Box<Member>),
    /// It has a live invitation (rule I4).
    Invited(Box<Invitation>),
    /// Only registered users can be invited, and no user has it (rule I6).
    NotRegistered,
    /// It is beyond the part of the list that is looked up.
    NotChecked,
    /// It is no address.
    Invalid(EmailError),
}

/// A list with what would become of it.
#[derive(Clone, Debug)]
pub struct RecipientCheck {
    /// One for each entry of the list, in its order.
    pub statuses: Vec<RecipientStatus>,
    /// Seats before it.
    pub usage: SeatUsage,
    /// Whether the installation lets only registered users be invited.
    pub by_installation: bool,
    /// Whether the caller owns the account.
    pub is_owner: bool,
}

impl RecipientCheck {
    /// How many seats the list would take.
    #[must_use]
    pub fn required_seats(&self) -> i64 {
        let free = self.statuses.iter();
        let count = free
            .filter(|free| matches!(free, RecipientStatus::Invitable))
            .count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

/// Returns the status of each address in the account. As many are looked up as one request may invite, at least a hundred.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::RateLimited`]: in registered-only mode the response discloses who is registered.
pub fn check_recipients(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    list: &EmailList,
) -> Result<RecipientCheck, Error> {
    const MIN_CHECKED: usize = 100;
    let (stored_account, membership) =
        authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    count_trial(tx, caller)?;
    let max = usize::try_from(tx.ctx.policy.invitations_per_request).unwrap_or(usize::MAX);
    let max_checked = max.max(MIN_CHECKED);
    let checked: Vec<&str> = list
        .entries
        .iter()
        .take(max_checked)
        .filter_map(|entry| entry.email.as_ref().ok())
        .map(EmailAddress::canonical)
        .collect();
    let known = KnownRecipients::load(tx, account, &checked)?;
    let unregistered = if is_registered_only(tx, &stored_account) {
        find_unregistered(tx, &checked)?
    } else {
        HashSet::new()
    };
    let status = |email: &EmailAddress| {
        let canonical = email.canonical();
        if let Some(member) = known.member(canonical) {
            RecipientStatus::Member(Box::new(member.clone()))
        } else if let Some(invitation) = known.invitation(canonical) {
            RecipientStatus::Invited(Box::new(invitation.clone()))
        } else if unregistered.contains(canonical) {
            RecipientStatus::NotRegistered
        } else {
            RecipientStatus::Invitable
        }
    };
    let entries = list.entries.iter().enumerate();
    let statuses = entries.map(|(index, entry)| match &entry.email {
        Ok(email) if index < max_checked => status(email),
        Ok(_) => RecipientStatus::NotChecked,
        Err(error) => RecipientStatus::Invalid(*error),
    });
    let statuses = statuses.collect();
    let usage = accounts::usage(tx, &stored_account)?;
    Ok(RecipientCheck {
        statuses,
        usage,
        by_installation: tx.ctx.policy.registered_users_only,
        is_owner: membership.owner,
    })
}

/// The caller's last invitation among the newest of an account: its roles are likely wanted again.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn last_sent(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Option<Invitation>, Error> {
    let rows = newest(tx, caller, account)?;
    let sent = rows
        .into_iter()
        .find(|row| row.invitation.invited_by == caller.user.id);
    Ok(sent.map(|row| Invitation::from_stored(row, tx.now)))
}

/// The product that the next invitation of an account is likely about: that of its newest invitation, or the only one that users
/// can be invited to. None where the account has invited to none yet that is still in the catalogue.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn likely_product(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Option<String>, Error> {
    let rows = newest(tx, caller, account)?;
    let can_invite = |key: &str| {
        let product = tx.ctx.catalogue.product(key);
        product.is_some_and(Product::is_multi_user)
    };
    let last = rows
        .into_iter()
        .find(|row| can_invite(&row.invitation.product));
    if let Some(last) = last {
        return Ok(Some(last.invitation.product));
    }
    let only = tx.ctx.catalogue.only_multi_user_product();
    Ok(only.map(|product| product.key.clone()))
}

/// The newest invitations of an account.
fn newest(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Vec<table::NamedInvitation>, Error> {
    authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let filter = table::Filter {
        limit: PageLimit::default().fetch_limit(),
        ..table::Filter::default()
    };
    let before: InvitationId = max_id();
    Ok(table::list(tx.conn, account, before, tx.now, &filter)?)
}
