//! Sessions: begun at sign-in, found again at every request, ended by their user or the clock.

use serde_json::json;

use super::activity::{self, ActivityEvent, ActivityScope, Actor};
use super::credentials::{self, Reauthentication, VerifiedPassword};
use super::notifications::{self, Notification};
use super::policy::{
    ACTIVITY_RESOLUTION, Policy, REAUTHENTICATION_WINDOW, SESSION_IDLE, SESSION_LIFETIME,
};
use super::{ClientInfo, Error, Tx, known_devices};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{SessionId, UserId};
use convoke_core::secret::{Secret, TokenHash, TokenKind, new_token};
use convoke_store as store;

pub use convoke_store::sessions::Session;
pub use convoke_store::users::User;

/// How many sessions a user has at most; those unused for longest end for new ones.
const MAX_SESSIONS: i64 = 100;

/// A signed-in user with the session and the place the request came from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// Signed in how.
    pub session: Session,
    /// From where.
    pub origin: ClientInfo,
}

/// A session that has just begun, with the token for its cookie.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The session token, for the cookie only.
    pub token: Secret,
    /// The device token, for the cookie of a device that was not known yet.
    pub device: Option<Secret>,
}

/// Finds the caller of a session token.
///
/// # Errors
/// [`Error::SignInRequired`] when the session is unknown or has ended.
pub fn authenticate(
    tx: &mut Tx<'_, '_>,
    token: &TokenHash,
    origin: &ClientInfo,
) -> Result<Caller, Error> {
    let (idle_since, begun_since) = live_since(tx);
    let (user, session) = store::sessions::find_live(tx.conn, token, idle_since, begun_since)?
        .ok_or(Error::SignInRequired)?;
    Ok(Caller {
        user,
        session,
        origin: origin.clone(),
    })
}

fn live_since(tx: &Tx<'_, '_>) -> (Timestamp, Timestamp) {
    (tx.now.minus(SESSION_IDLE), tx.now.minus(SESSION_LIFETIME))
}

/// Whether the use of this session should be written down again.
#[must_use]
pub fn is_stale(session: &Session, now: Timestamp) -> bool {
    now >= session.last_used_at.plus(ACTIVITY_RESOLUTION)
}

/// Writes down that session and user were active.
///
/// # Errors
/// When the database is unavailable.
pub fn touch(tx: &mut Tx<'_, '_>, session: SessionId, user: UserId) -> Result<(), Error> {
    if store::sessions::mark_used(tx.conn, session, tx.now)? {
        store::members::mark_active(tx.conn, user, tx.now)?;
    }
    Ok(())
}

/// Begins a session, through this service if through one, without writing it into the activity log.
///
/// # Errors
/// When the database is unavailable.
pub fn create(
    tx: &mut Tx<'_, '_>,
    user: User,
    origin: &ClientInfo,
    provider: Option<&str>,
) -> Result<SignedIn, Error> {
    let now = tx.now;
    create_authenticated_at(tx, user, origin, provider, now)
}

fn create_authenticated_at(
    tx: &mut Tx<'_, '_>,
    user: User,
    origin: &ClientInfo,
    provider: Option<&str>,
    authenticated_at: Timestamp,
) -> Result<SignedIn, Error> {
    end_replaced(tx, origin)?;
    let (token, hash) = new_token(TokenKind::Session, tx.ctx.random.as_ref());
    let session = Session {
        id: tx.new_id(),
        created_at: tx.now,
        last_used_at: tx.now,
        ip: origin.ip.map(|ip| ip.to_string()),
        user_agent: origin.user_agent.clone(),
        provider: provider.map(str::to_owned),
        authenticated_at,
    };
    store::sessions::insert(tx.conn, &hash, user.id, &session)?;
    store::sessions::delete_oldest(tx.conn, user.id, MAX_SESSIONS)?;
    Ok(SignedIn {
        user,
        session,
        token,
        device: None,
    })
}

/// Ends the session whose cookie the browser has presented: its cookie is replaced, so nobody could end it any more.
fn end_replaced(tx: &mut Tx<'_, '_>, origin: &ClientInfo) -> Result<(), Error> {
    let Some(token) = &origin.session else {
        return Ok(());
    };
    match authenticate(tx, token, origin) {
        Ok(replaced) => match delete_one(tx, &replaced, replaced.session.id) {
            Err(Error::NotFound) => Ok(()),
            ended => ended,
        },
        Err(Error::SignInRequired) => Ok(()),
        Err(other) => Err(other),
    }
}

/// Signs in a user whose password matched.
///
/// # Errors
/// [`Error::InvalidCredentials`] when the password has changed meanwhile (rule V13).
pub fn sign_in_by_password(
    tx: &mut Tx<'_, '_>,
    password: &VerifiedPassword,
    origin: &ClientInfo,
) -> Result<SignedIn, Error> {
    let user = match credentials::redeem_password(tx, password) {
        Err(Error::WrongPassword) => return Err(Error::InvalidCredentials),
        redeemed => redeemed?,
    };
    sign_in(tx, user, origin, None)
}

