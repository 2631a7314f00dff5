//! Mail: lease, prepare, render, send, record (security rule 18).
//!
//! One loop leases as many entries as it has free permits and records those that are finished, in one
//! transaction; the emails themselves travel side by side.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::app::App;
use crate::domain::Error;
use crate::domain::notifications::{self, DeliveryOutcome, Email, LeasedEmail, OutboxEntry};
use crate::mail::{self, MailContext, OutgoingMessage};

/// How many emails are under way at a time.
const MAX_CONCURRENT_SENDS: usize = 16;

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
    let mut under_way: JoinSet<Finished> = JoinSet::new();
    let mut back: Vec<Finished> = Vec::new();
    loop {
        let stopping = *stopped.borrow();
        let places = if stopping {
            0
        } else {
            MAX_CONCURRENT_SENDS.saturating_sub(under_way.len())
        };
        let mut pause = POLL;
        match tick(&app, &back, places).await {
            Ok(claimed) => {
                back.clear();
                if places > 0 && claimed.len() == places {
                    // There may be more than there were places.
                    pause = Duration::ZERO;
                }
                for email in claimed {
                    start(&app, &mut under_way, email);
                }
            }
            Err(error) => {
                tracing::warn!(?error, "outbox paused: database unavailable");
                tokio::time::sleep(DATABASE_RETRY_DELAY).await;
            }
        }
        if stopping && under_way.is_empty() && back.is_empty() {
            return;
        }
        let full = under_way.len() >= MAX_CONCURRENT_SENDS;
        tokio::select! {
            Some(came) = under_way.join_next() => back.extend(came),
            () = app.outbox_notify.notified(), if !full && !stopping => {}
            () = tokio::time::sleep(pause), if !full => {}
            _ = stopped.changed(), if !stopping => {}
        }
        while let Some(came) = under_way.try_join_next() {
            back.extend(came);
        }
    }
}

fn start(app: &App, under_way: &mut JoinSet<Finished>, claimed: LeasedEmail) {
    // Obsolete and deferred entries were recorded when they were leased.
    if let Some(email) = claimed.email {
        let app = app.clone();
        under_way.spawn(async move { send(&app, claimed.entry, &email).await });
    }
}

/// Records finished entries and leases up to `places` others.
async fn tick(app: &App, back: &[Finished], places: usize) -> Result<Vec<LeasedEmail>, Error> {
    if back.is_empty() && places == 0 {
        return Ok(Vec::new());
    }
    let mut back = back.to_vec();
    loop {
        let settled = std::mem::take(&mut back);
        let claimed = app.write(move |tx| {
            for (entry, delivery) in &settled {
                notifications::record_delivery(tx, entry, delivery)?;
            }
            if places > 0 && !notifications::mark_due_ready(tx)? {
                return Ok(None);
            }
            notifications::lease(tx, LEASE, places).map(Some)
        });
        if let Some(claimed) = claimed.await? {
            return Ok(claimed);
        }
    }
}

/// Delivers everything that is due now and returns how many emails were leased.
///
/// # Errors
/// When the database is unavailable.
pub async fn deliver_due(app: &App) -> Result<usize, Error> {
    let mut count = 0;
    let mut back = Vec::new();
    loop {
        let claimed = tick(app, &back, MAX_CONCURRENT_SENDS).await?;
        back.clear();
        if claimed.is_empty() {
            return Ok(count);
        }
        count += claimed.len();
        for LeasedEmail { entry, email } in claimed {
            if let Some(email) = email {
                back.push(send(app, entry, &email).await);
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
        Err(error) => DeliveryOutcome::Rejected(error),
        Ok(outgoing) => tokio::time::timeout(SEND_TIMEOUT, app.transport.send(outgoing))
            .await
            .unwrap_or_else(|_| {
                DeliveryOutcome::Deferred("The mail server did not answer.".to_owned())
            }),
    };
    report(&entry, &delivery);
    (entry, delivery)
}

/// Message-ID and date come from the outbox, so that a repeated email is the same email.
fn build_message(app: &App, entry: &OutboxEntry, email: &Email) -> Result<OutgoingMessage, String> {
    let setting = MailContext {
        public_url: app.public_origin.clone(),
        brand: app.config.brand.clone(),
        catalogue: app.catalogue.clone(),
    };
    let from = app.config.mail.from.parse();
    let from = from.map_err(|error| format!("mail.from: {error}"))?;
    let rendered = mail::render(email, &setting);
    let unsubscribe = mail::unsubscribe_url(email, &setting);
    let id = Uuid::simple(entry.id).to_string();
    let host = app.config.public_url().message_host();
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

fn report(entry: &OutboxEntry, delivery: &DeliveryOutcome) {
    let (state, reply) = match delivery {
        DeliveryOutcome::Sent => ("sent", ""),
        DeliveryOutcome::Rejected(reply) => ("refused", reply.as_str()),
        DeliveryOutcome::Deferred(reply) => ("deferred", reply.as_str()),
    };
    metrics::counter!("convoke_mails_total", "state" => state).increment(1);
    if state == "sent" {
        tracing::debug!(id = %entry.id, kind = entry.kind, "mail sent");
    } else {
        tracing::warn!(id = %entry.id, kind = entry.kind, attempts = entry.attempts, state, reply, "mail not sent");
    }
}
