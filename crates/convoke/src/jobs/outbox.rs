//! Mail: lease, prepare, render, send, record (security rule 18).
//!
//! One loop leases as many entries as it has capacity for and records those that are finished, in one
//! transaction; the emails themselves travel side by side.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use convoke_app::App;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome, Email};
use convoke_core::model::invitation::DeliveryReason;
use convoke_domain::Error;
use convoke_domain::notifications::{self, Capacity, LeasedEmail, OutboxEntry};
use convoke_infra::mail::{self, OutgoingMessage};

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

/// Ends before the lease does, so that no email has two workers.
const SEND_TIMEOUT: Duration = Duration::from_secs(25);

/// How often an idle worker polls, for entries that other nodes left or that have become due.
const POLL: Duration = Duration::from_secs(2);

/// How long to leave the database alone after it could not.
const DATABASE_RETRY_DELAY: Duration = Duration::from_secs(1);

/// A sent entry with its outcome.
type Finished = (OutboxEntry, DeliveryOutcome);

/// Delivers until stopped, then waits for the emails that are under way.
pub(super) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    let mut sending: JoinSet<Finished> = JoinSet::new();
    let urgent = Arc::new(Semaphore::new(MAX_URGENT_SENDS));
    let mut finished: Vec<Finished> = Vec::new();
    loop {
        let stopping = *stopped.borrow();
        let max = max_sends(&app);
        let urgent_sends = MAX_URGENT_SENDS - urgent.available_permits();
        let capacity = Capacity {
            total: if stopping {
                0
            } else {
                max.saturating_sub(sending.len())
            },
            urgent: max_urgent(max).saturating_sub(urgent_sends),
        };
        let mut pause = POLL;
        match tick(&app, &finished, capacity).await {
            Ok(leased) => {
                finished.clear();
                if is_used_up(capacity, &leased) {
                    // There may be more than there was capacity for.
                    pause = Duration::ZERO;
                }
                for email in leased {
                    start(&app, &mut sending, &urgent, email);
                }
            }
            Err(error) => {
                tracing::warn!(?error, "outbox paused: database unavailable");
                tokio::time::sleep(DATABASE_RETRY_DELAY).await;
            }
        }
        if stopping && sending.is_empty() && finished.is_empty() {
            return;
        }
        let full = sending.len() >= max;
        tokio::select! {
            Some(sent) = sending.join_next() => finished.extend(sent),
            () = app.outbox_notify.notified(), if !full && !stopping => {}
            () = tokio::time::sleep(pause), if !full => {}
            _ = stopped.changed(), if !stopping => {}
        }
        while let Some(sent) = sending.try_join_next() {
            finished.extend(sent);
        }
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

fn start(app: &App, sending: &mut JoinSet<Finished>, urgent: &Arc<Semaphore>, leased: LeasedEmail) {
    report_corrupt(&leased);
    // Obsolete and deferred entries were recorded when they were leased.
    if let Some(email) = leased.email {
        let app = app.clone();
        let entry = leased.entry;
        let permit = Some(urgent).filter(|_| entry.is_urgent());
        let permit = permit.and_then(|urgent| urgent.clone().try_acquire_owned().ok());
        sending.spawn(async move {
            let sent = send(&app, entry, &email).await;
            drop(permit);
            sent
        });
    }
}

/// Records finished entries and leases as many others as there is capacity for.
async fn tick(
    app: &App,
    finished: &[Finished],
    capacity: Capacity,
) -> Result<Vec<LeasedEmail>, Error> {
    if finished.is_empty() && capacity.total == 0 {
        return Ok(Vec::new());
    }
    let mut finished = finished.to_vec();
    loop {
        let recorded = std::mem::take(&mut finished);
        let leased = app.write(move |tx| {
            let finished = recorded.iter().map(|(entry, outcome)| (entry, outcome));
            notifications::record_deliveries(tx, finished)?;
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
    let mut finished = Vec::new();
    loop {
        let leased = tick(app, &finished, IDLE).await?;
        finished.clear();
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
                finished.push(send(app, entry, &email).await);
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

async fn send(app: &App, entry: OutboxEntry, email: &Email) -> Finished {
    let delivery = match build_message(app, &entry, email) {
        Err(error) => {
            let reason = DeliveryReason::InvalidMessage;
            DeliveryOutcome::Rejected(DeliveryError::new(reason, &error))
        }
        Ok(outgoing) => tokio::time::timeout(SEND_TIMEOUT, app.transport.send(outgoing))
            .await
            .unwrap_or_else(|_| DeliveryOutcome::Deferred(DeliveryReason::Timeout.into())),
    };
    report(&entry, &delivery);
    (entry, delivery)
}

/// Message-ID and date come from the outbox, so that a repeated email is the same email.
fn build_message(app: &App, entry: &OutboxEntry, email: &Email) -> Result<OutgoingMessage, String> {
    let setting = app.config.mail_context();
    let from = app.config.mail.from.parse();
    let from = from.map_err(|error| format!("mail.from: {error}"))?;
    let rendered = mail::render(email, &setting);
    let unsubscribe = mail::unsubscribe_url(email, &setting);
    let id = Uuid::simple(entry.id).to_string();
    let host = app.public_url.message_host();
    mail::build(
        email,
        &rendered,
        &id,
        &host,
        &from,
        entry.created_at,
        unsubscribe.as_deref(),
    )
    .map_err(|error| error.to_string())
}

fn report_corrupt(leased: &LeasedEmail) {
    if let Some(value) = &leased.corrupt {
        let (id, kind) = (leased.entry.id, leased.entry.kind.as_str());
        tracing::error!(%id, kind, value, "mail not composed: stored value unreadable");
    }
}

fn report(entry: &OutboxEntry, delivery: &DeliveryOutcome) {
    let (state, error) = match delivery {
        DeliveryOutcome::Sent => ("sent", None),
        DeliveryOutcome::Rejected(error) => ("rejected", Some(error)),
        DeliveryOutcome::Deferred(error) => ("deferred", Some(error)),
        DeliveryOutcome::Throttled(error, _) => ("throttled", Some(error)),
    };
    metrics::counter!("convoke_mails_total", "state" => state).increment(1);
    match error {
        None => tracing::debug!(id = %entry.id, kind = entry.kind.as_str(), "mail sent"),
        Some(error) => tracing::warn!(
            id = %entry.id, kind = entry.kind.as_str(), failures = entry.failures, state,
            reason = error.reason.as_str(), reply = error.text(), "mail not sent"
        ),
    }
}
