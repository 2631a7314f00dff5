//! Replaces keys that sign tokens by their age, and reads those that another node or a command has made.

use std::time::Duration;

use tokio::sync::watch;

use super::wait;
use convoke_app::App;

const INTERVAL: Duration = Duration::from_mins(1);

pub(super) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    while app.has_clients() && wait(&mut stopped, tokio::time::sleep(INTERVAL)).await {
        if let Err(error) = app.refresh_signing_keys().await {
            tracing::warn!(%error, "signing keys not refreshed");
        }
    }
}
