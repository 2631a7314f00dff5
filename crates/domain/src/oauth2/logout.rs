//! Logout tokens on their way to products (OpenID Connect Back-Channel Logout 1.0).
//!
//! An ended grant leaves a delivery in the same transaction. A worker leases it, sends a token that is signed for this attempt, and
//! records the outcome. A lease that was not recorded, since the worker ended, is due again when it expires.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::claims::seconds;
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx, authorization, cursor_id};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, LogoutDeliveryId, UserId};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_store::{logout_deliveries as table, users};

pub use table::LogoutDelivery;

/// How long a logout token is valid (Back-Channel Logout section 4 recommends at most two minutes).
pub const LOGOUT_TOKEN_LIFETIME: Duration = Duration::from_mins(2);

/// How long a delivery is tried.
pub const DELIVERY_LIFETIME: Duration = Duration::from_hours(3 * 24);

/// How long to wait after the first failures; after later ones an hour.
const BACKOFF: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
];
const MAX_BACKOFF: Duration = Duration::from_hours(1);

/// The longest text of an error that is stored.
const MAX_ERROR_CHARS: usize = 300;

/// How many more deliveries to a product a worker may begin.
#[derive(Clone, Debug)]
pub struct ClientCapacity {
    /// The product's key.
    pub client: String,
    /// How many.
    pub capacity: usize,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutOutcome {
    /// The product took the token.
    Delivered,
    /// It did not; why.
    Failed(String),
}

/// Leases due deliveries for `lease`, at most `total` and of each product as many as it has capacity for.
///
/// # Errors
/// When the database is unavailable.
pub fn lease_deliveries(
    tx: &mut Tx<'_, '_>,
    lease: Duration,
    clients: &[ClientCapacity],
    total: usize,
) -> Result<Vec<LogoutDelivery>, Error> {
    let mut free: Vec<&ClientCapacity> = clients
        .iter()
        .filter(|client| client.capacity > 0)
        .collect();
    // Those with the fewest requests under way come first, so that slow products do not take every place that becomes free.
    free.sort_by_key(|client| Reverse(client.capacity));
    let keys = free.iter().map(|client| client.client.as_str());
    let due = table::list_due_clients(tx.conn, keys, tx.now)?;
    let leased_until = tx.now.plus(lease);
    let mut leased = Vec::new();
    for client in free
        .into_iter()
        .filter(|client| due.contains(&client.client))
    {
        let limit = client.capacity.min(total.saturating_sub(leased.len()));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        if limit > 0 {
            let rows = table::lease(tx.conn, &client.client, tx.now, leased_until, limit)?;
            leased.extend(rows);
        }
    }
    Ok(leased)
}

/// Records an attempt: a delivery that failed is tried again after a while, for three days. An outcome is dropped when another worker
/// has leased the delivery since, unless the product took the token.
///
/// # Errors
/// When the database is unavailable.
pub fn record_delivery(
    tx: &mut Tx<'_, '_>,
    delivery: &LogoutDelivery,
    outcome: &LogoutOutcome,
) -> Result<(), Error> {
    let now = tx.now;
    match outcome {
        LogoutOutcome::Delivered => table::mark_delivered(tx.conn, delivery.id, now)?,
        LogoutOutcome::Failed(error) => {
            let error = convoke_core::text::clean_foreign(error, MAX_ERROR_CHARS);
            let at = now.plus(backoff(delivery.attempts));
            if at < delivery.created_at.plus(DELIVERY_LIFETIME) {
                table::retry_at(tx.conn, delivery, at, &error)?
            } else {
                table::mark_failed(tx.conn, delivery, now, &error)?
            }
        }
    };
    Ok(())
}

/// How long to wait after so many attempts.
fn backoff(attempts: i64) -> Duration {
    let failures = usize::try_from(attempts.max(1) - 1).unwrap_or(usize::MAX);
    BACKOFF.get(failures).copied().unwrap_or(MAX_BACKOFF)
}

/// Up to `limit` deliveries from after `after` on, the oldest first, delivered ones and failed ones too.
///
/// # Errors
/// When the database is unavailable.
pub fn list_deliveries(
    tx: &mut Tx<'_, '_, impl Mode>,
    after: LogoutDeliveryId,
    limit: i64,
) -> Result<Vec<LogoutDelivery>, Error> {
    Ok(table::list(tx.conn, after, limit)?)
}

/// A delivery as the owner of its account sees it.
#[derive(Clone, Debug)]
pub struct AccountLogoutDelivery {
    /// The delivery.
    pub delivery: LogoutDelivery,
    /// The name of the user whose access has ended.
    pub user_name: String,
}

/// A page of the deliveries of an account, the newest first, delivered ones and failed ones too.
///
/// # Errors
/// [`Error::NotFound`], [`Error::PermissionDenied`] for others than the owner, or an invalid cursor.
pub fn list_deliveries_of_account(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<AccountLogoutDelivery>, Error> {
    authorization::authorize(tx, caller, account, Permission::Own)?;
    let before = cursor_id(cursor)?.unwrap_or_else(|| Uuid::max().into());
    let rows = table::list_of_account(tx.conn, account, before, limit.fetch_limit())?;
    let page = Page::from_rows(rows, limit, |last| Cursor::encode(&[&last.id.to_string()]));
    let users = users::find_many(tx.conn, page.items.iter().map(|delivery| delivery.user))?;
    let names: HashMap<UserId, String> = users
        .into_iter()
        .map(|user| (user.id, user.name()))
        .collect();
    Ok(page.map(|delivery| AccountLogoutDelivery {
        user_name: names.get(&delivery.user).cloned().unwrap_or_default(),
        delivery,
    }))
}

/// The claims of the logout token of an attempt: `typ` is `logout+jwt` (Back-Channel Logout section 2.4). It never has a nonce, so
/// that it is no ID token.
#[must_use]
pub fn logout_token(delivery: &LogoutDelivery, issuer: &str, now: Timestamp) -> Value {
    json!({
        "iss": issuer,
        "sub": delivery.user,
        "aud": delivery.client,
        "iat": seconds(now),
        "exp": seconds(now.plus(LOGOUT_TOKEN_LIFETIME)),
        // Each attempt is another lease with another number.
        "jti": format!("{}-{}", Uuid::from(delivery.id).simple(), delivery.attempts),
        "sid": delivery.grant,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_wait_longer_each_time_up_to_an_hour() {
        let waits: Vec<u64> = (1..=7).map(|count| backoff(count).as_secs()).collect();
        assert_eq!(waits, [1, 5, 30, 120, 600, 3_600, 3_600]);
        assert_eq!(backoff(i64::MAX), MAX_BACKOFF);
    }
}
