//! `/readyz` of an overloaded node.

use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use convoke_app::config::Config;
use convoke_domain::{Error, Tx};

use crate::on_both;
use crate::support::TestApp;

/// More changes than there are threads that write.
const CHANGES: usize = 8;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(20);

fn short_timeout(config: &mut Config) {
    config.database.timeout = Duration::from_millis(200);
}

on_both! {
    async fn an_overloaded_node_is_ready_until_nothing_commits(test_app: TestApp, short_timeout) {
        until_status(&test_app, 200).await;
        let (begun, has_begun) = mpsc::channel();
        let mut ends = Vec::new();
        let mut changes = Vec::new();
        for _ in 0..CHANGES {
            let (end, ended) = mpsc::channel::<()>();
            ends.push(end);
            let (app, begun, ended) = (test_app.app.clone(), begun.clone(), Mutex::new(ended));
            changes.push(tokio::spawn(async move {
                let work = move |_: &mut Tx<'_, '_>| {
                    begun.send(()).ok();
                    ended.lock().unwrap().recv().unwrap_err();
                    Ok::<_, Error>(())
                };
                app.write(work).await
            }));
            tokio::task::yield_now().await;
        }
        has_begun.recv().unwrap();
        // The last result is cached for one second; after it each check waits for the running changes.
        let begun = Instant::now();
        until_status(&test_app, 503).await;
        assert!(begun.elapsed() > Duration::from_secs(3), "not ready after {:?}", begun.elapsed());
        drop(ends);
        for change in changes {
            // Some were queued longer than the timeout.
            drop(change.await.unwrap());
        }
        until_status(&test_app, 200).await;
    }
}

/// Calls `/readyz` until it responds with a status.
async fn until_status(test_app: &TestApp, status: u16) {
    let begun = Instant::now();
    while test_app.anonymous().page("/readyz").await.status != status {
        assert!(begun.elapsed() < LIMIT, "{status} is not answered");
        tokio::task::yield_now().await;
    }
}
