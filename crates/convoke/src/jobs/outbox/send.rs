//! Renders and sends one leased email.

use std::time::Duration;

use uuid::Uuid;

use convoke_app::App;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome, Email};
use convoke_core::model::invitation::DeliveryReason;
use convoke_domain::notifications::{LeasedEmail, OutboxEntry};
use convoke_infra::mail::{self, OutgoingMessage};

use super::Finished;

/// Ends before the lease does, so that no email has two workers.
const SEND_TIMEOUT: Duration = Duration::from_secs(25);

pub(super) async fn send(app: &App, entry: OutboxEntry, email: &Email) -> Finished {
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

pub(super) fn report_corrupt(leased: &LeasedEmail) {
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
