//! Take a pending invitation back.

use serde_json::json;

use super::{Invitation, Status, find, table};
use crate::core::ids::{AccountId, InvitationId, UserId};
use crate::domain::accounts::require_locked;
use crate::domain::activity::{self, Actor, Book, Change, Target};
use crate::domain::permissions::Act;
use crate::domain::{Caller, Refusal, Tx};

/// Takes a pending invitation back; its links end at once.
///
/// # Errors
/// As [`crate::domain::accounts::require`], or [`Refusal::InvitationEnded`].
pub fn revoke(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
) -> Result<Invitation, Refusal> {
    require_locked(tx, caller, account, Act::ManageUsers)?;
    let it = find(tx, account, id)?;
    it.must_be_pending(None)?;
    end(tx, caller, account, id, it.email)?;
    find(tx, account, id)
}

fn end(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    id: InvitationId,
    email: String,
) -> Result<(), Refusal> {
    if !table::mark_ended(tx.conn, id, tx.now, Status::Revoked.as_str(), None)? {
        return Err(Refusal::ChangedMeanwhile);
    }
    let change = Change {
        actor: Actor::of(caller),
        action: "invitation.revoked",
        target: Some(Target::Invitation(id, email)),
        before: None,
        after: None,
    };
    activity::record(tx, Book::Account(account), &caller.origin, change)
}

/// What becomes of the pending invitations of somebody who may invite no more (rule I13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sent {
    /// They are revoked.
    #[default]
    Revoke,
    /// They are kept, and whoever decided this stands behind them from now on.
    Keep,
}

/// How many pending invitations a user sent or stands behind.
///
/// # Errors
/// When the database cannot.
pub fn count_sent(tx: &mut Tx<'_, '_>, account: AccountId, user: UserId) -> Result<usize, Refusal> {
    Ok(table::list_sponsored_by(tx.conn, account, user, tx.now)?.len())
}

/// Revokes or keeps what `user` sent, in a transaction that has locked the account and asked for permission.
///
/// # Errors
/// When the database cannot.
pub fn release_sent(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    choice: Sent,
) -> Result<(), Refusal> {
    for (id, email) in table::list_sponsored_by(tx.conn, account, user, tx.now)? {
        match choice {
            Sent::Revoke => end(tx, caller, account, id, email)?,
            Sent::Keep => {
                table::update_sponsor(tx.conn, id, tx.now, caller.user.id)?;
                let change = Change {
                    actor: Actor::of(caller),
                    action: "invitation.updated",
                    target: Some(Target::Invitation(id, email)),
                    before: Some(json!({ "invited_by": user })),
                    after: Some(json!({ "invited_by": caller.user.id })),
                };
                activity::record(tx, Book::Account(account), &caller.origin, change)?;
            }
        }
    }
    Ok(())
}
