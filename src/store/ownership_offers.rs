//! Offers to take over an account; at most one per account.

use super::engine::{Row, params, statements};
use super::{Conn, Error};
use crate::core::clock::Timestamp;
use crate::core::ids::{AccountId, UserId};

/// An offer to take over an account, with the names that are shown beside it.
#[derive(Clone, Debug)]
pub struct OwnershipOffer {
    pub account: AccountId,
    pub account_name: String,
    pub from: UserId,
    pub from_name: String,
    pub to: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

statements! {
    PUT = "insert into ownership_offers (account_id, from_user, to_user, created_at, expires_at)
        values ($1, $2, $3, $4, $5)
        on conflict (account_id) do update set from_user = excluded.from_user, to_user = excluded.to_user,
        created_at = excluded.created_at, expires_at = excluded.expires_at";
    FIND_LIVE = "select o.account_id, a.name, o.from_user, u.first_name, u.last_name, o.to_user, o.created_at,
        o.expires_at from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.account_id = $1 and o.expires_at > $2";
    LIST_LIVE_TO = "select o.account_id, a.name, o.from_user, u.first_name, u.last_name, o.to_user, o.created_at,
        o.expires_at from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.to_user = $1 and o.expires_at > $2 order by o.account_id";
    DELETE = "delete from ownership_offers where account_id = $1";
    DELETE_TO = "delete from ownership_offers where account_id = $1 and to_user = $2";
}

fn read(row: &mut Row<'_>) -> Result<OwnershipOffer, Error> {
    Ok(OwnershipOffer {
        account: row.take()?,
        account_name: row.take()?,
        from: row.take()?,
        from_name: super::users::full_name(
            &row.take::<String>()?,
            row.take::<Option<String>>()?.as_deref(),
        ),
        to: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
    })
}

/// Adds an offer, in place of the account's earlier one.
///
/// # Errors
/// When the database cannot.
pub fn insert(
    conn: &mut Conn<'_>,
    account: AccountId,
    from: UserId,
    to: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    conn.exec(PUT, params![account, from, to, created_at, expires_at])?;
    Ok(())
}

/// The account's offer that is still open at `now`.
///
/// # Errors
/// When the database cannot.
pub fn find_live(
    conn: &mut Conn<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<OwnershipOffer>, Error> {
    conn.opt(FIND_LIVE, params![account, now], read)
}

/// Offers to a user that are still open at `now`.
///
/// # Errors
/// When the database cannot.
pub fn list_live_to(
    conn: &mut Conn<'_>,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<OwnershipOffer>, Error> {
    conn.all(LIST_LIVE_TO, params![user, now], read)
}

/// Takes the account's offer away; says whether there was one.
///
/// # Errors
/// When the database cannot.
pub fn delete(conn: &mut Conn<'_>, account: AccountId) -> Result<bool, Error> {
    Ok(conn.exec(DELETE, params![account])? == 1)
}

/// Takes the account's offer away when it is for this user.
///
/// # Errors
/// When the database cannot.
pub fn delete_to(conn: &mut Conn<'_>, account: AccountId, user: UserId) -> Result<bool, Error> {
    Ok(conn.exec(DELETE_TO, params![account, user])? == 1)
}
