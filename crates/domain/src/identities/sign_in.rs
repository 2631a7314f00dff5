//! Sign-in and sign-up through a service (rule U5). Nothing is ever merged with a user because of an address.

use convoke_core::model::activity::Action;
use serde_json::json;

use super::authorization_flow::{AuthorizationFlow, FLOW_LIFETIME};
use super::{EmailChoice, Identity, choose_email};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::error::AcceptRequirement;
use crate::invitations::{self, Invitation};
use crate::sessions::{self, SignedIn, User};
use crate::users::{self, SignUp, SignedUp};
use crate::{ClientInfo, Error, Tx, credentials, known_devices};
use convoke_core::email_address::EmailAddress;
use convoke_core::language::Locale;
use convoke_core::model::identity::ExternalProfile;
use convoke_store as store;
use convoke_store::identities as table;

/// A callback from a service.
#[derive(Clone, Debug, Default)]
pub struct ExternalLogin {
    /// The token of the invitation's link, if the flow started there.
    pub invitation: Option<String>,
    /// The browser's language.
    pub locale: Locale,
    /// The browser's IANA time zone.
    pub time_zone: Option<String>,
}

/// The result of a callback from a service.
#[derive(Debug)]
pub enum ExternalLoginOutcome {
    /// The identity has a user.
    SignedIn(Box<SignedIn>),
    /// A user was created.
    SignedUp(Box<SignedUp>),
    /// No user was created: the invited address is not among those that the service discloses.
    Needs(AcceptRequirement),
    /// No user was created: another one holds the address.
    AddressTaken,
    /// No user was created: sign-up is closed, or only for invited people.
    SignUpClosed,
    /// Their user may not sign in any more.
    Disabled,
}

/// Marks a flow as used; returns false when it was used before, or is too old (security rule 7).
///
/// # Errors
/// When the database is unavailable.
pub fn use_flow(tx: &mut Tx<'_, '_>, flow: &AuthorizationFlow) -> Result<bool, Error> {
    if !flow.is_valid(tx.now) {
        return Ok(false);
    }
    Ok(table::mark_state_used(tx.conn, &flow.state_hash(), tx.now)?)
}

/// How long a used state must be remembered.
pub const USED_STATE_RETENTION: std::time::Duration = FLOW_LIFETIME.saturating_mul(2);

/// Signs in the user of a verified identity, or creates them.
///
/// # Errors
/// [`Error::VersionConflict`] when another request of the same person was faster.
pub fn sign_in_or_register(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    profile: &ExternalProfile,
    login: &ExternalLogin,
) -> Result<ExternalLoginOutcome, Error> {
    let invited = pending_invitation(tx, login.invitation.as_deref())?;
    let invited = invited
        .as_ref()
        .map(|invited| invited.email_canonical.as_str());
    let known = table::find(
        tx.conn,
        &profile.provider,
        &profile.issuer,
        &profile.subject,
    )?;
    match known {
        Some(identity) => sign_in(tx, client, profile, &identity, invited),
        None => sign_up(tx, client, profile, login, invited),
    }
}

/// The invitation of a link, while it is pending.
fn pending_invitation(
    tx: &mut Tx<'_, '_>,
    token: Option<&str>,
) -> Result<Option<Invitation>, Error> {
    let Some(token) = token else {
        return Ok(None);
    };
    match invitations::find_by_token(tx, token) {
        Ok((invitation, _)) => Ok(invitation.is_pending().then_some(invitation)),
        Err(Error::NotFound | Error::LinkNoLongerValid) => Ok(None),
        Err(other) => Err(other),
    }
}

