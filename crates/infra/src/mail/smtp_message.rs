//! One message on a connection, and what the server's replies mean for it.

use std::error::Error as _;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};

use super::connection_limit::ends_connection;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use convoke_core::model::invitation::DeliveryReason;

/// Why a message was not sent on a connection.
pub(super) enum SendError {
    /// To be recorded.
    Outcome(DeliveryOutcome),
    /// The server closes the connection; the message can be sent on another one.
    ConnectionEnded(DeliveryError),
}

/// One message on a connection that is ready for it (RFC 5321 section 3.3).
pub(super) async fn send_message(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<(), SendError> {
    connection
        .command(Mail::new(envelope.from().cloned(), Vec::new()))
        .await
        .map_err(|error| send_error(&error, false))?;
    for recipient in envelope.to() {
        let command = Rcpt::new(recipient.clone(), Vec::new());
        connection
            .command(command)
            .await
            .map_err(|error| send_error(&error, true))?;
    }
    connection
        .command(Data)
        .await
        .map_err(|error| send_error(&error, true))?;
    connection
        .message(message)
        .await
        .map_err(|error| send_error(&error, true))?;
    Ok(())
}

/// A 5xx is final where the command is about the recipient or the message, unless it requires authentication (RFC 4954
/// section 6), which is no error of the recipient.
fn send_error(error: &Error, is_about_message: bool) -> SendError {
    let Some(code) = error.status().map(u16::from) else {
        let error = DeliveryError::new(DeliveryReason::Connection, &error.to_string());
        return SendError::Outcome(DeliveryOutcome::Deferred(error));
    };
    let reply = DeliveryError::reply(&reply_text(error));
    if ends_connection(code, reply.text()) {
        return SendError::ConnectionEnded(DeliveryError {
            reason: DeliveryReason::ServerBusy,
            ..reply
        });
    }
    let is_about_sign_in = matches!(code, 530 | 534 | 535 | 538);
    SendError::Outcome(
        if error.is_permanent() && is_about_message && !is_about_sign_in {
            DeliveryOutcome::Rejected(reply)
        } else {
            DeliveryOutcome::Deferred(reply)
        },
    )
}

/// The server's reply, or else the error.
pub(super) fn reply_text(error: &Error) -> String {
    match (error.status(), error.source()) {
        (Some(code), Some(reply)) => format!("{code} {reply}"),
        _ => error.to_string(),
    }
}
