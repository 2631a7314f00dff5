//! Offers to take over an account; at most one per account.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::names::full_name;

row! {
    /// An offer to take over an account, with the names that are shown beside it.
    pub struct OwnershipOffer as ownership_offer_columns {
        /// The account that is offered; has at most one offer.
        pub account: AccountId = "o.account_id",
        /// The account's name now, as the owner enters it to confirm.
        pub account_name: String = "a.name",
        /// The owner who offers it.
        pub from: UserId = "o.from_user",
        /// First name of the profile of `from`.
        pub from_first_name: String = "u.first_name",
        /// Last name of the profile of `from`; optional.
        pub from_last_name: Option<String> = "u.last_name",
        /// The member to whom it is offered, the only one who can accept.
        pub to: UserId = "o.to_user",
        /// When it was offered; distinguishes it from an earlier offer of the account.
        pub created_at: Timestamp = "o.created_at",
        /// From this moment on it cannot be accepted (rule U9); voiding the offer sets it to the current time.
        pub expires_at: Timestamp = "o.expires_at",
    }
}

impl OwnershipOffer {
    /// The name of the owner who offers it.
    #[must_use]
    pub fn from_name(&self) -> String {
        full_name(&self.from_first_name, self.from_last_name.as_deref())
    }
}

statements! {
    INSERT = "insert into ownership_offers (account_id, from_user, to_user, created_at, expires_at)
        values ($1, $2, $3, $4, $5)
        on conflict (account_id) do update set from_user = excluded.from_user, to_user = excluded.to_user,
        created_at = excluded.created_at, expires_at = excluded.expires_at";
    FIND_LIVE = (concat!("select ", ownership_offer_columns!(), " from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.account_id = $1 and o.expires_at > $2"));
    LIST_LIVE_TO = (concat!("select ", ownership_offer_columns!(), " from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.to_user = $1 and o.expires_at > $2 order by o.account_id"));
    FIND_TO = (concat!("select ", ownership_offer_columns!(), " from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.account_id = $1 and o.to_user = $2"));
    LIST_LIVE_FROM = (concat!("select ", ownership_offer_columns!(), " from ownership_offers o join accounts a on a.id = o.account_id
        join users u on u.id = o.from_user where o.from_user = $1 and o.expires_at > $2 order by o.account_id"));
    MARK_VOID = "update ownership_offers set expires_at = $4 where account_id = $1 and from_user = $2
        and created_at = $3 and expires_at > $4";
    DELETE_LIVE = "delete from ownership_offers where account_id = $1 and to_user = $2 and expires_at > $3";
    DELETE_TO = "delete from ownership_offers where account_id = $1 and to_user = $2";
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
    conn.execute(INSERT, params![account, from, to, created_at, expires_at])?;
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
    conn.query_optional(FIND_LIVE, params![account, now], OwnershipOffer::read)
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
    conn.query_optional(FIND_TO, params![account, to], OwnershipOffer::read)
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
    conn.query_all(LIST_LIVE_FROM, params![user, now], OwnershipOffer::read)
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
        MARK_VOID,
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
    conn.query_all(LIST_LIVE_TO, params![user, now], OwnershipOffer::read)
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
