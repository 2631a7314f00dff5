//! Sign-in and sign-up through a service (rule U5). Nothing is ever merged with a user because of an address.

use serde_json::json;

use super::authorization_flow::{AuthorizationFlow, FLOW_LIFETIME};
use super::{EmailChoice, Identity, choose_email};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::credentials;
use crate::error::AcceptRequirement;
use crate::invitations::{self, Invitation};
use crate::sessions::{self, SignedIn, User};
use crate::users::{self, SignUp, SignedUp};
use crate::{ClientInfo, Error, Tx, known_devices};
use convoke_core::email_address::EmailAddress;
use convoke_core::language::Locale;
use convoke_core::model::identity::ExternalProfile;
use convoke_store as store;
use convoke_store::identities as table;

/// A callback from a service.
#[derive(Clone, Debug, Default)]
pub struct ExternalLogin {
    /// The token of the invitation's link they came by.
    pub invitation: Option<String>,
    /// The browser's language.
    pub locale: Locale,
    /// The browser's IANA time zone.
    pub time_zone: Option<String>,
}

/// The result of a callback from a service.
#[derive(Debug)]
pub enum ExternalLoginOutcome {
    /// They have a user.
    SignedIn(Box<SignedIn>),
    /// They have one now.
    SignedUp(Box<SignedUp>),
    /// No user was created: the invited address is not among those that the service discloses.
    Needs(AcceptRequirement),
    /// No user was created: another one holds the address.
    AddressTaken,
    /// No user was created: the installation takes no new ones, or only invited ones.
    SignUpClosed,
    /// Their user may not sign in any more.
    Disabled,
}

/// Marks a flow as used; returns false when it was used before, or is too old (security rule 7).
///
/// # Errors
/// When the database is unavailable.
pub fn use_flow(tx: &mut Tx<'_, '_>, attempt: &AuthorizationFlow) -> Result<bool, Error> {
    if !attempt.is_valid(tx.now) {
        return Ok(false);
    }
    Ok(table::mark_state_used(
        tx.conn,
        &attempt.state_hash(),
        tx.now,
    )?)
}

/// How long a used state must be remembered.
pub const USED_STATE_RETENTION: std::time::Duration = FLOW_LIFETIME.saturating_mul(2);

/// Signs in the user of a verified identity, or creates them.
///
/// # Errors
/// [`Error::VersionConflict`] when another request of the same person was faster.
pub fn sign_in_or_register(
    tx: &mut Tx<'_, '_>,
    origin: &ClientInfo,
    who: &ExternalProfile,
    arrival: &ExternalLogin,
) -> Result<ExternalLoginOutcome, Error> {
    let invited = pending_invitation(tx, arrival.invitation.as_deref())?;
    let invited = invited
        .as_ref()
        .map(|invited| invited.email_canonical.as_str());
    let known = table::find(tx.conn, &who.provider, &who.issuer, &who.subject)?;
    match known {
        Some(identity) => sign_in(tx, origin, who, &identity, invited),
        None => sign_up(tx, origin, who, arrival, invited),
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
        Ok((it, _)) => Ok(it.is_pending().then_some(it)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

fn sign_in(
    tx: &mut Tx<'_, '_>,
    origin: &ClientInfo,
    who: &ExternalProfile,
    identity: &Identity,
    invited: Option<&str>,
) -> Result<ExternalLoginOutcome, Error> {
    tx.lock_user(identity.user)?;
    // It may have been disconnected, or connected to somebody else, while the lock was waited for.
    let current = table::find(tx.conn, &who.provider, &who.issuer, &who.subject)?;
    if current.is_none_or(|current| current.id != identity.id) {
        return Err(Error::VersionConflict);
    }
    let credentials = store::users::find_credentials_of(tx.conn, identity.user)?;
    if credentials.is_none_or(|found| found.disabled) {
        return Ok(ExternalLoginOutcome::Disabled);
    }
    let mut user = store::users::find(tx.conn, identity.user)?.ok_or(Error::NotFound)?;
    if identity.label != who.label {
        table::update_label(tx.conn, identity.id, who.label.as_deref())?;
    }
    if user.email.is_none()
        && let EmailChoice::Take(email) = choose_email(&who.emails, invited)
    {
        user = set_first_email(tx, origin, user, email)?;
    }
    let signed_in = sessions::sign_in(tx, user, origin, Some(&who.provider))?;
    Ok(ExternalLoginOutcome::SignedIn(Box::new(signed_in)))
}

/// Gives a user without an address the one that their service discloses by now, unless it is somebody's.
fn set_first_email(
    tx: &mut Tx<'_, '_>,
    origin: &ClientInfo,
    user: User,
    email: &EmailAddress,
) -> Result<User, Error> {
    if !store::users::update_email(tx.conn, user.id, email.as_str(), email.canonical())? {
        return Ok(user);
    }
    store::registrations::delete_of_email(tx.conn, email.canonical())?;
    // As at any change of an address (rule U8).
    credentials::invalidate(tx, &user, origin)?;
    let change = ActivityEvent {
        actor: Actor::User(user.id, user.name()),
        action: "user.email_changed",
        target: None,
        before: Some(json!({ "email": null })),
        after: Some(json!({ "email": email.as_str() })),
    };
    activity::record(tx, ActivityScope::Person(user.id), origin, change)?;
    store::users::find(tx.conn, user.id)?.ok_or(Error::NotFound)
}

fn sign_up(
    tx: &mut Tx<'_, '_>,
    origin: &ClientInfo,
    who: &ExternalProfile,
    arrival: &ExternalLogin,
    invited: Option<&str>,
) -> Result<ExternalLoginOutcome, Error> {
    let email = match choose_email(&who.emails, invited) {
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
        first_name: &who.first_name,
        last_name: who.last_name.as_deref(),
        locale: arrival.locale,
        time_zone: arrival.time_zone.as_deref().unwrap_or("UTC"),
        password_hash: None,
        provider: Some(&who.provider),
        ..SignUp::default()
    };
    let mut done = users::create(tx, origin, &person, None).map_err(|error| match error {
        // The address has found another user a moment ago.
        Error::LinkNoLongerValid => Error::VersionConflict,
        other => other,
    })?;
    let identity = Identity {
        id: tx.new_id(),
        user: done.signed_in.user.id,
        provider: who.provider.clone(),
        issuer: who.issuer.clone(),
        subject: who.subject.clone(),
        label: who.label.clone(),
        created_at: tx.now,
    };
    if !table::insert(tx.conn, &identity)? {
        return Err(Error::VersionConflict);
    }
    known_devices::register_device(tx, origin, &mut done.signed_in)?;
    Ok(ExternalLoginOutcome::SignedUp(Box::new(done)))
}
