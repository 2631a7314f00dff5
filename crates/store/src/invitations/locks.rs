//! Locks of the account of an invitation that an id or a link names (security rule 3).

use crate::engine::{params, statements};
use crate::{Conn, Error};
use convoke_core::ids::{InvitationId, UserId};
use convoke_core::secret::TokenHash;

statements! {
    LOCK_ACCOUNT = "select account_id from invitations where id = $1"
        pg "select a.id from invitations i join accounts a on a.id = i.account_id where i.id = $1 for no key update of a";
    LOCK_ACCOUNT_WITH_USER = "select i.account_id from invitations i cross join users u where i.id = $1 and u.id = $2"
        pg "select a.id from invitations i join accounts a on a.id = i.account_id cross join users u
        where i.id = $1 and u.id = $2 for no key update of a, u";
    LOCK_ACCOUNT_BY_TOKEN = "select i.account_id from invitation_tokens t join invitations i on i.id = t.invitation_id
        where t.token_hash = $1"
        pg "select a.id from invitation_tokens t join invitations i on i.id = t.invitation_id
        join accounts a on a.id = i.account_id where t.token_hash = $1 for no key update of a";
}

/// Locks the account of an invitation together with the next statement; nothing for an unknown invitation.
///
/// # Errors
/// When the database is unavailable.
pub fn lock_account_later(conn: &mut Conn<'_>, id: InvitationId) -> Result<(), Error> {
    conn.lock_later(LOCK_ACCOUNT, params![id])
}

/// The same, and then a user.
///
/// # Errors
/// When the database is unavailable.
pub fn lock_account_with_user_later(
    conn: &mut Conn<'_>,
    id: InvitationId,
    user: UserId,
) -> Result<(), Error> {
    conn.lock_later(LOCK_ACCOUNT_WITH_USER, params![id, user])
}

/// Locks the account of the invitation of a link together with the next statement; nothing for an unknown link.
///
/// # Errors
/// When the database is unavailable.
pub fn lock_account_by_token_later(conn: &mut Conn<'_>, hash: &TokenHash) -> Result<(), Error> {
    conn.lock_later(LOCK_ACCOUNT_BY_TOKEN, params![hash])
}
