//! Leases outbox entries and records their delivery.

use std::time::Duration;

use super::prepare::{PrepareOutcome, prepare};
use super::{ORDINARY, OutboxEntry, URGENT};
use crate::policy::MAX_CLOCK_SKEW;
use crate::{Error, Tx};
use convoke_core::model::email::{DeliveryOutcome, Email};
use convoke_core::model::invitation::DeliveryStatus;
use convoke_core::model::notification::NotificationKind;
use convoke_store as store;

/// A leased entry with its email; without one it was obsolete or must wait, which is recorded already.
#[derive(Debug)]
pub struct LeasedEmail {
    /// The entry.
    pub entry: OutboxEntry,
    /// To be rendered and sent.
    pub email: Option<Box<Email>>,
}

/// How many entries become ready in one transaction; bounds how long other writes wait for it on SQLite.
const READY_BATCH: i64 = 500;

/// Marks due entries as ready, and returns whether that was all of them. The order is fair once it was.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_due_ready(tx: &mut Tx<'_, '_>) -> Result<bool, Error> {
    let marked = store::outbox::mark_ready(tx.conn, tx.now, READY_BATCH)?;
    Ok(marked < READY_BATCH.unsigned_abs())
}

/// How many more emails a worker may have under way.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Of all kinds.
    pub total: usize,
    /// Urgent ones; fewer than of all kinds, so that a flood of urgent emails delays no others for long.
    pub urgent: usize,
}

/// Leases ready entries to this worker, urgent ones first, and prepares them; entries that are obsolete or must wait are
/// recorded in the same transaction.
///
/// # Errors
/// When the database is unavailable.
pub fn lease(
    tx: &mut Tx<'_, '_>,
    lease: Duration,
    capacity: Capacity,
) -> Result<Vec<LeasedEmail>, Error> {
    let Capacity { total, urgent } = capacity;
    if total == 0 {
        return Ok(Vec::new());
    }
    mark_due_ready(tx)?;
    let leased_until = tx.now.plus(lease);
    let mut leased = Vec::new();
    for (priority, most) in [(URGENT, urgent.min(total)), (ORDINARY, total)] {
        let limit = i64::try_from(most.saturating_sub(leased.len())).unwrap_or(i64::MAX);
        if limit > 0 {
            let entries = store::outbox::lease(tx.conn, priority, tx.now, leased_until, limit)?;
            leased.extend(entries);
        }
    }
    leased
        .into_iter()
        .map(|entry| prepare_leased(tx, entry))
        .collect()
}

fn prepare_leased(tx: &mut Tx<'_, '_>, entry: OutboxEntry) -> Result<LeasedEmail, Error> {
    let email = match prepare(tx, &entry)? {
        PrepareOutcome::Ready(email) => Some(email),
        PrepareOutcome::Obsolete => {
            store::outbox::delete(tx.conn, entry.id)?;
            None
        }
        PrepareOutcome::RetryAfter(wait) => {
            store::outbox::defer(tx.conn, entry.id, tx.now.plus(wait))?;
            None
        }
    };
    Ok(LeasedEmail { entry, email })
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
    let (retried, put_off) = (now.plus(MAX_BACKOFF), now.plus(MAX_WAIT));
    Ok(store::outbox::advance(
        tx.conn, now, leased, retried, put_off,
    )?)
}

/// Waits 5 s, 10 s, 20 s … up to an hour, each shortened by up to a quarter so that retries spread.
fn backoff(attempts: i64, jitter: u8) -> Duration {
    let doubling = u32::try_from(attempts.clamp(1, 11) - 1).unwrap_or(0);
    let whole = Duration::from_secs(5 * 2_u64.pow(doubling)).min(MAX_BACKOFF);
    whole.mul_f64(1.0 - f64::from(jitter) / 1024.0)
}

/// Records the delivery of an email: its entry is deleted when sent or rejected, retried when deferred.
///
/// Only the newest state is stored: an outcome is dropped when another worker has leased the entry since and recorded it or
/// is about to, and an invitation ignores entries from before its last resend (rule I14). An email that was sent is finished
/// in any case.
///
/// # Errors
/// When the database is unavailable.
pub fn record_delivery(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    delivery: &DeliveryOutcome,
) -> Result<(), Error> {
    let (status, detail, sent_at) = match delivery {
        DeliveryOutcome::Sent => (DeliveryStatus::Sent, None, Some(tx.now)),
        DeliveryOutcome::Rejected(why) => (DeliveryStatus::Failed, Some(why.as_str()), None),
        DeliveryOutcome::Deferred(why) => (DeliveryStatus::Queued, Some(why.as_str()), None),
    };
    let is_newest = match delivery {
        DeliveryOutcome::Sent => store::outbox::delete(tx.conn, entry.id)?,
        DeliveryOutcome::Rejected(_) => store::outbox::delete_leased(tx.conn, entry)?,
        DeliveryOutcome::Deferred(_) => {
            let mut jitter = [0];
            tx.ctx.random.fill(&mut jitter);
            let wait = backoff(entry.attempts, jitter.first().copied().unwrap_or(0));
            store::outbox::retry_at(tx.conn, entry, tx.now.plus(wait))?
        }
    };
    if is_newest && entry.kind == NotificationKind::Invitation {
        let id = entry.subject.into();
        store::invitations::update_delivery(tx.conn, id, entry.id, status, detail, sent_at)?;
    }
    Ok(())
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
