//! Lists of entries, newest first.

use std::time::Duration;

use uuid::Uuid;

use super::Entry;
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx, authorization};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, ActivityId, UserId};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_store as store;

/// What entries are filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what this user did.
    pub actor: Option<UserId>,
    /// Only this dotted name.
    pub action: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// How many entries one page of a filtered list scans; bounds its work for a history of any length.
const MAX_SCAN: i64 = 2_000;

/// An entry's id is as old as the entry, give or take this.
const ID_TOLERANCE: Duration = Duration::from_mins(1);

/// A page of an account's entries, newest first. With filters it may have fewer entries than `limit`, even none, and a
/// cursor that leads further back.
///
/// # Errors
/// [`Error::NotFound`], [`Error::PermissionDenied`], or an invalid cursor.
pub fn list_of_account(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    filter: &Filter,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Entry>, Error> {
    authorization::authorize(tx, caller, account, Permission::ViewMembers)?;
    let mut before = cursor_before(cursor)?;
    if let Some(to) = filter.to {
        before = before.min(first_id(to.plus(ID_TOLERANCE)));
    }
    let from = filter.from.unwrap_or(Timestamp::from_millis(0));
    let mut store_filter = store::activity::Filter {
        actor: filter.actor.map(Uuid::from),
        action: filter.action.clone().unwrap_or_default(),
        from,
        to: filter.to.unwrap_or(Timestamp::from_millis(i64::MAX)),
        first: first_id(from.minus(ID_TOLERANCE)),
        limit: limit.fetch_limit(),
    };
    let is_filtered = filter.actor.is_some()
        || filter.action.is_some()
        || filter.from.is_some()
        || filter.to.is_some();
    let end = if is_filtered {
        store::activity::find_scan_end(tx.conn, account, before, &store_filter, MAX_SCAN)?
    } else {
        None
    };
    if let Some(end) = end {
        store_filter.first = end;
    }
    let entries = store::activity::list_of_account(tx.conn, account, before, &store_filter)?;
    let mut page = page(entries, limit);
    if page.next.is_none() {
        page.next = end.map(cursor_after);
    }
    Ok(page)
}

/// The lowest id of an entry of this moment.
fn first_id(at: Timestamp) -> ActivityId {
    let millis = u128::from(at.millis().max(0).unsigned_abs());
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80).into()
}

/// A page of entries about the caller, newest first.
///
/// # Errors
/// An invalid cursor.
pub fn list_of_caller(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Entry>, Error> {
    let before = cursor_before(cursor)?;
    let entries =
        store::activity::list_of_user(tx.conn, caller.user.id, before, limit.fetch_limit())?;
    Ok(page(entries, limit))
}

fn cursor_before(cursor: Option<&str>) -> Result<ActivityId, Error> {
    crate::cursor_id(cursor).map(|id| id.unwrap_or_else(|| Uuid::max().into()))
}

fn page(entries: Vec<Entry>, limit: PageLimit) -> Page<Entry> {
    Page::from_rows(entries, limit, |last| cursor_after(last.id))
}

fn cursor_after(id: ActivityId) -> String {
    Cursor::encode(&[&id.to_string()])
}
