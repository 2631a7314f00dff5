//! Pages of invitations, and how many are in each state.

use super::Invitation;
use crate::engine::{first_column, params, statements};
use crate::{Conn, Error, like};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::model::invitation::InvitationStatus;
use uuid::Uuid;

statements! {
    LIST = (columns!("where i.account_id = $1 and i.id < $2
        and ($3 = '' or $3 like '% ' || case when i.status = 'pending' and i.expires_at <= $4 then 'expired'
            else i.status end || ' %')
        and ($5 = '' or i.product = $5)
        and ($6 = '' or ' ' || i.roles || ' ' like $6 escape '\\')
        and ($7 = '' or i.email_canonical like $7 escape '\\'
            or (i.status = 'pending' and i.expires_at > $4 and i.name_key like $10 escape '\\'))
        and i.id >= $9 order by i.id desc limit $8"));
    // The state that is listed most, among however many have ended.
    LIST_PENDING = (columns!("where i.account_id = $1 and i.id < $2 and i.status = 'pending' and i.expires_at > $3
        and ($4 = '' or i.product = $4)
        and ($5 = '' or ' ' || i.roles || ' ' like $5 escape '\\')
        and ($6 = '' or i.email_canonical like $6 escape '\\' or i.name_key like $9 escape '\\')
        and i.id >= $8 order by i.id desc limit $7"));
    LIST_ENDED = (columns!("where i.account_id = $1 and i.id < $2 and i.status = $3
        and ($4 = '' or i.product = $4)
        and ($5 = '' or ' ' || i.roles || ' ' like $5 escape '\\')
        and ($6 = '' or i.email_canonical like $6 escape '\\')
        and i.id >= $8 order by i.id desc limit $7"));
    FIND_SCAN_END = "select id from invitations where account_id = $1 and id < $2 order by id desc limit 1 offset $3";
    FIND_SCAN_END_OF_STATUS = "select id from invitations
        where account_id = $1 and id < $2 and status = $4 order by id desc limit 1 offset $3";
    COUNT_PENDING = "select count(*) from (select 1 from invitations
        where account_id = $1 and status = 'pending' and expires_at > $2 limit $3) few";
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
    /// The key of their product.
    pub product: String,
    /// A role they give.
    pub role: String,
    /// A part of the address, or of the name of an invitee who has not answered yet.
    pub text: String,
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
) -> Result<Vec<Invitation>, Error> {
    let Filter { product, limit, .. } = filter;
    let text = &like::contains_email(&filter.text);
    let name = &like::contains(&filter.text.to_lowercase());
    let role = &like::has_role(&filter.role);
    let first = filter.first.unwrap_or_else(|| Uuid::nil().into());
    match filter.status.as_slice() {
        [InvitationStatus::Pending] => conn.query_all(
            LIST_PENDING,
            params![
                account, before, now, product, role, text, *limit, first, name
            ],
            Invitation::read,
        ),
        [ended] if *ended != InvitationStatus::Expired => conn.query_all(
            LIST_ENDED,
            params![account, before, *ended, product, role, text, *limit, first],
            Invitation::read,
        ),
        _ => conn.query_all(
            LIST,
            params![
                account,
                before,
                &between_spaces(&filter.status),
                now,
                product,
                role,
                text,
                *limit,
                first,
                name
            ],
            Invitation::read,
        ),
    }
}

/// States as the statement for any of them looks for them; empty for all.
fn between_spaces(status: &[InvitationStatus]) -> String {
    if status.is_empty() {
        return String::new();
    }
    let texts: Vec<&str> = status.iter().map(|status| status.as_str()).collect();
    format!(" {} ", texts.join(" "))
}

/// How many of an account's invitations are in a state, counted up to `most`; the clock ends pending ones.
///
/// # Errors
/// When the database is unavailable.
pub fn count(
    conn: &mut Conn<'_>,
    account: AccountId,
    status: InvitationStatus,
    now: Timestamp,
    most: i64,
) -> Result<i64, Error> {
    let ended =
        |conn: &mut Conn<'_>| conn.query_scalar(COUNT_ENDED, params![account, status, most]);
    match status {
        InvitationStatus::Pending => conn.query_scalar(COUNT_PENDING, params![account, now, most]),
        InvitationStatus::Expired => {
            let sealed: i64 = ended(conn)?;
            let overdue: i64 = conn.query_scalar(COUNT_OVERDUE, params![account, now, most])?;
            Ok(most.min(sealed + overdue))
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
) -> Result<Vec<Invitation>, Error> {
    conn.query_all(
        LIST_FOR_EMAIL,
        params![canonical, now, before, limit],
        Invitation::read,
    )
}
