//! Token buckets: so much at once, then so much per span of time (security rule 10).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Timestamp;

/// How much a bucket holds and how long it takes to fill from empty.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The most at once.
    pub capacity: u32,
    /// From empty to full.
    pub refill: Duration,
}

/// Buckets by key, in memory of this process.
#[derive(Debug)]
pub struct Buckets<K>(Mutex<State<K>>);

#[derive(Debug)]
struct State<K> {
    /// When a key's bucket will be full again, in milliseconds; absent keys are full.
    full_at: HashMap<K, f64>,
    sweep_at: usize,
}

/// Full buckets are forgotten when this many keys are known, so that strangers cannot fill the memory.
const SWEEP_FROM: usize = 4096;

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::new(State {
            full_at: HashMap::new(),
            sweep_at: SWEEP_FROM,
        }))
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes `count` out of a key's bucket, or says how long to wait until that many are in it.
    ///
    /// # Errors
    /// The wait; asking for more than the capacity waits for a full bucket and then still fails.
    pub fn take(&self, key: K, count: u32, quota: Quota, now: Timestamp) -> Result<(), Duration> {
        let refill = quota.refill.as_secs_f64() * 1000.0;
        let each = refill / f64::from(quota.capacity.max(1));
        let present = to_f64(now);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.sweep(present);
        let full_at = state
            .full_at
            .get(&key)
            .copied()
            .unwrap_or(present)
            .max(present);
        let next = each.mul_add(f64::from(count), full_at);
        let excess = next - present - refill;
        if quota.capacity == 0 || excess > 0.5 {
            let wait = if quota.capacity == 0 { refill } else { excess };
            return Err(Duration::from_secs_f64((wait / 1000.0).clamp(0.001, 1e9)));
        }
        state.full_at.insert(key, next);
        Ok(())
    }

    /// Puts `count` back that was taken in vain.
    pub fn give_back(&self, key: &K, count: u32, quota: Quota) {
        let each = quota.refill.as_secs_f64() * 1000.0 / f64::from(quota.capacity.max(1));
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = state.full_at.get_mut(key) {
            *full_at -= each * f64::from(count);
        }
    }
}

impl<K: Eq + Hash> State<K> {
    fn sweep(&mut self, present: f64) {
        if self.full_at.len() >= self.sweep_at {
            self.full_at.retain(|_, full_at| *full_at > present);
            self.sweep_at = (self.full_at.len() * 2).max(SWEEP_FROM);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 are exact in an f64 for 280,000 years"
)]
const fn to_f64(moment: Timestamp) -> f64 {
    moment.millis() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        capacity: 3,
        refill: Duration::from_mins(1),
    };

    #[test]
    fn a_bucket_gives_its_capacity_then_refills_with_time() {
        let buckets = Buckets::default();
        let start = Timestamp::from_millis(1_793_000_000_000);
        for _ in 0..3 {
            assert_eq!(buckets.take("k", 1, QUOTA, start), Ok(()));
        }
        assert_eq!(
            buckets.take("k", 1, QUOTA, start),
            Err(Duration::from_secs(20))
        );
        assert_eq!(buckets.take("other", 3, QUOTA, start), Ok(()));
        let later = start.plus(Duration::from_secs(20));
        assert_eq!(buckets.take("k", 1, QUOTA, later), Ok(()));
        assert!(buckets.take("k", 1, QUOTA, later).is_err());
    }

    #[test]
    fn what_was_taken_in_vain_can_be_given_back() {
        let buckets = Buckets::default();
        let now = Timestamp::from_millis(1_793_000_000_000);
        assert_eq!(buckets.take("k", 3, QUOTA, now), Ok(()));
        buckets.give_back(&"k", 1, QUOTA);
        assert_eq!(buckets.take("k", 1, QUOTA, now), Ok(()));
        assert!(buckets.take("k", 1, QUOTA, now).is_err());
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let buckets = Buckets::default();
        let start = Timestamp::from_millis(1_793_000_000_000);
        for key in 0..SWEEP_FROM {
            assert_eq!(buckets.take(key, 1, QUOTA, start), Ok(()));
        }
        let later = start.plus(Duration::from_hours(1));
        assert_eq!(buckets.take(SWEEP_FROM, 1, QUOTA, later), Ok(()));
        assert_eq!(buckets.0.lock().unwrap().full_at.len(), 1);
    }
}
