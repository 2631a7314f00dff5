//! The accounts of a caller.

use uuid::Uuid;

use super::{AccountSummary, summary};
use crate::permissions::Membership;
use crate::{Caller, Error, Mode, Tx};
use convoke_core::pagination::{Cursor, Page, PageLimit};
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
    let mut cards = Vec::with_capacity(page.items.len());
    for (account, roles) in page.items {
        let owner = account.owner == caller.user.id;
        let membership = Membership::from_stored(owner, &roles, &tx.ctx.catalogue);
        cards.push(summary(tx, account, membership)?);
    }
    Ok(Page {
        items: cards,
        next: page.next,
    })
}

/// The caller's accounts with `text` in their names; of the first thousand they are in.
///
/// # Errors
/// When the database is unavailable.
pub fn search(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    text: &str,
) -> Result<Page<AccountSummary>, Error> {
    // Names are compared here: only one of the databases folds case beyond ASCII.
    let text = text.to_lowercase();
    let first = store::accounts::list_of_user(tx.conn, caller.user.id, Uuid::nil().into(), 1000)?;
    let mut items = Vec::new();
    for (account, roles) in first {
        if account.name.to_lowercase().contains(&text) {
            let owner = account.owner == caller.user.id;
            let membership = Membership::from_stored(owner, &roles, &tx.ctx.catalogue);
            items.push(summary(tx, account, membership)?);
        }
    }
    Ok(Page { items, next: None })
}
