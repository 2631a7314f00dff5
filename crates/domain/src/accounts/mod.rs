//! Accounts: summaries, settings, seats.

mod administration;
mod create;
mod list;
mod update;

use crate::authorization::authorize;
use crate::permissions::{Membership, Permission, is_allowed};
use crate::{Caller, Context, Error, Mode, Tx};
use convoke_core::ids::AccountId;
use convoke_store::accounts::SeatCounts;
use convoke_store::{self as store, PendingRows};

pub use administration::{AccountOverview, get_any, list_all, set_limit};
pub use convoke_core::model::usage::SeatUsage;
pub use convoke_store::accounts::Account;
pub(crate) use create::ensure_can_own_another;
pub use create::{create, default_name, insert_account};
pub use list::{list, search};
pub use update::{Update, update};

/// An account as one of its members sees it.
#[derive(Clone, Debug)]
pub struct AccountSummary {
    /// The account.
    pub account: Account,
    /// The viewer's place in it.
    pub membership: Membership,
    /// Seats, for those who may see them.
    pub usage: Option<SeatUsage>,
}

impl AccountSummary {
    /// Whether the viewer may see the settings: viewers who may list members, since settings define who can be invited.
    #[must_use]
    pub fn shows_settings(&self) -> bool {
        is_allowed(&self.membership, Permission::ViewMembers)
    }
}

/// An account's seats now.
///
/// # Errors
/// When the database is unavailable.
pub fn usage(tx: &mut Tx<'_, '_, impl Mode>, account: &Account) -> Result<SeatUsage, Error> {
    let pending = send_usage(tx, account)?;
    receive_usage(tx, account, pending)
}

/// The seats of an account, to be received.
pub(crate) type PendingUsage = PendingRows<(AccountId, SeatCounts)>;

/// Sends the query of [`usage`].
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn send_usage(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: &Account,
) -> Result<PendingUsage, Error> {
    Ok(store::accounts::send_count_seats(
        tx.conn, account.id, tx.now,
    )?)
}

/// An account's seats now, by the query that was sent.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn receive_usage(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: &Account,
    pending: PendingUsage,
) -> Result<SeatUsage, Error> {
    let counts = tx.conn.receive_optional(pending)?;
    let counts = counts.map(|(_, counts)| counts).unwrap_or_default();
    Ok(seat_usage(tx.ctx, account, counts))
}

fn seat_usage(ctx: &Context, account: &Account, counts: SeatCounts) -> SeatUsage {
    SeatUsage {
        limit: account.user_limit.unwrap_or(ctx.policy.users_per_account),
        members: counts.members,
        pending: counts.pending,
    }
}

/// An account as a member with this membership sees it.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn summary(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: Account,
    membership: Membership,
) -> Result<AccountSummary, Error> {
    let usage = if is_allowed(&membership, Permission::ViewUsage) {
        Some(usage(tx, &account)?)
    } else {
        None
    };
    Ok(AccountSummary {
        account,
        membership,
        usage,
    })
}

/// One account the caller is a member of.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn get(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    id: AccountId,
) -> Result<AccountSummary, Error> {
    let (account, membership) = authorize(tx, caller, id, Permission::ViewAccount)?;
    summary(tx, account, membership)
}
