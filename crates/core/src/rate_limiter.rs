//! Token buckets by key: a capacity at once, refilled evenly over a span of time (security rule 10).
//!
//! A limiter holds one number per key, the moment at which its bucket is full again. Keys are stored as 64-bit keyed
//! hashes, so that a long key costs no memory and nothing personal stays there. The number of keys is bounded: above
//! it the fullest bucket is evicted, which is the one that limits least. A client that floods a limiter with new
//! keys therefore evicts those keys, and never a bucket that is emptier than its own.
//!
//! The wall clock may jump. No bucket is ever full later than now plus the refill time, whatever the clock showed before.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock::Timestamp;

/// How much a bucket holds and how long it takes to fill from empty.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The most at once; a bucket of none rejects everything.
    pub capacity: u32,
    /// From empty to full.
    pub refill: Duration,
}

/// Buckets of one quota by key, in memory of this process.
#[derive(Debug)]
pub struct KeyedRateLimiter {
    quota: Quota,
    max_keys: usize,
    hasher: RandomState,
    buckets: Mutex<Buckets>,
}

/// When each bucket will be full again, in microseconds since 1970; absent keys are full.
#[derive(Debug, Default)]
struct Buckets {
    by_key: HashMap<u64, i64>,
    by_time: BTreeSet<(i64, u64)>,
}

/// How many full or clamped buckets one call cleans up at most: more than it adds, and few enough to be quick.
const CLEANUP_PER_CALL: usize = 8;

impl KeyedRateLimiter {
    /// Full buckets of this quota for at most `max_keys` keys.
    #[must_use]
    pub fn new(quota: Quota, max_keys: usize) -> Arc<Self> {
        Arc::new(Self {
            quota,
            max_keys: max_keys.max(1),
            hasher: RandomState::new(),
            buckets: Mutex::default(),
        })
    }

    /// Acquires `count` tokens of a key's bucket; they count as used unless the permit is refunded.
    ///
    /// # Errors
    /// How long until that many are in the bucket; nothing was acquired. More than the capacity is never there.
    pub fn try_acquire(
        self: &Arc<Self>,
        key: &impl Hash,
        count: u32,
        now: Timestamp,
    ) -> Result<Permit, Duration> {
        if self.quota.capacity == 0 {
            return Err(self.quota.refill);
        }
        let key = self.hasher.hash_one(key);
        let now = now.millis().saturating_mul(1_000);
        let latest = now.saturating_add(self.refill());
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.clean_up(now, latest);
        let full_at = buckets.by_key.get(&key).copied().unwrap_or(now);
        let full_at = full_at.clamp(now, latest).saturating_add(self.cost(count));
        if full_at > latest {
            let wait = u64::try_from(full_at.saturating_sub(latest)).unwrap_or(u64::MAX);
            return Err(Duration::from_millis(wait.div_ceil(1_000)));
        }
        buckets.put(key, full_at);
        while buckets.by_key.len() > self.max_keys {
            buckets.remove_fullest();
        }
        Ok(Permit {
            limiter: self.clone(),
            key,
            count,
        })
    }

    /// How many keys have a bucket that is not known to be full.
    #[must_use]
    pub fn keys(&self) -> usize {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.by_key.len()
    }

    /// How long a full bucket takes to lose `count` tokens' worth of time, in microseconds.
    fn cost(&self, count: u32) -> i64 {
        (self.refill() / i64::from(self.quota.capacity.max(1))).saturating_mul(i64::from(count))
    }

    fn refill(&self) -> i64 {
        i64::try_from(self.quota.refill.as_micros()).unwrap_or(i64::MAX)
    }
}

impl Buckets {
    fn put(&mut self, key: u64, full_at: i64) {
        if let Some(before) = self.by_key.insert(key, full_at) {
            self.by_time.remove(&(before, key));
        }
        self.by_time.insert((full_at, key));
    }

    fn remove_fullest(&mut self) {
        if let Some((_, key)) = self.by_time.pop_first() {
            self.by_key.remove(&key);
        }
    }

