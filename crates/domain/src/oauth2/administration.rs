//! Grants as the operator lists them on the command line.

use crate::{Error, Mode, Tx};
use convoke_core::ids::{GrantId, UserId};
use convoke_store::grant_list as table;

pub use table::GrantOverview;

/// Up to `limit` grants of the installation from after `after` on, the oldest first, those that have ended too.
///
/// # Errors
/// When the database is unavailable.
pub fn list_grants(
    tx: &mut Tx<'_, '_, impl Mode>,
    after: GrantId,
    limit: i64,
) -> Result<Vec<GrantOverview>, Error> {
    Ok(table::list(tx.conn, after, limit)?)
}

/// Up to `limit` grants of a user from after `after` on, the oldest first, without those that have ended.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live_grants(
    tx: &mut Tx<'_, '_, impl Mode>,
    user: UserId,
    after: GrantId,
    limit: i64,
) -> Result<Vec<GrantOverview>, Error> {
    Ok(table::list_live_of_user(tx.conn, user, after, limit)?)
}
