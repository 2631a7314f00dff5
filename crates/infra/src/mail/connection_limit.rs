//! How many connections a mail server gets: fewer after it has rejected one, more again after a while.
//!
//! Servers that limit connections reply so (`421`, "too many connections", 4.7.0) instead of making clients wait. Then as many
//! are left as are in use; the email waits for one of them. When none is in use, the server takes nothing at present, and
//! sending is paused for all emails alike, for 5 s, 10 s, 20 s … up to five minutes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use convoke_core::model::email::DeliveryError;

/// How long after a change one more connection is tried.
const RECOVERY_INTERVAL: Duration = Duration::from_mins(1);
/// The first pause; each further one is twice as long.
const MIN_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_mins(5);

/// The connections that a mail server may have now.
pub(super) struct ConnectionLimit {
    permits: Arc<Semaphore>,
    /// As configured.
    max: usize,
    state: Mutex<State>,
    pub(super) recovery_interval: Duration,
}

struct State {
    /// The permits there are, in use or not; at least one.
    current: usize,
    changed_at: Instant,
    pause: Option<Pause>,
}

/// No connection is opened until then.
#[derive(Clone)]
pub(super) struct Pause {
    pub until: Instant,
    length: Duration,
    /// The server's reply.
    pub error: DeliveryError,
}

/// Permission for one connection.
pub(super) struct ConnectionPermit(OwnedSemaphorePermit);

impl ConnectionLimit {
    pub(super) fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max)),
            max,
            state: Mutex::new(State {
                current: max,
                changed_at: Instant::now(),
                pause: None,
            }),
            recovery_interval: RECOVERY_INTERVAL,
        }
    }

    /// Waits for a connection to be free.
    ///
    /// # Errors
    /// The pause, while there is one.
    pub(super) async fn acquire(&self) -> Result<ConnectionPermit, Option<Pause>> {
        let permit = self.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| None)?;
        let pause = self.state().pause.clone();
        match pause.filter(|pause| pause.until > Instant::now()) {
            Some(pause) => Err(Some(pause)),
            None => Ok(ConnectionPermit(permit)),
        }
    }

    /// Lowers the limit to the connections that are open or being opened besides the rejected one.
    ///
    /// # Errors
    /// The permit, when there are none.
    pub(super) fn lower(
        &self,
        permit: ConnectionPermit,
        idle: usize,
    ) -> Result<(), ConnectionPermit> {
        let mut state = self.state();
        let in_use = state.current - self.permits.available_permits().min(state.current);
        let others = in_use.saturating_sub(1) + idle;
        if others == 0 {
            return Err(permit);
        }
        let excess = state.current.saturating_sub(others);
        if excess > 0 {
            permit.0.forget();
            let unused = self.permits.forget_permits(excess - 1);
            state.current = state.current.saturating_sub(1 + unused);
            state.changed_at = Instant::now();
        }
        Ok(())
    }

    /// Sends nothing for a while after `now`, twice as long as the last time; a pause that has not ended stays as it is.
    pub(super) fn pause(&self, error: DeliveryError, now: Instant) -> Pause {
        let mut state = self.state();
        if let Some(pause) = state.pause.as_ref().filter(|pause| pause.until > now) {
            return pause.clone();
        }
        let last = state.pause.as_ref().map(|pause| pause.length);
        let length = last.map_or(MIN_PAUSE, |last| (last * 2).min(MAX_PAUSE));
        let until = now + length;
        let pause = Pause {
            until,
            length,
            error,
        };
        state.pause = Some(pause.clone());
        pause
    }

    /// The server took an email: the pauses are over, and after a while one more connection is tried.
    pub(super) fn record_success(&self) {
        let mut state = self.state();
        state.pause = None;
        if state.current < self.max && state.changed_at.elapsed() >= self.recovery_interval {
            state.current += 1;
            state.changed_at = Instant::now();
            self.permits.add_permits(1);
        }
    }

    /// The present limit.
    pub(super) fn current(&self) -> usize {
        self.state().current
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a reply to opening a connection means that there are too many, or too many emails, rather than that this
/// installation is rejected.
pub(super) fn rejects_connection(code: u16, reply: &str) -> bool {
    let has = |code: &str| reply.split([' ', '-', ':']).any(|word| word == code);
    code == 421 || names_limit(reply) || (400..500).contains(&code) && has("4.7.0")
}

/// Whether a reply to a command of a message is about the connection and not about the message.
pub(super) fn ends_connection(code: u16, reply: &str) -> bool {
    code == 421 || names_limit(reply)
}

fn names_limit(reply: &str) -> bool {
    const LIMITS: [&str; 7] = [
        "too many connections",
        "too many concurrent",
        "too many simultaneous",
        "too many sessions",
        "concurrent connections",
        "connection limit",
        "connection rate",
    ];
    let reply = reply.to_ascii_lowercase();
    LIMITS.iter().any(|limit| reply.contains(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_about_connections_are_distinguished_from_those_about_this_installation() {
        for (code, reply) in [
            (421, "421 4.7.0 Try again later, closing connection"),
            (421, "421 Service not available"),
            (450, "450 4.7.0 Too fast"),
            (432, "432 4.3.2 Concurrent connections limit exceeded"),
            (554, "554 5.7.0 Too many connections from your host"),
        ] {
            assert!(rejects_connection(code, reply), "{reply}");
        }
        for (code, reply) in [
            (554, "554 no mail from you"),
            (535, "535 5.7.8 wrong"),
            (451, "451 4.3.0 Not now"),
        ] {
            assert!(!rejects_connection(code, reply), "{reply}");
        }
    }

    #[test]
    fn greylisting_is_about_the_message() {
        assert!(!ends_connection(450, "450 4.7.0 Greylisted"));
        assert!(!ends_connection(451, "451 4.7.1 Come back later"));
        assert!(ends_connection(421, "421 4.3.2 Too many connections"));
    }

    #[tokio::test]
    async fn the_limit_falls_to_what_is_in_use_and_rises_again() {
        let mut limit = ConnectionLimit::new(8);
        let first = limit.acquire().await.ok().unwrap();
        let _second = limit.acquire().await.ok().unwrap();
        let third = limit.acquire().await.ok().unwrap();
        assert!(limit.lower(third, 0).is_ok());
        assert_eq!(limit.current(), 2);
        drop(first);
        limit.record_success();
        assert_eq!(limit.current(), 2, "not at once");
        limit.recovery_interval = Duration::ZERO;
        limit.record_success();
        assert_eq!(limit.current(), 3);
    }

    #[tokio::test]
    async fn a_server_that_takes_no_connection_is_left_alone_for_longer_each_time() {
        let limit = ConnectionLimit::new(8);
        let only = limit.acquire().await.ok().unwrap();
        assert!(limit.lower(only, 0).is_err());
        let error = || DeliveryError::reply("421 no");
        let mut now = Instant::now();
        assert_eq!(limit.pause(error(), now).length, MIN_PAUSE);
        assert_eq!(limit.pause(error(), now).length, MIN_PAUSE, "the same one");
        let pause = limit.acquire().await.err().flatten().unwrap();
        assert_eq!(pause.error, error());
        now = pause.until;
        assert_eq!(limit.pause(error(), now).length, MIN_PAUSE * 2);
        for _ in 0..10 {
            now += MAX_PAUSE;
            limit.pause(error(), now);
        }
        assert_eq!(limit.pause(error(), now + MAX_PAUSE).length, MAX_PAUSE);
        limit.record_success();
        assert!(limit.acquire().await.is_ok());
    }
}
