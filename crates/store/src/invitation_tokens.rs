//! Tokens of invitations' links, as hashes.

use convoke_core::clock::Timestamp;
use convoke_core::ids::InvitationId;
use convoke_core::secret::TokenHash;

use super::engine::{params, statements};
use super::{Conn, Error};

statements! {
    INSERT = "insert into invitation_tokens (token_hash, invitation_id, proves_mailbox, created_at)
        values ($1, $2, $3, $4)";
    FIND = "select invitation_id, proves_mailbox from invitation_tokens where token_hash = $1";
}

/// Remembers a link's token.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    id: InvitationId,
    proves_mailbox: bool,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(INSERT, params![token, id, proves_mailbox, now])?;
    Ok(())
}

/// The invitation of a token, and whether the token verifies the mailbox.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, token: &TokenHash) -> Result<Option<(InvitationId, bool)>, Error> {
    conn.query_optional(FIND, params![token], |row| Ok((row.get()?, row.get()?)))
}