    /// Removes full buckets and clamps those of a clock that was set back, or they would be evicted last.
    fn clean_up(&mut self, now: i64, latest: i64) {
        for _ in 0..CLEANUP_PER_CALL {
            match self.by_time.first() {
                Some((full_at, _)) if *full_at <= now => self.remove_fullest(),
                _ => break,
            }
        }
        for _ in 0..CLEANUP_PER_CALL {
            match self.by_time.last().copied() {
                Some((full_at, key)) if full_at > latest => self.put(key, latest),
                _ => break,
            }
        }
    }
}

/// Tokens acquired from one bucket. Dropping it leaves them used.
#[derive(Debug)]
pub struct Permit {
    limiter: Arc<KeyedRateLimiter>,
    key: u64,
    count: u32,
}

impl Permit {
    /// Puts the tokens back, for work that did not take place.
    pub fn refund(self) {
        let limiter = &self.limiter;
        let mut buckets = limiter
            .buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = buckets.by_key.get(&self.key).copied() {
            buckets.put(self.key, full_at.saturating_sub(limiter.cost(self.count)));
        }
    }
}

/// Tokens acquired from several buckets, all or none. Dropping them leaves them used.
#[derive(Debug, Default)]
pub struct Permits(Vec<Permit>);

impl Permits {
    /// Acquires from one more bucket.
    ///
    /// # Errors
    /// How long to wait; then the earlier tokens were refunded.
    pub fn and(
        mut self,
        limiter: &Arc<KeyedRateLimiter>,
        key: &impl Hash,
        count: u32,
        now: Timestamp,
    ) -> Result<Self, Duration> {
        match limiter.try_acquire(key, count, now) {
            Ok(permit) => {
                self.0.push(permit);
                Ok(self)
            }
            Err(wait) => {
                self.refund();
                Err(wait)
            }
        }
    }

