//! What the system administrator does with accounts, on the command line and without being a member.

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Account, SeatUsage, seat_usage, usage};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::{ClientInfo, Error, Mode, Tx};
use convoke_core::ids::AccountId;
use convoke_store as store;

/// An account with its seats.
#[derive(Clone, Debug)]
pub struct AccountOverview {
    /// The account.
    pub account: Account,
    /// Its seats.
    pub usage: SeatUsage,
}

/// Up to `limit` accounts of the whole installation from after `after` on, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_all(
    tx: &mut Tx<'_, '_, impl Mode>,
    after: AccountId,
    limit: i64,
) -> Result<Vec<AccountOverview>, Error> {
    let accounts = store::accounts::list(tx.conn, after, limit)?;
    let ids = accounts.iter().map(|account| account.id);
    let counts = store::accounts::count_seats_of_many(tx.conn, ids, tx.now)?;
    let overview = |account: Account| {
        let counts = counts.get(&account.id).copied().unwrap_or_default();
        let usage = seat_usage(tx.ctx, &account, counts);
        AccountOverview { account, usage }
    };
    Ok(accounts.into_iter().map(overview).collect())
}

/// One account of the installation.
///
/// # Errors
/// [`Error::NotFound`].
pub fn get_any(tx: &mut Tx<'_, '_, impl Mode>, id: AccountId) -> Result<AccountOverview, Error> {
    let account = store::accounts::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let usage = usage(tx, &account)?;
    Ok(AccountOverview { account, usage })
}

/// Sets an account's own user limit, or returns it to the installation's (rule A4). A limit below the taken seats only
/// stops new ones.
///
/// # Errors
/// [`Error::NotFound`].
pub fn set_limit(
    tx: &mut Tx<'_, '_>,
    id: AccountId,
    limit: Option<u32>,
) -> Result<AccountOverview, Error> {
    // Like every change of seats, after those that were counted under the earlier limit.
    tx.lock_account(id)?;
    let before = store::accounts::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let limit = limit.map(i64::from);
    if before.user_limit != limit {
        store::accounts::update_limit(tx.conn, id, limit)?;
        let event = ActivityEvent {
            actor: Actor::System,
            action: Action::AccountUpdated,
            target: Some(Target::Account(id, before.name)),
            before: Some(json!({ "user_limit": before.user_limit })),
            after: Some(json!({ "user_limit": limit })),
        };
        activity::record(
            tx,
            ActivityScope::Account(id),
            &ClientInfo::default(),
            event,
        )?;
    }
    get_any(tx, id)
}
