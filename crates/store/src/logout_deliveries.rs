//! Logout tokens that products are still to get: a row for each ended grant. The token itself is made at each attempt.

use super::engine::{first_column, json_array, params, row, statements};
use super::grant_ends::EndedGrant;
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId, LogoutDeliveryId, UserId};
use convoke_core::model::grant::LogoutDeliveryState;

row! {
    /// A logout token for a product.
    pub struct LogoutDelivery as delivery_columns {
        /// Later deliveries have greater ids.
        pub id: LogoutDeliveryId = "id",
        /// `sid` in the token.
        pub grant: GrantId = "grant_id",
        /// The product's key, `aud` in the token.
        pub client: String = "client",
        /// `sub` in the token.
        pub user: UserId = "user_id",
        /// When the grant ended.
        pub created_at: Timestamp = "created_at",
        /// When it is tried next; while it is leased, when the lease ends.
        pub available_at: Timestamp = "available_at",
        /// How often it was leased.
        pub attempts: i64 = "attempts",
        /// Why it failed last.
        pub last_error: Option<String> = "last_error",
        /// When the product took it.
        pub delivered_at: Option<Timestamp> = "delivered_at",
        /// When it was tried for the last time.
        pub failed_at: Option<Timestamp> = "failed_at",
    }
}

impl LogoutDelivery {
    /// What has become of it.
    #[must_use]
    pub const fn state(&self) -> LogoutDeliveryState {
        match (self.delivered_at, self.failed_at) {
            (Some(_), _) => LogoutDeliveryState::Delivered,
            (None, Some(_)) => LogoutDeliveryState::Failed,
            (None, None) => LogoutDeliveryState::Pending,
        }
    }

    /// When it is tried next; none once it has ended.
    #[must_use]
    pub fn next_attempt_at(&self) -> Option<Timestamp> {
        (self.state() == LogoutDeliveryState::Pending).then_some(self.available_at)
    }
}

/// Those of some clients for which a delivery is due.
macro_rules! due_clients {
    ($list:expr, $column:literal) => {
        concat!(
            "select c.client from (select ",
            $column,
            " as client from ",
            $list,
            ") c where exists (select 1 from logout_deliveries d where d.client = c.client
            and d.available_at <= $2 and d.delivered_at is null and d.failed_at is null)"
        )
    };
}

/// Leases the next deliveries of a client: no other worker leases them before `$3`.
macro_rules! lease {
    ($lock:literal) => {
        concat!(
            "update logout_deliveries set available_at = $3, attempts = attempts + 1 where id in (
            select id from logout_deliveries where client = $1 and available_at <= $2
            and delivered_at is null and failed_at is null order by available_at limit $4",
            $lock,
            ") returning ",
            delivery_columns!()
        )
    };
}

statements! {
    INSERT = "insert into logout_deliveries (id, grant_id, client, user_id, account_id, created_at, available_at, attempts)
        values ($1, $2, $3, $4, $5, $6, $6, 0)";
    LIST_DUE_CLIENTS = (due_clients!("json_each($1)", "value"))
        pg (due_clients!("jsonb_array_elements_text(cast(cast($1 as text) as jsonb)) e (value)", "value"));
    LEASE = (lease!("")) pg (lease!(" for update skip locked"));
    MARK_DELIVERED = "update logout_deliveries set delivered_at = $2, last_error = null
        where id = $1 and delivered_at is null";
    RETRY_AT = "update logout_deliveries set available_at = $3, last_error = $4
        where id = $1 and attempts = $2 and delivered_at is null and failed_at is null";
    MARK_FAILED = "update logout_deliveries set failed_at = $3, last_error = $4
        where id = $1 and attempts = $2 and delivered_at is null and failed_at is null";
    MARK_EXPIRED = "update logout_deliveries set failed_at = $1 where id in (
        select id from logout_deliveries where delivered_at is null and failed_at is null and created_at <= $2
        order by client, available_at limit $3)";
    LIST = (concat!("select ", delivery_columns!(), " from logout_deliveries where id > $1 order by id limit $2"));
    LIST_OF_ACCOUNT = (concat!("select ", delivery_columns!(), " from logout_deliveries
        where account_id = $1 and id < $2 order by id desc limit $3"));
    DELETE_DELIVERED = "delete from logout_deliveries where id in (
        select id from logout_deliveries where delivered_at <= $1 order by delivered_at limit $2)";
    DELETE_FAILED = "delete from logout_deliveries where id in (
        select id from logout_deliveries where failed_at <= $1 order by failed_at limit $2)";
}

