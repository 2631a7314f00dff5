//! Members: users in accounts, with their roles there.

use std::collections::HashMap;

use super::engine::{
    first_column, in_texts, in_uuids, json_array, params, row, statements, uuid_array,
};
use super::{Conn, Error, PendingCount, PendingRows, like};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::roles::StoredRoles;

row! {
    /// A member as listed.
    pub struct Member as member_columns {
        /// The user who is the member.
        pub user: UserId = "u.id",
        /// The user's login, which never changes (rule U1).
        pub login: String = "u.login",
        /// The user's verified address as stored; none when they have no address.
        pub email: Option<String> = "u.email",
        /// From the user's profile, the same in every account.
        pub first_name: String = "u.first_name",
        /// From the user's profile; optional.
        pub last_name: Option<String> = "u.last_name",
        /// The granted roles.
        pub roles: StoredRoles = "m.roles",
        /// The user's full name as made by [`name_key`], for sorting.
        pub name_key: String = "m.name_key",
        /// When the user became a member.
        pub joined_at: Timestamp = "m.joined_at",
        /// The user's last activity in any account, accurate to `ACTIVITY_RESOLUTION`; first set on joining.
        pub last_active_at: Option<Timestamp> = "m.last_active_at",
        /// Starts at 1 and grows with every change of the roles; a change made for an older version is rejected.
        pub version: i64 = "m.version",
        /// Whether this member owns the account; true for exactly one (rule V10).
        pub owner: bool = "a.owner_id = u.id",
        /// The id of the user's picture; none when they have no picture.
        pub picture: Option<String> = "u.picture_id",
    }
}

/// Members of the account `$1`. The account is read once: joined, PostgreSQL may scan a small table of accounts for each member.
macro_rules! members_of_account {
    () => {
        concat!(
            "with a as materialized (select owner_id from accounts where id = $1) select ",
            member_columns!(),
            " from members m join users u on u.id = m.user_id cross join a where m.account_id = $1 and "
        )
    };
}

/// A part of an account's members in the order of an index, between two positions in it.
macro_rules! list {
    ($key:literal, $end:literal) => {
        concat!(
            members_of_account!(),
            "(",
            $key,
            ", m.user_id) > ($2, $3) ",
            $end,
            " and ($4 = '' or ' ' || m.roles || ' ' like $4 escape '\\')
            order by ",
            $key,
            ", m.user_id limit $5"
        )
    };
}

/// The position of the member that many places further on in the order of an index.
macro_rules! scan_end {
    ($key:literal) => {
        concat!(
            "select ",
            $key,
            ", user_id from members where account_id = $1 and (",
            $key,
            ", user_id) > ($2, $3) order by ",
            $key,
            ", user_id limit 1 offset $4"
        )
    };
}

/// The members of an account who have one of some addresses.
macro_rules! by_emails {
    ($emails:expr) => {
        concat!(
            "with a as materialized (select owner_id from accounts where id = $1) select u.email_canonical, ",
            member_columns!(),
            " from members m join users u on u.id = m.user_id cross join a
            where m.account_id = $1 and u.email_canonical ",
            $emails
        )
    };
}

/// The roles of those of some users who are members of an account.
macro_rules! roles_of_many {
    ($users:expr) => {
        concat!(
            "select user_id, roles from members where account_id = $1 and user_id ",
            $users
        )
    };
}

/// Some members of an account.
macro_rules! by_users {
    ($users:expr) => {
        concat!(members_of_account!(), "m.user_id ", $users)
    };
}

