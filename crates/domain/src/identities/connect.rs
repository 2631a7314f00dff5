//! Connecting a service to one's user, and disconnecting it (rules U5 and U6).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Identity, can_sign_in};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::notifications::{self, Notification};
use crate::{Caller, Error, Mode, Tx, sessions};
use convoke_core::ids::IdentityId;
use convoke_core::model::identity::ExternalProfile;
use convoke_store::identities as table;

/// The result of connecting a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectOutcome {
    /// It is connected now.
    Connected,
    /// It was connected before.
    AlreadyConnected,
    /// It is connected to another user, and stays so.
    ConnectedToOther,
}

/// Connects a verified identity to the caller.
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended meanwhile; [`Error::ReauthenticationRequired`], since what is
/// connected opens the user for good (rule U8).
pub fn connect(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    profile: &ExternalProfile,
) -> Result<ConnectOutcome, Error> {
    // The session may have been ended during the request to the service.
    let (user, session) = sessions::lock(tx, caller)?;
    if !sessions::is_recently_authenticated(&session, tx.now) {
        return Err(Error::ReauthenticationRequired);
    }
    let user = user.id;
    let identity = Identity {
        id: tx.new_id(),
        user,
        provider: profile.provider.clone(),
        issuer: profile.issuer.clone(),
        subject: profile.subject.clone(),
        label: profile.label.clone(),
        created_at: tx.now,
    };
    if table::insert(tx.conn, &identity)? {
        record(tx, caller, Action::UserIdentityConnected, &identity)?;
        notifications::enqueue(tx, &Notification::ServiceConnected(identity))?;
        return Ok(ConnectOutcome::Connected);
    }
    let known = table::find(
        tx.conn,
        &profile.provider,
        &profile.issuer,
        &profile.subject,
    )?;
    Ok(match known {
        Some(known) if known.user == user => ConnectOutcome::AlreadyConnected,
        _ => ConnectOutcome::ConnectedToOther,
    })
}

/// The caller's identities, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list(tx: &mut Tx<'_, '_, impl Mode>, caller: &Caller) -> Result<Vec<Identity>, Error> {
    Ok(table::list_of_user(tx.conn, caller.user.id)?)
}

/// Disconnects one of the caller's identities, but never the last way to sign in (rule U6).
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended, [`Error::NotFound`], [`Error::LastSignInMethod`].
pub fn disconnect(tx: &mut Tx<'_, '_>, caller: &Caller, id: IdentityId) -> Result<(), Error> {
    // Two ways must not be removed at the same time, each because of the other.
    let (user, _) = sessions::lock(tx, caller)?;
    let all = table::list_of_user(tx.conn, user.id)?;
    let (disconnected, remaining): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|identity| identity.id == id);
    let disconnected = disconnected.into_iter().next().ok_or(Error::NotFound)?;
    if !can_sign_in(&user, remaining.iter(), &tx.ctx.policy) {
        return Err(Error::LastSignInMethod);
    }
    table::delete(tx.conn, id, user.id)?;
    record(tx, caller, Action::UserIdentityDisconnected, &disconnected)?;
    notifications::enqueue(tx, &Notification::ServiceDisconnected(disconnected))
}

fn record(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    action: Action,
    identity: &Identity,
) -> Result<(), Error> {
    let facts = Some(json!({ "provider": identity.provider, "label": identity.label }));
    let connected = action == Action::UserIdentityConnected;
    let (before, after) = if connected {
        (None, facts)
    } else {
        (facts, None)
    };
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action,
        target: None,
        before,
        after,
    };
    activity::record(
        tx,
        ActivityScope::Person(caller.user.id),
        &caller.client,
        event,
    )
}
