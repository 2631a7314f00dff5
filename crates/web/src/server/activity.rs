//! The state of one connection and its deadline.
//!
//! The task of the connection writes it; [`super::registry`] reads it to find connections to close when there are too many.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a connection may take for each part of an exchange (security rule 20).
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a request head, from the connection's start or the head's first byte.
    pub head: Duration,
    /// Between a response and the next head.
    pub idle: Duration,
    /// For a response, without any byte of it sent; longer than a request may take.
    pub response: Duration,
    /// For the client to close after the last response.
    pub close: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            response: Duration::from_mins(1),
            close: Duration::from_secs(2),
        }
    }
}

/// The part of an exchange that a connection is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    Head,
    Request,
    Idle,
    Closing,
}

/// The value for "not waiting for the client" in [`Activity::waiting_since`].
const WORKING: u64 = u64::MAX;

/// The state of one connection. Times are milliseconds after `epoch`.
#[derive(Debug)]
pub(super) struct Activity {
    epoch: Instant,
    timeouts: Timeouts,
    phase: AtomicU8,
    deadline: AtomicU64,
    waiting_since: AtomicU64,
    is_stopping: AtomicBool,
    close: Notify,
}

impl Activity {
    /// A connection that was accepted now; `epoch` is the same for all connections that are compared.
    pub(super) fn new(epoch: Instant, timeouts: Timeouts) -> Self {
        let activity = Self {
            epoch,
            timeouts,
            phase: AtomicU8::new(Phase::Head as u8),
            deadline: AtomicU64::new(0),
            waiting_since: AtomicU64::new(0),
            is_stopping: AtomicBool::new(false),
            close: Notify::new(),
        };
        activity.enter(Phase::Head, timeouts.head);
        activity
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(WORKING - 1)
    }

    fn is_in(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }

    fn set_deadline(&self, now: u64, timeout: Duration) {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX / 2);
        self.deadline.store(now + millis, Ordering::Relaxed);
    }

    /// Enters a phase in which the server waits for the client.
    fn enter(&self, phase: Phase, timeout: Duration) {
        let now = self.now();
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.waiting_since.store(now, Ordering::Relaxed);
        self.set_deadline(now, timeout);
    }

    /// Bytes were received; on an idle connection they begin a head.
    pub(super) fn received(&self) {
        if self.is_in(Phase::Idle) {
            self.enter(Phase::Head, self.timeouts.head);
        }
    }

    /// A whole head was received. Returns the time for [`Activity::wait_for_body`].
    pub(super) fn start_request(&self) -> u64 {
        self.enter(Phase::Request, self.timeouts.response);
        self.waiting_since.swap(WORKING, Ordering::Relaxed)
    }

    /// The server waits for more of the body of a request that was started at `since`.
    pub(super) fn wait_for_body(&self, since: u64) {
        self.waiting_since.store(since, Ordering::Relaxed);
    }

    /// The server does not wait for the client.
    pub(super) fn work(&self) {
        if self.is_in(Phase::Request) {
            self.waiting_since.store(WORKING, Ordering::Relaxed);
        }
    }

    /// Bytes of a response were sent.
    pub(super) fn sent(&self) {
        let timeout = match () {
            () if self.is_in(Phase::Request) => self.timeouts.response,
            () if self.is_in(Phase::Idle) => self.timeouts.idle,
            () => return,
        };
        self.work();
        self.set_deadline(self.now(), timeout);
    }

    /// The client does not read the response at present.
    pub(super) fn wait_for_reader(&self) {
        if self.waiting_since.load(Ordering::Relaxed) == WORKING {
            self.waiting_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// The response is complete.
    pub(super) fn finish_response(&self) {
        self.enter(Phase::Idle, self.timeouts.idle);
    }

    /// Nothing more will be sent.
    pub(super) fn start_closing(&self) {
        self.enter(Phase::Closing, self.timeouts.close);
    }

    /// When the connection is closed if nothing happens before.
    pub(super) fn deadline(&self) -> Instant {
        self.epoch + Duration::from_millis(self.deadline.load(Ordering::Relaxed))
    }

    /// Since when the server waits for the client; none while it processes a request.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        let since = self.waiting_since.load(Ordering::Relaxed);
        (since != WORKING).then_some(since)
    }

    /// Requests that the connection's task closes it, unless it processes a request by then.
    pub(super) fn request_close(&self) {
        self.close.notify_one();
    }

    /// Waits for [`Activity::request_close`].
    pub(super) async fn close_requested(&self) {
        self.close.notified().await;
    }

    /// The server stops: the connection is closed without waiting for the client to close.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Whether [`Activity::stop`] was called.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}
