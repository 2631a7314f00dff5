//! Addresses that want no invitations by mail: stopped by the link of a mail (RFC 8058), allowed again by the same link, by the
//! user who has the address, or by the operator.

use super::find_by_token;
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::{Caller, ClientInfo, Error, Mode, Tx, sessions};
use convoke_core::email_address::EmailAddress;
use convoke_core::model::activity::Action;
use convoke_store::suppressions as table;

/// Stops invitations by mail to the address of a mailed link; asking again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] when the link is unknown or was not mailed, [`Error::LinkNoLongerValid`].
pub fn unsubscribe(tx: &mut Tx<'_, '_>, client: &ClientInfo, token: &str) -> Result<(), Error> {
    change(tx, client, token, Action::InvitationMailStopped)
}

/// Allows invitations by mail to the address of a mailed link again; asking again changes nothing.
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
    let (invitation, proves_mailbox) = find_by_token(tx, token)?;
    if !proves_mailbox {
        return Err(Error::NotFound);
    }
    let email = &invitation.email_canonical;
    let is_changed = if action == Action::InvitationMailStopped {
        table::insert(tx.conn, email, tx.now)?
    } else {
        table::delete(tx.conn, email)?
    };
    if !is_changed {
        return Ok(());
    }
    let event = ActivityEvent {
        actor: Actor::InvitationLink,
        action,
        target: Some(Target::Invitation(invitation.id, invitation.email)),
        before: None,
        after: None,
    };
    let scope = ActivityScope::Account(invitation.account);
    activity::record(tx, scope, client, event)
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

/// Allows invitations by mail to an address again, for the operator; returns whether they were stopped.
///
/// # Errors
/// When the database is unavailable.
pub fn unsuppress(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<bool, Error> {
    Ok(table::delete(tx.conn, email.canonical())?)
}
