//! Keys that sign tokens for products: when one is made, published, signs and ends.
//!
//! A key is published from when it is made. It signs from `signs_from` on: the first one at once, another one a day later, so that
//! every client has read it by then (OpenID Connect Core section 10.1.1). It signs until a newer one of its algorithm does, and
//! stays published until the tokens that it signed have ended. It is kept as long as sessions last, since an ID token that has expired
//! still counts as a hint (RP-Initiated Logout section 2), and then deleted.

use std::time::Duration;

use crate::policy::SESSION_LIFETIME;
use crate::{Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::model::signing::SigningAlgorithm;
use convoke_store::signing_keys as table;

pub use table::SigningKey;

/// How long clients may use a list of public keys before they read it again.
pub const PUBLISHED_KEYS_MAX_AGE: Duration = Duration::from_hours(1);
/// How long it takes at most until every node publishes a new key.
const PUBLICATION_DELAY: Duration = Duration::from_mins(5);
/// How long before it signs a key is published when keys are replaced by their age.
const PUBLISHED_AHEAD: Duration = Duration::from_hours(24);
/// How long tokens are valid at most.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// The key of an algorithm that signs at a moment. After the clock was set back, or beside a node whose clock is ahead, a key of the
/// future signs where there is no other.
#[must_use]
pub fn signer(
    keys: &[SigningKey],
    algorithm: SigningAlgorithm,
    now: Timestamp,
) -> Option<&SigningKey> {
    let order = |key: &&SigningKey| (key.signs_from, key.number);
    let begun = of_algorithm(keys, algorithm).filter(|key| key.signs_from <= now);
    let next = of_algorithm(keys, algorithm).min_by_key(order);
    begun.max_by_key(order).or(next)
}

fn of_algorithm(
    keys: &[SigningKey],
    algorithm: SigningAlgorithm,
) -> impl Iterator<Item = &SigningKey> {
    keys.iter().filter(move |key| key.algorithm == algorithm)
}

/// Whether tokens of a key may still be valid, or will be.
#[must_use]
pub fn is_published(key: &SigningKey, keys: &[SigningKey], now: Timestamp) -> bool {
    signs_until(key, keys).is_none_or(|end| now < end.plus(MAX_TOKEN_LIFETIME))
}

/// Whether the session of an ID token that a key has signed may still last.
fn is_needed_for_hints(key: &SigningKey, keys: &[SigningKey], now: Timestamp) -> bool {
    signs_until(key, keys).is_none_or(|end| now < end.plus(SESSION_LIFETIME))
}

/// When a newer key begins to sign; none of the newest.
fn signs_until(key: &SigningKey, keys: &[SigningKey]) -> Option<Timestamp> {
    of_algorithm(keys, key.algorithm)
        .filter(|other| (other.signs_from, other.number) > (key.signs_from, key.number))
        .map(|other| other.signs_from)
        .min()
}

/// From when on the next key of an algorithm signs, where one is to be made now: because there is none, or because the one
/// that signs is as old as keys may get.
#[must_use]
pub fn next_signs_from(
    keys: &[SigningKey],
    algorithm: SigningAlgorithm,
    now: Timestamp,
    rotation: Duration,
) -> Option<Timestamp> {
    let Some(current) = signer(keys, algorithm, now) else {
        return Some(now);
    };
    let has_next = of_algorithm(keys, algorithm).any(|key| key.signs_from > now);
    let end = current.signs_from.plus(rotation);
    let is_due = now.plus(PUBLISHED_AHEAD) >= end;
    (is_due && !has_next).then(|| end.max(now.plus(PUBLISHED_AHEAD)))
}

/// From when on a key signs that an operator asks for: once clients have read it, or at once.
#[must_use]
pub fn rotated_signs_from(now: Timestamp, at_once: bool) -> Timestamp {
    if at_once {
        now
    } else {
        now.plus(PUBLISHED_KEYS_MAX_AGE).plus(PUBLICATION_DELAY)
    }
}

/// All keys, in the order in which they begin to sign.
///
/// # Errors
/// [`Error::Database`].
pub fn list(tx: &mut Tx<'_, '_, impl Mode>) -> Result<Vec<SigningKey>, Error> {
    Ok(table::list(tx.conn)?)
}

/// A new key, before it has a number.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The thumbprint of its public key.
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// The private key, sealed for its id.
    pub sealed: Vec<u8>,
    /// From when on it signs.
    pub signs_from: Timestamp,
}

/// Adds the key that follows the last of `known`; false when another node has added it meanwhile.
///
/// # Errors
/// [`Error::Database`].
pub fn add(tx: &mut Tx<'_, '_>, new: &NewKey, known: &[SigningKey]) -> Result<bool, Error> {
    let last = of_algorithm(known, new.algorithm)
        .map(|key| key.number)
        .max();
    let key = SigningKey {
        kid: new.kid.clone(),
        algorithm: new.algorithm,
        number: last.unwrap_or(0) + 1,
        sealed: new.sealed.clone(),
        created_at: tx.now,
        signs_from: new.signs_from,
    };
    Ok(table::insert(tx.conn, &key)?)
}

