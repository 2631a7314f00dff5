//! Where messages go: to a mail server, or into memory where none is set.

use std::fmt;

use super::in_memory::Mailbox;
use super::message::OutgoingMessage;
use super::smtp::SmtpServer;
use super::smtp_url::SmtpUrl;
use convoke_core::model::email::DeliveryOutcome;
use convoke_core::secret::Secret;

#[cfg(test)]
mod tests;

/// Where messages go.
pub enum Transport {
    /// To a mail server.
    Smtp(Box<SmtpServer>),
    /// Into memory.
    Mailbox(Mailbox),
}

impl Transport {
    /// The transport to a mail server with so many connections at a time, or into memory without one; it connects only when
    /// there is something to send.
    ///
    /// # Errors
    /// A sentence that names the key and what is wrong with it, without secrets.
    pub fn new(smtp_url: Option<&Secret>, from: &str, connections: usize) -> Result<Self, String> {
        let Some(url) = smtp_url else {
            return Ok(Self::Mailbox(Mailbox::default()));
        };
        let url =
            SmtpUrl::parse(url.expose()).map_err(|error| format!("mail.smtp_url: {error}"))?;
        let sender = from.parse::<lettre::message::Mailbox>();
        let sender = sender.map_err(|error| format!("mail.from: {error}"))?;
        let server = SmtpServer::new(url, sender.email.domain(), connections);
        let server = server.map_err(|error| format!("mail.smtp_url: {error}"))?;
        Ok(Self::Smtp(Box::new(server)))
    }

    /// Sends one message and returns the outcome, within 20 s; dropping the future is safe.
    pub async fn send(&self, outgoing: OutgoingMessage) -> DeliveryOutcome {
        match self {
            Self::Smtp(server) => {
                let message = outgoing.message.formatted();
                server.send(outgoing.message.envelope(), &message).await
            }
            Self::Mailbox(mailbox) => {
                mailbox.push(outgoing);
                DeliveryOutcome::Sent
            }
        }
    }

    /// Whether the mail server lets this installation in; the mailbox always does.
    ///
    /// # Errors
    /// The server's reply or the network error, on one line.
    pub async fn check(&self) -> Result<(), String> {
        match self {
            Self::Smtp(server) => server.check().await,
            Self::Mailbox(_) => Ok(()),
        }
    }

    /// How many connections the mail server may have now; none without one.
    #[must_use]
    pub fn connections(&self) -> Option<usize> {
        match self {
            Self::Smtp(server) => Some(server.limit.current()),
            Self::Mailbox(_) => None,
        }
    }

    /// The in-memory mailbox, where there is no mail server.
    #[must_use]
    pub const fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Mailbox(mailbox) => Some(mailbox),
            Self::Smtp(_) => None,
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp(_) => "Transport::Smtp",
            Self::Mailbox(_) => "Transport::Mailbox",
        })
    }
}
