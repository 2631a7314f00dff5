//! Logout tokens: lease, sign, send, record.
//!
//! One loop leases as many deliveries as there is capacity for and records those that are finished, in one transaction; the requests
//! themselves are under way side by side. Each product has a capacity of its own, so that a slow one delays no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use convoke_app::App;
use convoke_domain::Error;
use convoke_domain::oauth2::{self, ClientCapacity, LogoutDelivery, LogoutOutcome};
use convoke_infra::backchannel_logout::MAX_CONCURRENT_LOGOUTS;

/// How many requests to one product are under way at a time.
const MAX_CONCURRENT_OF_CLIENT: usize = 4;

/// How long a leased delivery belongs to its worker; longer than the time limit of a request.
const LEASE: Duration = Duration::from_secs(30);

/// How often an idle worker polls, for deliveries that other nodes left or that have become due.
const POLL: Duration = Duration::from_secs(1);

/// How long to leave the database alone after it could not.
const DATABASE_RETRY_DELAY: Duration = Duration::from_secs(1);

/// A delivery with the outcome of its attempt.
type Finished = (LogoutDelivery, LogoutOutcome);

/// The permits of each product for requests under way. A task that panics returns its permit too.
struct Permits(BTreeMap<String, Arc<Semaphore>>);

impl Permits {
    fn new(app: &App) -> Self {
        let permits = || Arc::new(Semaphore::new(MAX_CONCURRENT_OF_CLIENT));
        let clients = app.logout_clients();
        Self(clients.map(|key| (key.to_owned(), permits())).collect())
    }

    fn capacities(&self) -> Vec<ClientCapacity> {
        let capacity = |(client, permits): (&String, &Arc<Semaphore>)| ClientCapacity {
            client: client.clone(),
            capacity: permits.available_permits(),
        };
        self.0.iter().map(capacity).collect()
    }
}

/// Delivers until stopped, then waits for the requests that are under way. Ends at once where no product takes logout tokens.
pub(super) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    let permits = Permits::new(&app);
    if permits.0.is_empty() {
        return;
    }
    let mut sending: JoinSet<Finished> = JoinSet::new();
    let mut finished: Vec<Finished> = Vec::new();
    loop {
        let stopping = *stopped.borrow();
        let total = if stopping {
            0
        } else {
            MAX_CONCURRENT_LOGOUTS.saturating_sub(sending.len())
        };
        match tick(&app, &finished, permits.capacities(), total).await {
            Ok(leased) => {
                finished.clear();
                for delivery in leased {
                    start(&app, &mut sending, &permits, delivery);
                }
            }
            Err(error) => {
                tracing::warn!(?error, "logout tokens paused: database unavailable");
                tokio::time::sleep(DATABASE_RETRY_DELAY).await;
            }
        }
        if stopping && sending.is_empty() && finished.is_empty() {
            return;
        }
        let is_full = sending.len() >= MAX_CONCURRENT_LOGOUTS;
        // What a product had no capacity for is leased when one of its requests has finished.
        tokio::select! {
            Some(sent) = sending.join_next() => finished.extend(sent),
            () = app.logout_notify.notified(), if !is_full && !stopping => {}
            () = tokio::time::sleep(POLL), if !is_full => {}
            _ = stopped.changed(), if !stopping => {}
        }
        while let Some(sent) = sending.try_join_next() {
            finished.extend(sent);
        }
    }
}

fn start(app: &App, sending: &mut JoinSet<Finished>, permits: &Permits, delivery: LogoutDelivery) {
    let permits = permits.0.get(&delivery.client);
    let permit = permits.and_then(|permits| permits.clone().try_acquire_owned().ok());
    let app = app.clone();
    sending.spawn(async move {
        let sent = send(&app, delivery).await;
        drop(permit);
        sent
    });
}

/// Records finished deliveries and leases as many others as there is capacity for.
async fn tick(
    app: &App,
    finished: &[Finished],
    clients: Vec<ClientCapacity>,
    total: usize,
) -> Result<Vec<LogoutDelivery>, Error> {
    if finished.is_empty() && total == 0 {
        return Ok(Vec::new());
    }
    let finished = finished.to_vec();
    let leased = app.write(move |tx| {
        for (delivery, outcome) in &finished {
            oauth2::record_delivery(tx, delivery, outcome)?;
        }
        oauth2::lease_deliveries(tx, LEASE, &clients, total)
    });
    leased.await
}

/// Delivers everything that is due now, side by side, and returns how many attempts were made.
///
/// # Errors
/// When the database is unavailable.
pub async fn deliver_logouts(app: &App) -> Result<usize, Error> {
    let permits = Permits::new(app);
    let mut count = 0;
    let mut finished = Vec::new();
    loop {
        let clients = permits.capacities();
        let leased = tick(app, &finished, clients, MAX_CONCURRENT_LOGOUTS).await?;
        if leased.is_empty() {
            return Ok(count);
        }
        count += leased.len();
        let mut sending = JoinSet::new();
        for delivery in leased {
            start(app, &mut sending, &permits, delivery);
        }
        finished = sending.join_all().await;
    }
}

async fn send(app: &App, delivery: LogoutDelivery) -> Finished {
    let outcome = app.send_logout_token(&delivery).await;
    let (id, product, attempts) = (delivery.id, &delivery.client, delivery.attempts);
    let state = match &outcome {
        LogoutOutcome::Delivered => {
            tracing::debug!(%id, product, "logout token delivered");
            "delivered"
        }
        LogoutOutcome::Failed(error) => {
            tracing::warn!(%id, product, attempts, error, "logout token not delivered");
            "failed"
        }
    };
    metrics::counter!("convoke_logout_tokens_total", "state" => state).increment(1);
    (delivery, outcome)
}
