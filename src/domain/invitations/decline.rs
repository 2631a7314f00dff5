//! Decline: by link or as the signed-in invitee; and the mail program's "unsubscribe".

use super::accept::find_mine;
use super::{Invitation, Status, find_by_token, lock, table};
use crate::core::ids::InvitationId;
use crate::domain::activity::{self, Actor, Book, Change, Target};
use crate::domain::letters::{self, Message};
use crate::domain::{Caller, Origin, Refusal, Tx, sessions};

/// Declines by link, signed in or not.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::InvitationEnded`].
pub fn decline(
    tx: &mut Tx<'_, '_>,
    caller: Option<&Caller>,
    origin: &Origin,
    token: &str,
) -> Result<(), Refusal> {
    let (it, _) = find_by_token(tx, token)?;
    let it = lock(tx, &it)?;
    it.must_be_pending(caller.map(|caller| caller.user.id))?;
    let actor = caller
        .filter(|caller| it.is_for(&caller.user))
        .map_or(Actor::InvitationLink, Actor::of);
    end(tx, actor, origin, it)
}

/// Declines one of the invitations that wait for the caller's address.
///
/// # Errors
/// As [`decline`].
pub fn decline_mine(tx: &mut Tx<'_, '_>, caller: &Caller, id: InvitationId) -> Result<(), Refusal> {
    let it = find_mine(tx, &caller.user, id)?;
    let it = lock(tx, &it)?;
    it.must_be_pending(Some(caller.user.id))?;
    let (user, _) = sessions::lock(tx, caller)?;
    // Their address may be another one by now (rule V5).
    if !it.is_for(&user) {
        return Err(Refusal::NotFound);
    }
    end(tx, Actor::of(caller), &caller.origin, it)
}

fn end(tx: &mut Tx<'_, '_>, actor: Actor, origin: &Origin, it: Invitation) -> Result<(), Refusal> {
    if !table::mark_ended(tx.conn, it.id, tx.now, Status::Declined.as_str(), None)? {
        return Err(Refusal::ChangedMeanwhile);
    }
    let change = Change {
        actor,
        action: "invitation.declined",
        target: Some(Target::Invitation(it.id, it.email)),
        before: None,
        after: None,
    };
    activity::record(tx, Book::Account(it.account), origin, change)?;
    letters::owe(tx, &Message::Declined(it.account, it.id))
}

/// Stops invitations by mail to the address of a mailed link (RFC 8058); asking again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] when the link is unknown or was not mailed.
pub fn unsubscribe(tx: &mut Tx<'_, '_>, origin: &Origin, token: &str) -> Result<(), Refusal> {
    let (it, proves_mailbox) = find_by_token(tx, token)?;
    if !proves_mailbox {
        return Err(Refusal::NotFound);
    }
    if !table::insert_suppression(tx.conn, &it.email_canonical, tx.now)? {
        return Ok(());
    }
    let change = Change {
        actor: Actor::InvitationLink,
        action: "invitation.mail_stopped",
        target: Some(Target::Invitation(it.id, it.email)),
        before: None,
        after: None,
    };
    activity::record(tx, Book::Account(it.account), origin, change)
}