    /// Adds one more permit.
    pub fn push(&mut self, permit: Permit) {
        self.0.push(permit);
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Puts all tokens back.
    pub fn refund(self) {
        self.0.into_iter().for_each(Permit::refund);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUOTA: Quota = Quota {
        capacity: 3,
        refill: Duration::from_mins(1),
    };
    const START: Timestamp = Timestamp::from_millis(1_793_000_000_000);

    fn limiter() -> Arc<KeyedRateLimiter> {
        KeyedRateLimiter::new(QUOTA, 1_000)
    }

    /// How many single tokens a key's bucket gives at once; of a bucket without an end, a hundred.
    fn drain(limiter: &Arc<KeyedRateLimiter>, key: &str, now: Timestamp) -> usize {
        let tokens = std::iter::repeat_with(|| limiter.try_acquire(&key, 1, now)).take(100);
        tokens.take_while(Result::is_ok).count()
    }

    #[test]
    fn gives_its_capacity_then_refills_with_time() {
        let limiter = limiter();
        assert_eq!(drain(&limiter, "k", START), 3);
        let wait = limiter.try_acquire(&"k", 1, START).unwrap_err();
        assert_eq!(wait, Duration::from_secs(20));
        assert!(limiter.try_acquire(&"other", 3, START).is_ok());
        assert!(limiter.try_acquire(&"third", 4, START).is_err());
        assert_eq!(drain(&limiter, "k", START.plus(wait)), 1);
    }

    #[test]
    fn a_quota_of_zero_rejects_everything() {
        let quota = Quota {
            capacity: 0,
            ..QUOTA
        };
        let limiter = KeyedRateLimiter::new(quota, 10);
        assert_eq!(
            limiter.try_acquire(&"k", 1, START).unwrap_err(),
            QUOTA.refill
        );
    }

    #[test]
    fn refunded_tokens_can_be_acquired_again() {
        let limiter = limiter();
        let permit = limiter.try_acquire(&"k", 2, START).unwrap();
        assert_eq!(drain(&limiter, "k", START), 1);
        permit.refund();
        assert_eq!(drain(&limiter, "k", START), 2);
    }

    #[test]
    fn acquires_from_all_buckets_or_none() {
        let (one, other) = (limiter(), limiter());
        assert_eq!(drain(&other, "full", START), 3);
        let both = Permits::default()
            .and(&one, &"k", 2, START)
            .and_then(|permits| permits.and(&other, &"full", 1, START));
        assert!(both.is_err());
        assert_eq!(drain(&one, "k", START), 3);
    }

    #[test]
    fn a_permit_that_is_added_is_refunded_with_the_others() {
        let (one, other) = (limiter(), limiter());
        let mut permits = Permits::default().and(&one, &"k", 2, START).unwrap();
        permits.push(other.try_acquire(&"k", 3, START).unwrap());
        permits.refund();
        assert_eq!(drain(&one, "k", START), 3);
        assert_eq!(drain(&other, "k", START), 3);
    }

    #[test]
    fn forgets_full_buckets() {
        let limiter = limiter();
        for key in 0..800 {
            limiter.try_acquire(&key, 1, START).unwrap();
        }
        let later = START.plus(QUOTA.refill);
        for _ in 0..200 {
            limiter.try_acquire(&"k", 0, later).unwrap();
        }
        assert!(limiter.keys() <= 1, "{}", limiter.keys());
    }

    #[test]
    fn evicts_the_fullest_bucket_first() {
        let limiter = KeyedRateLimiter::new(QUOTA, 100);
        assert_eq!(drain(&limiter, "limited", START), 3);
        for key in 0..10_000 {
            limiter.try_acquire(&key, 1, START).unwrap();
        }
        assert_eq!(limiter.keys(), 100);
        assert_eq!(drain(&limiter, "limited", START), 0);
    }

    #[test]
    fn buckets_of_a_clock_that_went_back_do_not_crowd_out_others() {
        let limiter = KeyedRateLimiter::new(QUOTA, 100);
        let ahead = START.plus(Duration::from_hours(1));
        for key in 0..100 {
            limiter.try_acquire(&key, 1, ahead).unwrap();
        }
        for _ in 0..100 {
            limiter.try_acquire(&"k", 0, START).unwrap();
        }
        let later = START.plus(QUOTA.refill);
        for _ in 0..100 {
            limiter.try_acquire(&"k", 0, later).unwrap();
        }
        assert!(limiter.keys() <= 1, "{}", limiter.keys());
    }

    proptest! {
        /// Whatever the clock does: a token is never further away than the time one token takes, a bucket is full
        /// after its refill time, and the number of keys is bounded.
        #[test]
        fn no_clock_shuts_a_bucket(steps in prop::collection::vec((-10_000_000_000_i64..10_000_000_000, 0_u8..12, 1_u32..4), 1..200)) {
            let limiter = KeyedRateLimiter::new(QUOTA, 8);
            let mut now = START;
            for (at, key, count) in steps {
                now = Timestamp::from_millis(START.millis() + at);
                if let Err(wait) = limiter.try_acquire(&key, count, now) {
                    prop_assert!(wait <= Duration::from_secs(20) * count, "{wait:?}");
                    now = now.plus(wait);
                    prop_assert!(limiter.try_acquire(&key, count, now).is_ok());
                }
                prop_assert!(limiter.keys() <= 8);
            }
            let later = now.plus(QUOTA.refill);
            for key in 0_u8..12 {
                prop_assert!(limiter.try_acquire(&key, 3, later).is_ok());
            }
        }

        /// Refunds never let more through than the quota does.
        #[test]
        fn refunds_never_overfill(steps in prop::collection::vec((0_u64..30_000, any::<bool>()), 1..100)) {
            let limiter = limiter();
            let mut now = START;
            for (passed, refunded) in steps {
                now = now.plus(Duration::from_millis(passed));
                if let Ok(permit) = limiter.try_acquire(&"k", 1, now) && refunded {
                    permit.refund();
                }
            }
            prop_assert!(drain(&limiter, "k", now) <= 3);
        }
    }
}
