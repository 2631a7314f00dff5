//! How the email of an invitation was delivered.

use crate::engine::{params, statements};
use crate::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::InvitationId;
use convoke_core::model::invitation::DeliveryStatus;
use uuid::Uuid;

statements! {
    UPDATE_DELIVERY_ENTRY = "update invitations set delivery_entry_id = $2 where id = $1";
    UPDATE_DELIVERY = "update invitations set delivery = $3, delivery_detail = $4, sent_at = coalesce($5, sent_at)
        where id = $1 and (delivery_entry_id is null or delivery_entry_id = $2)";
    MARK_FAILED = "update invitations set delivery = 'failed', delivery_detail = $2 where id = $1";
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
/// none is given.
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
    status: DeliveryStatus,
    detail: Option<&str>,
    sent_at: Option<Timestamp>,
) -> Result<(), Error> {
    let values = params![id, entry, status, detail, sent_at];
    conn.execute(UPDATE_DELIVERY, values)?;
    Ok(())
}

/// Stores that no email is sent, and why, whichever entry it is.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_failed(conn: &mut Conn<'_>, id: InvitationId, detail: &str) -> Result<(), Error> {
    conn.execute(MARK_FAILED, params![id, detail])?;
    Ok(())
}
