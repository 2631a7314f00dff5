//! Identities: what third-party services call our users.

use super::engine::{first_column, params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{IdentityId, UserId};
use convoke_core::secret::TokenHash;
use convoke_core::text::ForeignText;

row! {
    /// What one service calls one user.
    pub struct Identity as identity_columns {
        /// Convoke's id of the connection, by which it is disconnected.
        pub id: IdentityId = "id",
        /// The user whom the service signs in.
        pub user: UserId = "user_id",
        /// The service's id in the configuration.
        pub provider: String = "provider",
        /// The issuer's URL exactly as the service writes it, compared as a whole (security rule 7).
        pub issuer: String = "issuer",
        /// The service's unchanging id of the person; never an address (rule U5).
        pub subject: String = "subject",
        /// What people know the person by at the service.
        pub label: Option<ForeignText> = "label",
        /// When it was connected or its user signed up with it.
        pub created_at: Timestamp = "created_at",
    }
}

statements! {
    INSERT = "insert into identities (id, user_id, provider, issuer, subject, label, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    FIND = (concat!("select ", identity_columns!(), " from identities
        where provider = $1 and issuer = $2 and subject = $3"));
    LIST_OF_USER = (concat!("select ", identity_columns!(), " from identities
        where user_id = $1 order by id"));
    UPDATE_LABEL = "update identities set label = $2 where id = $1";
    DELETE = "delete from identities where id = $1 and user_id = $2";
    MARK_STATE_USED = "insert into used_states (state_hash, created_at) values ($1, $2) on conflict do nothing";
    FIND_STATE_USED = "select created_at from used_states where state_hash = $1";
    DELETE_OLD_STATES = "delete from used_states where state_hash in (
        select state_hash from used_states where created_at <= $1 order by created_at limit $2)";
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
    conn.query_optional(FIND, params![provider, issuer, subject], Identity::read)
}

/// A user's identities, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of_user(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<Identity>, Error> {
    conn.query_all(LIST_OF_USER, params![user], Identity::read)
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
    Ok(conn.execute(MARK_STATE_USED, params![state, now])? == 1)
}

/// When a state was used; none when it was not.
///
/// # Errors
/// When the database is unavailable.
pub fn find_state_used_at(
    conn: &mut Conn<'_>,
    state: &TokenHash,
) -> Result<Option<Timestamp>, Error> {
    conn.query_optional(FIND_STATE_USED, params![state], first_column)
}

/// Deletes up to `limit` used states of `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_old_states(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_OLD_STATES, params![before, limit])
}
