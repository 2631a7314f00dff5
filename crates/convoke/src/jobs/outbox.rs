//! Mail: lease, prepare, render, send, record (security rule 18).
//!
//! One loop leases as many entries as it has capacity for and records those that are finished, in one
//! transaction; the emails are sent side by side, also while a transaction runs.

mod send;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

use convoke_app::App;
use convoke_core::model::email::{DeliveryOutcome, Email};
use convoke_domain::Error;
use convoke_domain::notifications::{self, Capacity, LeasedEmail, OutboxEntry};

use send::{report_corrupt, send};

/// How many emails are under way at a time; fewer while the mail server allows fewer connections.
const MAX_CONCURRENT_SENDS: usize = 16;

/// How many of them are urgent at most: the others are left to ordinary emails, however many urgent ones wait.
const MAX_URGENT_SENDS: usize = max_urgent(MAX_CONCURRENT_SENDS);

/// How many of so many emails are urgent at most.
const fn max_urgent(sends: usize) -> usize {
    sends * 3 / 4
}

/// How many emails may be under way now: two for each connection to the mail server, so that one is ready when another was
/// sent, and urgent ones do not wait behind many others.
fn max_sends(app: &App) -> usize {
    let connections = app.transport.connections();
    connections.map_or(MAX_CONCURRENT_SENDS, |connections| {
        MAX_CONCURRENT_SENDS.min(2 * connections)
    })
}

/// The capacity of a worker that has nothing under way.
const IDLE: Capacity = Capacity {
    total: MAX_CONCURRENT_SENDS,
    urgent: MAX_URGENT_SENDS,
};

/// How long a leased email belongs to its worker.
const LEASE: Duration = Duration::from_secs(30);

/// How often an idle worker polls, for entries that other nodes left or that have become due.
const POLL: Duration = Duration::from_secs(2);

/// How long to leave the database alone after it could not.
const DATABASE_RETRY_DELAY: Duration = Duration::from_secs(1);

/// How many emails are leased beyond those under way when nothing is; later as many as the mail server takes meanwhile.
const INITIAL_QUEUE: usize = 48;

/// How many are leased beyond those under way at most.
const MAX_QUEUE: usize = 240;

/// How long a leased email may wait for its turn: it can be sent within the lease then.
const MAX_QUEUE_TIME: Duration = Duration::from_secs(4);

/// After which time the next transaction records what has finished, however many emails wait for their turn.
const MAX_RECORD_DELAY: Duration = Duration::from_millis(20);

/// A sent entry with its outcome.
type Finished = (OutboxEntry, DeliveryOutcome);

/// An email that waits for its turn.
struct QueuedEmail {
    entry: OutboxEntry,
    email: Box<Email>,
    /// Held by an urgent email until it was sent.
    permit: Option<OwnedSemaphorePermit>,
    leased_at: Instant,
}

/// What one transaction records.
#[derive(Clone, Default)]
struct Outcomes {
    finished: Vec<Finished>,
    /// Leased, but not to be sent by this worker.
    released: Vec<OutboxEntry>,
}

impl Outcomes {
    const fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.released.is_empty()
    }
}

/// The emails of this node: those that wait for their turn, those under way, and those to be recorded.
struct Worker {
    app: App,
    queue: VecDeque<QueuedEmail>,
    sending: JoinSet<Finished>,
    urgent: Arc<Semaphore>,
    outcomes: Outcomes,
    /// How many emails may wait for their turn.
    max_queue: usize,
    /// Whether there may be more entries than there was capacity for.
    has_more: bool,
}

