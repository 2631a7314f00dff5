//! Verified passwords: checked outside of a transaction, and valid only inside the one that redeems them.
//!
//! Hashing takes too long for a transaction, so a password is compared between two of them. The result is a [`Verified`]
//! value that names what the password was compared with. An operation takes it as a parameter and redeems it under the
//! user's lock: where password or address have changed meanwhile, the value is invalid (rule V13). Every operation that
//! changes them calls `invalidate`, so that nothing prepared before survives (rule V14): sessions, links to reset, a
//! waiting change of address, offers of ownership, intents to connect.

use convoke_core::model::activity::Action;
use uuid::Uuid;

use super::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use super::oauth2::EndCause;
use super::sessions::{self, Session};
use super::{Caller, ClientInfo, Error, Tx, known_devices};
use convoke_core::ids::UserId;
use convoke_core::model::grant::GrantEnd;
use convoke_core::model::password::{StoredPassword, Verified};
use convoke_store as store;
use convoke_store::registrations::Registration;
use convoke_store::users::{Credentials, User};

/// The credentials of a user as they were when their hash was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialVersion {
    user: UserId,
    version: i64,
}

/// A user's password that matched.
pub type VerifiedPassword = Verified<CredentialVersion>;

/// A pending registration whose password matched.
pub type VerifiedRegistration = Verified<Uuid>;

/// The password of these credentials, if there is one.
#[must_use]
pub fn stored_password(credentials: &Credentials) -> Option<StoredPassword<CredentialVersion>> {
    let subject = CredentialVersion {
        user: credentials.user,
        version: credentials.version,
    };
    Some(StoredPassword::new(
        subject,
        credentials.password_hash.clone()?,
    ))
}

/// The password that was chosen with a sign-up.
#[must_use]
pub fn registration_password(registration: &Registration) -> StoredPassword<Uuid> {
    StoredPassword::new(registration.id, registration.password_hash.clone())
}

/// Locks and returns the user, when the password that matched is still theirs and still allowed.
///
/// # Errors
/// [`Error::WrongPassword`].
pub fn redeem_password(tx: &mut Tx<'_, '_>, password: &VerifiedPassword) -> Result<User, Error> {
    let CredentialVersion { user, version } = *password.subject();
    tx.lock_user(user)?;
    let credentials = store::users::find_credentials_of(tx.conn, user)?;
    let is_current =
        credentials.is_some_and(|credential| credential.version == version && !credential.disabled);
    if !is_current {
        return Err(Error::WrongPassword);
    }
    store::users::find(tx.conn, user)?
        .filter(|user| tx.ctx.policy.allows_password(user))
        .ok_or(Error::WrongPassword)
}

/// The registration whose password matched, when it still waits for its address to be confirmed.
///
/// # Errors
/// [`Error::LinkNoLongerValid`].
pub(super) fn redeem_registration(
    tx: &mut Tx<'_, '_>,
    password: VerifiedRegistration,
    email_canonical: &str,
) -> Result<Registration, Error> {
    store::registrations::find(tx.conn, *password.subject())?
        .filter(|registration| {
            registration.email_canonical == email_canonical && registration.expires_at > tx.now
        })
        .ok_or(Error::LinkNoLongerValid)
}

/// How a signed-in caller has shown again who they are (rule U8).
#[derive(Clone, Copy, Debug)]
pub enum Reauthentication {
    /// They typed their password.
    Password(VerifiedPassword),
    /// They signed in within the last minutes, which counts for users who have no password or signed in through a service.
    RecentSignIn,
}

impl Reauthentication {
    /// Locks and returns the caller's user and session, when the authentication is still valid.
    ///
    /// # Errors
    /// [`Error::SignInRequired`] when the session has ended, [`Error::WrongPassword`],
    /// [`Error::ReauthenticationRequired`].
    pub fn redeem(&self, tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(User, Session), Error> {
        let (user, session) = sessions::lock(tx, caller)?;
        match self {
            Self::Password(password) => {
                if password.subject().user != user.id {
                    return Err(Error::WrongPassword);
                }
                redeem_password(tx, password)?;
            }
            Self::RecentSignIn => {
                if !sessions::replaces_password(&user, &session, &tx.ctx.policy, tx.now) {
                    return Err(Error::ReauthenticationRequired);
                }
            }
        }
        Ok((user, session))
    }
}

/// Invalidates everything that was prepared with the credentials of a locked user: verified passwords, sessions with their grants to
/// products, links, a pending change of address and offers of ownership (rule V14).
///
/// # Errors
/// When the database is unavailable.
pub(super) fn invalidate(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
) -> Result<(), Error> {
    let actor = Actor::User(user.id, user.name());
    let cause = EndCause {
        reason: GrantEnd::CredentialsChanged,
        actor: &actor,
        client,
    };
    invalidate_by(tx, user, cause)
}

/// The same for another cause than a change by the user.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn invalidate_by(
    tx: &mut Tx<'_, '_>,
    user: &User,
    cause: EndCause<'_>,
) -> Result<(), Error> {
    let EndCause { actor, client, .. } = cause;
    store::users::increment_credential_version(tx.conn, user.id)?;
    known_devices::delete_others(tx, user.id, client)?;
    // The grants of the caller's own session too: its products ask for a sign-in with the new credentials.
    sessions::end_all(tx, user.id, cause)?;
    store::email_changes::delete_of_user(tx.conn, user.id)?;
    store::password_resets::delete_of_user(tx.conn, user.id, user.email_canonical.as_deref())?;
    for offer in store::ownership_offers::list_live_from(tx.conn, user.id, tx.now)? {
        if !store::ownership_offers::mark_void(tx.conn, &offer, tx.now)? {
            continue;
        }
        let event = ActivityEvent {
            actor: actor.clone(),
            action: Action::OwnershipOfferWithdrawn,
            target: Some(Target::Account(offer.account, offer.account_name)),
            before: None,
            after: None,
        };
        activity::record(tx, ActivityScope::Account(offer.account), client, event)?;
    }
    Ok(())
}

/// Stores that the caller has just typed their password, so that their session counts as recently authenticated (rule U8).
///
/// # Errors
/// As [`Reauthentication::redeem`].
pub fn mark_authenticated(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    proof: &Reauthentication,
) -> Result<(), Error> {
    let (user, session) = proof.redeem(tx, caller)?;
    // A recent sign-in is no new authentication: its time stays.
    if let Reauthentication::Password(_) = proof {
        store::sessions::mark_authenticated(tx.conn, session.id, user.id, tx.now)?;
    }
    Ok(())
}
