//! Changes of an account's name and settings.

use convoke_core::model::activity::Action;
use serde_json::{Value, json};

use super::{Account, AccountSummary, summary};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize_for_update;
use crate::permissions::Permission;
use crate::validation::validate_name;
use crate::{Caller, Error, Tx};
use convoke_core::ids::AccountId;
use convoke_store as store;

/// What an owner wants changed.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// A new name.
    pub name: Option<String>,
    /// Whether only registered addresses can be invited (rule I6).
    pub registered_users_only: Option<bool>,
}

/// Renames an account or changes its settings.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::Invalid`].
pub fn update(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
    update: &Update,
) -> Result<AccountSummary, Error> {
    let (account, membership) = authorize_for_update(tx, caller, id, Permission::Own)?;
    let name = match &update.name {
        Some(name) => validate_name("/name", name).map_err(|error| Error::Invalid(vec![error]))?,
        None => account.name.clone(),
    };
    let registered = update
        .registered_users_only
        .unwrap_or(account.registered_users_only);
    if name == account.name && registered == account.registered_users_only {
        return summary(tx, account, membership);
    }
    store::accounts::update(tx.conn, id, &name, registered)?;
    let state = |name: &str, registered: bool| -> Value {
        json!({ "name": name, "registered_users_only": registered })
    };
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::AccountUpdated,
        target: Some(Target::Account(id, name.clone())),
        before: Some(state(&account.name, account.registered_users_only)),
        after: Some(state(&name, registered)),
    };
    activity::record(tx, ActivityScope::Account(id), &caller.client, event)?;
    let account = Account {
        name,
        registered_users_only: registered,
        ..account
    };
    summary(tx, account, membership)
}
