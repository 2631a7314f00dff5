//! Edit a pending invitation's roles or product.

use serde_json::json;

use super::create::check_product;
use super::{Invitation, find, table};
use crate::core::ids::{AccountId, InvitationId};
use crate::domain::accounts::require_locked;
use crate::domain::activity::{self, Actor, Book, Change, Target};
use crate::domain::members::{clean_roles, sponsor_standing, unknown_roles};
use crate::domain::permissions::{Act, not_grantable};
use crate::domain::{Caller, Fault, Refusal, Tx};

/// What is to be changed.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Other roles.
    pub roles: Option<Vec<String>>,
    /// Another product.
    pub product: Option<String>,
}

/// Edits a pending invitation; its links and its end stay.
///
/// # Errors
/// As [`crate::domain::accounts::require`]; [`Refusal::InvitationEnded`], [`Refusal::Invalid`],
/// [`Refusal::RoleNotGrantable`].
pub fn edit(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    edit: &Edit,
) -> Result<Invitation, Refusal> {
    let (_, standing) = require_locked(tx, caller, account, Act::ManageUsers)?;
    let before = find(tx, account, id)?;
    before.must_be_pending(None)?;
    let mut faults = Vec::new();
    let product = edit
        .product
        .clone()
        .unwrap_or_else(|| before.product.clone());
    if product != before.product {
        check_product(tx.app, &product, &mut faults);
    }
    let wanted = edit.roles.as_ref().unwrap_or(&before.roles);
    faults.extend(unknown_roles(tx, wanted, &before.roles));
    let roles = clean_roles(tx, wanted);
    if roles.is_empty() && faults.is_empty() {
        faults.push(Fault::new(
            "/roles",
            "no-roles",
            "Choose at least one role.",
        ));
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let added: Vec<String> = roles
        .iter()
        .filter(|key| !before.roles.contains(key))
        .cloned()
        .collect();
    let refused = not_grantable(&standing, &added, &tx.app.catalogue);
    if !refused.is_empty() {
        return Err(Refusal::RoleNotGrantable(refused));
    }
    if roles == before.roles && product == before.product {
        return Ok(before);
    }
    // Whoever stands behind the invitation must be able to grant all of it (rule V3); if the sponsor cannot,
    // the editor, who may, takes their place.
    let sponsored = sponsor_standing(tx, account, before.sponsor)?
        .is_some_and(|sponsor| not_grantable(&sponsor, &roles, &tx.app.catalogue).is_empty());
    let sponsor = if sponsored {
        before.sponsor
    } else {
        caller.user.id
    };
    if !table::update(tx.conn, id, tx.now, &product, &roles.join(" "), sponsor)? {
        return Err(Refusal::ChangedMeanwhile);
    }
    let change = Change {
        actor: Actor::of(caller),
        action: "invitation.updated",
        target: Some(Target::Invitation(id, before.email)),
        before: Some(json!({ "product": before.product, "roles": before.roles })),
        after: Some(json!({ "product": product, "roles": roles })),
    };
    activity::record(tx, Book::Account(account), &caller.origin, change)?;
    find(tx, account, id)
}