/// Delivers until stopped, then waits for the emails that are under way.
pub(super) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    let mut worker = Worker::new(app.clone());
    loop {
        let stopping = *stopped.borrow();
        if stopping {
            worker.release_queue();
        }
        worker.tick(stopping).await;
        if stopping && worker.is_idle() {
            return;
        }
        let pause = if worker.has_more {
            Duration::ZERO
        } else {
            POLL
        };
        let poll = tokio::time::sleep(pause);
        let record = tokio::time::sleep(MAX_RECORD_DELAY);
        tokio::pin!(poll, record);
        while !worker.is_due() {
            let is_leasing = !stopping && !worker.is_full();
            tokio::select! {
                Some(sent) = worker.sending.join_next() => worker.finish(sent),
                () = app.outbox_notify.notified(), if is_leasing => break,
                () = &mut poll, if is_leasing && worker.is_low() => break,
                () = &mut record, if !worker.outcomes.is_empty() => break,
                _ = stopped.changed(), if !stopping => break,
            }
        }
        while let Some(sent) = worker.sending.try_join_next() {
            worker.finish(sent);
        }
    }
}

impl Worker {
    fn new(app: App) -> Self {
        Self {
            app,
            queue: VecDeque::new(),
            sending: JoinSet::new(),
            urgent: Arc::new(Semaphore::new(MAX_URGENT_SENDS)),
            outcomes: Outcomes::default(),
            max_queue: INITIAL_QUEUE,
            has_more: false,
        }
    }

    fn is_idle(&self) -> bool {
        self.sending.is_empty() && self.queue.is_empty() && self.outcomes.is_empty()
    }

    fn is_full(&self) -> bool {
        self.sending.len() + self.queue.len() >= max_sends(&self.app) + self.max_queue
    }

    /// Whether few emails wait for their turn: it is time for the next transaction. Before, more outcomes are gathered.
    fn is_low(&self) -> bool {
        self.queue.len() <= self.max_queue / 2
    }

    fn is_due(&self) -> bool {
        self.is_low() && !self.outcomes.is_empty()
    }

    /// How many more emails to lease. Urgent ones do not wait for their turn.
    fn capacity(&self) -> Capacity {
        let max = max_sends(&self.app);
        let leased = self.sending.len() + self.queue.len();
        let urgent = MAX_URGENT_SENDS - self.urgent.available_permits();
        Capacity {
            total: (max + self.max_queue).saturating_sub(leased),
            urgent: max_urgent(max).saturating_sub(urgent),
        }
    }

    /// Records what has finished and leases as many others as there is capacity for, while emails are sent.
    async fn tick(&mut self, stopping: bool) {
        if self.is_idle() {
            self.max_queue = INITIAL_QUEUE;
        }
        let none = Capacity {
            total: 0,
            urgent: 0,
        };
        let capacity = if stopping { none } else { self.capacity() };
        let app = self.app.clone();
        let outcomes = std::mem::take(&mut self.outcomes);
        let leased = {
            let transaction = tick(&app, &outcomes, capacity);
            tokio::pin!(transaction);
            loop {
                tokio::select! {
                    leased = &mut transaction => break leased,
                    Some(sent) = self.sending.join_next() => self.finish(sent),
                }
            }
        };
        match leased {
            Ok(leased) => {
                let sent = self.outcomes.finished.len();
                if sent > 0 || !self.sending.is_empty() {
                    // For the next transaction, which takes as long.
                    self.max_queue = (2 * sent).min(MAX_QUEUE);
                }
                if capacity.total > 0 {
                    self.has_more = is_used_up(capacity, &leased);
                }
                self.enqueue(leased);
            }
            Err(error) => {
                tracing::warn!(?error, "outbox paused: database unavailable");
                let finished = std::mem::replace(&mut self.outcomes, outcomes);
                self.outcomes.finished.extend(finished.finished);
                self.outcomes.released.extend(finished.released);
                tokio::time::sleep(DATABASE_RETRY_DELAY).await;
            }
        }
    }

