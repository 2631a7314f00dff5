//! Edits of a member's roles.

use super::{Member, member, record};
use crate::activity::Actor;
use crate::authorization::{authorize_locked, lock_for_update};
use crate::catalogue::USER_ADMIN;
use crate::invitations::{self, SentInvitationsPolicy};
use crate::notifications::{self, Notification};
use crate::oauth2;
use crate::permissions::{Permission, not_grantable};
use crate::roles::{normalize_roles, unknown_roles};
use crate::{Caller, Error, Tx};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::model::roles::StoredRoles;
use convoke_store::members as table;

/// An edit of a member's roles.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The roles from now on.
    pub roles: Vec<String>,
    /// What to do with invitations they sent if they lose `USER_ADMIN` (rule I13).
    pub sent_invitations: SentInvitationsPolicy,
    /// The version that the editor saw, if the request names it.
    pub version: Option<i64>,
}

/// Replaces a member's roles.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::OwnerIsProtected`], [`Error::CannotEditOwnRoles`], [`Error::Invalid`],
/// [`Error::RoleNotGrantable`], [`Error::VersionConflict`].
pub fn edit(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    edit: &Edit,
) -> Result<Member, Error> {
    lock_for_update(tx, caller, account)?;
    let found = table::send_find(tx.conn, account, user)?;
    let (_, membership) = authorize_locked(tx, caller, account, Permission::ManageUsers)?;
    let found = tx.conn.receive_optional(found)?.ok_or(Error::NotFound)?;
    let before = member(tx, found);
    let myself = user == caller.user.id;
    if before.owner && !myself {
        return Err(Error::OwnerIsProtected);
    }
    if myself && !membership.owner {
        return Err(Error::CannotEditOwnRoles);
    }
    let errors = unknown_roles(tx, &edit.roles, &before.roles);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let roles = normalize_roles(&tx.ctx.catalogue, &edit.roles);
    let added: Vec<String> = roles
        .iter()
        .filter(|key| !before.roles.contains(key))
        .cloned()
        .collect();
    let not_granted = not_grantable(&membership, &added, &tx.ctx.catalogue);
    if !not_granted.is_empty() {
        return Err(Error::RoleNotGrantable(not_granted));
    }
    // A repeated request finds what it asks for (RFC 9110 section 13.1.1).
    if roles == before.roles {
        return Ok(before);
    }
    if edit.version.is_some_and(|seen| seen != before.version) {
        return Err(Error::VersionConflict);
    }
    let stored = StoredRoles::from_keys(&roles);
    let updated = table::send_update_roles(tx.conn, account, user, &stored, before.version)?;
    if !myself {
        notifications::enqueue(tx, &Notification::RolesChanged(account, user))?;
    }
    record(
        tx,
        caller,
        account,
        Action::MemberRolesChanged,
        &before,
        (Some(&before.roles), Some(&roles)),
    )?;
    let is_user_admin = |roles: &[String]| roles.iter().any(|key| key == USER_ADMIN);
    if is_user_admin(&before.roles) && !is_user_admin(&roles) && !before.owner {
        invitations::reassign_or_revoke_sent(tx, caller, account, user, edit.sent_invitations)?;
    }
    if tx.conn.receive_count(updated)? != 1 {
        return Err(Error::VersionConflict);
    }
    let after = Member {
        roles,
        version: before.version + 1,
        ..before.clone()
    };
    let actor = Actor::from_caller(caller);
    let (old, new) = (before.membership(), after.membership());
    oauth2::end_after_change(tx, account, user, &old, &new, (&actor, &caller.client))?;
    Ok(after)
}
