//! Another address for a live invitation (rule I16).

use crate::engine::{params, statements};
use crate::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::email_address::EmailAddress;
use convoke_core::ids::InvitationId;

statements! {
    UPDATE_EMAIL = "update invitations set email = $3, email_canonical = $4, expires_at = $5, remind_at = $6,
        address_version = address_version + 1, requested_email = null, sent_at = null, delivery = 'queued',
        delivery_reason = null, delivery_detail = null, next_attempt_at = null where id = $1 and status = 'pending' and expires_at > $2";
    REQUEST_ADDRESS = "update invitations set requested_email = $3
        where id = $1 and status = 'pending' and expires_at > $2 and requested_email is null";
}

/// Gives a live invitation another address, extends it, and ends its links and its request for an address; returns whether it
/// was live.
///
/// # Errors
/// When the database is unavailable.
pub fn update_email(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    email: &EmailAddress,
    expires_at: Timestamp,
    remind_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let values = params![
        id,
        now,
        email.as_str(),
        email.canonical(),
        expires_at,
        remind_at
    ];
    Ok(conn.execute(UPDATE_EMAIL, values)? == 1)
}

/// Stores the address that the invitee asks for; returns false when the invitation is not live or has an open request.
///
/// # Errors
/// When the database is unavailable.
pub fn request_address(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    email: &EmailAddress,
) -> Result<bool, Error> {
    Ok(conn.execute(REQUEST_ADDRESS, params![id, now, email.as_str()])? == 1)
}
