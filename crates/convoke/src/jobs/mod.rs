//! Work that no request waits for: mail, logout tokens, reminders, cleanup, signing keys.

mod cleanup;
mod logout;
mod outbox;
mod signing_keys;

use std::future::Future;

use tokio::sync::watch;
use tokio::task::JoinSet;

use convoke_app::App;

pub use cleanup::{clean_up, end_expired_sessions, end_grants_without_access, remind};
pub use logout::deliver_logouts;
pub use outbox::{advance, deliver_due};

/// The running jobs; they end by themselves after [`Jobs::stop`].
pub struct Jobs {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Jobs {
    /// Starts them all.
    #[must_use]
    pub fn start(app: &App) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(outbox::work(app.clone(), stopped.clone()));
        tasks.spawn(logout::work(app.clone(), stopped.clone()));
        tasks.spawn(cleanup::reminders(app.clone(), stopped.clone()));
        tasks.spawn(cleanup::cleanup_loop(app.clone(), stopped.clone()));
        tasks.spawn(signing_keys::work(app.clone(), stopped));
        Self { tasks, stop }
    }

    /// Waits until each has finished its current work; the rest stays in the database.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Waits for `event`, unless the jobs are to stop; returns whether to go on.
async fn wait(stopped: &mut watch::Receiver<bool>, event: impl Future<Output = ()>) -> bool {
    if *stopped.borrow() {
        return false;
    }
    tokio::select! {
        () = event => true,
        _ = stopped.changed() => false,
    }
}
