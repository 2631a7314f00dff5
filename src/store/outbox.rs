//! The outbox: mail that committed changes owe, as kinds and ids, without any secret.

use super::engine::{Row, params, statements};
use super::{Conn, Error};
use crate::core::clock::Timestamp;
use crate::core::ids::AccountId;
use uuid::Uuid;

/// One mail that is owed.
#[derive(Clone, Debug)]
pub struct Owed {
    pub id: Uuid,
    /// The message's kind.
    pub kind: String,
    /// Lower goes first.
    pub priority: i64,
    /// Whose share of the queue it takes.
    pub account: Option<AccountId>,
    /// What it speaks of; the kind says what sort of id this is.
    pub subject: Uuid,
    /// JSON text: what the subject's rows no longer tell when the mail is made.
    pub detail: String,
    /// How often it was tried, this time included.
    pub attempts: i64,
    pub created_at: Timestamp,
}

statements! {
    INSERT = "insert into outbox (id, kind, priority, account_id, subject_id, detail, attempts, available_at,
        leased_until, created_at) values ($1, $2, $3, $4, $5, $6, 0, $7, 0, $7)";
    CLAIM = "update outbox set leased_until = $2, attempts = attempts + 1 where id in (
        select d.id from (select o.id, o.priority, row_number() over
                (partition by o.priority, o.account_id order by o.id) as turn
            from (select * from outbox where available_at <= $1 and leased_until <= $1
                order by priority, available_at limit 500) o) d
        order by d.priority, d.turn, d.id limit $3)
        returning id, kind, priority, account_id, subject_id, detail, attempts, created_at"
        pg "update outbox set leased_until = $2, attempts = attempts + 1 where id in (
        select q.id from outbox q join (select o.id, o.priority, row_number() over
                (partition by o.priority, o.account_id order by o.id) as turn
            from (select * from outbox where available_at <= $1 and leased_until <= $1
                order by priority, available_at limit 500) o) d on d.id = q.id
        where q.leased_until <= $1
        order by d.priority, d.turn, d.id limit $3 for update of q skip locked)
        returning id, kind, priority, account_id, subject_id, detail, attempts, created_at";
    DELETE = "delete from outbox where id = $1";
    POSTPONE = "update outbox set available_at = $2, leased_until = 0 where id = $1";
    PUT_OFF = "update outbox set available_at = $2, leased_until = 0, attempts = attempts - 1 where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<Owed, Error> {
    Ok(Owed {
        id: row.take()?,
        kind: row.take()?,
        priority: row.take()?,
        account: row.take()?,
        subject: row.take()?,
        detail: row.take()?,
        attempts: row.take()?,
        created_at: row.take()?,
    })
}

/// Adds a mail that is owed from now on.
///
/// # Errors
/// When the database cannot.
pub fn insert(conn: &mut Conn<'_>, owed: &Owed) -> Result<(), Error> {
    conn.exec(
        INSERT,
        params![
            owed.id,
            &owed.kind,
            owed.priority,
            owed.account,
            owed.subject,
            &owed.detail,
            owed.created_at,
        ],
    )?;
    Ok(())
}

/// Takes up to `limit` due mails for this worker until `leased_until`, urgent ones first, accounts in turn.
///
/// # Errors
/// When the database cannot.
pub fn claim(
    conn: &mut Conn<'_>,
    now: Timestamp,
    leased_until: Timestamp,
    limit: i64,
) -> Result<Vec<Owed>, Error> {
    let mut claimed = conn.all(CLAIM, params![now, leased_until, limit], read)?;
    claimed.sort_by_key(|owed| (owed.priority, owed.id));
    Ok(claimed)
}

/// Strikes out a mail that was sent or is no longer owed.
///
/// # Errors
/// When the database cannot.
pub fn delete(conn: &mut Conn<'_>, id: Uuid) -> Result<(), Error> {
    conn.exec(DELETE, params![id])?;
    Ok(())
}

/// Gives a mail back to be tried again at `at`.
///
/// # Errors
/// When the database cannot.
pub fn postpone(conn: &mut Conn<'_>, id: Uuid, at: Timestamp) -> Result<(), Error> {
    conn.exec(POSTPONE, params![id, at])?;
    Ok(())
}

/// Gives a mail back untried, for `at`.
///
/// # Errors
/// When the database cannot.
pub fn put_off(conn: &mut Conn<'_>, id: Uuid, at: Timestamp) -> Result<(), Error> {
    conn.exec(PUT_OFF, params![id, at])?;
    Ok(())
}
