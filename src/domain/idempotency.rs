//! Idempotency keys: the same request gives the same answer once (HTTP contract, conventions).

use super::rules::IDEMPOTENCY_LIFETIME;
use super::{Caller, Refusal, Tx};
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
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON text.
    pub body: String,
}

/// Does `work` once per key and keeps its answer in the same transaction; a refusal keeps nothing, so that
/// whoever mends its cause can use the key again.
///
/// # Errors
/// [`Refusal::IdempotencyKeyReused`], or what `work` refuses.
pub fn once(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    key: &Key,
    work: impl FnOnce(&mut Tx<'_, '_>) -> Result<Answer, Refusal>,
) -> Result<Answer, Refusal> {
    let user = caller.user.id;
    let forgotten = tx.now.minus(IDEMPOTENCY_LIFETIME);
    if !store::idempotency::claim(tx.conn, user, &key.key, &key.request, tx.now, forgotten)? {
        let kept = store::idempotency::find(tx.conn, user, &key.key)?
            .ok_or(Refusal::IdempotencyKeyInUse)?;
        if kept.request_hash != key.request {
            return Err(Refusal::IdempotencyKeyReused);
        }
        return Ok(Answer {
            status: u16::try_from(kept.status).unwrap_or(200),
            body: kept.body,
        });
    }
    let answer = work(tx)?;
    let status = i64::from(answer.status);
    store::idempotency::update(tx.conn, user, &key.key, status, &answer.body)?;
    Ok(answer)
}

/// A key while its request runs: whose, and which.
pub type RunningKey = (crate::core::ids::UserId, [u8; 32]);
