//! Accounts: the shared spaces.

use convoke_core::model::roles::StoredRoles;
use std::collections::HashMap;

use super::engine::{Row, first_column, in_uuids, params, row, statements, uuid_array};
use super::{Conn, Error, PendingRows};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, SessionId, UserId};
use convoke_core::names::full_name;

row! {
    /// An account as stored.
    pub struct Account as account_columns {
        /// `UUIDv7`; lists of accounts are sorted by it.
        pub id: AccountId = "a.id",
        /// 1 to 64 characters (security rule 11).
        pub name: String = "a.name",
        /// The one user who owns it, a member too (rules A3 and V10).
        pub owner: UserId = "a.owner_id",
        /// Whether it is its owner's default account, which cannot be transferred (rule A1).
        pub is_default: bool = "a.is_default",
        /// This account's own limit; the installation's applies when there is none.
        pub user_limit: Option<i64> = "a.user_limit",
        /// The owner's setting: only addresses that belong to a user can be invited (rule I6).
        pub registered_users_only: bool = "a.registered_users_only",
        /// When it was created; rate limits of invitations depend on its age.
        pub created_at: Timestamp = "a.created_at",
        /// First name of the owner's profile.
        pub owner_first_name: String = "o.first_name",
        /// Last name of the owner's profile; optional.
        pub owner_last_name: Option<String> = "o.last_name",
    }
}

pub(super) use account_columns;

impl Account {
    /// The owner's name.
    #[must_use]
    pub fn owner_name(&self) -> String {
        full_name(&self.owner_first_name, self.owner_last_name.as_deref())
    }
}

row! {
    /// The taken seats of an account `a`; `$2` is the current time.
    #[derive(Copy, Default)]
    pub struct SeatCounts as seat_columns {
        /// Members, the owner among them.
        pub members: i64 = "a.member_count",
        /// Pending, unexpired invitations.
        pub pending: i64 = "(select count(*) from invitations i
            where i.account_id = a.id and i.status = 'pending' and i.expires_at > $2)",
    }
}

/// The taken seats of accounts, by account.
macro_rules! count_seats {
    ($accounts:expr) => {
        concat!(
            "select a.id, ",
            seat_columns!(),
            " from accounts a where a.id ",
            $accounts
        )
    };
}

