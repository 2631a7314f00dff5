//! Users who become members.

use super::{Member, find};
use crate::roles::normalize_roles;
use crate::{Error, Tx};
use convoke_core::ids::AccountId;
use convoke_core::model::roles::StoredRoles;
use convoke_store as store;
use convoke_store::members as table;

/// Makes a user a member, or adds roles to an existing member; returns the member.
///
/// # Errors
/// [`Error::VersionConflict`] when the member's roles change at the same time.
pub(crate) fn add_member(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    user: &store::users::User,
    roles: &[String],
) -> Result<Member, Error> {
    if !table::insert(
        tx.conn,
        account,
        user.id,
        &user.name(),
        &StoredRoles::from_keys(roles),
        tx.now,
    )? {
        let member = find(tx, account, user.id)?;
        let mut all = member.roles.clone();
        all.extend(roles.iter().cloned());
        let all = normalize_roles(&tx.ctx.catalogue, &all);
        let roles = StoredRoles::from_keys(&all);
        if !table::update_roles(tx.conn, account, user.id, &roles, member.version)? {
            return Err(Error::VersionConflict);
        }
    }
    find(tx, account, user.id)
}
