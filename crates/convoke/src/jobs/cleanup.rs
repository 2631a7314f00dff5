//! Reminders before invitations end, sessions that end by the clock, and deleting what has ended. Nothing here is needed for
//! correctness.

use std::time::Duration;

use tokio::sync::watch;

use super::{outbox, wait};
use convoke_app::App;
use convoke_domain::{Error, ReadTx, cleanup, invitations, oauth2};

const REMINDER_INTERVAL: Duration = Duration::from_mins(1);
const CLEANUP_INTERVAL: Duration = Duration::from_hours(1);

/// How many grants are looked at in one transaction.
const GRANTS_PER_READ: i64 = 500;
/// How many grants are ended in one transaction: other writes must not wait for a long one.
const GRANTS_PER_WRITE: usize = 50;

pub(super) async fn reminders(app: App, mut stopped: watch::Receiver<bool>) {
    while wait(&mut stopped, tokio::time::sleep(REMINDER_INTERVAL)).await {
        if let Err(error) = remind(&app).await {
            tracing::warn!(?error, "reminders failed");
        }
        if let Err(error) = outbox::advance(&app).await {
            tracing::warn!(?error, "outbox not advanced after a clock change");
        }
        if app.has_clients()
            && let Err(error) = end_expired_sessions(&app).await
        {
            tracing::warn!(?error, "sessions not ended by their age");
        }
    }
}

/// Puts every due reminder into the outbox.
///
/// # Errors
/// When the database is unavailable.
pub async fn remind(app: &App) -> Result<(), Error> {
    while app.write(invitations::remind).await? {}
    Ok(())
}

pub(super) async fn cleanup_loop(app: App, mut stopped: watch::Receiver<bool>) {
    // The catalogue is read at the start; nodes with the former one may have begun grants since.
    let mut pause = Duration::ZERO;
    while wait(&mut stopped, tokio::time::sleep(pause)).await {
        pause = CLEANUP_INTERVAL;
        if let Err(error) = end_grants_without_access(&app, &stopped).await {
            tracing::warn!(?error, "grants without access not ended yet");
            pause = REMINDER_INTERVAL;
        }
        if let Err(error) = clean_up(&app).await {
            tracing::warn!(?error, "cleanup failed");
        }
    }
}

/// Ends the grants that a change of the catalogue has left without access, so that their products are notified.
///
/// # Errors
/// When the database is unavailable.
pub async fn end_grants_without_access(
    app: &App,
    stopped: &watch::Receiver<bool>,
) -> Result<(), Error> {
    let mut after = None;
    while app.has_clients() && !*stopped.borrow() {
        let list = move |tx: &mut ReadTx<'_, '_>| {
            oauth2::list_grants_without_access(tx, after, GRANTS_PER_READ)
        };
        let batch = app.read_long(list).await?;
        for grants in batch.without_access.chunks(GRANTS_PER_WRITE) {
            let grants = grants.to_vec();
            app.write(move |tx| oauth2::end_grants_without_access(tx, &grants))
                .await?;
        }
        if batch.last.is_none() {
            break;
        }
        after = batch.last;
    }
    Ok(())
}

/// Ends the grants of sessions that have ended by the clock, so that their products are notified within a minute or so, and returns
/// how many sessions.
///
/// # Errors
/// When the database is unavailable.
pub async fn end_expired_sessions(app: &App) -> Result<u64, Error> {
    let mut total = 0;
    loop {
        let (ended, is_done) = app.write(cleanup::end_expired_sessions).await?;
        total += ended;
        if is_done {
            return Ok(total);
        }
    }
}

/// Deletes ended sessions, registrations, resets, idempotency keys and what grants leave, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub async fn clean_up(app: &App) -> Result<u64, Error> {
    let mut total = 0;
    loop {
        let (deleted, is_done) = app.write(cleanup::delete_expired).await?;
        total += deleted;
        if is_done {
            return Ok(total);
        }
    }
}
