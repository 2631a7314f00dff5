//! Mail workers: claim by lease, look again, render, send, settle (security rule 18).

use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::wait;
use crate::app::App;
use crate::domain::Refusal;
use crate::domain::letters::{self, Delivery, Letter, Owed, Prepared};
use crate::mail::{self, Outgoing, Setting};

/// How long a claimed letter belongs to its worker.
const LEASE: Duration = Duration::from_secs(30);

/// Ends before the lease does, so that no letter has two workers.
const PATIENCE: Duration = Duration::from_secs(25);

/// How often an idle worker looks by itself, for letters that other nodes left or whose time has come.
const POLL: Duration = Duration::from_secs(2);

/// How long to leave the database alone after it could not.
const OUTAGE: Duration = Duration::from_secs(1);

/// Delivers until stopped.
pub(super) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = match deliver_one(&app).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => POLL,
            Err(fault) => {
                tracing::warn!(?fault, "the outbox could not be read");
                OUTAGE
            }
        };
        if *stopped.borrow() {
            return;
        }
        if pause.is_zero() {
            continue;
        }
        let woken_or_late = async {
            tokio::select! {
                () = app.mail_owed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        };
        if !wait(&mut stopped, woken_or_late).await {
            return;
        }
        // One ring may stand for many letters: each worker that finds one wakes the next.
    }
}

/// Delivers everything that is due now and says how many letters were claimed.
///
/// # Errors
/// When the database cannot.
pub async fn deliver_due(app: &App) -> Result<usize, Refusal> {
    let mut claimed = 0;
    while deliver_one(app).await? {
        claimed += 1;
    }
    Ok(claimed)
}

/// Delivers one due letter, if there is one.
async fn deliver_one(app: &App) -> Result<bool, Refusal> {
    let claimed = app.write(|tx| letters::claim(tx, LEASE)).await?;
    let Some((owed, prepared)) = claimed else {
        return Ok(false);
    };
    app.mail_owed.notify_one();
    let delivery = match prepared {
        // Already struck out or put off.
        Prepared::Void | Prepared::Later(_) => return Ok(true),
        Prepared::Ready(letter) => send(app, &owed, &letter).await,
    };
    report(&owed, &delivery);
    app.write(move |tx| letters::settle(tx, &owed, &delivery))
        .await?;
    Ok(true)
}

async fn send(app: &App, owed: &Owed, letter: &Letter) -> Delivery {
    match compose(app, owed, letter) {
        Err(fault) => Delivery::Refused(fault),
        Ok(outgoing) => tokio::time::timeout(PATIENCE, app.transport.send(outgoing))
            .await
            .unwrap_or_else(|_| Delivery::Deferred("The mail server did not answer.".to_owned())),
    }
}

/// Message-ID and date come from the outbox, so that a repeated letter is the same letter.
fn compose(app: &App, owed: &Owed, letter: &Letter) -> Result<Outgoing, String> {
    let setting = Setting {
        public_url: app.public_origin.clone(),
        brand: app.config.brand.clone(),
        catalogue: app.catalogue.clone(),
    };
    let from = app.config.mail.from.parse();
    let from = from.map_err(|fault| format!("mail.from: {fault}"))?;
    let rendered = mail::render(letter, &setting);
    let unsubscribe = mail::unsubscribe_url(letter, &setting);
    let id = Uuid::simple(owed.id).to_string();
    let host = app.config.public_url().message_host();
    mail::build(
        letter,
        &rendered,
        &id,
        &host,
        &from,
        owed.created_at,
        unsubscribe.as_deref(),
    )
    .map_err(|fault| fault.to_string())
}

fn report(owed: &Owed, delivery: &Delivery) {
    let (state, words) = match delivery {
        Delivery::Sent => ("sent", ""),
        Delivery::Refused(words) => ("refused", words.as_str()),
        Delivery::Deferred(words) => ("deferred", words.as_str()),
    };
    metrics::counter!("convoke_mails_total", "state" => state).increment(1);
    if state == "sent" {
        tracing::debug!(id = %owed.id, kind = owed.kind, "mail sent");
    } else {
        tracing::warn!(id = %owed.id, kind = owed.kind, attempts = owed.attempts, words, "mail {state}");
    }
}
