//! Accounts: the shared spaces.

use super::engine::{Row, first_column, params, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};

/// An account as stored.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub owner: UserId,
    pub is_default: bool,
    /// This account's own limit; the installation's applies when there is none.
    pub user_limit: Option<i64>,
    pub registered_users_only: bool,
    pub created_at: Timestamp,
    pub owner_name: String,
}

statements! {
    INSERT = "insert into accounts (id, name, owner_id, is_default, registered_users_only, created_at)
        values ($1, $2, $3, $4, false, $5)";
    FIND = "select a.id, a.name, a.owner_id, a.is_default, a.user_limit, a.registered_users_only, a.created_at,
        u.first_name, u.last_name from accounts a join users u on u.id = a.owner_id where a.id = $1";
    LOCK = "select id from accounts where id = $1"
        pg "select id from accounts where id = $1 for no key update";
    LIST_OF_USER = "select a.id, a.name, a.owner_id, a.is_default, a.user_limit, a.registered_users_only,
        a.created_at, u.first_name, u.last_name, m.roles
        from members m join accounts a on a.id = m.account_id join users u on u.id = a.owner_id
        where m.user_id = $1 and a.id > $2 order by a.id limit $3";
    COUNT_OWNED = "select count(*) from accounts where owner_id = $1";
    UPDATE = "update accounts set name = $2, registered_users_only = $3 where id = $1";
    UPDATE_OWNER = "update accounts set owner_id = $2 where id = $1 and owner_id = $3";
    UPDATE_LIMIT = "update accounts set user_limit = $2 where id = $1";
    COUNT_MEMBERS = "select count(*) from members where account_id = $1";
    COUNT_PENDING = "select count(*) from invitations
        where account_id = $1 and status = 'pending' and expires_at > $2";
}

fn read_account(row: &mut Row<'_>) -> Result<Account, Error> {
    Ok(Account {
        id: row.get()?,
        name: row.get()?,
        owner: row.get()?,
        is_default: row.get()?,
        user_limit: row.get()?,
        registered_users_only: row.get()?,
        created_at: row.get()?,
        owner_name: convoke_core::names::full_name(
            &row.get::<String>()?,
            row.get::<Option<String>>()?.as_deref(),
        ),
    })
}

/// Adds an account; its owner becomes a member by `members::insert`.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    id: AccountId,
    name: &str,
    owner: UserId,
    is_default: bool,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(INSERT, params![id, name, owner, is_default, now])?;
    Ok(())
}

/// The account with this id.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: AccountId) -> Result<Option<Account>, Error> {
    conn.query_optional(FIND, params![id], read_account)
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
) -> Result<Vec<(Account, String)>, Error> {
    conn.query_all(LIST_OF_USER, params![user, cursor, limit], |row| {
        Ok((read_account(row)?, row.get()?))
    })
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

/// Members and pending, unexpired invitations.
///
/// # Errors
/// When the database is unavailable.
pub fn count_seats(
    conn: &mut Conn<'_>,
    id: AccountId,
    now: Timestamp,
) -> Result<(i64, i64), Error> {
    Ok((
        conn.query_scalar(COUNT_MEMBERS, params![id])?,
        conn.query_scalar(COUNT_PENDING, params![id, now])?,
    ))
}
