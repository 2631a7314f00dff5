//! Sessions that begin (security rule 8).

use super::end::{delete_one, end_oldest};
use super::{Session, User, authenticate, record};
use crate::credentials::{self, VerifiedPassword};
use crate::notifications::{self, Notification};
use crate::{ClientInfo, Error, Tx, known_devices};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{SessionId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::secret::{Secret, TokenKind, new_token};
use convoke_store as store;

/// How many sessions a user has at most; those unused for longest end for new ones.
const MAX_SESSIONS: i64 = 100;

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

/// Begins a session, through this service if through one, without writing it into the activity log.
///
/// # Errors
/// When the database is unavailable.
pub fn create(
    tx: &mut Tx<'_, '_>,
    user: User,
    client: &ClientInfo,
    provider: Option<&str>,
) -> Result<SignedIn, Error> {
    let now = tx.now;
    create_authenticated_at(tx, user, client, provider, now)
}

fn create_authenticated_at(
    tx: &mut Tx<'_, '_>,
    user: User,
    client: &ClientInfo,
    provider: Option<&str>,
    authenticated_at: Timestamp,
) -> Result<SignedIn, Error> {
    let kept = end_replaced(tx, client, user.id)?;
    let (token, hash) = new_token(TokenKind::Session, tx.ctx.random.as_ref());
    let mut session = Session {
        id: kept.unwrap_or_else(|| tx.new_id()),
        created_at: tx.now,
        last_used_at: tx.now,
        ip: client.ip.map(|ip| ip.to_string()),
        user_agent: client.user_agent.clone(),
        provider: provider.map(str::to_owned),
        authenticated_at,
    };
    // Another request may have ended it meanwhile.
    if kept.is_none() || !store::sessions::replace(tx.conn, &hash, user.id, &session)? {
        session.id = tx.new_id();
        store::sessions::insert(tx.conn, &hash, user.id, &session)?;
        end_oldest(tx, &user, client, MAX_SESSIONS)?;
    }
    Ok(SignedIn {
        user,
        session,
        token,
        device: None,
    })
}

/// Ends the session whose cookie the browser has presented: its cookie is replaced, so it could not be ended later. A session of
/// the same user goes on with another token, and what they granted to products in it with it; its id is returned.
fn end_replaced(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    user: UserId,
) -> Result<Option<SessionId>, Error> {
    let Some(token) = &client.session else {
        return Ok(None);
    };
    match authenticate(tx, token, client) {
        Ok(replaced) if replaced.user.id == user => Ok(Some(replaced.session.id)),
        Ok(replaced) => {
            if tx.ctx.catalogue.has_clients() {
                // A grant of this session may begin at the same time.
                tx.lock_user(replaced.user.id)?;
            }
            match delete_one(tx, &replaced, replaced.session.id) {
                Err(Error::NotFound) => Ok(None),
                ended => ended.map(|()| None),
            }
        }
        Err(Error::SignInRequired) => Ok(None),
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
    client: &ClientInfo,
) -> Result<SignedIn, Error> {
    let user = match credentials::redeem_password(tx, password) {
        Err(Error::WrongPassword) => return Err(Error::InvalidCredentials),
        redeemed => redeemed?,
    };
    sign_in(tx, user, client, None)
}

/// Signs a locked user in, through this service if through one.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn sign_in(
    tx: &mut Tx<'_, '_>,
    user: User,
    client: &ClientInfo,
    provider: Option<&str>,
) -> Result<SignedIn, Error> {
    let mut signed_in = create(tx, user, client, provider)?;
    signed_in.device = known_devices::register_device(tx, client, signed_in.user.id)?;
    store::members::mark_active(tx.conn, signed_in.user.id, tx.now)?;
    record(
        tx,
        &signed_in.user,
        client,
        Action::SessionCreated,
        Some(&signed_in.session),
    )?;
    if signed_in.user.break_glass {
        notifications::enqueue(
            tx,
            &Notification::BreakGlassSignIn(signed_in.user.id, client.clone()),
        )?;
    }
    Ok(signed_in)
}

/// Begins a session in place of one that [`crate::credentials::invalidate`] has ended with all others (rule U8).
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn rotate(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    ended: &Session,
    client: &ClientInfo,
) -> Result<SignedIn, Error> {
    let user = store::users::find(tx.conn, user)?.ok_or(Error::SignInRequired)?;
    // Without a password check there is no new authentication time.
    let Session {
        provider,
        authenticated_at,
        ..
    } = ended;
    create_authenticated_at(tx, user, client, provider.as_deref(), *authenticated_at)
}
