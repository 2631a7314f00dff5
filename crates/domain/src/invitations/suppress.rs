//! Addresses that want no invitations by mail: stopped by the link of a mail (RFC 8058), allowed again by the same link, by the
//! user who has the address, or by the operator.

use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::{Caller, ClientInfo, Error, Mode, Tx, sessions};
use convoke_core::email_address::EmailAddress;
use convoke_core::model::activity::Action;
use convoke_core::secret::{TokenKind, token_hash};
use convoke_store as store;
use convoke_store::suppressions as table;

/// Stops invitations by mail to the address that a link was mailed to, also when the invitation has got another one since; asking
/// again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] when the link is unknown or was not mailed, [`Error::LinkNoLongerValid`].
pub fn unsubscribe(tx: &mut Tx<'_, '_>, client: &ClientInfo, token: &str) -> Result<(), Error> {
    change(tx, client, token, Action::InvitationMailStopped)
}

/// Allows invitations by mail to the address that a link was mailed to again; asking again changes nothing.
///
/// # Errors
/// As [`unsubscribe`].
pub fn resubscribe(tx: &mut Tx<'_, '_>, client: &ClientInfo, token: &str) -> Result<(), Error> {
    change(tx, client, token, Action::InvitationMailAllowed)
}

fn change(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    token: &str,
    action: Action,
) -> Result<(), Error> {
    let (invitation, email) = find_mailed(tx, token)?;
    let email = &email;
    let is_changed = if action == Action::InvitationMailStopped {
        table::insert(tx.conn, email, tx.now)?
    } else {
        table::delete(tx.conn, email)?
    };
    if !is_changed {
        return Ok(());
    }
    let name = if *email == invitation.email_canonical {
        invitation.email
    } else {
        email.clone()
    };
    let event = ActivityEvent {
        actor: Actor::InvitationLink,
        action,
        target: Some(Target::Invitation(invitation.id, name)),
        before: None,
        after: None,
    };
    let scope = ActivityScope::Account(invitation.account);
    activity::record(tx, scope, client, event)
}

/// The invitation of a mailed link, and the canonical address that the link was mailed to, which may not be the invited one any
/// more (rule I16).
fn find_mailed(
    tx: &mut Tx<'_, '_, impl Mode>,
    token: &str,
) -> Result<(store::invitations::Invitation, String), Error> {
    let hash = token_hash(TokenKind::Invitation, token).ok_or(Error::NotFound)?;
    let token = store::invitation_tokens::find(tx.conn, &hash)?
        .filter(|token| token.proves_mailbox)
        .ok_or(Error::NotFound)?;
    let found = store::invitations::find_any(tx.conn, token.invitation)?;
    let invitation = found.ok_or(Error::NotFound)?.invitation;
    let email = match token.email_canonical {
        Some(email) => email,
        // A node of an earlier version has stored the link.
        None if token.address_version == invitation.address_version => {
            invitation.email_canonical.clone()
        }
        None => return Err(Error::LinkNoLongerValid),
    };
    Ok((invitation, email))
}

/// Whether invitations by mail to the address of a mailed link are stopped.
///
/// # Errors
/// As [`unsubscribe`].
pub fn is_unsubscribed_by_link(tx: &mut Tx<'_, '_, impl Mode>, token: &str) -> Result<bool, Error> {
    let (_, email) = find_mailed(tx, token)?;
    is_unsubscribed(tx, &email)
}

/// Whether invitations by mail to an address are stopped. The caller has verified the mailbox, by a link or as the user of the
/// address.
///
/// # Errors
/// When the database is unavailable.
pub fn is_unsubscribed(tx: &mut Tx<'_, '_, impl Mode>, canonical: &str) -> Result<bool, Error> {
    Ok(table::contains(tx.conn, canonical)?)
}

/// Allows invitations by mail to the caller's own address again; asking again changes nothing.
///
/// # Errors
/// As [`sessions::lock`].
pub fn subscribe_own(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Error> {
    let (user, _) = sessions::lock(tx, caller)?;
    let Some(email) = &user.email_canonical else {
        return Ok(());
    };
    if !table::delete(tx.conn, email)? {
        return Ok(());
    }
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::UserInvitationMailAllowed,
        target: None,
        before: None,
        after: None,
    };
    activity::record(tx, ActivityScope::Person(user.id), &caller.client, event)
}

/// Allows invitations by mail to an address again, for the operator; returns whether they were stopped. It is recorded with the
/// user of the address; without one there is no activity that it belongs to.
///
/// # Errors
/// When the database is unavailable.
pub fn unsuppress(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<bool, Error> {
    if !table::delete(tx.conn, email.canonical())? {
        return Ok(false);
    }
    if let Some(user) = store::users::find_by_email(tx.conn, email.canonical())? {
        let event = ActivityEvent {
            actor: Actor::System,
            action: Action::UserInvitationMailAllowed,
            target: None,
            before: None,
            after: None,
        };
        let scope = ActivityScope::Person(user.id);
        activity::record(tx, scope, &ClientInfo::default(), event)?;
    }
    Ok(true)
}