statements! {
    INSERT = "insert into members (account_id, user_id, roles, name_key, joined_at, last_active_at, version)
        values ($1, $2, $3, $4, $5, $5, 1) on conflict do nothing";
    FIND_ROLES = "select roles from members where account_id = $1 and user_id = $2";
    FIND_ROLES_OF_MANY = (roles_of_many!(in_uuids!(lite "$2"))) pg (roles_of_many!(in_uuids!(pg "$2")));
    FIND = (concat!("select ", member_columns!(), " from members m join users u on u.id = m.user_id join accounts a on a.id = m.account_id
        where m.account_id = $1 and m.user_id = $2"));
    FIND_MANY = (by_users!(in_uuids!(lite "$2"))) pg (by_users!(in_uuids!(pg "$2")));
    LIST_BY_NAME = (list!("m.name_key", ""));
    LIST_BY_NAME_UNTIL = (list!("m.name_key", "and (m.name_key, m.user_id) <= ($6, $7)"));
    LIST_BY_ACTIVITY = (list!("coalesce(m.last_active_at, 0)", ""));
    LIST_BY_ACTIVITY_UNTIL = (list!(
        "coalesce(m.last_active_at, 0)",
        "and (coalesce(m.last_active_at, 0), m.user_id) <= ($6, $7)"
    ));
    FIND_SCAN_END_BY_NAME = (scan_end!("name_key"));
    FIND_SCAN_END_BY_ACTIVITY = (scan_end!("coalesce(last_active_at, 0)"));
    LIST_BY_EMAILS = (by_emails!(in_texts!(lite "$2"))) pg (by_emails!(in_texts!(pg "$2")));
    UPDATE_ROLES = "update members set roles = $3, version = version + 1
        where account_id = $1 and user_id = $2 and version = $4";
    RENAME = "update members set name_key = $2 where user_id = $1";
    MARK_ACTIVE = "update members set last_active_at = $2 where user_id = $1";
    DELETE = "delete from members where account_id = $1 and user_id = $2";
}

/// The name that members are sorted by.
#[must_use]
pub fn name_key(name: &str) -> String {
    name.to_lowercase()
}

/// Adds a member; returns false when the user is one already.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
    name: &str,
    roles: &StoredRoles,
    now: Timestamp,
) -> Result<bool, Error> {
    let rows = conn.execute(INSERT, params![account, user, roles, &name_key(name), now])?;
    Ok(rows == 1)
}

/// Adds the owner of a new account together with the next statement.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_owner_later(
    conn: &mut Conn<'_>,
    account: AccountId,
    owner: UserId,
    name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let roles = &StoredRoles::default();
    conn.insert_later(INSERT, params![account, owner, roles, &name_key(name), now])
}

/// A member's roles; nothing when the user is no member.
///
/// # Errors
/// When the database is unavailable.
pub fn find_roles(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<StoredRoles>, Error> {
    conn.query_optional(FIND_ROLES, params![account, user], first_column)
}

/// The roles of those of some users who are members of an account.
///
/// # Errors
/// When the database is unavailable.
pub fn find_roles_of_many(
    conn: &mut Conn<'_>,
    account: AccountId,
    users: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, StoredRoles>, Error> {
    let users = uuid_array(users);
    let roles = conn.query_all(FIND_ROLES_OF_MANY, params![account, &users], |row| {
        Ok((row.get()?, row.get()?))
    })?;
    Ok(roles.into_iter().collect())
}

/// One member.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<Member>, Error> {
    let member = send_find(conn, account, user)?;
    conn.receive_optional(member)
}

/// The same, to be received.
///
/// # Errors
/// When the database is unavailable.
pub fn send_find(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
) -> Result<PendingRows<Member>, Error> {
    conn.send_query(FIND, params![account, user], Member::read)
}

/// Some members, in any order.
///
/// # Errors
/// When the database is unavailable.
pub fn find_many(
    conn: &mut Conn<'_>,
    account: AccountId,
    users: &[UserId],
) -> Result<Vec<Member>, Error> {
    let users = uuid_array(users.iter().copied());
    conn.query_all(FIND_MANY, params![account, &users], Member::read)
}

/// What a page of members is filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A role they hold; empty for all.
    pub role: String,
    /// Maximum number of rows, the extra row that shows a next page included.
    pub limit: i64,
}

/// A place in the list by name: name key and user.
pub type NamePosition = (String, UserId);

/// A place in the list by last activity: milliseconds and user.
pub type ActivityPosition = (i64, UserId);

