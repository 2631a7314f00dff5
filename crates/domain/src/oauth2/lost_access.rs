//! Grants whose products no longer admit their users in the account, since the catalogue has changed. They are not active; this ends
//! them, so that their products are notified.

use uuid::Uuid;

use super::access::access_in;
use super::grant_ends::{EndCause, end_grant};
use crate::{Error, Mode, Tx};
use convoke_core::ids::{GrantId, UserId};
use convoke_core::model::grant::GrantEnd;
use convoke_store::{accounts, grants as table};

/// A batch of grants that was looked at.
#[derive(Debug)]
pub struct GrantBatch {
    /// Those without access, with their users.
    pub without_access: Vec<(GrantId, UserId)>,
    /// The last one that was looked at; none where there are no more.
    pub last: Option<GrantId>,
}

/// Looks at up to `limit` grants of members that have not ended, from after `after` on or from the first.
///
/// # Errors
/// [`Error::Database`].
pub fn list_grants_without_access(
    tx: &mut Tx<'_, '_, impl Mode>,
    after: Option<GrantId>,
    limit: i64,
) -> Result<GrantBatch, Error> {
    let after = after.unwrap_or_else(|| Uuid::nil().into());
    let rows = table::list_not_ended(tx.conn, after, limit)?;
    let last = rows.last().map(|(grant, ..)| grant.id);
    let mut without_access = Vec::new();
    for (grant, account, roles) in rows {
        if access_in(tx, &grant.client, grant.user, &account, &roles)?.is_none() {
            without_access.push((grant.id, grant.user));
        }
    }
    Ok(GrantBatch {
        without_access,
        last,
    })
}

/// Ends those of some grants whose users are still members without access. Locks users in the order of their ids.
///
/// # Errors
/// [`Error::Database`].
pub fn end_grants_without_access(
    tx: &mut Tx<'_, '_>,
    grants: &[(GrantId, UserId)],
) -> Result<(), Error> {
    let mut grants = grants.to_vec();
    grants.sort_by_key(|(_, user)| *user);
    for (id, user) in grants {
        tx.lock_user(user)?;
        let Some(grant) = table::find(tx.conn, id)? else {
            continue;
        };
        let member = accounts::find_with_roles(tx.conn, grant.account, user)?;
        if let Some((account, roles)) = member
            && access_in(tx, &grant.client, user, &account, &roles)?.is_none()
        {
            end_grant(tx, id, EndCause::by_system(GrantEnd::ProductChanged))?;
        }
    }
    Ok(())
}
