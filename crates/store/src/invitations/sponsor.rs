//! Whose permissions live invitations depend on (rule I13).

use crate::engine::{params, statements};
use crate::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId, UserId};

statements! {
    LIST = "select id, email from invitations where account_id = $1 and (sponsor_id = $2 or invited_by = $2)
        and status = 'pending' and expires_at > $3 order by id";
    COUNT = "select count(*) from invitations where account_id = $1 and (sponsor_id = $2 or invited_by = $2)
        and status = 'pending' and expires_at > $3";
    UPDATE = "update invitations set invited_by = $3, sponsor_id = $3 where id = $1
        and status = 'pending' and expires_at > $2";
}

/// Live invitations that a user sent or sponsors, with their addresses.
///
/// # Errors
/// When the database is unavailable.
pub fn list_sponsored_by(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(InvitationId, String)>, Error> {
    conn.query_all(LIST, params![account, user, now], |row| {
        Ok((row.get()?, row.get()?))
    })
}

/// How many of them there are.
///
/// # Errors
/// When the database is unavailable.
pub fn count_sponsored_by(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
    now: Timestamp,
) -> Result<i64, Error> {
    conn.query_scalar(COUNT, params![account, user, now])
}

/// Puts another user behind a live invitation; returns whether it was live.
///
/// # Errors
/// When the database is unavailable.
pub fn update_sponsor(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    sponsor: UserId,
) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE, params![id, now, sponsor])? == 1)
}
