//! Lists of members.

use uuid::Uuid;

use super::{Member, member};
use crate::authorization::authorize;
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::email_address::to_readable;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_store::members as table;

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
    /// A part of the name, address or login.
    pub text: String,
    /// A role they hold.
    pub role: String,
    /// Their order.
    pub sort: Sort,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// How many members one page of a filtered list scans; bounds its work.
const MAX_SCAN: i64 = 2_000;

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
    let filter = table::Filter {
        text: query.text.clone(),
        role: query.role.clone(),
        limit: limit.fetch_limit(),
    };
    let is_filtered = !query.text.is_empty() || !query.role.is_empty();
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
            let rows = table::list_by_name(tx.conn, account, &after, end.as_ref(), &filter)?;
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
            let rows = table::list_by_activity(tx.conn, account, after, end, &filter)?;
            (rows, end.map(|(millis, user)| (millis.to_string(), user)))
        }
    };
    let sort = query.sort;
    let mut page = Page::from_rows(rows, limit, |last| {
        let key = match sort {
            Sort::Name => last.name_key.clone(),
            Sort::LastActive => last.last_active_at.map_or(0, Timestamp::millis).to_string(),
        };
        cursor_after(&key, last.user)
    });
    if !query.text.is_ascii() {
        let text = query.text.to_lowercase();
        page.items.retain(|row| has_text(row, &text));
    }
    if page.next.is_none() {
        page.next = end.map(|(key, user)| cursor_after(&key, user));
    }
    Ok(page.map(|row| member(tx, row)))
}

/// Whether the name, or the address or login as it is read, contains a text in lower case.
fn has_text(row: &table::Member, text: &str) -> bool {
    let logins = [row.email.as_deref(), Some(&row.login)];
    let mut logins = logins.into_iter().flatten();
    row.name_key.contains(text)
        || logins.any(|login| to_readable(login).to_lowercase().contains(text))
}

fn cursor_after(key: &str, user: UserId) -> String {
    Cursor::encode(&[key, &user.to_string()])
}

fn position(cursor: &str) -> Option<(String, UserId)> {
    let mut parts = Cursor::decode(cursor, 2)?.into_iter();
    Some((parts.next()?, parts.next()?.parse().ok()?))
}
