//! Grants that end with what they depend on: in the transaction of the change, with the activity and a logout token for the product.
//!
//! [`super::find_active`] reads everything again when a grant is used, so a grant that was missed here is not active either;
//! but then no product would be notified. A change that could miss a grant which begins at the same time locks the grant's user
//! first, as sign-in to products does.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use convoke_core::model::activity::Action;
use serde_json::json;

use super::access::access_of;
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::catalogue::sign_in::{ProductAccounts, ProductSignIn, RoleChangePolicy};
use crate::catalogue::{Catalogue, Product};
use crate::permissions::Membership;
use crate::{ClientInfo, Error, Tx};
use convoke_core::ids::{AccountId, GrantId, SessionId, UserId};
use convoke_core::model::grant::GrantEnd;
use convoke_store::grant_ends::{self as table, EndedGrant, Selection};
use convoke_store::{logout_deliveries, users};

/// Why grants end, and who has caused it from where.
#[derive(Clone, Copy, Debug)]
pub struct EndCause<'c> {
    /// Why.
    pub reason: GrantEnd,
    /// Who did it.
    pub actor: &'c Actor,
    /// From where.
    pub client: &'c ClientInfo,
}

impl EndCause<'static> {
    /// Something that no user does: the clock, a product, or the operator.
    #[must_use]
    pub fn by_system(reason: GrantEnd) -> Self {
        const ACTOR: &Actor = &Actor::System;
        const CLIENT: &ClientInfo = &ClientInfo {
            ip: None,
            session: None,
            user_agent: None,
            device: None,
        };
        Self {
            reason,
            actor: ACTOR,
            client: CLIENT,
        }
    }
}

/// Ends one grant without a permission check; returns false when there is none or it has ended before.
///
/// # Errors
/// [`Error::Database`].
pub fn end_grant(tx: &mut Tx<'_, '_>, id: GrantId, cause: EndCause<'_>) -> Result<bool, Error> {
    Ok(end_selected(tx, Selection::One(id), cause)? == 1)
}

/// Ends the grants of sessions that have ended.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn end_of_sessions(
    tx: &mut Tx<'_, '_>,
    sessions: &[SessionId],
    cause: EndCause<'_>,
) -> Result<(), Error> {
    end_selected(tx, Selection::OfSessions(sessions), cause).map(drop)
}

/// Ends the grants of all sessions of a locked user but one.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn end_of_other_sessions(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    kept: SessionId,
    cause: EndCause<'_>,
) -> Result<(), Error> {
    end_selected(tx, Selection::OfOtherSessions(user, kept), cause).map(drop)
}

/// Ends all grants of a locked user.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn end_of_user(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    cause: EndCause<'_>,
) -> Result<(), Error> {
    end_selected(tx, Selection::OfUser(user), cause).map(drop)
}

/// Ends all grants of a user in a locked account of which they are no member any more.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn end_of_member(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    user: UserId,
    cause: EndCause<'_>,
) -> Result<(), Error> {
    if tx.ctx.catalogue.has_clients() {
        tx.lock_user(user)?;
    }
    end_selected(tx, Selection::OfMember(user, account), cause).map(drop)
}

/// Ends the grants of a member in a locked account to products that do not admit them any more, and to those that ask for another
/// sign-in when what tokens tell has changed.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn end_after_change(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    user: UserId,
    before: &Membership,
    after: &Membership,
    (actor, client): (&Actor, &ClientInfo),
) -> Result<(), Error> {
    let ctx = tx.ctx;
    for reason in [GrantEnd::RoleLost, GrantEnd::RolesChanged] {
        let products = ctx.catalogue.products.iter();
        let ended: Vec<&str> = products
            .filter(|product| end_of_change(product, &ctx.catalogue, before, after) == Some(reason))
            .map(|product| product.key.as_str())
            .collect();
        if ended.is_empty() {
            continue;
        }
        tx.lock_user(user)?;
        let cause = EndCause {
            reason,
            actor,
            client,
        };
        end_selected(tx, Selection::OfMemberTo(user, account, &ended), cause)?;
    }
    Ok(())
}

