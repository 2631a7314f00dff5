//! Deleting what grants leave: codes, refresh tokens, logout deliveries, and grants themselves.

use std::time::Duration;

use super::logout::DELIVERY_LIFETIME;
use crate::{Error, Tx};
use convoke_store::{grant_cleanup, logout_deliveries};

/// How long a code stays after its end: longer than an access token that it gave is valid (an hour at most), so that a code that is
/// used again ends what it gave. One that gave a refresh token stays as long as its grant.
const CODE_RETENTION: Duration = Duration::from_hours(2);
/// How long a refresh token that an earlier version replaced ends the grant when it is presented again; others do as long as the grant
/// lasts.
const USED_REFRESH_TOKEN_RETENTION: Duration = Duration::from_hours(30 * 24);
/// How long a grant that has ended is shown.
const ENDED_GRANT_RETENTION: Duration = Duration::from_hours(30 * 24);
/// How long a logout token that a product took is shown.
const DELIVERED_RETENTION: Duration = Duration::from_hours(7 * 24);
/// How long one that no product took is shown.
const FAILED_RETENTION: Duration = Duration::from_hours(30 * 24);

/// How long after its last attempt could have been made a logout token is given up that no worker has taken, since its product takes
/// none any more.
const ABANDONED_AFTER: Duration = Duration::from_hours(2);

/// Deletes a batch of each, and returns how many rows of each statement.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn delete_expired(tx: &mut Tx<'_, '_>, batch: i64) -> Result<[u64; 8], Error> {
    let (now, conn) = (tx.now, &mut *tx.conn);
    let ended = now.minus(ENDED_GRANT_RETENTION);
    let replaced = now.minus(USED_REFRESH_TOKEN_RETENTION);
    // Later than the last attempt: no worker takes these any more.
    let undeliverable = now.minus(DELIVERY_LIFETIME + ABANDONED_AFTER);
    Ok([
        grant_cleanup::delete_expired_codes(conn, now.minus(CODE_RETENTION), batch)?,
        grant_cleanup::delete_used_refresh_tokens(conn, replaced, batch)?,
        grant_cleanup::delete_codes_of_ended(conn, ended, batch)?,
        grant_cleanup::delete_refresh_tokens_of_ended(conn, ended, batch)?,
        grant_cleanup::delete_ended(conn, ended, batch)?,
        logout_deliveries::mark_expired(conn, now, undeliverable, batch)?,
        logout_deliveries::delete_delivered(conn, now.minus(DELIVERED_RETENTION), batch)?,
        logout_deliveries::delete_failed(conn, now.minus(FAILED_RETENTION), batch)?,
    ])
}
