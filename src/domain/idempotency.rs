//! Idempotency keys: the same request gives the same answer once (HTTP contract, conventions).

use super::permissions::Permission;
use super::policy::IDEMPOTENCY_LIFETIME;
use super::{Caller, Error, Tx, accounts, sessions};
use crate::core::ids::{AccountId, UserId};
use crate::store;

/// A caller's key with the request it came with, both as SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Of the key's text.
    pub key: [u8; 32],
    /// Of method, path and body.
    pub request: [u8; 32],
}

/// An answer as it went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotentResponse {
    /// HTTP status.
    pub status: u16,
    /// JSON text.
    pub body: String,
}

/// What a caller must be allowed to do to get a stored answer again. The operation asked for its own permission when it
/// ran; the permission may be lost since then.
#[derive(Clone, Copy, Debug)]
pub enum ReplayPermission {
    /// Nothing but the session: the answer says nothing about an account.
    SignedIn,
    /// This, in this account.
    InAccount(AccountId, Permission),
    /// This, in the account whose id is at this JSON pointer of the answer.
    InAnsweredAccount(&'static str, Permission),
}

/// How many answers of one person are stored at most; the oldest give way.
const MAX_ANSWERS: i64 = 1_000;

/// How many bytes they have together at most, the newest not counted.
const MAX_ANSWER_BYTES: i64 = 1 << 20;

/// Does `work` once per key and keeps its answer in the same transaction; a refusal keeps nothing, so that
/// whoever mends its cause can use the key again. Work that changed nothing keeps nothing either: to repeat it changes
/// as little. The session and `permission` are checked before a stored answer is given.
///
/// # Errors
/// [`Refusal::IdempotencyKeyReused`], what `work` refuses, or for a kept answer [`Refusal::SignInRequired`] and as
/// [`accounts::require`].
pub fn run_once(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    key: &Key,
    permission: ReplayPermission,
    work: impl FnOnce(&mut Tx<'_, '_>) -> Result<IdempotentResponse, Error>,
) -> Result<IdempotentResponse, Error> {
    let user = caller.user.id;
    let forgotten = tx.now.minus(IDEMPOTENCY_LIFETIME);
    if !store::idempotency::reserve(tx.conn, user, &key.key, &key.request, tx.now, forgotten)? {
        sessions::lock(tx, caller)?;
        if let ReplayPermission::InAccount(account, act) = permission {
            accounts::authorize(tx, caller, account, act)?;
        }
        let kept =
            store::idempotency::find(tx.conn, user, &key.key)?.ok_or(Error::IdempotencyKeyInUse)?;
        if kept.request_hash != key.request {
            return Err(Error::IdempotencyKeyReused);
        }
        if let ReplayPermission::InAnsweredAccount(pointer, act) = permission {
            let account = account_in(&kept.body, pointer).ok_or(Error::NotFound)?;
            accounts::authorize(tx, caller, account, act)?;
        }
        return Ok(IdempotentResponse {
            status: u16::try_from(kept.status).unwrap_or(200),
            body: kept.body,
        });
    }
    let answer = work(tx)?;
    save_response(tx, user, key, &answer)?;
    Ok(answer)
}

fn account_in(body: &str, pointer: &str) -> Option<AccountId> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.pointer(pointer)?.as_str()?.parse().ok()
}

/// Stores the answer of work that changed something, within the person's share.
fn save_response(
    tx: &mut Tx<'_, '_>,
    user: UserId,
    key: &Key,
    answer: &IdempotentResponse,
) -> Result<(), Error> {
    if !tx.has_changes {
        return Ok(store::idempotency::delete(tx.conn, user, &key.key)?);
    }
    let status = i64::from(answer.status);
    store::idempotency::update(tx.conn, user, &key.key, status, &answer.body)?;
    let most = (MAX_ANSWERS, MAX_ANSWER_BYTES);
    Ok(store::idempotency::delete_beyond(
        tx.conn, user, &key.key, most,
    )?)
}

/// A key while its request runs: whose, and which.
pub type RunningKey = (UserId, [u8; 32]);
