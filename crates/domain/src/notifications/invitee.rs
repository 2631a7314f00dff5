//! Invitations in emails: links for the invitee, and what the invitee asks the inviter for.

use uuid::Uuid;

use super::OutboxEntry;
use super::parts::to_user;
use crate::invitations::Invitation;
use crate::{Error, Tx};
use convoke_core::model::email::{Email, EmailContent, InvitationLink};
use convoke_core::secret::{Secret, TokenHash, TokenKind, new_token};
use convoke_store as store;
use convoke_store::invitation_tokens::InvitationToken;
use convoke_store::registrations::Registration;

/// The pending invitation of an entry.
///
/// # Errors
/// When the database is unavailable.
fn live_invitation(tx: &mut Tx<'_, '_>, id: Uuid) -> Result<Option<Invitation>, Error> {
    let row = store::invitations::find_any(tx.conn, id.into())?;
    Ok(row
        .map(|stored| Invitation::from_stored(stored, tx.now))
        .filter(Invitation::is_pending))
}

/// The pending invitation to the address of a registration that was to accept it, with a new link.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn invitation_of_registration(
    tx: &mut Tx<'_, '_>,
    registration: &Registration,
) -> Result<Option<InvitationLink>, Error> {
    let Some(id) = registration.invitation else {
        return Ok(None);
    };
    let invitation = live_invitation(tx, id.into())?;
    let invitation =
        invitation.filter(|invitation| invitation.email_canonical == registration.email_canonical);
    let Some(invitation) = invitation else {
        return Ok(None);
    };
    Ok(Some(InvitationLink {
        token: mailed_token(tx, &invitation)?,
        inviter_name: invitation.inviter_name,
        account_name: invitation.account_name,
    }))
}

/// A new token for the link of an invitation that is mailed to the invited address.
///
/// # Errors
/// When the database is unavailable.
fn mailed_token(tx: &mut Tx<'_, '_>, invitation: &Invitation) -> Result<Secret, Error> {
    let (token, stored) = new_mailed_token(tx, invitation);
    store::invitation_tokens::insert(tx.conn, &[stored], tx.now)?;
    Ok(token)
}

/// The same, still to be stored with its hash.
pub(super) fn new_mailed_token(
    tx: &Tx<'_, '_>,
    invitation: &Invitation,
) -> (Secret, (TokenHash, InvitationToken)) {
    let (token, hash) = new_token(TokenKind::Invitation, tx.ctx.random.as_ref());
    let stored = InvitationToken {
        invitation: invitation.id,
        proves_mailbox: true,
        address_version: invitation.address_version,
        email_canonical: Some(invitation.email_canonical.clone()),
    };
    (token, (hash, stored))
}

/// The email that asks the inviter to use another address; none when the request or the invitation has ended.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn address_requested(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
) -> Result<Option<Email>, Error> {
    let Some(invitation) = live_invitation(tx, entry.subject)? else {
        return Ok(None);
    };
    // None when it has got another address meanwhile.
    let Some(requested_email) = invitation.requested_email else {
        return Ok(None);
    };
    let Some(sender) = store::users::find(tx.conn, invitation.invited_by)? else {
        return Ok(None);
    };
    let content = EmailContent::AddressRequested {
        first_name: sender.first_name.clone(),
        account: invitation.account,
        invitation: invitation.id,
        account_name: invitation.account_name,
        email: invitation.email,
        requested_email,
    };
    Ok(to_user(&sender, content))
}
