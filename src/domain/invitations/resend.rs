//! Send a pending invitation again (rule I8), or give a link to hand over (rule I12).

use serde_json::json;

use super::{Invitation, find, remind_at, table};
use crate::core::ids::{AccountId, InvitationId};
use crate::core::secret::{Secret, TokenKind, new_token};
use crate::domain::accounts::require_locked;
use crate::domain::activity::{self, Actor, Book, Change, Target};
use crate::domain::letters::{self, Message};
use crate::domain::permissions::Act;
use crate::domain::{Caller, Refusal, Tx};

/// Mails a fresh link and starts the time anew; earlier links keep working.
///
/// # Errors
/// As [`crate::domain::accounts::require`]; [`Refusal::InvitationEnded`], [`Refusal::RateLimited`].
pub fn resend(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Invitation, Refusal> {
    let (found, _) = require_locked(tx, caller, account, Act::ManageUsers)?;
    let before = find(tx, account, id)?;
    before.must_be_pending(None)?;
    let limits = &tx.app.rate_limits;
    let permits = limits.invitations(caller.user.id, account, found.created_at, 1, tx.now)?;
    tx.reserve(permits);
    let expires_at = tx.now.plus(tx.app.rules.invitation_lifetime);
    let remind_at = remind_at(tx, expires_at);
    if !table::update_expiry(tx.conn, id, tx.now, expires_at, remind_at)? {
        return Err(Refusal::ChangedMeanwhile);
    }
    let change = Change {
        actor: Actor::of(caller),
        action: "invitation.resent",
        target: Some(Target::Invitation(id, before.email)),
        before: Some(json!({ "expires_at": before.expires_at })),
        after: Some(json!({ "expires_at": expires_at })),
    };
    activity::record(tx, Book::Account(account), &caller.origin, change)?;
    letters::owe(tx, &Message::Invitation(account, id))?;
    find(tx, account, id)
}

/// Makes a link to hand over by other means; it proves no mailbox and is shown this once.
///
/// # Errors
/// As [`crate::domain::accounts::require`], or [`Refusal::InvitationEnded`].
pub fn link(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Secret, Refusal> {
    require_locked(tx, caller, account, Act::ManageUsers)?;
    let it = find(tx, account, id)?;
    it.must_be_pending(None)?;
    let (token, hash) = new_token(TokenKind::Invitation, tx.app.random.as_ref());
    table::insert_token(tx.conn, &hash, id, false, tx.now)?;
    let change = Change {
        actor: Actor::of(caller),
        action: "invitation.link_created",
        target: Some(Target::Invitation(id, it.email)),
        before: None,
        after: None,
    };
    activity::record(tx, Book::Account(account), &caller.origin, change)?;
    Ok(token)
}
