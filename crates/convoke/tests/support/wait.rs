//! Waiting for what must happen.

use std::time::{Duration, Instant};

/// Polls every few milliseconds until the condition holds, and returns the elapsed time.
#[track_caller]
pub fn until(limit: Duration, what: &str, mut happened: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(3));
    }
    begun.elapsed()
}

/// The same for asynchronous tests.
pub async fn until_async(
    limit: Duration,
    what: &str,
    mut happened: impl FnMut() -> bool,
) -> Duration {
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(3));
    while !happened() {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        ticks.tick().await;
    }
    begun.elapsed()
}
