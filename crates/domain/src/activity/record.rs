//! One entry per change, in its transaction.

use convoke_core::model::activity::Action;
use convoke_core::model::activity::ActorKind;
use convoke_core::model::activity::TargetKind;
use serde_json::Value;
use uuid::Uuid;

use super::Entry;
use crate::rate_limits::Client;
use crate::{Caller, ClientInfo, Error, Tx};
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_store as store;
use convoke_store::activity::OnceEntry;
use convoke_store::users::User;

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
        Self::from_user(&caller.user)
    }

    /// A user who is signed in.
    #[must_use]
    pub fn from_user(user: &User) -> Self {
        Self::User(user.id, user.name())
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
    /// To an account and to one of its members: both see it.
    Member(AccountId, UserId),
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
    record_all(tx, scope, client, [event])
}

/// Writes an entry for each of some changes at the same place.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn record_all(
    tx: &mut Tx<'_, '_>,
    scope: ActivityScope,
    client: &ClientInfo,
    events: impl IntoIterator<Item = ActivityEvent>,
) -> Result<(), Error> {
    tx.has_changes = true;
    let events = events.into_iter();
    let entries: Vec<Entry> = events
        .map(|event| new_entry(tx, scope, client, event))
        .collect();
    store::activity::insert(tx.conn, &entries)?;
    for entry in entries {
        if entry.account.is_none() && entry.action.as_seen_by_accounts().is_some() {
            store::activity::insert_in_accounts(tx.conn, entry.id)?;
        }
    }
    Ok(())
}

fn new_entry(
    tx: &Tx<'_, '_>,
    scope: ActivityScope,
    client: &ClientInfo,
    event: ActivityEvent,
) -> Entry {
    let (account, user) = match scope {
        ActivityScope::Account(id) => (Some(id), None),
        ActivityScope::Person(id) => (None, Some(id)),
        ActivityScope::Member(account, user) => (Some(account), Some(user)),
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
    Entry {
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
    }
}

/// How many entries of [`record_failed_sign_in`] one user gets in an hour, from however many clients.
const MAX_FAILURES_PER_HOUR: i64 = 100;

/// Records that a client could not sign in as a user: once per action, client and hour, so that no client can flood
/// the activity. Nothing is recorded without a user, by the same statements and a commit all the same: neither the work nor
/// the time discloses whether a login has a user (rule V12).
///
/// # Errors
/// When the database is unavailable.
pub fn record_failed_sign_in(
    tx: &mut Tx<'_, '_>,
    user: Option<UserId>,
    client: &ClientInfo,
    action: Action,
) -> Result<(), Error> {
    const HOUR_IN_MILLIS: i64 = 3_600_000;
    let hour = tx.now.millis() / HOUR_IN_MILLIS;
    let entry = OnceEntry {
        id: tx.new_id(),
        at: tx.now,
        user: user.map_or_else(Uuid::nil, Uuid::from),
        action,
        ip: client.ip.map(|ip| ip.to_string()),
        user_agent: client.user_agent.as_deref(),
        key: format!("{hour} {} {}", action.as_str(), Client::from(client.ip)),
        counted: (format!("{hour} "), format!("{hour}!")),
        max: MAX_FAILURES_PER_HOUR,
    };
    store::activity::insert_once(tx.conn, &entry)?;
    store::activity::insert_in_accounts(tx.conn, entry.id)?;
    store::write_checks::insert_and_delete(tx.conn, tx.new_id())?;
    Ok(())
}
