//! Identities: what third-party services call our users.

use super::engine::{Row, params, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{IdentityId, UserId};
use convoke_core::secret::TokenHash;
use convoke_core::text::ForeignText;

/// What one service calls one user.
#[derive(Clone, Debug)]
pub struct Identity {
    pub id: IdentityId,
    pub user: UserId,
    /// The service's id in the configuration.
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    /// What people know the person by at the service.
    pub label: Option<ForeignText>,
    pub created_at: Timestamp,
}

statements! {
    INSERT = "insert into identities (id, user_id, provider, issuer, subject, label, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    FIND = "select id, user_id, provider, issuer, subject, label, created_at from identities
        where provider = $1 and issuer = $2 and subject = $3";
    LIST_OF_USER = "select id, user_id, provider, issuer, subject, label, created_at from identities
        where user_id = $1 order by id";
    UPDATE_LABEL = "update identities set label = $2 where id = $1";
    DELETE = "delete from identities where id = $1 and user_id = $2";
    USE_STATE = "insert into used_states (state_hash, created_at) values ($1, $2) on conflict do nothing";
    DELETE_OLD_STATES = "delete from used_states where state_hash in (
        select state_hash from used_states where created_at <= $1 order by created_at limit $2)";
}

fn read(row: &mut Row<'_>) -> Result<Identity, Error> {
    Ok(Identity {
        id: row.get()?,
        user: row.get()?,
        provider: row.get()?,
        issuer: row.get()?,
        subject: row.get()?,
        label: row.get()?,
        created_at: row.get()?,
    })
}

/// Adds an identity; returns false when it belongs to a user already.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, identity: &Identity) -> Result<bool, Error> {
    let rows = conn.execute(
        INSERT,
        params![
            identity.id,
            identity.user,
            &identity.provider,
            &identity.issuer,
            &identity.subject,
            identity.label.as_deref(),
            identity.created_at,
        ],
    )?;
    Ok(rows == 1)
}

/// The identity that a service means by this subject.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    conn: &mut Conn<'_>,
    provider: &str,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, Error> {
    conn.query_optional(FIND, params![provider, issuer, subject], read)
}

/// A user's identities, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_user(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<Identity>, Error> {
    conn.query_all(LIST_OF_USER, params![user], read)
}

/// Writes down what the person is called at the service now.
///
/// # Errors
/// When the database is unavailable.
pub fn update_label(conn: &mut Conn<'_>, id: IdentityId, label: Option<&str>) -> Result<(), Error> {
    conn.execute(UPDATE_LABEL, params![id, label])?;
    Ok(())
}

/// Deletes one identity of a user; returns whether there was one.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, id: IdentityId, user: UserId) -> Result<bool, Error> {
    Ok(conn.execute(DELETE, params![id, user])? == 1)
}

/// Stores that a state was used; returns false when it was used before.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_state_used(
    conn: &mut Conn<'_>,
    state: &TokenHash,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(USE_STATE, params![state, now])? == 1)
}

/// Deletes up to `limit` used states of `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_old_states(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_OLD_STATES, params![before, limit])
}
