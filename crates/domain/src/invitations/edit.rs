//! Edit a pending invitation's roles or product.

use crate::FieldErrorKind;
use convoke_core::model::activity::Action;
use convoke_core::model::roles::StoredRoles;
use serde_json::json;

use super::validate::validate_product;
use super::{Invitation, find, table};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::{authorize_for_update, membership_of};
use crate::permissions::{Permission, not_grantable};
use crate::roles::{normalize_roles, unknown_roles};
use crate::{Caller, Error, FieldError, Tx};
use convoke_core::ids::{AccountId, InvitationId};

/// What is to be changed.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Other roles.
    pub roles: Option<Vec<String>>,
    /// Another product.
    pub product: Option<String>,
    /// What the editor saw, if the request names it.
    pub seen: Option<SeenAccess>,
}

/// The product and the roles that an editor saw.
#[derive(Clone, Debug)]
pub struct SeenAccess {
    /// Key of the product.
    pub product: String,
    /// Keys of the roles.
    pub roles: Vec<String>,
}

impl SeenAccess {
    fn is_of(&self, invitation: &Invitation) -> bool {
        let sorted = |roles: &[String]| {
            let mut roles = roles.to_vec();
            roles.sort_unstable();
            roles
        };
        self.product == invitation.product && sorted(&self.roles) == sorted(&invitation.roles)
    }
}

/// Edits a pending invitation; its links and its end stay.
///
/// # Errors
/// As [`crate::authorization::authorize`]; [`Error::InvitationEnded`], [`Error::Invalid`],
/// [`Error::RoleNotGrantable`]; [`Error::VersionConflict`] when it is no longer what the editor saw.
pub fn edit(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    edit: &Edit,
) -> Result<Invitation, Error> {
    let (_, membership) = authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let before = find(tx, account, id)?;
    before.ensure_pending(None)?;
    let mut errors = Vec::new();
    let product = edit
        .product
        .clone()
        .unwrap_or_else(|| before.product.clone());
    if product != before.product {
        validate_product(tx.ctx, &product, &mut errors);
    }
    let requested = edit.roles.as_ref().unwrap_or(&before.roles);
    errors.extend(unknown_roles(tx, requested, &before.roles));
    let roles = normalize_roles(&tx.ctx.catalogue, requested);
    if roles.is_empty() && errors.is_empty() {
        errors.push(FieldError::new("/roles", FieldErrorKind::NoRoles));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let added: Vec<String> = roles
        .iter()
        .filter(|key| !before.roles.contains(key))
        .cloned()
        .collect();
    let not_granted = not_grantable(&membership, &added, &tx.ctx.catalogue);
    if !not_granted.is_empty() {
        return Err(Error::RoleNotGrantable(not_granted));
    }
    if roles == before.roles && product == before.product {
        return Ok(before);
    }
    if edit.seen.as_ref().is_some_and(|seen| !seen.is_of(&before)) {
        return Err(Error::VersionConflict);
    }
    // The invitation's sponsor must be able to grant all of it (rule V3). If the sponsor cannot, the editor becomes it, who can
    // grant the added roles; one from before that neither can grant is dropped at acceptance (rule I11).
    let sponsored = membership_of(tx, account, before.sponsor)?
        .is_some_and(|(_, sponsor)| not_grantable(&sponsor, &roles, &tx.ctx.catalogue).is_empty());
    let sponsor = if sponsored {
        before.sponsor
    } else {
        caller.user.id
    };
    if !table::update(
        tx.conn,
        id,
        tx.now,
        &product,
        &StoredRoles::from_keys(&roles),
        sponsor,
    )? {
        return Err(Error::VersionConflict);
    }
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationUpdated,
        target: Some(Target::Invitation(id, before.email)),
        before: Some(json!({ "product": before.product, "roles": before.roles })),
        after: Some(json!({ "product": product, "roles": roles })),
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)?;
    find(tx, account, id)
}