    /// Adds leased emails to those that wait for their turn, urgent ones before all others.
    fn enqueue(&mut self, leased: Vec<LeasedEmail>) {
        let leased_at = Instant::now();
        let mut urgent = VecDeque::new();
        for leased in leased {
            report_corrupt(&leased);
            // Obsolete and deferred entries were recorded when they were leased.
            let LeasedEmail {
                entry,
                email: Some(email),
                ..
            } = leased
            else {
                continue;
            };
            let is_urgent = entry.is_urgent();
            let permit = is_urgent.then(|| self.urgent.clone().try_acquire_owned().ok());
            let queued = QueuedEmail {
                entry,
                email,
                permit: permit.flatten(),
                leased_at,
            };
            let queue = if is_urgent {
                &mut urgent
            } else {
                &mut self.queue
            };
            queue.push_back(queued);
        }
        urgent.append(&mut self.queue);
        self.queue = urgent;
        self.start();
    }

    /// Starts to send emails whose turn it is.
    fn start(&mut self) {
        while self.sending.len() < max_sends(&self.app) {
            let Some(queued) = self.queue.pop_front() else {
                return;
            };
            if queued.leased_at.elapsed() > MAX_QUEUE_TIME {
                self.outcomes.released.push(queued.entry);
                continue;
            }
            let app = self.app.clone();
            self.sending.spawn(async move {
                let sent = send(&app, queued.entry, &queued.email).await;
                drop(queued.permit);
                sent
            });
        }
    }

    fn finish(&mut self, sent: Result<Finished, JoinError>) {
        self.outcomes.finished.extend(sent);
        self.start();
    }

    /// Leaves the emails that wait for their turn to other workers.
    fn release_queue(&mut self) {
        let queue = self.queue.drain(..);
        self.outcomes
            .released
            .extend(queue.map(|queued| queued.entry));
    }
}

/// Whether as many entries were leased as the capacity allowed, of all kinds or of the urgent ones.
fn is_used_up(capacity: Capacity, leased: &[LeasedEmail]) -> bool {
    let urgent = leased
        .iter()
        .filter(|email| email.entry.is_urgent())
        .count();
    let is_full = |count: usize, max: usize| max > 0 && count == max;
    is_full(leased.len(), capacity.total) || is_full(urgent, capacity.urgent.min(capacity.total))
}

/// Records outcomes and leases as many other entries as there is capacity for.
async fn tick(
    app: &App,
    outcomes: &Outcomes,
    capacity: Capacity,
) -> Result<Vec<LeasedEmail>, Error> {
    if outcomes.is_empty() && capacity.total == 0 {
        return Ok(Vec::new());
    }
    let mut outcomes = outcomes.clone();
    loop {
        let recorded = std::mem::take(&mut outcomes);
        let leased = app.write(move |tx| {
            let finished = recorded.finished.iter();
            let finished = finished.map(|(entry, outcome)| (entry, outcome));
            notifications::record_deliveries(tx, finished)?;
            notifications::release(tx, &recorded.released)?;
            notifications::lease(tx, LEASE, capacity)
        });
        if let Some(leased) = leased.await? {
            return Ok(leased);
        }
    }
}

/// Delivers everything that is due now and returns how many emails were leased.
///
/// # Errors
/// When the database is unavailable.
pub async fn deliver_due(app: &App) -> Result<usize, Error> {
    let mut count = 0;
    let mut outcomes = Outcomes::default();
    loop {
        let leased = tick(app, &outcomes, IDLE).await?;
        outcomes = Outcomes::default();
        if leased.is_empty() {
            return Ok(count);
        }
        count += leased.len();
        for email in leased {
            report_corrupt(&email);
            if let LeasedEmail {
                entry,
                email: Some(email),
                ..
            } = email
            {
                let sent = send(app, entry, &email).await;
                outcomes.finished.push(sent);
            }
        }
    }
}

/// Makes emails due that wait for a moment which the clock had reached and has left again.
///
/// # Errors
/// When the database is unavailable.
pub async fn advance(app: &App) -> Result<u64, Error> {
    app.write(|tx| notifications::advance(tx, LEASE)).await
}
