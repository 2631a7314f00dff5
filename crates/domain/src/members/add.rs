//! Users who become members.

use super::{Member, find};
use crate::roles::normalize_roles;
use crate::{Error, Tx};
use convoke_core::ids::AccountId;
use convoke_core::model::roles::StoredRoles;
use convoke_store as store;
use convoke_store::members as table;

/// Makes a user a member, or adds roles to an existing member; returns the member, and the roles that they had before.
///
/// # Errors
/// [`Error::VersionConflict`] when the member's roles change at the same time.
pub(crate) fn add_member(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    user: &store::users::User,
    roles: &[String],
) -> Result<(Member, Option<StoredRoles>), Error> {
    let stored = StoredRoles::from_keys(roles);
    if table::insert(tx.conn, account, user.id, &user.name(), &stored, tx.now)? {
        return Ok((find(tx, account, user.id)?, None));
    }
    let member = table::find(tx.conn, account, user.id)?.ok_or(Error::NotFound)?;
    let mut all = member.roles.keys();
    all.extend(roles.iter().cloned());
    let all = StoredRoles::from_keys(&normalize_roles(&tx.ctx.catalogue, &all));
    if !table::update_roles(tx.conn, account, user.id, &all, member.version)? {
        return Err(Error::VersionConflict);
    }
    Ok((find(tx, account, user.id)?, Some(member.roles)))
}