fn sign_in(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    profile: &ExternalProfile,
    identity: &Identity,
    invited: Option<&str>,
) -> Result<ExternalLoginOutcome, Error> {
    tx.lock_user(identity.user)?;
    // It may have been disconnected, or connected to another user, while this transaction waited for the lock.
    let current = table::find(
        tx.conn,
        &profile.provider,
        &profile.issuer,
        &profile.subject,
    )?;
    if current.is_none_or(|current| current.id != identity.id) {
        return Err(Error::VersionConflict);
    }
    let credentials = store::users::find_credentials_of(tx.conn, identity.user)?;
    if credentials.is_none_or(|credentials| credentials.disabled) {
        return Ok(ExternalLoginOutcome::Disabled);
    }
    let mut user = store::users::find(tx.conn, identity.user)?.ok_or(Error::NotFound)?;
    if identity.label != profile.label {
        table::update_label(tx.conn, identity.id, profile.label.as_deref())?;
    }
    if user.email.is_none()
        && let EmailChoice::Take(email) = choose_email(&profile.emails, invited)
    {
        user = set_first_email(tx, client, user, email)?;
    }
    let signed_in = sessions::sign_in(tx, user, client, Some(&profile.provider))?;
    Ok(ExternalLoginOutcome::SignedIn(Box::new(signed_in)))
}

/// Sets the address of a user without one to the one that their service discloses, unless another user has it.
fn set_first_email(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    user: User,
    email: &EmailAddress,
) -> Result<User, Error> {
    if !store::users::update_email(tx.conn, user.id, email.as_str(), email.canonical(), tx.now)? {
        return Ok(user);
    }
    store::registrations::delete_of_email(tx.conn, email.canonical())?;
    // As at any change of an address (rule U8).
    credentials::invalidate(tx, &user, client)?;
    let event = ActivityEvent {
        actor: Actor::User(user.id, user.name()),
        action: Action::UserEmailChanged,
        target: None,
        before: Some(json!({ "email": null })),
        after: Some(json!({ "email": email.as_str() })),
    };
    activity::record(tx, ActivityScope::Person(user.id), client, event)?;
    store::users::find(tx.conn, user.id)?.ok_or(Error::NotFound)
}

fn sign_up(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    profile: &ExternalProfile,
    login: &ExternalLogin,
    invited: Option<&str>,
) -> Result<ExternalLoginOutcome, Error> {
    let email = match choose_email(&profile.emails, invited) {
        EmailChoice::Take(email) => Some(email),
        EmailChoice::NotTheInvited => {
            return Ok(ExternalLoginOutcome::Needs(AcceptRequirement::OtherEmail));
        }
        EmailChoice::NoneDisclosed if invited.is_some() => {
            return Ok(ExternalLoginOutcome::Needs(AcceptRequirement::NoEmail));
        }
        EmailChoice::NoneDisclosed => None,
    };
    if let Some(email) = email
        && store::users::find_by_email(tx.conn, email.canonical())?.is_some()
    {
        return Ok(ExternalLoginOutcome::AddressTaken);
    }
    if !users::is_sign_up_allowed(tx, email.map(EmailAddress::canonical))? {
        return Ok(ExternalLoginOutcome::SignUpClosed);
    }
    let person = SignUp {
        email: email.map(|email| (email.as_str(), email.canonical())),
        first_name: &profile.first_name,
        last_name: profile.last_name.as_deref(),
        locale: login.locale,
        time_zone: login.time_zone.as_deref().unwrap_or("UTC"),
        password_hash: None,
        provider: Some(&profile.provider),
        ..SignUp::default()
    };
    let mut signed_up = users::create(tx, client, &person, None).map_err(|error| match error {
        // Another user got the address in the meantime.
        Error::LinkNoLongerValid => Error::VersionConflict,
        other => other,
    })?;
    let identity = Identity {
        id: tx.new_id(),
        user: signed_up.signed_in.user.id,
        provider: profile.provider.clone(),
        issuer: profile.issuer.clone(),
        subject: profile.subject.clone(),
        label: profile.label.clone(),
        created_at: tx.now,
    };
    if !table::insert(tx.conn, &identity)? {
        return Err(Error::VersionConflict);
    }
    signed_up.signed_in.device =
        known_devices::register_device(tx, client, signed_up.signed_in.user.id)?;
    Ok(ExternalLoginOutcome::SignedUp(Box::new(signed_up)))
}
