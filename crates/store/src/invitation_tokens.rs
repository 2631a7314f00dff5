//! Tokens of invitations' links, as hashes.

use convoke_core::clock::Timestamp;
use convoke_core::ids::InvitationId;
use convoke_core::secret::TokenHash;

use super::engine::{params, statements};
use super::{Conn, Error};

statements! {
    INSERT = "insert into invitation_tokens (token_hash, invitation_id, proves_mailbox, address_version, email_canonical,
        created_at) values ($1, $2, $3, $4, $5, $6)"
        pg "insert into invitation_tokens (token_hash, invitation_id, proves_mailbox, address_version, email_canonical,
        created_at) select * from unnest($1::bytea[], $2::uuid[], $3::boolean[], $4::bigint[], $5::text[], $6::bigint[])";
    FIND = "select invitation_id, proves_mailbox, address_version, email_canonical from invitation_tokens
        where token_hash = $1";
}

/// A link's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationToken {
    /// The invitation that the link opens.
    pub invitation: InvitationId,
    /// Whether the link was mailed to the invited address.
    pub proves_mailbox: bool,
    /// The version of the invitation's address that the link belongs to; the link of an earlier one is not valid.
    pub address_version: i64,
    /// The canonical address that the link was mailed to; none for a link to hand over.
    pub email_canonical: Option<String>,
}

/// Stores the tokens of links by their hashes.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    tokens: &[(TokenHash, InvitationToken)],
    now: Timestamp,
) -> Result<(), Error> {
    let rows = tokens.iter().map(|(hash, token)| {
        *params![
            hash,
            token.invitation,
            token.proves_mailbox,
            token.address_version,
            token.email_canonical.as_deref(),
            now
        ]
    });
    let rows: Vec<_> = rows.collect();
    conn.insert_all_later(INSERT, &rows)
}

/// The token with this hash.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, hash: &TokenHash) -> Result<Option<InvitationToken>, Error> {
    conn.query_optional(FIND, params![hash], |row| {
        Ok(InvitationToken {
            invitation: row.get()?,
            proves_mailbox: row.get()?,
            address_version: row.get()?,
            email_canonical: row.get()?,
        })
    })
}
