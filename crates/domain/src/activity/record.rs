//! One entry per change, in its transaction.

use convoke_core::model::activity::Action;
use convoke_core::model::activity::ActorKind;
use convoke_core::model::activity::TargetKind;
use serde_json::Value;
use uuid::Uuid;

use super::Entry;
use crate::{Caller, ClientInfo, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_store as store;

/// Who did it.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A signed-in user, by id and name.
    User(UserId, String),
    /// The holder of an invitation's link.
    InvitationLink,
    /// The program itself.
    System,
}

impl Actor {
    /// A signed-in caller.
    #[must_use]
    pub fn from_caller(caller: &Caller) -> Self {
        Self::User(caller.user.id, caller.user.name())
    }
}

/// Whom it was done to.
#[derive(Clone, Debug)]
pub enum Target {
    /// A user, by id and name.
    User(UserId, String),
    /// An account, by id and name.
    Account(AccountId, String),
    /// An invitation, by id and address.
    Invitation(InvitationId, String),
}

/// A change to record.
#[derive(Clone, Debug)]
pub struct ActivityEvent {
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub action: Action,
    /// Whom it was done to.
    pub target: Option<Target>,
    /// The changed things before.
    pub before: Option<Value>,
    /// The changed things after.
    pub after: Option<Value>,
}

/// Where an entry belongs.
#[derive(Clone, Copy, Debug)]
pub enum ActivityScope {
    /// To an account.
    Account(AccountId),
    /// To a person alone.
    Person(UserId),
}

/// Writes one entry.
///
/// # Errors
/// When the database is unavailable.
pub fn record(
    tx: &mut Tx<'_, '_>,
    scope: ActivityScope,
    client: &ClientInfo,
    event: ActivityEvent,
) -> Result<(), Error> {
    tx.has_changes = true;
    let (account, user) = match scope {
        ActivityScope::Account(id) => (Some(id), None),
        ActivityScope::Person(id) => (None, Some(id)),
    };
    let (actor_kind, actor_id, actor_name) = match event.actor {
        Actor::User(id, name) => (ActorKind::User, Some(Uuid::from(id)), Some(name)),
        Actor::InvitationLink => (ActorKind::InvitationLink, None, None),
        Actor::System => (ActorKind::System, None, None),
    };
    let (target_kind, target_id, target_name) = match event.target {
        Some(Target::User(id, name)) => (Some(TargetKind::User), Some(Uuid::from(id)), Some(name)),
        Some(Target::Account(id, name)) => {
            (Some(TargetKind::Account), Some(Uuid::from(id)), Some(name))
        }
        Some(Target::Invitation(id, email)) => (
            Some(TargetKind::Invitation),
            Some(Uuid::from(id)),
            Some(email),
        ),
        None => (None, None, None),
    };
    let entry = Entry {
        id: tx.new_id(),
        at: tx.now,
        account,
        user,
        actor_kind,
        actor_id,
        actor_name,
        action: event.action,
        target_kind,
        target_id,
        target_name,
        before: event.before.map(|value| value.to_string()),
        after: event.after.map(|value| value.to_string()),
        ip: client.ip.map(|ip| ip.to_string()),
        user_agent: client.user_agent.clone(),
    };
    store::activity::insert(tx.conn, &entry)?;
    Ok(())
}
