//! An installation that real browsers can reach.

use std::net::SocketAddr;

use convoke_app::config::Config;
use convoke_core::public_url::PublicUrl;

use super::{Database, TestApp};

/// An installation on a local port, with a manual clock.
pub struct Site {
    pub test_app: TestApp,
    /// Scheme, host and port.
    pub origin: String,
    server: tokio::task::JoinHandle<()>,
}

impl Site {
    /// An installation on SQLite with these settings.
    pub async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let url = PublicUrl::parse(&origin).unwrap();
        let test_app = TestApp::with(Database::sqlite(), |config| {
            config.public_url = Some(url);
            set(config);
        })
        .await;
        let service = test_app
            .router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self {
            test_app,
            origin,
            server,
        }
    }

    /// An installation as it comes.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}
