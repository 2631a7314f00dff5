//! Leases outbox entries and records their delivery.

use std::time::Duration;

use super::invitation_emails::{self, PreparedInvitations};
use super::parts::PrepareOutcome;
use super::prepare::prepare;
use super::{ORDINARY, OutboxEntry, URGENT};
use crate::policy::MAX_CLOCK_SKEW;
use crate::{DatabaseError, Error, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome, Email};
use convoke_core::model::invitation::DeliveryReason;
use convoke_core::model::notification::NotificationKind;
use convoke_store as store;
use convoke_store::invitations::{Delivery, DeliveryUpdate};

/// A leased entry with its email; without one it was obsolete or must wait, which is recorded already.
#[derive(Debug)]
pub struct LeasedEmail {
    /// The entry.
    pub entry: OutboxEntry,
    /// To be rendered and sent.
    pub email: Option<Box<Email>>,
    /// The stored value that could not be read; the entry is tried again, so that it stops no others.
    pub corrupt: Option<String>,
}

/// How many entries become ready in one transaction; bounds how long other writes wait for it on SQLite.
const READY_BATCH: i64 = 500;

/// How many more emails a worker may have under way.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Of all kinds.
    pub total: usize,
    /// Urgent ones; fewer than of all kinds, so that a flood of urgent emails delays no others for long.
    pub urgent: usize,
}

/// Leases ready entries to this worker, urgent ones first, and prepares them; entries that are obsolete or must wait are
/// recorded in the same transaction. The order is fair once all due entries are ready; `None` means that there may be more
/// that are not, and nothing was leased.
///
/// # Errors
/// When the database is unavailable.
pub fn lease(
    tx: &mut Tx<'_, '_>,
    lease: Duration,
    capacity: Capacity,
) -> Result<Option<Vec<LeasedEmail>>, Error> {
    let Capacity { total, urgent } = capacity;
    if total == 0 {
        return Ok(Some(Vec::new()));
    }
    let mut pending = store::outbox::find_pending(tx.conn, tx.now)?;
    if pending.due {
        if store::outbox::mark_ready(tx.conn, tx.now, READY_BATCH)? >= READY_BATCH.unsigned_abs() {
            return Ok(None);
        }
        // Each may be of any priority.
        (pending.urgent, pending.ordinary) = (true, true);
    }
    let leased_until = tx.now.plus(lease);
    let mut leased = Vec::new();
    for (priority, max, is_ready) in [
        (URGENT, urgent.min(total), pending.urgent),
        (ORDINARY, total, pending.ordinary),
    ] {
        let limit = i64::try_from(max.saturating_sub(leased.len())).unwrap_or(i64::MAX);
        if is_ready && limit > 0 {
            let entries = store::outbox::lease(tx.conn, priority, tx.now, leased_until, limit)?;
            leased.extend(entries);
        }
    }
    let mut invitations = invitation_emails::prepare(tx, &leased)?;
    leased
        .into_iter()
        .map(|entry| prepare_leased(tx, entry, &mut invitations))
        .collect::<Result<_, _>>()
        .map(Some)
}

fn prepare_leased(
    tx: &mut Tx<'_, '_>,
    entry: OutboxEntry,
    invitations: &mut PreparedInvitations,
) -> Result<LeasedEmail, Error> {
    let outcome = match prepare(tx, &entry, invitations) {
        Ok(outcome) => outcome,
        Err(Error::Database(DatabaseError::Corrupt(value))) => {
            let at = tx.now.plus(MAX_BACKOFF);
            store::outbox::retry_at(tx.conn, &entry, at, entry.failures + 1)?;
            return Ok(LeasedEmail {
                entry,
                email: None,
                corrupt: Some(value),
            });
        }
        Err(error) => return Err(error),
    };
    let email = match outcome {
        PrepareOutcome::Ready(email) => Some(email),
        PrepareOutcome::Obsolete => {
            store::outbox::delete(tx.conn, [entry.id])?;
            None
        }
        PrepareOutcome::Rejected(reason) => {
            store::outbox::delete(tx.conn, [entry.id])?;
            let error = DeliveryError::from(reason);
            update_invitations(tx, [(&entry, Delivery::Failed(&error))])?;
            None
        }
        PrepareOutcome::RetryAfter(wait) => {
            let at = tx.now.plus(wait);
            store::outbox::defer(tx.conn, entry.id, at)?;
            let limited = DeliveryError::from(DeliveryReason::RateLimited);
            update_invitations(tx, [(&entry, Delivery::Waiting(&limited, at))])?;
            None
        }
    };
    Ok(LeasedEmail {
        entry,
        email,
        corrupt: None,
    })
}

/// Releases leased entries that the worker will not send; they are due at once.
///
/// # Errors
/// When the database is unavailable.
pub fn release(tx: &mut Tx<'_, '_>, entries: &[OutboxEntry]) -> Result<(), Error> {
    for entry in entries {
        store::outbox::release(tx.conn, entry)?;
    }
    Ok(())
}

/// The longest time between two tries.
const MAX_BACKOFF: Duration = Duration::from_hours(1);

