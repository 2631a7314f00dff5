//! Activity: what happened. Entries are only added and read.

use super::engine::{Value, params, row, statements};
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

/// The entries before one id and from another one on, newest first, along an index whose key names them. The rest of the
/// entry is joined, or SQLite would take the index of the account alone.
macro_rules! list {
    ($key:literal) => {
        concat!(
            "select ",
            entry_columns!(),
            " from activity k cross join activity a where a.id = k.id and ",
            $key,
            " and k.id < $2 and k.id >= $3 order by k.id desc limit $4"
        )
    };
}

/// The same of entries about persons alone that an account sees.
macro_rules! list_of_members {
    ($key:literal) => {
        concat!(
            "select ",
            entry_columns!(),
            " from activity_in_accounts k cross join activity a where a.id = k.activity_id and ",
            $key,
            " and k.activity_id < $2 and k.activity_id >= $3 order by k.activity_id desc limit $4"
        )
    };
}

statements! {
    INSERT = "insert into activity (id, at, account_id, user_id, actor_kind, actor_id, actor_name, action,
        target_kind, target_id, target_name, before, after, ip, user_agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        pg "insert into activity (id, at, account_id, user_id, actor_kind, actor_id, actor_name, action,
        target_kind, target_id, target_name, before, after, ip, user_agent)
        select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[],
        $9::text[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])";
    // The person is the target. At most $10 of one hour are stored: those whose keys are between $8 and $9.
    INSERT_ONCE = "insert into activity (id, at, user_id, actor_kind, action, target_kind, target_id, target_name, ip,
        user_agent, once_key)
        select $1, $2, u.id, 'system', $4, 'user', u.id,
            u.first_name || case when u.last_name is null then '' else ' ' || u.last_name end, $5, $6, $7
        from users u where u.id = $3 and (select count(*) from (select 1 from activity k
            where k.user_id = $3 and k.once_key >= $8 and k.once_key < $9 limit $10) few) < $10
        on conflict do nothing";
    INSERT_IN_ACCOUNTS = "insert into activity_in_accounts (account_id, activity_id, user_id)
        select m.account_id, a.id, m.user_id from activity a join members m on m.user_id = a.user_id where a.id = $1";
    LIST_OF_ACCOUNT = (list!("k.account_id = $1"));
    LIST_OF_ACTION = (list!("k.account_id = $1 and k.action = $5"));
    LIST_OF_ACTOR = (list!("k.account_id = $1 and k.actor_id = $5"));
    LIST_OF_TARGET = (list!("k.account_id = $1 and k.target_id = $5"));
    LIST_OF_MEMBERS = (list_of_members!("k.account_id = $1"));
    LIST_OF_MEMBER = (list_of_members!("k.account_id = $1 and k.user_id = $5"));
    LIST_OF_USER = (concat!("select ", entry_columns!(), " from activity a
        where a.user_id = $1 and a.id < $2 order by a.id desc limit $3"));
}

/// Adds entries.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, entries: &[Entry]) -> Result<(), Error> {
    let rows = entries.iter().map(|entry| {
        *params![
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
        ]
    });
    let rows: Vec<_> = rows.collect();
    conn.insert_all_later(INSERT, &rows)
}

/// Adds an entry about a person alone to the activity of each account of which they are a member; nothing where there is no
/// such entry.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_in_accounts(conn: &mut Conn<'_>, id: ActivityId) -> Result<(), Error> {
    conn.execute(INSERT_IN_ACCOUNTS, params![id])?;
    Ok(())
}

/// What the program itself records about a person, at most once per key.
#[derive(Clone, Debug)]
pub struct OnceEntry<'e> {
    /// `UUIDv7`.
    pub id: ActivityId,
    /// The time of the transaction.
    pub at: Timestamp,
    /// The person; nothing is stored for an id that no user has.
    pub user: Uuid,
    /// What happened.
    pub action: Action,
    /// The client's address.
    pub ip: Option<String>,
    /// The client's `User-Agent` header, truncated.
    pub user_agent: Option<&'e str>,
    /// What is recorded once.
    pub key: String,
    /// The keys from the first on and before the second one are counted together.
    pub counted: (String, String),
    /// How many of them are stored at most.
    pub max: i64,
}

/// Adds an entry unless there is one with its key, or as many as may be.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_once(conn: &mut Conn<'_>, entry: &OnceEntry<'_>) -> Result<(), Error> {
    let values = params![
        entry.id,
        entry.at,
        entry.user,
        entry.action,
        entry.ip.as_deref(),
        entry.user_agent,
        &entry.key,
        &entry.counted.0,
        &entry.counted.1,
        entry.max,
    ];
    conn.execute(INSERT_ONCE, values)?;
    Ok(())
}

/// Which of an account's entries are read, each along an index of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// Those that belong to the account.
    OfAccount,
    /// Those with one action.
    WithAction(Action),
    /// What a user did.
    ByActor(UserId),
    /// What was done to a user, or with an account or an invitation.
    WithTarget(Uuid),
    /// Those about its members alone.
    OfMembers,
    /// Those about one member alone.
    OfMember(UserId),
}

/// Entries that an account sees, newest first: before `before`, from `first` on, at most `limit`.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_account(
    conn: &mut Conn<'_>,
    account: AccountId,
    entries: Entries,
    (before, first): (ActivityId, ActivityId),
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let (sql, key) = match entries {
        Entries::OfAccount => (LIST_OF_ACCOUNT, None),
        Entries::OfMembers => (LIST_OF_MEMBERS, None),
        Entries::WithAction(action) => (LIST_OF_ACTION, Some(Value::from(action))),
        Entries::ByActor(user) => (LIST_OF_ACTOR, Some(Value::from(user))),
        Entries::WithTarget(id) => (LIST_OF_TARGET, Some(Value::from(id))),
        Entries::OfMember(user) => (LIST_OF_MEMBER, Some(Value::from(user))),
    };
    match key {
        None => conn.query_all(sql, params![account, before, first, limit], Entry::read),
        Some(key) => {
            let values = params![account, before, first, limit, key];
            conn.query_all(sql, values, Entry::read)
        }
    }
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
