//! Serves HTTP/1.1 on a listener, within limits of time, size and number (security rule 20).
//!
//! Nobody is trusted to finish what they begin. Each connection has a deadline that depends on what it waits for
//! ([`activity`]), and when there are too many connections those are closed that have waited longest for their clients
//! ([`registry`]). So connections that are held open without being used are lost to whoever holds them, and to nobody else.

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

/// After a failed `accept`, such as for want of file descriptors, the next one waits for so long.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Connections that wait to be accepted. When there are more, the system drops their first packet, and they wait a second.
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
    // A restart need not wait for connections of the last run.
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
            (accepted, registry.place().await)
        };
        let ((stream, peer), place) = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = accepted => accepted,
        };
        // Responses are small; waiting to fill a packet only delays them.
        drop(stream.set_nodelay(true));
        if let Some(registered) = registry.register(peer.ip(), timeouts, place) {
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
            Err(error) if is_of_connection(&error) => {}
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

/// Whether an error of `accept` is one of the connection that was to be accepted (accept(2)), not of the listener.
fn is_of_connection(error: &io::Error) -> bool {
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