/// Signs a locked user in, through this service if through one.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn sign_in(
    tx: &mut Tx<'_, '_>,
    user: User,
    origin: &ClientInfo,
    provider: Option<&str>,
) -> Result<SignedIn, Error> {
    let mut signed_in = create(tx, user, origin, provider)?;
    known_devices::register_device(tx, origin, &mut signed_in)?;
    store::members::mark_active(tx.conn, signed_in.user.id, tx.now)?;
    record(
        tx,
        &signed_in.user,
        origin,
        "session.created",
        Some(&signed_in.session),
    )?;
    if signed_in.user.break_glass {
        notifications::enqueue(
            tx,
            &Notification::BreakGlassSignIn(signed_in.user.id, origin.clone()),
        )?;
    }
    Ok(signed_in)
}

/// Begins a session in place of one that [`super::credentials::invalidate`] has ended with all others (rule U8).
///
/// # Errors
/// When the database is unavailable.
pub(super) fn rotate(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    ended: &Session,
    origin: &ClientInfo,
) -> Result<SignedIn, Error> {
    let user = store::users::find(tx.conn, user)?.ok_or(Error::SignInRequired)?;
    // Nothing was proven anew where no password was asked for.
    let Session {
        provider,
        authenticated_at,
        ..
    } = ended;
    create_authenticated_at(tx, user, origin, provider.as_deref(), *authenticated_at)
}

/// Locks the caller's user and gives them with their session as both are now: either may have changed since the caller was
/// authenticated (rule V13).
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended.
pub(super) fn lock(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(User, Session), Error> {
    let user = caller.user.id;
    tx.lock_user(user)?;
    let (idle_since, begun_since) = live_since(tx);
    let session =
        store::sessions::find_of_user(tx.conn, caller.session.id, user, idle_since, begun_since)?;
    let user = store::users::find(tx.conn, user)?;
    user.zip(session).ok_or(Error::SignInRequired)
}

/// The caller's sessions, last used first.
///
/// # Errors
/// When the database is unavailable.
pub fn list(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<Vec<Session>, Error> {
    let (idle_since, begun_since) = live_since(tx);
    Ok(store::sessions::list_live(
        tx.conn,
        caller.user.id,
        idle_since,
        begun_since,
    )?)
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Error::SignInRequired`] when the caller's own session has ended, [`Error::NotFound`] when they have no such
/// session.
pub fn end(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Error> {
    lock(tx, caller)?;
    delete_one(tx, caller, id)
}

fn delete_one(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Error> {
    if !store::sessions::delete(tx.conn, id, caller.user.id)? {
        return Err(Error::NotFound);
    }
    record(tx, &caller.user, &caller.origin, "session.ended", None)
}

/// Ends all of the caller's sessions but the current one.
///
/// # Errors
/// [`Error::SignInRequired`] when that one has ended.
pub fn end_others(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Error> {
    lock(tx, caller)?;
    let ended = store::sessions::delete_all(tx.conn, caller.user.id, Some(caller.session.id))?;
    if ended == 0 {
        return Ok(());
    }
    record(
        tx,
        &caller.user,
        &caller.origin,
        "session.others_ended",
        None,
    )
}

fn record(
    tx: &mut Tx<'_, '_>,
    user: &User,
    origin: &ClientInfo,
    action: &'static str,
    begun: Option<&Session>,
) -> Result<(), Error> {
    let change = ActivityEvent {
        actor: Actor::User(user.id, user.name()),
        action,
        target: None,
        before: None,
        after: begun.map(|session| match &session.provider {
            Some(provider) => json!({ "session": session.id, "provider": provider }),
            None => json!({ "session": session.id }),
        }),
    };
    activity::record(tx, ActivityScope::Person(user.id), origin, change)
}

/// Whether the user of a session signed in within the last minutes (rule U8).
#[must_use]
pub fn is_recently_authenticated(session: &Session, now: Timestamp) -> bool {
    now < session.authenticated_at.plus(REAUTHENTICATION_WINDOW)
}

/// Whether a recent sign-in through a service replaces the password of a session's user (rule U8), or one that does not
/// count.
#[must_use]
pub fn replaces_password(user: &User, session: &Session, rules: &Policy, now: Timestamp) -> bool {
    let without = session.provider.is_some() || !rules.allows_password(user);
    without && is_recently_authenticated(session, now)
}

/// Stores that the caller has just typed their password, so that their session counts as fresh (rule U8).
///
/// # Errors
/// As [`Reauthentication::redeem`].
pub fn mark_authenticated(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    proof: &Reauthentication,
) -> Result<(), Error> {
    let (user, session) = proof.redeem(tx, caller)?;
    // A recent sign-in proves nothing anew: its time stays.
    if let Reauthentication::Password(_) = proof {
        store::sessions::mark_authenticated(tx.conn, session.id, user.id, tx.now)?;
    }
    Ok(())
}
