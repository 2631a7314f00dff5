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
        where id = $1 and (delivery_entry_id is null or delivery_entry_id = $2)"
        pg "update invitations set delivery = n.delivery, delivery_reason = n.reason, delivery_detail = n.detail,
        next_attempt_at = n.next_attempt_at, sent_at = coalesce(n.sent_at, invitations.sent_at)
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
            as n (id, entry, delivery, reason, detail, next_attempt_at, sent_at)
        where invitations.id = n.id
        and (invitations.delivery_entry_id is null or invitations.delivery_entry_id = n.entry)";
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

/// The state of the email that an outbox entry is for.
#[derive(Clone, Debug)]
pub struct DeliveryUpdate<'a> {
    /// The invitation.
    pub invitation: InvitationId,
    /// The entry.
    pub entry: Uuid,
    /// The state.
    pub delivery: Delivery<'a>,
}

/// Stores the delivery outcomes of outbox entries, except of those whose invitation has another entry by
/// [`update_delivery_entry`]; `sent_at` stays when an email was not sent.
///
/// The condition is on the row that is written, so on PostgreSQL it is checked again after waiting for a transaction that
/// names another entry.
///
/// # Errors
/// When the database is unavailable.
pub fn update_deliveries(conn: &mut Conn<'_>, updates: &[DeliveryUpdate<'_>]) -> Result<(), Error> {
    let rows = updates.iter().map(|update| {
        let (status, error, next_attempt_at, sent_at) = match update.delivery {
            Delivery::Sent(at) => (DeliveryStatus::Sent, None, None, Some(at)),
            Delivery::Waiting(error, next) => {
                (DeliveryStatus::Waiting, Some(error), Some(next), None)
            }
            Delivery::Failed(error) => (DeliveryStatus::Failed, Some(error), None, None),
        };
        let reason = error.map(|error| error.reason);
        let text = error.and_then(|error| error.text.as_deref());
        let (invitation, entry) = (update.invitation, update.entry);
        *params![
            invitation,
            entry,
            status,
            reason,
            text,
            next_attempt_at,
            sent_at
        ]
    });
    let rows: Vec<_> = rows.collect();
    conn.execute_all_later(UPDATE_DELIVERY, &rows)
}