/// Members by name from after `after` on, up to and with `end`.
///
/// # Errors
/// When the database is unavailable.
pub fn list_by_name(
    conn: &mut Conn<'_>,
    account: AccountId,
    after: &NamePosition,
    end: Option<&NamePosition>,
    filter: &Filter,
) -> Result<Vec<Member>, Error> {
    let limit = &filter.limit;
    let role = &like::has_role(&filter.role);
    let (key, user) = after;
    match end {
        None => {
            let values = params![account, key, *user, role, *limit];
            conn.query_all(LIST_BY_NAME, values, Member::read)
        }
        Some((end, last)) => {
            let values = params![account, key, *user, role, *limit, end, *last];
            conn.query_all(LIST_BY_NAME_UNTIL, values, Member::read)
        }
    }
}

/// Members by last activity, the longest inactive first, from after `after` on, up to and with `end`.
///
/// # Errors
/// When the database is unavailable.
pub fn list_by_activity(
    conn: &mut Conn<'_>,
    account: AccountId,
    after: ActivityPosition,
    end: Option<ActivityPosition>,
    filter: &Filter,
) -> Result<Vec<Member>, Error> {
    let limit = &filter.limit;
    let role = &like::has_role(&filter.role);
    let (millis, user) = after;
    match end {
        None => {
            let values = params![account, millis, user, role, *limit];
            conn.query_all(LIST_BY_ACTIVITY, values, Member::read)
        }
        Some((end, last)) => {
            let values = params![account, millis, user, role, *limit, end, last];
            conn.query_all(LIST_BY_ACTIVITY_UNTIL, values, Member::read)
        }
    }
}

/// The place that ends a scan of `length` members by name; nothing when there are fewer.
///
/// # Errors
/// When the database is unavailable.
pub fn find_scan_end_by_name(
    conn: &mut Conn<'_>,
    account: AccountId,
    after: &NamePosition,
    length: i64,
) -> Result<Option<NamePosition>, Error> {
    let values = params![account, &after.0, after.1, length - 1];
    conn.query_optional(FIND_SCAN_END_BY_NAME, values, |row| {
        Ok((row.get()?, row.get()?))
    })
}

/// The place that ends a scan of `length` members by last activity; nothing when there are fewer.
///
/// # Errors
/// When the database is unavailable.
pub fn find_scan_end_by_activity(
    conn: &mut Conn<'_>,
    account: AccountId,
    after: ActivityPosition,
    length: i64,
) -> Result<Option<ActivityPosition>, Error> {
    let values = params![account, after.0, after.1, length - 1];
    conn.query_optional(FIND_SCAN_END_BY_ACTIVITY, values, |row| {
        Ok((row.get()?, row.get()?))
    })
}

/// The members of an account who have one of these canonical addresses, by it.
///
/// # Errors
/// When the database is unavailable.
pub fn send_list_by_emails<'a>(
    conn: &mut Conn<'_>,
    account: AccountId,
    emails: impl IntoIterator<Item = &'a str>,
) -> Result<PendingRows<(String, Member)>, Error> {
    conn.send_query(
        LIST_BY_EMAILS,
        params![account, &json_array(emails)],
        |row| Ok((row.get()?, Member::read(row)?)),
    )
}

/// Replaces the roles of a member that is still at `version`: of one row then, of none otherwise.
///
/// # Errors
/// When the database is unavailable.
pub fn send_update_roles(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
    roles: &StoredRoles,
    version: i64,
) -> Result<PendingCount, Error> {
    conn.send_execute(UPDATE_ROLES, params![account, user, roles, version])
}

/// Updates the sort key of a renamed user in every account.
///
/// # Errors
/// When the database is unavailable.
pub fn rename(conn: &mut Conn<'_>, user: UserId, name: &str) -> Result<(), Error> {
    conn.execute(RENAME, params![user, &name_key(name)])?;
    Ok(())
}

/// Remembers that a user was active.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_active(conn: &mut Conn<'_>, user: UserId, now: Timestamp) -> Result<(), Error> {
    conn.execute(MARK_ACTIVE, params![user, now])?;
    Ok(())
}

/// Removes a member; returns whether the user was one.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, account: AccountId, user: UserId) -> Result<bool, Error> {
    Ok(conn.execute(DELETE, params![account, user])? == 1)
}
