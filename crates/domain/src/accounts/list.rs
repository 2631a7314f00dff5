//! The accounts of a caller.

use convoke_core::model::roles::StoredRoles;
use uuid::Uuid;

use super::{Account, AccountSummary, seat_usage};
use crate::permissions::{Membership, Permission, is_allowed};
use crate::{Caller, Error, Mode, Tx};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_core::search::Words;
use convoke_store as store;

/// A page of the accounts the caller is a member of, the oldest first.
///
/// # Errors
/// An invalid cursor.
pub fn list(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<AccountSummary>, Error> {
    let after = crate::cursor_id(cursor)?.unwrap_or_else(|| Uuid::nil().into());
    let rows = store::accounts::list_of_user(tx.conn, caller.user.id, after, limit.fetch_limit())?;
    let page = Page::from_rows(rows, limit, |(last, _)| {
        Cursor::encode(&[&last.id.to_string()])
    });
    Ok(Page {
        items: summaries(tx, caller, page.items)?,
        next: page.next,
    })
}

/// The caller's accounts whose names have each word of `text`; of the first thousand they are in.
///
/// # Errors
/// When the database is unavailable.
pub fn search(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    text: &str,
) -> Result<Page<AccountSummary>, Error> {
    // Names are compared here: only one of the databases folds case beyond ASCII.
    let words = Words::parse(text);
    let first = store::accounts::list_of_user(tx.conn, caller.user.id, Uuid::nil().into(), 1000)?;
    let found = first
        .into_iter()
        .filter(|(account, _)| words.match_any_of([account.name.as_str()]));
    Ok(Page {
        items: summaries(tx, caller, found.collect())?,
        next: None,
    })
}

/// Accounts with the caller's roles as summaries; the seats of all are counted by one query.
fn summaries(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    accounts: Vec<(Account, StoredRoles)>,
) -> Result<Vec<AccountSummary>, Error> {
    let mut summaries: Vec<AccountSummary> = accounts
        .into_iter()
        .map(|(account, roles)| {
            let is_owner = account.owner == caller.user.id;
            AccountSummary {
                membership: Membership::from_stored(is_owner, &roles, &tx.ctx.catalogue),
                account,
                usage: None,
            }
        })
        .collect();
    let visible =
        |summary: &&mut AccountSummary| is_allowed(&summary.membership, Permission::ViewUsage);
    let ids = summaries
        .iter_mut()
        .filter(visible)
        .map(|summary| summary.account.id);
    let counts = store::accounts::count_seats_of_many(tx.conn, ids, tx.now)?;
    for summary in summaries.iter_mut().filter(visible) {
        let counts = counts.get(&summary.account.id).copied().unwrap_or_default();
        summary.usage = Some(seat_usage(tx.ctx, &summary.account, counts));
    }
    Ok(summaries)
}
