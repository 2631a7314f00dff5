//! Lists of members.

use uuid::Uuid;

use super::{Member, member};
use crate::authorization::authorize;
use crate::permissions::Permission;
use crate::search::{self, MAX_SCAN, is_member_match};
use crate::{Caller, Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_core::search::Words;
use convoke_store::{self as store, members as table};

/// How members are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// The longest inactive first.
    LastActive,
}

/// What a list of members shows.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words, each a part of the name, address or login.
    pub text: String,
    /// A role they hold.
    pub role: String,
    /// Their order.
    pub sort: Sort,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// A page of members. With filters it may have fewer than `limit`, even none, and a cursor that leads further on.
///
/// # Errors
/// As [`crate::authorization::authorize`], or an invalid cursor.
pub fn list(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    query: &Query,
    limit: PageLimit,
) -> Result<Page<Member>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let words = Words::parse(&query.text);
    let filter = table::Filter {
        role: query.role.clone(),
        limit: limit.fetch_limit(),
    };
    let is_filtered = !words.is_empty() || !query.role.is_empty();
    let (key, user) = match &query.cursor {
        None => (String::new(), Uuid::nil().into()),
        Some(cursor) => position(cursor).ok_or_else(crate::invalid_cursor)?,
    };
    let (rows, end) = match query.sort {
        Sort::Name => {
            let after = (key, user);
            let end = if is_filtered {
                table::find_scan_end_by_name(tx.conn, account, &after, MAX_SCAN)?
            } else {
                None
            };
            let read = |after: &table::NamePosition, filter: &table::Filter| {
                table::list_by_name(tx.conn, account, after, end.as_ref(), filter)
            };
            let position = |row: &table::Member| (row.name_key.clone(), row.user);
            let rows = matching(&words, &filter, after, read, position)?;
            (rows, end)
        }
        Sort::LastActive => {
            let millis = match key.as_str() {
                "" => -1,
                digits => digits.parse().map_err(|_| crate::invalid_cursor())?,
            };
            let after = (millis, user);
            let end = if is_filtered {
                table::find_scan_end_by_activity(tx.conn, account, after, MAX_SCAN)?
            } else {
                None
            };
            let read = |after: &table::ActivityPosition, filter: &table::Filter| {
                table::list_by_activity(tx.conn, account, *after, end, filter)
            };
            let position = |row: &table::Member| (active_millis(row), row.user);
            let rows = matching(&words, &filter, after, read, position)?;
            (rows, end.map(|(millis, user)| (millis.to_string(), user)))
        }
    };
    let sort = query.sort;
    let mut page = Page::from_rows(rows, limit, |last| {
        let key = match sort {
            Sort::Name => last.name_key.clone(),
            Sort::LastActive => active_millis(last).to_string(),
        };
        cursor_after(&key, last.user)
    });
    if page.next.is_none() {
        page.next = end.map(|(key, user)| cursor_after(&key, user));
    }
    Ok(page.map(|row| member(tx, row)))
}

/// The rows of a page: of all members, or of those whom the words match.
fn matching<P>(
    words: &Words,
    filter: &table::Filter,
    after: P,
    mut read: impl FnMut(&P, &table::Filter) -> Result<Vec<table::Member>, store::Error>,
    position: impl Fn(&table::Member) -> P,
) -> Result<Vec<table::Member>, Error> {
    if words.is_empty() {
        return Ok(read(&after, filter)?);
    }
    let read = |after: &P, limit| {
        let part = table::Filter {
            limit,
            ..filter.clone()
        };
        Ok(read(after, &part)?)
    };
    search::collect(after, filter.limit, read, position, |row| {
        is_member_match(words, row)
    })
}

/// When a member was last active, as the list is sorted by it.
fn active_millis(member: &table::Member) -> i64 {
    member.last_active_at.map_or(0, Timestamp::millis)
}

fn cursor_after(key: &str, user: UserId) -> String {
    Cursor::encode(&[key, &user.to_string()])
}

fn position(cursor: &str) -> Option<(String, UserId)> {
    let mut parts = Cursor::decode(cursor, 2)?.into_iter();
    Some((parts.next()?, parts.next()?.parse().ok()?))
}
