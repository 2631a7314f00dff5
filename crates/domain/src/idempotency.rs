//! Idempotency keys: a repeated request gets the stored response (HTTP contract, conventions).

use super::permissions::Permission;
use super::policy::IDEMPOTENCY_LIFETIME;
use super::{Caller, Error, Mode, Tx, sessions};
use crate::authorization;
use convoke_core::ids::{AccountId, UserId};
use convoke_store as store;

/// A caller's key and its request, both as SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Of the key's text.
    pub key: [u8; 32],
    /// Of method, path and body.
    pub request: [u8; 32],
}

/// A response as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotentResponse {
    /// HTTP status.
    pub status: u16,
    /// JSON text.
    pub body: String,
}

/// What a caller must be allowed to do to get a stored response again. The operation checked its own permission when it
/// ran; the permission may be lost since then.
#[derive(Clone, Copy, Debug)]
pub enum ReplayPermission {
    /// Nothing but the session: the response discloses nothing about an account.
    SignedIn,
    /// This, in this account.
    InAccount(AccountId, Permission),
    /// This, in the account whose id is at this JSON pointer of the response.
    InAccountOfResponse(&'static str, Permission),
}

impl ReplayPermission {
    /// The account that the request changes.
    #[must_use]
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::InAccount(account, _) => Some(account),
            Self::SignedIn | Self::InAccountOfResponse(..) => None,
        }
    }
}

/// How many responses of one user are stored at most; the oldest are deleted first.
const MAX_RESPONSES: i64 = 1_000;

/// How many bytes they have together at most, the newest not counted.
const MAX_RESPONSE_BYTES: i64 = 1 << 20;

/// Runs `work` once per key and stores its response in the same transaction; an error stores nothing, so that
/// a caller who fixes its cause can use the key again. Work that changed nothing and sends no email stores nothing either: to
/// repeat it changes as little. The session and `permission` are checked before a stored response is returned.
///
/// # Errors
/// [`Error::IdempotencyKeyReused`], what `work` rejects, or for a stored response [`Error::SignInRequired`] and as
/// [`crate::authorization::authorize`].
pub fn run_once(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    key: &Key,
    permission: ReplayPermission,
    work: impl FnOnce(&mut Tx<'_, '_>) -> Result<IdempotentResponse, Error>,
) -> Result<IdempotentResponse, Error> {
    let user = caller.user.id;
    if !reserve(tx, user, key)? {
        sessions::lock(tx, caller)?;
        if let ReplayPermission::InAccount(account, act) = permission {
            authorization::authorize(tx, caller, account, act)?;
        }
        let saved =
            store::idempotency::find(tx.conn, user, &key.key)?.ok_or(Error::IdempotencyKeyInUse)?;
        if saved.request_hash != key.request {
            return Err(Error::IdempotencyKeyReused);
        }
        if let ReplayPermission::InAccountOfResponse(pointer, act) = permission {
            let account = account_in(&saved.body, pointer).ok_or_else(corrupt)?;
            authorization::authorize(tx, caller, account, act)?;
        }
        return Ok(IdempotentResponse {
            status: u16::try_from(saved.status).map_err(|_| corrupt())?,
            body: saved.body,
        });
    }
    let response = work(tx)?;
    save_response(tx, user, key, &response)?;
    Ok(response)
}

/// Runs `work`, whose result is not needed again, once per key; without a key every time.
///
/// # Errors
/// As [`run_once`].
pub fn do_once(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    key: Option<&Key>,
    work: impl FnOnce(&mut Tx<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(key) = key else { return work(tx) };
    let done = run_once(tx, caller, key, ReplayPermission::SignedIn, |tx| {
        work(tx)?;
        Ok(IdempotentResponse {
            status: 204,
            body: String::new(),
        })
    });
    done.map(drop)
}

/// Stores a response unless its key has one, also of work that changed nothing.
///
/// # Errors
/// When the database is unavailable.
pub fn save(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    key: &Key,
    response: &IdempotentResponse,
) -> Result<(), Error> {
    let user = caller.user.id;
    if reserve(tx, user, key)? {
        write_response(tx, user, key, response)?;
    }
    Ok(())
}

/// The body of the response that is stored under a key of the caller.
///
/// # Errors
/// When the database is unavailable.
pub fn find_body(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    key: &[u8; 32],
) -> Result<Option<String>, Error> {
    let saved = store::idempotency::find(tx.conn, caller.user.id, key)?;
    Ok(saved.map(|saved| saved.body))
}

/// Reserves a key for a request of a user; false when it was used within [`IDEMPOTENCY_LIFETIME`].
fn reserve(tx: &mut Tx<'_, '_>, user: UserId, key: &Key) -> Result<bool, Error> {
    let expired_before = tx.now.minus(IDEMPOTENCY_LIFETIME);
    let reserved = store::idempotency::reserve(
        tx.conn,
        user,
        &key.key,
        &key.request,
        tx.now,
        expired_before,
    )?;
    Ok(reserved)
}

fn corrupt() -> Error {
    Error::corrupt("response under an idempotency key")
}

fn account_in(body: &str, pointer: &str) -> Option<AccountId> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.pointer(pointer)?.as_str()?.parse().ok()
}

/// Stores the response of work that changed something or sends an email, within the user's quota.
fn save_response(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    key: &Key,
    response: &IdempotentResponse,
) -> Result<(), Error> {
    if !tx.has_changes && !tx.has_enqueued_mail {
        return Ok(store::idempotency::delete(tx.conn, user, &key.key)?);
    }
    write_response(tx, user, key, response)
}

fn write_response(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    key: &Key,
    response: &IdempotentResponse,
) -> Result<(), Error> {
    let status = i64::from(response.status);
    store::idempotency::update(tx.conn, user, &key.key, status, &response.body)?;
    let quota = (MAX_RESPONSES, MAX_RESPONSE_BYTES);
    Ok(store::idempotency::delete_beyond(
        tx.conn, user, &key.key, quota,
    )?)
}

/// A key while its request runs: whose, and which.
pub type RunningKey = (UserId, [u8; 32]);
