//! One mail server (RFC 5321): a limited number of connections, kept between messages, none waited for too long.
//!
//! The library's own pool is not used: it waits for a silent server without end, and puts a connection
//! back in the middle of a transaction when the task that waited for it was cancelled.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connection_limit::{ConnectionLimit, ConnectionPermit, Pause, rejects_connection};
use super::smtp_message::{SendError, reply_text, send_message};
use super::smtp_stream::{SmtpStream, request_tls};
use super::smtp_url::{Security, SmtpUrl};
use crate::tls::client_config;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use convoke_core::model::invitation::DeliveryReason;

/// How long opening a connection may take, up to and with signing in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(7);
/// How long a message may wait for a free connection.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long everything may take, with waiting for a free connection; the outbox's lease is longer.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a kept connection has to show that it still works.
const NOOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Servers end connections that are idle for longer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// When a message is tried again for which no connection became free.
const BUSY_DELAY: Duration = Duration::from_secs(1);

/// A mail server.
pub struct SmtpServer {
    url: SmtpUrl,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    hello: ClientId,
    pub(super) limit: ConnectionLimit,
    idle: Mutex<Vec<IdleConnection>>,
    pub(super) connect_timeout: Duration,
    pub(super) send_timeout: Duration,
}

struct IdleConnection {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl SmtpServer {
    /// A server that is greeted with the domain of the sender's address, with so many connections at a time.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(
        url: SmtpUrl,
        sender_domain: &str,
        connections: usize,
    ) -> Result<Self, String> {
        let tls = match url.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => {
                let config = client_config().map_err(|error| error.to_string())?;
                let name = ServerName::try_from(url.host.clone());
                let name = name.map_err(|error| format!("{}: {error}", url.host))?;
                Some((TlsConnector::from(Arc::new(config)), name))
            }
        };
        Ok(Self {
            url,
            tls,
            hello: ClientId::Domain(sender_domain.to_owned()),
            limit: ConnectionLimit::new(connections),
            idle: Mutex::default(),
            connect_timeout: CONNECT_TIMEOUT,
            send_timeout: SEND_TIMEOUT,
        })
    }

    /// Trusts other certificates than those of the machine.
    #[cfg(test)]
    pub(super) fn trust(&mut self, connector: TlsConnector) {
        if let Some((current, _)) = &mut self.tls {
            *current = connector;
        }
    }

    /// Hands one message over.
    ///
    /// Only a reply about the recipient or the message is final. A reply before that is
    /// about this installation, its sign-in or its sender, and is tried again. One about the number of connections lowers
    /// that number, and the message waits for one of the others.
    pub(super) async fn send(&self, envelope: &Envelope, message: &[u8]) -> DeliveryOutcome {
        let sending = self.send_on_connection(envelope, message);
        timeout(self.send_timeout, sending)
            .await
            .unwrap_or_else(|_| DeliveryOutcome::Deferred(self.timeout_error()))
    }

    async fn send_on_connection(&self, envelope: &Envelope, message: &[u8]) -> DeliveryOutcome {
        let mut has_retried = false;
        loop {
            let permit = match timeout(PERMIT_TIMEOUT, self.limit.acquire()).await {
                Ok(Ok(permit)) => permit,
                Ok(Err(Some(pause))) => return throttled(&pause),
                Ok(Err(None)) | Err(_) => {
                    let busy = DeliveryReason::ServerBusy.into();
                    return DeliveryOutcome::Throttled(busy, BUSY_DELAY);
                }
            };
            let mut connection = match self.connection().await {
                Ok(connection) => connection,
                Err(error) if error.is_limit => {
                    let Err(permit) = self.limit.lower(permit, self.idle_count()) else {
                        continue;
                    };
                    let pause = self.limit.pause(error.error, Instant::now());
                    // Only now: the next message must find the pause.
                    drop(permit);
                    return throttled(&pause);
                }
                Err(error) => return DeliveryOutcome::Deferred(error.error),
            };
            match send_message(&mut connection, envelope, message).await {
                Ok(()) => {
                    self.release(connection);
                    self.limit.record_success();
                    return DeliveryOutcome::Sent;
                }
                Err(SendError::ConnectionEnded(error)) => {
                    drop(connection);
                    let is_only = self.limit.lower(permit, self.idle_count()).is_err();
                    // The only connection is replaced once, in case it had ended for another reason than this message.
                    if is_only && has_retried {
                        return DeliveryOutcome::Deferred(error);
                    }
                    has_retried |= is_only;
                }
                Err(SendError::Outcome(outcome)) => {
                    abort(connection, permit);
                    return outcome;
                }
            }
        }
    }

    /// Opens a connection and ends it again.
    ///
    /// # Errors
    /// The server's reply or the network error.
    pub(super) async fn check(&self) -> Result<(), String> {
        let mut connection = self
            .open()
            .await
            .map_err(|error| self.describe(&error.error))?;
        let works = timeout(NOOP_TIMEOUT, connection.test_connected()).await;
        let _ = timeout(NOOP_TIMEOUT, connection.abort()).await;
        match works {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err("the server says nothing more after the sign-in".to_owned()),
        }
    }

    /// An error of opening a connection on one line, with the server.
    fn describe(&self, error: &DeliveryError) -> String {
        match error.reason {
            DeliveryReason::Timeout => format!(
                "{}: no answer within {} s",
                self.name(),
                self.connect_timeout.as_secs()
            ),
            DeliveryReason::Connection => error.text().to_owned(),
            _ => format!("{}: {}", self.name(), error.text()),
        }
    }

    /// The server as errors name it.
    fn name(&self) -> String {
        format!("{} port {}", self.url.host, self.url.port)
    }

    fn timeout_error(&self) -> DeliveryError {
        DeliveryError::new(DeliveryReason::Timeout, &self.name())
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, OpenError> {
        while let Some(mut connection) = self.take_idle() {
            if let Ok(true) = timeout(NOOP_TIMEOUT, connection.test_connected()).await {
                return Ok(connection);
            }
        }
        self.open().await
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, OpenError> {
        let network = |error: String| {
            let text = format!("{}: {error}", self.name());
            DeliveryError::new(DeliveryReason::Connection, &text)
        };
        let error = match timeout(self.connect_timeout, self.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(ConnectError::Network(error))) => network(error.to_string()),
            Ok(Err(ConnectError::Reply(code, reply))) => return Err(OpenError::new(code, &reply)),
            Ok(Err(ConnectError::Smtp(error))) => match error.status() {
                None => network(error.to_string()),
                Some(code) => return Err(OpenError::new(code.into(), &reply_text(&error))),
            },
            Err(_) => self.timeout_error(),
        };
        let is_limit = false;
        Err(OpenError { error, is_limit })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, ConnectError> {
        let mut stream = TcpStream::connect((self.url.host.as_str(), self.url.port)).await?;
        // The library ends a message by a write of its own, which would wait 40 ms for the server to acknowledge the
        // previous one.
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?;
        let mut connection = match self.url.security {
            Security::Plain => self.greet(SmtpStream::new(stream, peer)).await?,
            Security::Tls => {
                let stream = self.start_tls(stream).await?;
                self.greet(SmtpStream::new(stream, peer)).await?
            }
            Security::StartTls => {
                let reply = request_tls(&mut stream, &self.hello.to_string()).await?;
                if reply.code != 220 {
                    let text = format!("{} {}", reply.code, reply.lines.join(" "));
                    return Err(ConnectError::Reply(reply.code, text));
                }
                let stream = self.start_tls(stream).await?;
                self.greet(SmtpStream::greeted(stream, peer)).await?
            }
        };
        if let Some((user, password)) = self.url.credentials.clone() {
            let credentials = Credentials::new(user, password);
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    async fn greet<S>(&self, stream: SmtpStream<S>) -> Result<AsyncSmtpConnection, Error>
    where
        S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
    {
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await
    }

    async fn start_tls(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        match self.tls.clone() {
            Some((connector, name)) => connector.connect(name, stream).await,
            None => Err(std::io::Error::other("TLS is not set up")),
        }
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| one.since.elapsed() < IDLE_TIMEOUT);
        idle.pop().map(|one| one.connection)
    }

    fn idle_count(&self) -> usize {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.len()
    }

    /// Keeps a connection for the next message, unless the server takes fewer now.
    fn release(&self, connection: AsyncSmtpConnection) {
        let since = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.limit.current() {
            idle.push(IdleConnection { connection, since });
        }
    }
}

/// Ends a connection in the background: the result of QUIT does not matter. The permit is kept until then, so that the
/// server never has more connections than are allowed.
fn abort(mut connection: AsyncSmtpConnection, permit: ConnectionPermit) {
    tokio::spawn(async move {
        let _ = timeout(NOOP_TIMEOUT, connection.abort()).await;
        drop(connection);
        drop(permit);
    });
}

fn throttled(pause: &Pause) -> DeliveryOutcome {
    let wait = pause.until.saturating_duration_since(Instant::now());
    DeliveryOutcome::Throttled(pause.error.clone(), wait.max(BUSY_DELAY))
}

/// Why a connection cannot be opened.
struct OpenError {
    error: DeliveryError,
    /// Whether the server takes no further connection.
    is_limit: bool,
}

impl OpenError {
    /// The server replied with an error.
    fn new(code: u16, reply: &str) -> Self {
        let is_limit = rejects_connection(code, reply);
        let reason = if is_limit {
            DeliveryReason::ServerBusy
        } else {
            DeliveryReason::ServerReply
        };
        let error = DeliveryError::new(reason, reply);
        Self { error, is_limit }
    }
}

/// The error before it is classified.
enum ConnectError {
    Network(std::io::Error),
    /// An error of the server before TLS: its code and its text.
    Reply(u16, String),
    Smtp(Error),
}

impl From<std::io::Error> for ConnectError {
    fn from(error: std::io::Error) -> Self {
        Self::Network(error)
    }
}

impl From<Error> for ConnectError {
    fn from(error: Error) -> Self {
        Self::Smtp(error)
    }
}
