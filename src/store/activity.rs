//! Activity: what happened. Entries are only added and read.

use super::engine::{Row, params, statements};
use super::{Conn, Error};
use crate::core::clock::Timestamp;
use crate::core::ids::{AccountId, ActivityId, UserId};
use crate::core::text::ForeignText;
use uuid::Uuid;

/// One entry as stored.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: ActivityId,
    pub at: Timestamp,
    /// The account it belongs to, or none when it is about a person alone.
    pub account: Option<AccountId>,
    /// The person it is about when there is no account.
    pub user: Option<UserId>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: Option<String>,
    pub action: String,
    pub target_kind: Option<String>,
    pub target_id: Option<Uuid>,
    pub target_name: Option<String>,
    /// JSON text.
    pub before: Option<String>,
    /// JSON text.
    pub after: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<ForeignText>,
}

statements! {
    INSERT = "insert into activity (id, at, account_id, user_id, actor_kind, actor_id, actor_name, action,
        target_kind, target_id, target_name, before, after, ip, user_agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    LIST_OF_ACCOUNT = "select id, at, account_id, user_id, actor_kind, actor_id, actor_name, action,
        target_kind, target_id, target_name, before, after, ip, user_agent from activity
        where account_id = $1 and id < $2
        and ($3 or actor_id = $4) and ($5 = '' or action = $5) and at >= $6 and at < $7
        order by id desc limit $8";
    LIST_OF_USER = "select id, at, account_id, user_id, actor_kind, actor_id, actor_name, action,
        target_kind, target_id, target_name, before, after, ip, user_agent from activity
        where user_id = $1 and id < $2 order by id desc limit $3";
}

fn read(row: &mut Row<'_>) -> Result<Entry, Error> {
    Ok(Entry {
        id: row.take()?,
        at: row.take()?,
        account: row.take()?,
        user: row.take()?,
        actor_kind: row.take()?,
        actor_id: row.take()?,
        actor_name: row.take()?,
        action: row.take()?,
        target_kind: row.take()?,
        target_id: row.take()?,
        target_name: row.take()?,
        before: row.take()?,
        after: row.take()?,
        ip: row.take()?,
        user_agent: row.take()?,
    })
}

/// Adds an entry.
///
/// # Errors
/// When the database cannot.
pub fn insert(conn: &mut Conn<'_>, entry: &Entry) -> Result<(), Error> {
    conn.exec(
        INSERT,
        params![
            entry.id,
            entry.at,
            entry.account,
            entry.user,
            &entry.actor_kind,
            entry.actor_id,
            entry.actor_name.as_deref(),
            &entry.action,
            entry.target_kind.as_deref(),
            entry.target_id,
            entry.target_name.as_deref(),
            entry.before.as_deref(),
            entry.after.as_deref(),
            entry.ip.as_deref(),
            entry.user_agent.as_deref(),
        ],
    )?;
    Ok(())
}

/// What an account's entries are filtered by.
#[derive(Clone, Debug)]
pub struct Filter {
    pub actor: Option<Uuid>,
    /// A dotted name, or empty for all.
    pub action: String,
    pub from: Timestamp,
    pub to: Timestamp,
    pub limit: i64,
}

/// An account's entries, newest first, from before `before` on.
///
/// # Errors
/// When the database cannot.
pub fn list_of_account(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: ActivityId,
    filter: &Filter,
) -> Result<Vec<Entry>, Error> {
    conn.all(
        LIST_OF_ACCOUNT,
        params![
            account,
            before,
            filter.actor.is_none(),
            filter.actor.unwrap_or_default(),
            &filter.action,
            filter.from,
            filter.to,
            filter.limit,
        ],
        read,
    )
}

/// Entries about a person alone, newest first, from before `before` on.
///
/// # Errors
/// When the database cannot.
pub fn list_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    before: ActivityId,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    conn.all(LIST_OF_USER, params![user, before, limit], read)
}
