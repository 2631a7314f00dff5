//! Offers to take over an account; at most one per account.

use super::engine::{Row, params, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};

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
    FIND_TO = "select o.account_id, a.name, o.from_user, u.first_name, u.last_name, o.to_user, o.created_at,
        o.expires_at from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.account_id = $1 and o.to_user = $2";
    LIST_LIVE_FROM = "select o.account_id, a.name, o.from_user, u.first_name, u.last_name, o.to_user, o.created_at,
        o.expires_at from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.from_user = $1 and o.expires_at > $2 order by o.account_id";
    VOID = "update ownership_offers set expires_at = $4 where account_id = $1 and from_user = $2
        and created_at = $3 and expires_at > $4";
    DELETE_LIVE = "delete from ownership_offers where account_id = $1 and to_user = $2 and expires_at > $3";
    DELETE_TO = "delete from ownership_offers where account_id = $1 and to_user = $2";
}

fn read(row: &mut Row<'_>) -> Result<OwnershipOffer, Error> {
    Ok(OwnershipOffer {
        account: row.get()?,
        account_name: row.get()?,
        from: row.get()?,
        from_name: convoke_core::names::full_name(
            &row.get::<String>()?,
            row.get::<Option<String>>()?.as_deref(),
        ),
        to: row.get()?,
        created_at: row.get()?,
        expires_at: row.get()?,
    })
}

/// Adds an offer, in place of the account's earlier one.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    account: AccountId,
    from: UserId,
    to: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    conn.execute(PUT, params![account, from, to, created_at, expires_at])?;
    Ok(())
}

/// The account's offer that is still open at `now`.
///
/// # Errors
/// When the database is unavailable.
pub fn find_live(
    conn: &mut Conn<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<OwnershipOffer>, Error> {
    conn.query_optional(FIND_LIVE, params![account, now], read)
}

/// The account's offer to a user, open or not.
///
/// # Errors
/// When the database is unavailable.
pub fn find_to(
    conn: &mut Conn<'_>,
    account: AccountId,
    to: UserId,
) -> Result<Option<OwnershipOffer>, Error> {
    conn.query_optional(FIND_TO, params![account, to], read)
}

/// Offers of a user that are still open at `now`.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live_from(
    conn: &mut Conn<'_>,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<OwnershipOffer>, Error> {
    conn.query_all(LIST_LIVE_FROM, params![user, now], read)
}

/// Ends an offer now; false when it was accepted, declined, withdrawn or replaced before.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_void(
    conn: &mut Conn<'_>,
    offer: &OwnershipOffer,
    now: Timestamp,
) -> Result<bool, Error> {
    let rows = conn.execute(
        VOID,
        params![offer.account, offer.from, offer.created_at, now],
    )?;
    Ok(rows == 1)
}

/// Offers to a user that are still open at `now`.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live_to(
    conn: &mut Conn<'_>,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<OwnershipOffer>, Error> {
    conn.query_all(LIST_LIVE_TO, params![user, now], read)
}

/// Deletes the account's offer to a user while it is open; false when it was accepted, declined, withdrawn or has ended.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_live(
    conn: &mut Conn<'_>,
    account: AccountId,
    to: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(DELETE_LIVE, params![account, to, now])? == 1)
}

/// Deletes the account's offer when it is for this user.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_to(conn: &mut Conn<'_>, account: AccountId, user: UserId) -> Result<bool, Error> {
    Ok(conn.execute(DELETE_TO, params![account, user])? == 1)
}
