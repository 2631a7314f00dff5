//! Pages of invitations, and how many are in each state.

use super::{Invitation, NamedInvitation, Names};
use crate::engine::{first_column, in_uuids, params, statements, uuid_array};
use crate::{Conn, Error, like};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::model::invitation::{DeliveryStatus, InvitationStatus};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The invitations of the account `$1` without the names beside them, which few inviters share.
macro_rules! without_names {
    ($rest:expr) => {
        concat!(
            "select ",
            invitation_columns!(),
            " from invitations i where i.account_id = $1 and ",
            $rest
        )
    };
}

/// The names beside the invitations of the account `$1` that some users have sent.
macro_rules! names {
    ($inviters:expr) => {
        concat!(
            "select u.id, ",
            name_columns!(),
            " from accounts a cross join users u where a.id = $1 and u.id ",
            $inviters
        )
    };
}

statements! {
    LIST = (without_names!("i.id < $2
        and ($3 = '' or $3 like '% ' || case when i.status = 'pending' and i.expires_at <= $4 then 'expired'
            else i.status end || ' %')
        and ($5 = '' or i.product = $5)
        and ($6 = '' or ' ' || i.roles || ' ' like $6 escape '\\')
        and ($9 = '' or $9 like '% ' || i.delivery || ' %')
        and i.id >= $8 order by i.id desc limit $7"));
    // The state that is listed most, among however many have ended.
    LIST_PENDING = (without_names!("i.id < $2 and i.status = 'pending' and i.expires_at > $3
        and ($4 = '' or i.product = $4)
        and ($5 = '' or ' ' || i.roles || ' ' like $5 escape '\\')
        and ($8 = '' or $8 like '% ' || i.delivery || ' %')
        and i.id >= $7 order by i.id desc limit $6"));
    LIST_ENDED = (without_names!("i.id < $2 and i.status = $3
        and ($4 = '' or i.product = $4)
        and ($5 = '' or ' ' || i.roles || ' ' like $5 escape '\\')
        and ($8 = '' or $8 like '% ' || i.delivery || ' %')
        and i.id >= $7 order by i.id desc limit $6"));
    LIST_NAMES = (names!(in_uuids!(lite "$2"))) pg (names!(in_uuids!(pg "$2")));
    FIND_SCAN_END = "select id from invitations where account_id = $1 and id < $2 order by id desc limit 1 offset $3";
    FIND_SCAN_END_OF_STATUS = "select id from invitations
        where account_id = $1 and id < $2 and status = $4 order by id desc limit 1 offset $3";
    COUNT_PENDING = "select count(*) from (select 1 from invitations
        where account_id = $1 and status = 'pending' and expires_at > $2 limit $3) few";
    // As the index invitations_undelivered has them.
    COUNT_UNDELIVERED = "select count(*) from (select 1 from invitations where account_id = $1 and delivery = $3
        and delivery in ('waiting', 'failed') and status = 'pending' and expires_at > $2 limit $4) few";
    COUNT_OVERDUE = "select count(*) from (select 1 from invitations
        where account_id = $1 and status = 'pending' and expires_at <= $2 limit $3) few";
    COUNT_ENDED = "select count(*) from (select 1 from invitations
        where account_id = $1 and status = $2 limit $3) few";
    LIST_FOR_EMAIL = (columns!("where i.email_canonical = $1 and i.status = 'pending' and i.expires_at > $2
        and i.id < $3 order by i.id desc limit $4"));
}

/// What a page of invitations is filtered by; empty texts match all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Wanted states; none for all.
    pub status: Vec<InvitationStatus>,
    /// Wanted states of their emails; none for all.
    pub delivery: Vec<DeliveryStatus>,
    /// The key of their product.
    pub product: String,
    /// A role they give.
    pub role: String,
    /// Maximum number of rows, the extra row that shows a next page included.
    pub limit: i64,
    /// No invitation before this one is scanned.
    pub first: Option<InvitationId>,
}

/// The invitation that ends a scan of `length` ones along the index that [`list`] walks; nothing when there are fewer.
///
/// # Errors
/// When the database is unavailable.
pub fn find_scan_end(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: InvitationId,
    filter: &Filter,
    length: i64,
) -> Result<Option<InvitationId>, Error> {
    let offset = length - 1;
    match filter.status.as_slice() {
        [status] if *status != InvitationStatus::Expired => {
            let params = params![account, before, offset, *status];
            conn.query_optional(FIND_SCAN_END_OF_STATUS, params, first_column)
        }
        _ => conn.query_optional(
            FIND_SCAN_END,
            params![account, before, offset],
            first_column,
        ),
    }
}

/// An account's invitations, newest first, from before `before` on.
///
/// # Errors
/// When the database is unavailable.
pub fn list(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: InvitationId,
    now: Timestamp,
    filter: &Filter,
) -> Result<Vec<NamedInvitation>, Error> {
    let invitations = list_without_names(conn, account, before, now, filter)?;
    let inviters: HashSet<UserId> = invitations.iter().map(|one| one.invited_by).collect();
    if inviters.is_empty() {
        return Ok(Vec::new());
    }
    let inviters = uuid_array(inviters);
    let names = conn.query_all(LIST_NAMES, params![account, &inviters], |row| {
        Ok((row.get()?, Names::read(row)?))
    })?;
    let names: HashMap<UserId, Names> = names.into_iter().collect();
    let listed = invitations.into_iter().filter_map(|invitation| {
        let names = names.get(&invitation.invited_by)?.clone();
        Some(NamedInvitation { invitation, names })
    });
    Ok(listed.collect())
}

fn list_without_names(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: InvitationId,
    now: Timestamp,
    filter: &Filter,
) -> Result<Vec<Invitation>, Error> {
    let Filter { product, limit, .. } = filter;
    let role = &like::has_role(&filter.role);
    let first = filter.first.unwrap_or_else(|| Uuid::nil().into());
    let delivery = &between_spaces(filter.delivery.iter().map(|state| state.as_str()));
    match filter.status.as_slice() {
        [InvitationStatus::Pending] => conn.query_all(
            LIST_PENDING,
            params![account, before, now, product, role, *limit, first, delivery],
            Invitation::read,
        ),
        [ended] if *ended != InvitationStatus::Expired => conn.query_all(
            LIST_ENDED,
            params![
                account, before, *ended, product, role, *limit, first, delivery
            ],
            Invitation::read,
        ),
        _ => conn.query_all(
            LIST,
            params![
                account,
                before,
                &between_spaces(filter.status.iter().map(|status| status.as_str())),
                now,
                product,
                role,
                *limit,
                first,
                delivery
            ],
            Invitation::read,
        ),
    }
}

/// States as the statement for any of them looks for them; empty for all.
fn between_spaces(states: impl Iterator<Item = &'static str>) -> String {
    let texts: Vec<&str> = states.collect();
    if texts.is_empty() {
        return String::new();
    }
    format!(" {} ", texts.join(" "))
}

/// How many of an account's pending invitations have an email that waits or has failed, counted up to `limit`.
///
/// # Errors
/// When the database is unavailable.
pub fn count_undelivered(
    conn: &mut Conn<'_>,
    account: AccountId,
    delivery: DeliveryStatus,
    now: Timestamp,
    limit: i64,
) -> Result<i64, Error> {
    conn.query_scalar(COUNT_UNDELIVERED, params![account, now, delivery, limit])
}

/// How many of an account's invitations are in a state, counted up to `limit`; the clock ends pending ones.
///
/// # Errors
/// When the database is unavailable.
pub fn count(
    conn: &mut Conn<'_>,
    account: AccountId,
    status: InvitationStatus,
    now: Timestamp,
    limit: i64,
) -> Result<i64, Error> {
    let ended =
        |conn: &mut Conn<'_>| conn.query_scalar(COUNT_ENDED, params![account, status, limit]);
    match status {
        InvitationStatus::Pending => conn.query_scalar(COUNT_PENDING, params![account, now, limit]),
        InvitationStatus::Expired => {
            let sealed: i64 = ended(conn)?;
            let overdue: i64 = conn.query_scalar(COUNT_OVERDUE, params![account, now, limit])?;
            Ok(limit.min(sealed + overdue))
        }
        _ => ended(conn),
    }
}

/// Live invitations to an address in any account, newest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_for_email(
    conn: &mut Conn<'_>,
    canonical: &str,
    now: Timestamp,
    before: InvitationId,
    limit: i64,
) -> Result<Vec<NamedInvitation>, Error> {
    conn.query_all(
        LIST_FOR_EMAIL,
        params![canonical, now, before, limit],
        NamedInvitation::read,
    )
}
