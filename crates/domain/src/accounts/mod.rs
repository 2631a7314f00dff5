//! Accounts: cards, settings, seats.

mod create;
mod list;
mod update;

use crate::authorization::{authorize, membership_of};
use crate::permissions::{Membership, Permission, is_allowed};
use crate::{Caller, Context, Error, Mode, Tx};
use convoke_core::ids::AccountId;
use convoke_store as store;
use convoke_store::accounts::SeatCounts;
use convoke_store::users::User;

pub use convoke_store::accounts::Account;
pub(crate) use create::ensure_can_own_another;
pub use create::{create, default_name, insert_account};
pub use list::{list, search};
pub use update::{Update, update};

/// Seats of an account (rule A4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatUsage {
    /// The account's limit.
    pub limit: i64,
    /// Members, the owner among them.
    pub members: i64,
    /// Pending, unexpired invitations.
    pub pending: i64,
}

impl SeatUsage {
    fn new(ctx: &Context, account: &Account, counts: SeatCounts) -> Self {
        Self {
            limit: account.user_limit.unwrap_or(ctx.policy.users_per_account),
            members: counts.members,
            pending: counts.pending,
        }
    }

    /// Seats that are left; none when a lowered limit is exceeded.
    #[must_use]
    pub fn available(&self) -> i64 {
        (self.limit - self.members - self.pending).max(0)
    }
}

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
    let counts = store::accounts::count_seats(tx.conn, account.id, tx.now)?;
    Ok(SeatUsage::new(tx.ctx, account, counts))
}

fn summary(
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

/// The summary of an account for a user who has just joined it.
///
/// # Errors
/// [`Error::NotFound`] when they are no member.
pub(crate) fn get_for_user(
    tx: &mut Tx<'_, '_>,
    user: &User,
    id: AccountId,
) -> Result<AccountSummary, Error> {
    let account = store::accounts::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let membership = membership_of(tx, id, account.owner, user.id)?.ok_or(Error::NotFound)?;
    summary(tx, account, membership)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lowered_limit_leaves_no_seats_but_no_negative_ones() {
        let usage = SeatUsage {
            limit: 3,
            members: 4,
            pending: 1,
        };
        assert_eq!(usage.available(), 0);
    }
}
