//! Activity: what happened. Entries are only added and read.

use super::engine::{first_column, params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, ActivityId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::model::activity::ActorKind;
use convoke_core::model::activity::TargetKind;
use convoke_core::text::ForeignText;
use uuid::Uuid;

row! {
    /// One entry as stored.
    pub struct Entry as entry_columns {
        /// `UUIDv7`; lists are sorted and paged by it.
        pub id: ActivityId = "a.id",
        /// The time of the transaction that made the change.
        pub at: Timestamp = "a.at",
        /// The account it belongs to, or none when it is about a person alone.
        pub account: Option<AccountId> = "a.account_id",
        /// The person it is about when there is no account.
        pub user: Option<UserId> = "a.user_id",
        /// Whether a user, the holder of a link or the program made the change.
        pub actor_kind: ActorKind = "a.actor_kind",
        /// The acting user's id; none for the other kinds.
        pub actor_id: Option<Uuid> = "a.actor_id",
        /// The acting user's full name at that time; none for the other kinds.
        pub actor_name: Option<String> = "a.actor_name",
        /// What happened, stored as its dotted name.
        pub action: Action = "a.action",
        /// What kind of object was changed; all three are none without a target.
        pub target_kind: Option<TargetKind> = "a.target_kind",
        /// The id of the user, account or invitation that was changed.
        pub target_id: Option<Uuid> = "a.target_id",
        /// The target's name at that time, or an invitation's address.
        pub target_name: Option<String> = "a.target_name",
        /// JSON text: the changed values before.
        pub before: Option<String> = "a.before",
        /// JSON text: the changed values after.
        pub after: Option<String> = "a.after",
        /// The client's address; none when there was no client or it was unknown.
        pub ip: Option<String> = "a.ip",
        /// The client's `User-Agent` header, truncated; none when there was none.
        pub user_agent: Option<ForeignText> = "a.user_agent",
    }
}

/// A part of an account's entries between two ids, newest first. The key names the index that `k` walks along; the rest
/// of the entry is joined, or SQLite would take the index of the account alone.
macro_rules! list {
    ($key:literal) => {
        concat!(
            "select ", entry_columns!(), " from activity k cross join activity a where a.id = k.id and ",
            $key,
            " and k.id < $3 and k.id >= $4 and ($2 = '' or a.action = $2) and a.at >= $5 and a.at < $6
            order by k.id desc limit $7"
        )
    };
}

/// The id of the entry that many places further back along an index.
macro_rules! scan_end {
    ($key:literal) => {
        concat!(
            "select id from activity where ",
            $key,
            " and id < $2 and id >= $3 order by id desc limit 1 offset $4"
        )
    };
}

statements! {
    INSERT = "insert into activity (id, at, account_id, user_id, actor_kind, actor_id, actor_name, action,
        target_kind, target_id, target_name, before, after, ip, user_agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    LIST_OF_ACCOUNT = (list!("k.account_id = $1"));
    LIST_OF_ACTION = (list!("k.account_id = $1 and k.action = $2"));
    LIST_OF_ACTOR = (list!("k.account_id = $1 and k.actor_id = $8"));
    FIND_SCAN_END_OF_ACCOUNT = (scan_end!("account_id = $1"));
    FIND_SCAN_END_OF_ACTION = (scan_end!("account_id = $1 and action = $5"));
    FIND_SCAN_END_OF_ACTOR = (scan_end!("account_id = $1 and actor_id = $5"));
    LIST_OF_USER = (concat!("select ", entry_columns!(), " from activity a
        where a.user_id = $1 and a.id < $2 order by a.id desc limit $3"));
}

/// Adds an entry.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, entry: &Entry) -> Result<(), Error> {
    conn.execute(
        INSERT,
        params![
            entry.id,
            entry.at,
            entry.account,
            entry.user,
            entry.actor_kind,
            entry.actor_id,
            entry.actor_name.as_deref(),
            entry.action,
            entry.target_kind,
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
    /// The user who made the change; none for all.
    pub actor: Option<Uuid>,
    /// A dotted name, or empty for all.
    pub action: String,
    /// Earliest time of an entry, inclusive.
    pub from: Timestamp,
    /// Latest time of an entry, exclusive.
    pub to: Timestamp,
    /// No entry before this one is scanned.
    pub first: ActivityId,
    /// Maximum number of rows, the extra row that shows a next page included.
    pub limit: i64,
}

/// An account's entries, newest first, from before `before` on.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_account(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: ActivityId,
    filter: &Filter,
) -> Result<Vec<Entry>, Error> {
    let Filter {
        from,
        to,
        first,
        limit,
        ..
    } = *filter;
    let action = &filter.action;
    if let Some(actor) = filter.actor {
        let params = params![account, action, before, first, from, to, limit, actor];
        return conn.query_all(LIST_OF_ACTOR, params, Entry::read);
    }
    let sql = if action.is_empty() {
        LIST_OF_ACCOUNT
    } else {
        LIST_OF_ACTION
    };
    let params = params![account, action, before, first, from, to, limit];
    conn.query_all(sql, params, Entry::read)
}

/// The entry that ends a scan of `length` entries along the index that [`list_of_account`] walks; nothing when there are
/// fewer.
///
/// # Errors
/// When the database is unavailable.
pub fn find_scan_end(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: ActivityId,
    filter: &Filter,
    length: i64,
) -> Result<Option<ActivityId>, Error> {
    let (first, offset) = (filter.first, length - 1);
    if let Some(actor) = filter.actor {
        let params = params![account, before, first, offset, actor];
        return conn.query_optional(FIND_SCAN_END_OF_ACTOR, params, first_column);
    }
    if filter.action.is_empty() {
        let params = params![account, before, first, offset];
        return conn.query_optional(FIND_SCAN_END_OF_ACCOUNT, params, first_column);
    }
    let params = params![account, before, first, offset, &filter.action];
    conn.query_optional(FIND_SCAN_END_OF_ACTION, params, first_column)
}

/// Entries about a person alone, newest first, from before `before` on.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    before: ActivityId,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    conn.query_all(LIST_OF_USER, params![user, before, limit], Entry::read)
}