statements! {
    INSERT = "insert into accounts (id, name, owner_id, is_default, registered_users_only, created_at)
        values ($1, $2, $3, $4, false, $5)";
    FIND = (concat!("select ", account_columns!(), " from accounts a join users o on o.id = a.owner_id where a.id = $1"));
    FIND_WITH_ROLES = (concat!("select ", account_columns!(), ", m.roles from accounts a join users o on o.id = a.owner_id
        join members m on m.account_id = a.id where a.id = $1 and m.user_id = $2"));
    LOCK = "select id from accounts where id = $1"
        pg "select id from accounts where id = $1 for no key update";
    FIND_WITH_SESSION = (concat!("select ", account_columns!(), ", m.roles, s.last_used_at, s.created_at
        from accounts a join users o on o.id = a.owner_id join members m on m.account_id = a.id
        join users u on u.id = m.user_id join sessions s on s.user_id = u.id
        where a.id = $1 and m.user_id = $2 and s.id = $3 and u.disabled_at is null"));
    LOCK_WITH_USER = "select 1 from accounts a cross join users u where a.id = $1 and u.id = $2"
        pg "select 1 from accounts a cross join users u where a.id = $1 and u.id = $2 for no key update of a, u";
    LIST_OF_USER = (concat!("select ", account_columns!(), ", m.roles
        from members m join accounts a on a.id = m.account_id join users o on o.id = a.owner_id
        where m.user_id = $1 and a.id > $2 order by a.id limit $3"));
    LIST = (concat!("select ", account_columns!(), " from accounts a join users o on o.id = a.owner_id
        where a.id > $1 order by a.id limit $2"));
    COUNT_OWNED = "select count(*) from accounts where owner_id = $1";
    UPDATE = "update accounts set name = $2, registered_users_only = $3 where id = $1";
    UPDATE_OWNER = "update accounts set owner_id = $2 where id = $1 and owner_id = $3";
    UPDATE_LIMIT = "update accounts set user_limit = $2 where id = $1";
    COUNT_SEATS = (count_seats!("= $1"));
    COUNT_SEATS_OF_MANY = (count_seats!(in_uuids!(lite "$1")))
        pg (count_seats!(in_uuids!(pg "$1")));
}

fn read_seats(row: &mut Row<'_>) -> Result<(AccountId, SeatCounts), Error> {
    Ok((row.get()?, SeatCounts::read(row)?))
}

/// Adds an account together with the next statement; its owner becomes a member by `members::insert_later`.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_later(
    conn: &mut Conn<'_>,
    id: AccountId,
    name: &str,
    owner: UserId,
    is_default: bool,
    now: Timestamp,
) -> Result<(), Error> {
    conn.insert_later(INSERT, params![id, name, owner, is_default, now])
}

/// The account with this id.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: AccountId) -> Result<Option<Account>, Error> {
    conn.query_optional(FIND, params![id], Account::read)
}

/// The account with this id and the roles of one of its members; none for a user who is no member.
///
/// # Errors
/// When the database is unavailable.
pub fn find_with_roles(
    conn: &mut Conn<'_>,
    id: AccountId,
    member: UserId,
) -> Result<Option<(Account, StoredRoles)>, Error> {
    let found = send_find_with_roles(conn, id, member)?;
    conn.receive_optional(found)
}

/// The same, to be received.
///
/// # Errors
/// When the database is unavailable.
pub fn send_find_with_roles(
    conn: &mut Conn<'_>,
    id: AccountId,
    member: UserId,
) -> Result<PendingRows<(Account, StoredRoles)>, Error> {
    conn.send_query(FIND_WITH_ROLES, params![id, member], |row| {
        Ok((Account::read(row)?, row.get()?))
    })
}

/// A member's access to an account by one of their sessions.
#[derive(Clone, Debug)]
pub struct SessionAccess {
    /// The account.
    pub account: Account,
    /// The member's roles there.
    pub roles: StoredRoles,
    /// When the session was last used.
    pub last_used_at: Timestamp,
    /// When the session's token was created.
    pub begun_at: Timestamp,
}

/// Locks an account and a member, in this order, together with the next statement.
///
/// # Errors
/// When the database is unavailable.
pub fn lock_with_member_later(
    conn: &mut Conn<'_>,
    id: AccountId,
    member: UserId,
) -> Result<(), Error> {
    conn.lock_later(LOCK_WITH_USER, params![id, member])
}

/// What a member is in an account, and their session; none when there is no such member or session, or the user is disabled.
///
/// # Errors
/// When the database is unavailable.
pub fn find_with_session(
    conn: &mut Conn<'_>,
    id: AccountId,
    member: UserId,
    session: SessionId,
) -> Result<Option<SessionAccess>, Error> {
    conn.query_optional(FIND_WITH_SESSION, params![id, member, session], |row| {
        Ok(SessionAccess {
            account: Account::read(row)?,
            roles: row.get()?,
            last_used_at: row.get()?,
            begun_at: row.get()?,
        })
    })
}

/// Lets no other transaction change this account's seats until this one ends (security rule 3).
///
/// SQLite has one writer, so there the row only has to exist.
///
/// # Errors
/// When the database is unavailable.
pub fn lock(conn: &mut Conn<'_>, id: AccountId) -> Result<bool, Error> {
    Ok(conn
        .query_optional(LOCK, params![id], first_column::<AccountId>)?
        .is_some())
}

/// The accounts a user is a member of, each with the user's roles there, from after `cursor` on.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    cursor: AccountId,
    limit: i64,
) -> Result<Vec<(Account, StoredRoles)>, Error> {
    conn.query_all(LIST_OF_USER, params![user, cursor, limit], |row| {
        Ok((Account::read(row)?, row.get()?))
    })
}

/// Accounts of the whole installation from after `after` on, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list(conn: &mut Conn<'_>, after: AccountId, limit: i64) -> Result<Vec<Account>, Error> {
    conn.query_all(LIST, params![after, limit], Account::read)
}

/// How many accounts a user owns.
///
/// # Errors
/// When the database is unavailable.
pub fn count_owned(conn: &mut Conn<'_>, user: UserId) -> Result<i64, Error> {
    conn.query_scalar(COUNT_OWNED, params![user])
}

/// Writes name and settings.
///
/// # Errors
/// When the database is unavailable.
pub fn update(
    conn: &mut Conn<'_>,
    id: AccountId,
    name: &str,
    registered_users_only: bool,
) -> Result<(), Error> {
    conn.execute(UPDATE, params![id, name, registered_users_only])?;
    Ok(())
}

/// Hands the account from `from` to `to`; returns false when `from` does not own it.
///
/// # Errors
/// When the database is unavailable.
pub fn update_owner(
    conn: &mut Conn<'_>,
    id: AccountId,
    to: UserId,
    from: UserId,
) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE_OWNER, params![id, to, from])? == 1)
}

/// Sets the account's own limit, or removes it; returns whether the account exists.
///
/// # Errors
/// When the database is unavailable.
pub fn update_limit(conn: &mut Conn<'_>, id: AccountId, limit: Option<i64>) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE_LIMIT, params![id, limit])? == 1)
}

/// Members and pending, unexpired invitations; none for an account that does not exist.
///
/// # Errors
/// When the database is unavailable.
pub fn send_count_seats(
    conn: &mut Conn<'_>,
    id: AccountId,
    now: Timestamp,
) -> Result<PendingRows<(AccountId, SeatCounts)>, Error> {
    conn.send_query(COUNT_SEATS, params![id, now], read_seats)
}

/// The same for several accounts, by account.
///
/// # Errors
/// When the database is unavailable.
pub fn count_seats_of_many(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = AccountId>,
    now: Timestamp,
) -> Result<HashMap<AccountId, SeatCounts>, Error> {
    let ids = uuid_array(ids);
    let counts = conn.query_all(COUNT_SEATS_OF_MANY, params![&ids, now], read_seats)?;
    Ok(counts.into_iter().collect())
}