/// The longest time that a rate limit makes an email wait.
const MAX_WAIT: Duration = Duration::from_hours(24);

/// Makes entries due that would wait too long after the clock was set back, and returns how many. Leases of nodes whose
/// clock is a little ahead are left alone.
///
/// # Errors
/// When the database is unavailable.
pub fn advance(tx: &mut Tx<'_, '_>, lease: Duration) -> Result<u64, Error> {
    let now = tx.now;
    let leased = now.plus(lease).plus(MAX_CLOCK_SKEW);
    let (retried_until, deferred_until) = (now.plus(MAX_BACKOFF), now.plus(MAX_WAIT));
    Ok(store::outbox::advance(
        tx.conn,
        now,
        leased,
        retried_until,
        deferred_until,
    )?)
}

/// Waits 5 s, 10 s, 20 s … up to an hour, each shortened by up to a quarter so that retries spread.
fn backoff(failures: i64, jitter: u8) -> Duration {
    let doubling = u32::try_from(failures.clamp(1, 11) - 1).unwrap_or(0);
    let whole = Duration::from_secs(5 * 2_u64.pow(doubling)).min(MAX_BACKOFF);
    whole.mul_f64(1.0 - f64::from(jitter) / 1024.0)
}

/// Records the delivery of emails: their entries are deleted when sent or rejected, retried when deferred or throttled.
///
/// Only the newest state is stored: an outcome is dropped when another worker has leased the entry since and recorded it or
/// is about to, and an invitation ignores entries from before its last resend (rule I14). An email that was sent is finished
/// in any case.
///
/// # Errors
/// When the database is unavailable.
pub fn record_deliveries<'f>(
    tx: &mut Tx<'_, '_>,
    finished: impl IntoIterator<Item = (&'f OutboxEntry, &'f DeliveryOutcome)>,
) -> Result<(), Error> {
    let (sent, others): (Vec<_>, Vec<_>) = finished
        .into_iter()
        .partition(|(_, outcome)| matches!(outcome, DeliveryOutcome::Sent));
    let mut updates = Vec::new();
    if !sent.is_empty() {
        let deleted = store::outbox::delete(tx.conn, sent.iter().map(|(entry, _)| entry.id))?;
        let first = sent.iter().filter(|(entry, _)| deleted.contains(&entry.id));
        updates.extend(first.map(|(entry, _)| (*entry, Delivery::Sent(tx.now))));
    }
    for (entry, outcome) in others {
        if let Some(delivery) = record_unsent(tx, entry, outcome)? {
            updates.push((entry, delivery));
        }
    }
    update_invitations(tx, updates)
}

/// Records that an email was not sent; returns its state when this is the newest attempt.
fn record_unsent<'f>(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    outcome: &'f DeliveryOutcome,
) -> Result<Option<Delivery<'f>>, Error> {
    match outcome {
        DeliveryOutcome::Sent => Ok(None),
        DeliveryOutcome::Rejected(error) => {
            let is_newest = store::outbox::delete_leased(tx.conn, entry)?;
            Ok(is_newest.then_some(Delivery::Failed(error)))
        }
        DeliveryOutcome::Deferred(error) => {
            let failures = entry.failures + 1;
            let mut jitter = [0];
            tx.ctx.random.fill(&mut jitter);
            let wait = backoff(failures, jitter.first().copied().unwrap_or(0));
            retry(tx, entry, error, wait, failures)
        }
        DeliveryOutcome::Throttled(error, wait) => {
            retry(tx, entry, error, (*wait).min(MAX_BACKOFF), entry.failures)
        }
    }
}

/// Releases an entry to be tried again after `wait`; returns its state when this is the newest attempt.
fn retry<'f>(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    error: &'f DeliveryError,
    wait: Duration,
    failures: i64,
) -> Result<Option<Delivery<'f>>, Error> {
    let at: Timestamp = tx.now.plus(wait);
    let is_newest = store::outbox::retry_at(tx.conn, entry, at, failures)?;
    Ok(is_newest.then_some(Delivery::Waiting(error, at)))
}

/// Stores the states of invitations' emails; of other emails, and of reminders, none is stored.
fn update_invitations<'f>(
    tx: &mut Tx<'_, '_>,
    deliveries: impl IntoIterator<Item = (&'f OutboxEntry, Delivery<'f>)>,
) -> Result<(), Error> {
    let deliveries = deliveries.into_iter();
    let updates: Vec<DeliveryUpdate<'_>> = deliveries
        .filter(|(entry, _)| entry.kind == NotificationKind::Invitation)
        .map(|(entry, delivery)| DeliveryUpdate {
            invitation: entry.subject.into(),
            entry: entry.id,
            delivery,
        })
        .collect();
    Ok(store::invitations::update_deliveries(tx.conn, &updates)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_wait_longer_each_time_up_to_an_hour() {
        assert_eq!(backoff(1, 0), Duration::from_secs(5));
        assert_eq!(backoff(2, 0), Duration::from_secs(10));
        assert_eq!(backoff(50, 0), Duration::from_hours(1));
        assert!(backoff(1, 255) >= Duration::from_millis(3_750));
    }
}
