//! One mail server (RFC 5321): up to eight connections, kept between messages, none waited for too long.
//!
//! The library's own pool is not used: it waits for a silent server without end, and puts a connection
//! back in the middle of a transaction when the task that waited for it was cancelled.

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::smtp_url::{Security, SmtpUrl};
use convoke_core::model::email::DeliveryOutcome;
use convoke_core::text::clean_foreign;

/// Connections at one time.
const MAX_CONNECTIONS: usize = 8;
/// How long opening a connection may take, up to and with signing in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(7);
/// How long everything may take, with waiting for a free connection; the outbox's lease is longer.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a kept connection has to show that it still works.
const NOOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Servers end connections that are idle for longer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest stored reply of a server.
const MAX_ERROR_CHARS: usize = 300;

/// A mail server.
pub struct SmtpServer {
    url: SmtpUrl,
    tls: Option<TlsParameters>,
    hello: ClientId,
    permits: Semaphore,
    idle: Mutex<Vec<IdleConnection>>,
    pub(super) connect_timeout: Duration,
    pub(super) send_timeout: Duration,
}

struct IdleConnection {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl SmtpServer {
    /// A server that is greeted with the domain of the sender's address.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(url: SmtpUrl, sender_domain: &str) -> Result<Self, String> {
        let tls = match url.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => {
                let parameters = TlsParameters::new(url.host.clone());
                Some(parameters.map_err(|error| error_text(&error))?)
            }
        };
        Ok(Self {
            url,
            tls,
            hello: ClientId::Domain(sender_domain.to_owned()),
            permits: Semaphore::new(MAX_CONNECTIONS),
            idle: Mutex::default(),
            connect_timeout: CONNECT_TIMEOUT,
            send_timeout: SEND_TIMEOUT,
        })
    }

    /// Hands one message over.
    ///
    /// Only a reply about the recipient or the message is final. A reply before that is
    /// about this installation, its sign-in or its sender, and is tried again.
    pub(super) async fn send(&self, envelope: &Envelope, message: &[u8]) -> DeliveryOutcome {
        timeout(
            self.send_timeout,
            self.send_on_connection(envelope, message),
        )
        .await
        .unwrap_or_else(|_| {
            DeliveryOutcome::Deferred("The mail server took too long to answer.".to_owned())
        })
    }

    async fn send_on_connection(&self, envelope: &Envelope, message: &[u8]) -> DeliveryOutcome {
        let Ok(_permit) = self.permits.acquire().await else {
            return DeliveryOutcome::Deferred("The mail server is closed.".to_owned());
        };
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(detail) => return DeliveryOutcome::Deferred(detail),
        };
        match send_message(&mut connection, envelope, message).await {
            Ok(()) => {
                self.release(connection);
                DeliveryOutcome::Sent
            }
            Err(delivery) => {
                // In the background: the result of QUIT does not matter.
                tokio::spawn(async move { timeout(NOOP_TIMEOUT, connection.abort()).await });
                delivery
            }
        }
    }

    /// Opens a connection and ends it again.
    ///
    /// # Errors
    /// The server's reply or the network error.
    pub(super) async fn check(&self) -> Result<(), String> {
        let mut connection = self.open().await?;
        let works = timeout(NOOP_TIMEOUT, connection.test_connected()).await;
        let _ = timeout(NOOP_TIMEOUT, connection.abort()).await;
        match works {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err("the server says nothing more after the sign-in".to_owned()),
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, String> {
        while let Some(mut connection) = self.take_idle() {
            if let Ok(true) = timeout(NOOP_TIMEOUT, connection.test_connected()).await {
                return Ok(connection);
            }
        }
        self.open().await
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, String> {
        let error = match timeout(self.connect_timeout, self.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(ConnectError::Network(error))) => error.to_string(),
            Ok(Err(ConnectError::Smtp(error))) => error_text(&error),
            Err(_) => format!("no answer within {} s", self.connect_timeout.as_secs()),
        };
        let server = format!("{} port {}", self.url.host, self.url.port);
        Err(clean_foreign(
            &format!("{server}: {error}"),
            MAX_ERROR_CHARS,
        ))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, ConnectError> {
        let address = (self.url.host.as_str(), self.url.port);
        let mut connection = match (self.url.security, self.tls.clone()) {
            (Security::Tls, tls) => {
                AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, tls, None).await?
            }
            (_, tls) => {
                let stream = TcpStream::connect(address).await?;
                // The library ends a message by a write of its own, which would wait 40 ms for the
                // server to acknowledge the previous one.
                stream.set_nodelay(true)?;
                let stream = Box::new(stream);
                let mut plain =
                    AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?;
                if let Some(tls) = tls {
                    plain.starttls(tls, &self.hello).await?;
                }
                plain
            }
        };
        if let Some((user, password)) = self.url.credentials.clone() {
            let credentials = Credentials::new(user, password);
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut resting = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|one| one.since.elapsed() < IDLE_TIMEOUT);
        resting.pop().map(|one| one.connection)
    }

    fn release(&self, connection: AsyncSmtpConnection) {
        let since = Instant::now();
        let mut resting = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        resting.push(IdleConnection { connection, since });
    }
}

/// Why a connection cannot be opened.
enum ConnectError {
    Network(std::io::Error),
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

/// One message on a connection that is ready for it (RFC 5321 section 3.3).
async fn send_message(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<(), DeliveryOutcome> {
    let deferred = |error: Error| DeliveryOutcome::Deferred(error_text(&error));
    connection
        .command(Mail::new(envelope.from().cloned(), Vec::new()))
        .await
        .map_err(deferred)?;
    for recipient in envelope.to() {
        let command = Rcpt::new(recipient.clone(), Vec::new());
        connection
            .command(command)
            .await
            .map_err(|error| classify_error(&error))?;
    }
    connection
        .command(Data)
        .await
        .map_err(|error| classify_error(&error))?;
    connection
        .message(message)
        .await
        .map_err(|error| classify_error(&error))?;
    Ok(())
}

/// A 5xx is final, unless it requires authentication (RFC 4954 section 6), which is no error of the recipient.
fn classify_error(error: &Error) -> DeliveryOutcome {
    let about_sign_in = error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    if error.is_permanent() && !about_sign_in {
        DeliveryOutcome::Rejected(error_text(error))
    } else {
        DeliveryOutcome::Deferred(error_text(error))
    }
}

/// The server's reply, or else the error, on one line of at most 300 characters.
fn error_text(error: &Error) -> String {
    let text = match (error.status(), error.source()) {
        (Some(code), Some(reply)) => format!("{code} {reply}"),
        _ => error.to_string(),
    };
    clean_foreign(&text, MAX_ERROR_CHARS)
}
