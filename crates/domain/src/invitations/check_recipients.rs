//! What would become of each address of a list, reported while it is typed; unlike a dry run it rejects nothing.

use super::{Invitation, table};
use crate::accounts::{self, SeatUsage};
use crate::members::{self, Member};
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx, authorization, max_id};
use convoke_core::email_list::EmailList;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::pagination::PageLimit;
use convoke_store as store;

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
    /// It is no address.
    Invalid,
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

/// Returns the status of each address in the account; the first hundred are looked up.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::RateLimited`]: in registered-only mode the response discloses who is registered.
pub fn check_recipients(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    list: &EmailList,
) -> Result<RecipientCheck, Error> {
    const MAX_CHECKED: usize = 100;
    let (stored_account, _) =
        authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let permits = tx.ctx.rate_limits.dry_run(caller.user.id, tx.now)?;
    tx.reserve_attempt(permits);
    let registered_only =
        tx.ctx.policy.registered_users_only || stored_account.registered_users_only;
    let mut statuses = Vec::with_capacity(list.entries.len());
    for (index, entry) in list.entries.iter().enumerate() {
        statuses.push(match &entry.email {
            Err(_) => RecipientStatus::Invalid,
            Ok(_) if index >= MAX_CHECKED => RecipientStatus::Invitable,
            Ok(email) => recipient_status(tx, account, email.canonical(), registered_only)?,
        });
    }
    let usage = accounts::usage(tx, &stored_account)?;
    Ok(RecipientCheck {
        statuses,
        usage,
        by_installation: tx.ctx.policy.registered_users_only,
    })
}

fn recipient_status(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    canonical: &str,
    registered_only: bool,
) -> Result<RecipientStatus, Error> {
    let user = store::users::find_by_email(tx.conn, canonical)?.map(|user| user.id);
    if let Some(member) = member(tx, account, user)? {
        return Ok(RecipientStatus::Member(Box::new(member)));
    }
    if let Some(row) = table::find_live_by_email(tx.conn, account, canonical, tx.now)? {
        return Ok(RecipientStatus::Invited(Box::new(Invitation::from_stored(
            row, tx.now,
        ))));
    }
    Ok(match user {
        None if registered_only => RecipientStatus::NotRegistered,
        _ => RecipientStatus::Invitable,
    })
}

fn member(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    user: Option<UserId>,
) -> Result<Option<Member>, Error> {
    let Some(user) = user else { return Ok(None) };
    match members::find(tx, account, user) {
        Ok(member) => Ok(Some(member)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The caller's last invitation among the newest of an account: its product and roles are likely wanted again.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn last_sent(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Option<Invitation>, Error> {
    authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let filter = table::Filter {
        limit: PageLimit::default().fetch_limit(),
        ..table::Filter::default()
    };
    let before: InvitationId = max_id();
    let rows = table::list(tx.conn, account, before, tx.now, &filter)?;
    let sent = rows
        .into_iter()
        .find(|row| row.invited_by == caller.user.id);
    Ok(sent.map(|row| Invitation::from_stored(row, tx.now)))
}
