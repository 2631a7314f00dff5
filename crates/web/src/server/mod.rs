//! Serves HTTP/1.1 on a listener, within limits of time, size and number (security rule 20).
//!
//! Each connection has a deadline that depends on its state (`activity`). When there are too many connections, those that
//! have waited longest for their clients are closed (`registry`), so that clients that hold connections open without using
//! them do not keep other clients out.

mod activity;
mod body;
mod connection;
mod registry;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

pub use activity::Timeouts;
pub use registry::ConnectionLimits;
use registry::Registry;

/// The delay after a failed `accept`, such as one without free file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// The maximum number of connections that wait to be accepted; the kernel drops the SYN packets of further ones.
const BACKLOG: u32 = 4_096;

/// Listens on an address.
///
/// # Errors
/// When it cannot be listened on.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Lets a restarted server bind while connections of the last run are in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stopped` becomes true, then until every connection has sent the response it is working on.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    timeouts: Timeouts,
    mut stopped: watch::Receiver<bool>,
) {
    let registry = Registry::new(limits);
    loop {
        let accepted = async {
            let accepted = accept(&listener, &registry).await;
            (accepted, registry.acquire().await)
        };
        let ((stream, peer), permit) = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = accepted => accepted,
        };
        // Responses are small; Nagle's algorithm would only delay them.
        drop(stream.set_nodelay(true));
        if let Some(registered) = registry.register(peer.ip(), timeouts, permit) {
            let (router, stopped) = (router.clone(), stopped.clone());
            tokio::spawn(connection::serve(stream, peer, router, registered, stopped));
        }
    }
    drop(listener);
    registry.all_closed().await;
}

async fn accept(listener: &TcpListener, registry: &Registry) -> (TcpStream, SocketAddr) {
    let mut is_failing = false;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_connection_error(&error) => {}
            Err(error) => {
                if !is_failing {
                    tracing::error!(%error, "accepting connections failed");
                }
                is_failing = true;
                registry.close_waiting();
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// Whether an error of `accept` concerns the connection (accept(2)), not the listener.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::Interrupted
            | Kind::HostUnreachable
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::TimedOut
    )
}

#[cfg(test)]
mod tests;