/// Adds a delivery that is due at once.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    id: LogoutDeliveryId,
    grant: &EndedGrant,
    now: Timestamp,
) -> Result<(), Error> {
    let values = params![id, grant.id, &grant.client, grant.user, grant.account, now];
    conn.execute(INSERT, values)?;
    Ok(())
}

/// Those of some clients for which a delivery is due, by an index.
///
/// # Errors
/// When the database is unavailable.
pub fn list_due_clients<'a>(
    conn: &mut Conn<'_>,
    clients: impl IntoIterator<Item = &'a str>,
    now: Timestamp,
) -> Result<Vec<String>, Error> {
    let clients = json_array(clients);
    conn.query_all(LIST_DUE_CLIENTS, params![&clients, now], first_column)
}

/// Leases up to `limit` due deliveries of a client to this worker until `leased_until`; after that they are due again.
///
/// # Errors
/// When the database is unavailable.
pub fn lease(
    conn: &mut Conn<'_>,
    client: &str,
    now: Timestamp,
    leased_until: Timestamp,
    limit: i64,
) -> Result<Vec<LogoutDelivery>, Error> {
    conn.query_all(
        LEASE,
        params![client, now, leased_until, limit],
        LogoutDelivery::read,
    )
}

/// Stores that the product took a token, also where another worker has leased the delivery since; false when that was stored.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_delivered(
    conn: &mut Conn<'_>,
    id: LogoutDeliveryId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(MARK_DELIVERED, params![id, now])? == 1)
}

/// Releases a delivery as it was leased, to be tried again at `at`; false when it has ended or was leased again since.
///
/// # Errors
/// When the database is unavailable.
pub fn retry_at(
    conn: &mut Conn<'_>,
    delivery: &LogoutDelivery,
    at: Timestamp,
    error: &str,
) -> Result<bool, Error> {
    let values = params![delivery.id, delivery.attempts, at, error];
    Ok(conn.execute(RETRY_AT, values)? == 1)
}

/// Gives up a delivery as it was leased; false when it has ended or was leased again since.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_failed(
    conn: &mut Conn<'_>,
    delivery: &LogoutDelivery,
    now: Timestamp,
    error: &str,
) -> Result<bool, Error> {
    let values = params![delivery.id, delivery.attempts, now, error];
    Ok(conn.execute(MARK_FAILED, values)? == 1)
}

/// Gives up at most `limit` deliveries that were added at `before` or earlier, and returns how many: those of products that take no
/// logout tokens any more.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_expired(
    conn: &mut Conn<'_>,
    now: Timestamp,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    conn.execute(MARK_EXPIRED, params![now, before, limit])
}

/// Up to `limit` deliveries from after `after` on, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list(
    conn: &mut Conn<'_>,
    after: LogoutDeliveryId,
    limit: i64,
) -> Result<Vec<LogoutDelivery>, Error> {
    conn.query_all(LIST, params![after, limit], LogoutDelivery::read)
}

/// Up to `limit` deliveries of an account from before `before` on, the newest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_account(
    conn: &mut Conn<'_>,
    account: AccountId,
    before: LogoutDeliveryId,
    limit: i64,
) -> Result<Vec<LogoutDelivery>, Error> {
    let values = params![account, before, limit];
    conn.query_all(LIST_OF_ACCOUNT, values, LogoutDelivery::read)
}

/// Deletes up to `limit` deliveries that were delivered at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_delivered(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_DELIVERED, params![before, limit])
}

/// Deletes up to `limit` deliveries that failed at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_failed(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_FAILED, params![before, limit])
}
