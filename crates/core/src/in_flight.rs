//! Keys of the operations in flight in this process.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// A set whose keys are removed when their guards are dropped.
#[derive(Debug)]
pub struct InFlightSet<K: Eq + Hash>(Mutex<HashSet<K>>);

impl<K: Eq + Hash> Default for InFlightSet<K> {
    fn default() -> Self {
        Self(Mutex::new(HashSet::new()))
    }
}

impl<K: Eq + Hash + Copy> InFlightSet<K> {
    /// Inserts a key until the guard is dropped; `None` when the set contains it.
    pub fn try_acquire(&self, key: K) -> Option<Guard<'_, K>> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Lazily: an unused guard would be dropped, and remove the key of the guard that holds it.
        keys.insert(key).then(|| Guard { set: self, key })
    }
}

/// Removes its key when dropped.
#[derive(Debug)]
pub struct Guard<'r, K: Eq + Hash + Copy> {
    set: &'r InFlightSet<K>,
    key: K,
}

impl<K: Eq + Hash + Copy> Drop for Guard<'_, K> {
    fn drop(&mut self) {
        let mut keys = self.set.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_once_and_leaves_with_its_guard() {
        let running = InFlightSet::default();
        let guard = running.try_acquire(1);
        assert!(guard.is_some());
        assert!(running.try_acquire(1).is_none());
        assert!(running.try_acquire(2).is_some());
        drop(guard);
        assert!(running.try_acquire(1).is_some());
    }
}
