//! How the email of an invitation was delivered.

use crate::engine::{params, statements};
use crate::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::InvitationId;
use convoke_core::model::email::DeliveryError;
use convoke_core::model::invitation::DeliveryStatus;
use uuid::Uuid;

statements! {
    UPDATE_DELIVERY_ENTRY = "update invitations set delivery_entry_id = $2 where id = $1";
    UPDATE_DELIVERY = "update invitations set delivery = $3, delivery_reason = $4, delivery_detail = $5,
        next_attempt_at = $6, sent_at = coalesce($7, sent_at)
        where id = $1 and (delivery_entry_id is null or delivery_entry_id = $2)";
}

/// The state of the email of an invitation.
#[derive(Clone, Debug)]
pub enum Delivery<'a> {
    /// The mail server took it at this moment.
    Sent(Timestamp),
    /// It is tried again at this moment.
    Waiting(&'a DeliveryError, Timestamp),
    /// The mail server rejected it for good, or it is not sent at all.
    Failed(&'a DeliveryError),
}

/// Makes an outbox entry the only one whose delivery outcome is stored from now on.
///
/// # Errors
/// When the database is unavailable.
pub fn update_delivery_entry(
    conn: &mut Conn<'_>,
    id: InvitationId,
    entry: Uuid,
) -> Result<(), Error> {
    conn.execute(UPDATE_DELIVERY_ENTRY, params![id, entry])?;
    Ok(())
}

/// Stores the delivery outcome of an outbox entry, unless [`update_delivery_entry`] named another one; `sent_at` stays when
/// it was not sent.
///
/// The condition is on the row that is written, so on PostgreSQL it is checked again after waiting for a transaction that
/// names another entry.
///
/// # Errors
/// When the database is unavailable.
pub fn update_delivery(
    conn: &mut Conn<'_>,
    id: InvitationId,
    entry: Uuid,
    delivery: &Delivery<'_>,
) -> Result<(), Error> {
    let (status, error, next_attempt_at, sent_at) = match *delivery {
        Delivery::Sent(at) => (DeliveryStatus::Sent, None, None, Some(at)),
        Delivery::Waiting(error, next) => (DeliveryStatus::Waiting, Some(error), Some(next), None),
        Delivery::Failed(error) => (DeliveryStatus::Failed, Some(error), None, None),
    };
    let reason = error.map(|error| error.reason);
    let text = error.and_then(|error| error.text.as_deref());
    let values = params![id, entry, status, reason, text, next_attempt_at, sent_at];
    conn.execute(UPDATE_DELIVERY, values)?;
    Ok(())
}