/// Deletes the keys that no token needs any more, and returns the others.
///
/// # Errors
/// [`Error::Database`].
pub fn delete_ended(tx: &mut Tx<'_, '_>) -> Result<Vec<SigningKey>, Error> {
    let keys = table::list(tx.conn)?;
    let now = tx.now;
    let (needed, ended): (Vec<SigningKey>, Vec<SigningKey>) = keys
        .iter()
        .cloned()
        .partition(|key| is_needed_for_hints(key, &keys, now));
    for key in ended {
        table::delete(tx.conn, &key.kid)?;
    }
    Ok(needed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROTATION: Duration = Duration::from_hours(90 * 24);
    const HOUR: Duration = Duration::from_hours(1);
    const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Es256;

    fn key(number: i64, created_at: Timestamp, signs_from: Timestamp) -> SigningKey {
        SigningKey {
            kid: format!("key-{number}"),
            algorithm: ALGORITHM,
            number,
            sealed: Vec::new(),
            created_at,
            signs_from,
        }
    }

    fn start() -> Timestamp {
        Timestamp::from_millis(1_793_000_000_000)
    }

    #[test]
    fn the_first_key_signs_at_once_and_the_next_is_published_a_day_before() {
        let at = start();
        assert_eq!(next_signs_from(&[], ALGORITHM, at, ROTATION), Some(at));
        let first = [key(1, at, at)];
        assert_eq!(next_signs_from(&first, ALGORITHM, at, ROTATION), None);
        assert_eq!(
            next_signs_from(&first, SigningAlgorithm::Rs256, at, ROTATION),
            Some(at)
        );
        let end = at.plus(ROTATION);
        let day_before = end.minus(PUBLISHED_AHEAD);
        assert_eq!(
            next_signs_from(&first, ALGORITHM, day_before.minus(HOUR), ROTATION),
            None
        );
        assert_eq!(
            next_signs_from(&first, ALGORITHM, day_before, ROTATION),
            Some(end)
        );
        // An installation that was off for a year.
        let later = end.plus(ROTATION);
        assert_eq!(
            next_signs_from(&first, ALGORITHM, later, ROTATION),
            Some(later.plus(PUBLISHED_AHEAD))
        );
        let both = [first[0].clone(), key(2, day_before, end)];
        assert_eq!(
            next_signs_from(&both, ALGORITHM, day_before, ROTATION),
            None
        );
        let signer_at = |at| signer(&both, ALGORITHM, at).map(|key| key.number);
        assert_eq!(signer_at(end.minus(HOUR)), Some(1));
        assert_eq!(signer_at(end), Some(2));
    }

    #[test]
    fn a_replaced_key_is_published_until_its_tokens_have_ended() {
        let at = start();
        let keys = [key(1, at, at), key(2, at, at.plus(HOUR))];
        let end = at.plus(HOUR).plus(MAX_TOKEN_LIFETIME);
        assert!(is_published(
            &keys[0],
            &keys,
            end.minus(Duration::from_millis(1))
        ));
        assert!(!is_published(&keys[0], &keys, end));
        assert!(is_published(&keys[1], &keys, end.plus(ROTATION)));
    }

    #[test]
    fn a_key_of_the_future_signs_where_there_is_no_other() {
        let at = start();
        let future = [
            key(1, at, at.plus(ROTATION)),
            key(2, at, at.plus(2 * ROTATION)),
        ];
        assert_eq!(signer(&future, ALGORITHM, at).unwrap().number, 1);
        assert_eq!(next_signs_from(&future, ALGORITHM, at, ROTATION), None);
    }

    proptest! {
        #[test]
        fn whatever_the_times_a_key_signs_that_clients_have_read(steps in prop::collection::vec((0_u64..200 * 24, any::<bool>()), 1..30)) {
            let mut now = start();
            let mut keys: Vec<SigningKey> = Vec::new();
            for (number, (hours, rotates)) in (1_i64..).zip(steps) {
                now = now.plus(Duration::from_hours(hours));
                let next = next_signs_from(&keys, ALGORITHM, now, ROTATION);
                let signs_from = next.or(rotates.then(|| rotated_signs_from(now, false)));
                if let Some(signs_from) = signs_from {
                    let is_first = keys.is_empty();
                    keys.push(key(number, now, signs_from));
                    prop_assert!(is_first || signs_from >= now.plus(PUBLISHED_KEYS_MAX_AGE));
                }
                let all = keys.clone();
                keys.retain(|key| is_published(key, &all, now));
                let current = signer(&keys, ALGORITHM, now);
                prop_assert!(current.is_some_and(|key| key.created_at <= now));
            }
        }
    }
}
