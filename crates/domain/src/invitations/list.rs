//! Lists of invitations; every one is kept after its end (rule I15).

use super::{DeliveryStatus, Invitation, InvitationStatus, find, status_at, table};
use crate::authorization::authorize;
use crate::permissions::Permission;
use crate::search::{self, MAX_SCAN};
use crate::{Caller, Error, Mode, Tx, cursor_id, max_id};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_core::search::{Words, readable_address};

/// What a list shows; empty filters show all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Wanted states.
    pub status: Vec<InvitationStatus>,
    /// Wanted states of the last email.
    pub delivery: Vec<DeliveryStatus>,
    /// Product key.
    pub product: String,
    /// A granted role.
    pub role: String,
    /// Words, each a part of the address as it is stored or read, or of the name that was given with it.
    pub text: String,
}

/// A page of an account's invitations, newest first. With filters it may have fewer than `limit`, even none, and a cursor
/// that leads further back.
///
/// # Errors
/// As [`crate::authorization::authorize`], or an invalid cursor.
pub fn list(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    filter: &Filter,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Invitation>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let before: InvitationId = cursor_id(cursor)?.unwrap_or_else(max_id);
    let words = Words::parse(&filter.text);
    let is_filtered = filter.status.len() > 1
        || !filter.delivery.is_empty()
        || !filter.product.is_empty()
        || !filter.role.is_empty()
        || !words.is_empty()
        // Neither has an index of its own: the clock decides between them.
        || matches!(filter.status.as_slice(), [InvitationStatus::Pending | InvitationStatus::Expired]);
    let mut filter = table::Filter {
        status: filter.status.clone(),
        delivery: filter.delivery.clone(),
        product: filter.product.clone(),
        role: filter.role.clone(),
        limit: limit.fetch_limit(),
        first: None,
    };
    if is_filtered {
        filter.first = table::find_scan_end(tx.conn, account, before, &filter, MAX_SCAN)?;
    }
    let rows = if words.is_empty() {
        table::list(tx.conn, account, before, tx.now, &filter)?
    } else {
        let (limit, now) = (filter.limit, tx.now);
        let read = |before: &InvitationId, limit| {
            filter.limit = limit;
            Ok(table::list(tx.conn, account, *before, now, &filter)?)
        };
        search::collect(
            before,
            limit,
            read,
            |row| row.invitation.id,
            |row| is_match(&words, &row.invitation, now),
        )?
    };
    let mut page = page(tx, rows, limit);
    if page.next.is_none() {
        page.next = filter.first.map(|id| Cursor::encode(&[&id.to_string()]));
    }
    Ok(page)
}

/// Whether each word is a part of the invited address, or of the name that was given with it while the invitation waits.
fn is_match(words: &Words, invitation: &table::Invitation, now: Timestamp) -> bool {
    let email = &invitation.email;
    let readable = readable_address(email).unwrap_or_default();
    let status = status_at(invitation.status, invitation.expires_at, now);
    let is_pending = status == InvitationStatus::Pending;
    let name = invitation.name.as_deref().filter(|_| is_pending);
    words.match_any_of([
        email.as_str(),
        &readable,
        &invitation.email_canonical,
        name.unwrap_or_default(),
    ])
}

fn page(
    tx: &Tx<'_, '_, impl Mode>,
    rows: Vec<table::NamedInvitation>,
    limit: PageLimit,
) -> Page<Invitation> {
    Page::from_rows(rows, limit, |last| {
        Cursor::encode(&[&last.invitation.id.to_string()])
    })
    .map(|row| Invitation::from_stored(row, tx.now))
}

/// How many of a state are counted; of more it is only known that they are more.
pub const MAX_COUNTED: i64 = 1_000;

/// How many invitations of an account are in each state now, up to one more than [`MAX_COUNTED`].
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn count_by_status(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Vec<(InvitationStatus, i64)>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let (now, limit) = (tx.now, MAX_COUNTED + 1);
    let mut counts = Vec::new();
    for status in InvitationStatus::ALL_AS_SHOWN {
        let count = table::count(tx.conn, account, status, now, limit)?;
        counts.push((status, count));
    }
    Ok(counts)
}

/// How many pending invitations of an account have an email that waits or has failed, up to one more than [`MAX_COUNTED`]
/// of each.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn count_by_delivery(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Vec<(DeliveryStatus, i64)>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let (now, limit) = (tx.now, MAX_COUNTED + 1);
    let mut counts = Vec::new();
    for delivery in [DeliveryStatus::Waiting, DeliveryStatus::Failed] {
        let count = table::count_undelivered(tx.conn, account, delivery, now, limit)?;
        counts.push((delivery, count));
    }
    Ok(counts)
}

/// One invitation of an account.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::NotFound`].
pub fn get(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Invitation, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    find(tx, account, id)
}

/// Invitations of an account in the order of their ids; unknown ones are left out.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn find_many(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let mut rows = table::find_many(tx.conn, account, ids.iter().copied())?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.invitation.id));
    let now = tx.now;
    let invitations = rows.into_iter();
    Ok(invitations
        .map(|row| Invitation::from_stored(row, now))
        .collect())
}

/// A page of the invitations that wait for the caller's address, newest first.
///
/// # Errors
/// An invalid cursor.
pub fn list_received(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Invitation>, Error> {
    let before: InvitationId = cursor_id(cursor)?.unwrap_or_else(max_id);
    let Some(email) = &caller.user.email_canonical else {
        return Ok(Page {
            items: Vec::new(),
            next: None,
        });
    };
    let rows = table::list_for_email(tx.conn, email, tx.now, before, limit.fetch_limit())?;
    Ok(page(tx, rows, limit))
}