/// Why a change of membership ends grants to a product, if it does.
fn end_of_change(
    product: &Product,
    catalogue: &Catalogue,
    before: &Membership,
    after: &Membership,
) -> Option<GrantEnd> {
    let sign_in = product.sign_in.as_ref()?;
    let access = |membership| access_of(product, sign_in, catalogue, membership);
    let before = access(before)?;
    let Some(after) = access(after) else {
        return Some(GrantEnd::RoleLost);
    };
    let is_same = before.owner == after.owner
        && before.roles.len() == after.roles.len()
        && before.roles.iter().all(|role| after.roles.contains(role));
    let ends = sign_in.on_role_change == RoleChangePolicy::End && !is_same;
    ends.then_some(GrantEnd::RolesChanged)
}

/// Ends the grants of a locked user who has joined an account to products that work in the one account whose invitation was accepted
/// last, in all others: to join again makes an earlier acceptance count again.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn end_in_other_accounts(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    (actor, client): (&Actor, &ClientInfo),
) -> Result<(), Error> {
    let ctx = tx.ctx;
    let products = ctx.catalogue.products.iter();
    let in_latest = products
        .filter(|product| product.accounts == ProductAccounts::Latest && product.sign_in.is_some());
    for product in in_latest {
        let latest = convoke_store::invitations::find_latest_accepted(tx.conn, user, &product.key)?;
        if let Some(account) = latest {
            let cause = EndCause {
                reason: GrantEnd::NewerInvitation,
                actor,
                client,
            };
            let selection = Selection::InOtherAccounts(user, account, &product.key);
            end_selected(tx, selection, cause)?;
        }
    }
    Ok(())
}

/// Ends grants, and records each with its logout token. Costs nothing where no product has a sign-in.
fn end_selected(
    tx: &mut Tx<'_, '_>,
    selection: Selection<'_>,
    cause: EndCause<'_>,
) -> Result<usize, Error> {
    if !tx.ctx.catalogue.has_clients() {
        return Ok(0);
    }
    let ended = table::mark_ended(tx.conn, selection, tx.now, cause.reason)?;
    let mut names = HashMap::new();
    for grant in &ended {
        enqueue_delivery(tx, grant)?;
        let name = match names.entry(grant.user) {
            Entry::Occupied(name) => name.into_mut(),
            Entry::Vacant(place) => {
                let user = users::find(tx.conn, grant.user)?;
                place.insert(user.map(|user| user.name()).unwrap_or_default())
            }
        };
        record(tx, grant, name.clone(), cause)?;
    }
    Ok(ended.len())
}

fn record(
    tx: &mut Tx<'_, '_>,
    grant: &EndedGrant,
    user_name: String,
    cause: EndCause<'_>,
) -> Result<(), Error> {
    let action = if cause.reason == GrantEnd::EndedByUser {
        Action::ProductSignedOut
    } else {
        Action::GrantEnded
    };
    let event = ActivityEvent {
        actor: cause.actor.clone(),
        action,
        target: Some(Target::User(grant.user, user_name)),
        before: None,
        after: Some(json!({
            "grant": grant.id,
            "product": grant.client,
            "reason": cause.reason.as_str(),
        })),
    };
    let scope = ActivityScope::Member(grant.account, grant.user);
    activity::record(tx, scope, cause.client, event)
}

/// Enqueues the logout token of an ended grant, where the product takes any and has had tokens.
fn enqueue_delivery(tx: &mut Tx<'_, '_>, grant: &EndedGrant) -> Result<(), Error> {
    let product = tx.ctx.catalogue.product(&grant.client);
    let sign_in = product.and_then(|product| product.sign_in.as_ref());
    if !grant.is_used || !sign_in.is_some_and(takes_logout_tokens) {
        return Ok(());
    }
    let id = tx.new_id();
    logout_deliveries::insert(tx.conn, id, grant, tx.now)?;
    tx.has_logout_deliveries = true;
    Ok(())
}

const fn takes_logout_tokens(sign_in: &ProductSignIn) -> bool {
    sign_in.backchannel_logout_uri.is_some()
}
