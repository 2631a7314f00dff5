//! All open connections, their limits, and which are closed when there are too many.
//!
//! At the limit of one client, or of all clients together, the connection that has waited longest for its client is closed for
//! the new one. So a client that holds connections open without using them does not keep other clients out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::activity::{Activity, Timeouts};
use convoke_domain::rate_limits::Client;
use ipnet::IpNet;

/// The maximum numbers of open connections.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// From one IPv4 address or IPv6 /64.
    pub per_client: usize,
    /// Addresses that `per_client` does not apply to: reverse proxies.
    pub proxies: Vec<IpNet>,
}

/// The delay between two attempts to close connections while all of them process requests.
const RETRY_CLOSING: Duration = Duration::from_millis(100);

type ById = HashMap<u64, Arc<Activity>>;

/// All open connections.
#[derive(Debug)]
pub(super) struct Registry {
    limits: ConnectionLimits,
    epoch: Instant,
    next_id: AtomicU64,
    permits: Arc<Semaphore>,
    by_client: Mutex<HashMap<Client, ById>>,
}

impl Registry {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        let total = limits.total.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Self {
            limits: ConnectionLimits { total, ..limits },
            epoch: Instant::now(),
            next_id: AtomicU64::new(0),
            permits: Arc::new(Semaphore::new(total)),
            by_client: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Client, ById>> {
        // No statement leaves the map inconsistent, so a poisoned lock can be used.
        self.by_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit for one more connection. While there is none, closes connections that wait for their clients.
    pub(super) async fn acquire(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = self.permits.clone().try_acquire_owned() {
                return permit;
            }
            self.close_waiting();
            let acquired = self.permits.clone().acquire_owned();
            if let Ok(Ok(permit)) = tokio::time::timeout(RETRY_CLOSING, acquired).await {
                return permit;
            }
        }
    }

    /// Waits until every connection has ended.
    pub(super) async fn all_closed(&self) {
        let total = u32::try_from(self.limits.total).unwrap_or(u32::MAX);
        drop(self.permits.acquire_many(total).await);
    }

    /// Closes the connections that have waited longest for their clients: one in 64 of the total limit at once, so that not
    /// every new connection scans all of them.
    pub(super) fn close_waiting(&self) {
        let clients = self.lock();
        let all = clients.values().flat_map(HashMap::values);
        let mut waiting: Vec<(u64, &Arc<Activity>)> = all
            .filter_map(|activity| Some((activity.waiting_since()?, activity)))
            .collect();
        waiting.sort_unstable_by_key(|(since, _)| *since);
        let count = self.limits.total / 64 + 1;
        for (_, activity) in waiting.iter().take(count) {
            activity.request_close();
        }
        let closed = waiting.len().min(count);
        count_closed("total", closed);
    }

    /// Registers a connection from `peer`. At the limit of its client, closes the client's connection that has waited longest;
    /// returns none when all of them process requests.
    pub(super) fn register(
        self: &Arc<Self>,
        peer: IpAddr,
        timeouts: Timeouts,
        permit: OwnedSemaphorePermit,
    ) -> Option<Registered> {
        let client = Client::from(Some(peer));
        let is_limited = !self
            .limits
            .proxies
            .iter()
            .any(|proxy| proxy.contains(&peer.to_canonical()));
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let activity = Arc::new(Activity::new(self.epoch, timeouts));
        let mut clients = self.lock();
        let connections = clients.entry(client).or_default();
        if is_limited && connections.len() >= self.limits.per_client.max(1) {
            let waiting = connections
                .iter()
                .filter_map(|(id, activity)| Some((activity.waiting_since()?, *id)))
                .min();
            count_closed("client", 1);
            let (_, longest) = waiting?;
            if let Some(activity) = connections.remove(&longest) {
                activity.request_close();
            }
        }
        connections.insert(id, activity.clone());
        Some(Registered {
            registry: self.clone(),
            client,
            id,
            activity,
            _permit: permit,
        })
    }

    fn remove(&self, client: Client, id: u64) {
        let mut clients = self.lock();
        if let Some(connections) = clients.get_mut(&client) {
            connections.remove(&id);
            if connections.is_empty() {
                clients.remove(&client);
            }
        }
    }
}

fn count_closed(limit: &'static str, count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("convoke_http_connections_closed_total", "limit" => limit).increment(count);
}

/// The entry of a connection; dropping it removes the entry and releases the permit.
#[derive(Debug)]
pub(super) struct Registered {
    registry: Arc<Registry>,
    client: Client,
    id: u64,
    pub activity: Arc<Activity>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.remove(self.client, self.id);
    }
}
