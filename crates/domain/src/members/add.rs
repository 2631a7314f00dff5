//! Users who become members.

use super::{Member, find};
use crate::roles::normalize_roles;
use crate::{Error, Tx};
use convoke_core::ids::AccountId;
use convoke_core::model::roles::StoredRoles;
use convoke_store::members as table;
use convoke_store::users::User;

/// Makes a user a member, or adds roles to an existing member; returns the member, and the roles that they had before.
///
/// # Errors
/// [`Error::VersionConflict`] when the member's roles change at the same time.
pub(crate) fn add_member(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    user: &User,
    roles: &[String],
) -> Result<(Member, Option<StoredRoles>), Error> {
    let stored = StoredRoles::from_keys(roles);
    if table::insert(tx.conn, account, user.id, &user.name(), &stored, tx.now)? {
        return Ok((new_member(tx, user, &stored), None));
    }
    let member = table::find(tx.conn, account, user.id)?.ok_or(Error::NotFound)?;
    let mut all = member.roles.keys();
    all.extend(roles.iter().cloned());
    let all = StoredRoles::from_keys(&normalize_roles(&tx.ctx.catalogue, &all));
    let updated = table::send_update_roles(tx.conn, account, user.id, &all, member.version)?;
    if tx.conn.receive_count(updated)? != 1 {
        return Err(Error::VersionConflict);
    }
    Ok((find(tx, account, user.id)?, Some(member.roles)))
}

/// A user who has just become a member. The owner of the account is one already (rule V10).
fn new_member(tx: &Tx<'_, '_>, user: &User, roles: &StoredRoles) -> Member {
    let mut roles = roles.keys();
    tx.ctx.catalogue.sort_roles(&mut roles);
    Member {
        user: user.id,
        login: user.login.clone(),
        email: user.email.clone(),
        name: user.name(),
        roles,
        owner: false,
        joined_at: tx.now,
        last_active_at: Some(tx.now),
        version: 1,
        picture: user.picture.clone(),
    }
}
