//! Grants whose products let their users work in the account no more, since the catalogue has changed. They are not active; this
//! ends them, so that their products are notified.

use uuid::Uuid;

use super::access::find_access;
use super::grant_ends::{EndCause, end_grant};
use crate::{Error, Mode, Tx};
use convoke_core::ids::{GrantId, UserId};
use convoke_core::model::grant::GrantEnd;
use convoke_store::grants as table;

/// How many grants are looked at in one transaction.
const BATCH: i64 = 500;

/// A batch of grants that was looked at.
#[derive(Debug)]
pub struct LostAccess {
    /// Those without access, with their users.
    pub grants: Vec<(GrantId, UserId)>,
    /// The last one that was looked at; none where there are no more.
    pub last: Option<GrantId>,
}

/// Looks at the next live grants after `after`, or at the first ones.
///
/// # Errors
/// [`Error::Database`].
pub fn list_without_access(
    tx: &mut Tx<'_, '_, impl Mode>,
    after: Option<GrantId>,
) -> Result<LostAccess, Error> {
    let after = after.unwrap_or_else(|| Uuid::nil().into());
    let live = table::list_live(tx.conn, after, BATCH)?;
    let last = live.last().map(|grant| grant.id);
    let mut grants = Vec::new();
    for grant in live {
        if find_access(tx, &grant.client, grant.user, grant.account)?.is_none() {
            grants.push((grant.id, grant.user));
        }
    }
    Ok(LostAccess { grants, last })
}

/// Ends those of some grants that are still without access.
///
/// # Errors
/// [`Error::Database`].
pub fn end_without_access(tx: &mut Tx<'_, '_>, grants: &[(GrantId, UserId)]) -> Result<(), Error> {
    for (id, user) in grants {
        tx.lock_user(*user)?;
        let Some(grant) = table::find(tx.conn, *id)? else {
            continue;
        };
        if find_access(tx, &grant.client, *user, grant.account)?.is_none() {
            end_grant(tx, *id, EndCause::by_system(GrantEnd::ProductChanged))?;
        }
    }
    Ok(())
}
