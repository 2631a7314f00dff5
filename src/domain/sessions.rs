//! Sessions: begun at sign-in, found again at every request, ended by their user or the clock.

use serde_json::json;

use super::activity::{self, Actor, Book, Change};
use super::rules::{ACTIVITY_GRAIN, FRESH_SIGN_IN, Rules, SESSION_IDLE, SESSION_LIFETIME};
use super::{Origin, Refusal, Tx};
use crate::core::clock::Timestamp;
use crate::core::ids::{SessionId, UserId};
use crate::core::secret::{Secret, TokenHash, TokenKind, new_token};
use crate::store;

pub use crate::store::sessions::Session;
pub use crate::store::users::User;

/// A signed-in user with the session and the place the request came from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// Signed in how.
    pub session: Session,
    /// From where.
    pub origin: Origin,
}

/// A session that has just begun, with the token for its cookie.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session.
    pub session: Session,
    /// Goes into the cookie and nowhere else.
    pub token: Secret,
}

/// Finds the caller of a session token.
///
/// # Errors
/// [`Refusal::SignInRequired`] when the session is unknown or has ended.
pub fn authenticate(
    tx: &mut Tx<'_, '_>,
    token: &TokenHash,
    origin: &Origin,
) -> Result<Caller, Refusal> {
    let (idle_since, begun_since) = live_since(tx);
    let (user, session) = store::sessions::find_live(tx.conn, token, idle_since, begun_since)?
        .ok_or(Refusal::SignInRequired)?;
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
    now >= session.last_used_at.plus(ACTIVITY_GRAIN)
}

/// Writes down that session and user were active.
///
/// # Errors
/// When the database cannot.
pub fn touch(tx: &mut Tx<'_, '_>, session: SessionId, user: UserId) -> Result<(), Refusal> {
    if store::sessions::mark_used(tx.conn, session, tx.now)? {
        store::members::mark_active(tx.conn, user, tx.now)?;
    }
    Ok(())
}

/// Begins a session, through this service if through one, without writing it into the activity log.
///
/// # Errors
/// When the database cannot.
pub fn begin(
    tx: &mut Tx<'_, '_>,
    user: User,
    origin: &Origin,
    provider: Option<&str>,
) -> Result<SignedIn, Refusal> {
    let now = tx.now;
    begin_proven_at(tx, user, origin, provider, now)
}

fn begin_proven_at(
    tx: &mut Tx<'_, '_>,
    user: User,
    origin: &Origin,
    provider: Option<&str>,
    authenticated_at: Timestamp,
) -> Result<SignedIn, Refusal> {
    let (token, hash) = new_token(TokenKind::Session, tx.app.random.as_ref());
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
    Ok(SignedIn {
        user,
        session,
        token,
    })
}

/// Signs a user in whose password was right, or whom a service has vouched for.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] when the user has gone meanwhile.
pub fn sign_in(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    origin: &Origin,
    provider: Option<&str>,
) -> Result<SignedIn, Refusal> {
    let user = store::users::find(tx.conn, user)?.ok_or(Refusal::InvalidCredentials)?;
    let signed_in = begin(tx, user, origin, provider)?;
    store::members::mark_active(tx.conn, signed_in.user.id, tx.now)?;
    record(
        tx,
        &signed_in.user,
        origin,
        "session.created",
        Some(&signed_in.session),
    )?;
    Ok(signed_in)
}

/// Replaces the caller's session by a new one and ends all others (rule U8).
///
/// # Errors
/// When the database cannot.
pub fn renew(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<SignedIn, Refusal> {
    store::sessions::delete_all(tx.conn, caller.user.id, None)?;
    let user = store::users::find(tx.conn, caller.user.id)?.ok_or(Refusal::SignInRequired)?;
    let Session {
        provider,
        authenticated_at,
        ..
    } = &caller.session;
    // Nothing was proven anew where no password was asked for.
    begin_proven_at(
        tx,
        user,
        &caller.origin,
        provider.as_deref(),
        *authenticated_at,
    )
}

/// The caller's sessions, last used first.
///
/// # Errors
/// When the database cannot.
pub fn list(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<Vec<Session>, Refusal> {
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
/// [`Refusal::NotFound`] when the caller has no such session.
pub fn end(tx: &mut Tx<'_, '_>, caller: &Caller, id: SessionId) -> Result<(), Refusal> {
    if !store::sessions::delete(tx.conn, id, caller.user.id)? {
        return Err(Refusal::NotFound);
    }
    record(tx, &caller.user, &caller.origin, "session.ended", None)
}

/// Ends all of the caller's sessions but the current one.
///
/// # Errors
/// When the database cannot.
pub fn end_others(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Refusal> {
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
    origin: &Origin,
    action: &'static str,
    begun: Option<&Session>,
) -> Result<(), Refusal> {
    let change = Change {
        actor: Actor::User(user.id, user.name()),
        action,
        target: None,
        before: None,
        after: begun.map(|session| match &session.provider {
            Some(provider) => json!({ "session": session.id, "provider": provider }),
            None => json!({ "session": session.id }),
        }),
    };
    activity::record(tx, Book::Person(user.id), origin, change)
}

/// Whether the caller signed in within the last minutes (rule U8).
#[must_use]
pub fn is_fresh(caller: &Caller, now: Timestamp) -> bool {
    now < caller.session.authenticated_at.plus(FRESH_SIGN_IN)
}

/// Whether a sign-in through a service stands in for the caller's password (rule U8), or for one that does not count.
#[must_use]
pub fn is_vouched_for(caller: &Caller, rules: &Rules, now: Timestamp) -> bool {
    let without = caller.session.provider.is_some() || !rules.counts_password_of(&caller.user);
    without && is_fresh(caller, now)
}

/// Writes down that the caller has just typed their password, so that their session counts as fresh (rule U8).
///
/// # Errors
/// [`Refusal::SignInRequired`] when the session has ended meanwhile.
pub fn prove(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Refusal> {
    if store::sessions::mark_proven(tx.conn, caller.session.id, caller.user.id, tx.now)? {
        Ok(())
    } else {
        Err(Refusal::SignInRequired)
    }
}
