//! Sessions: who is signed in where.

use super::engine::{first_column, params, row, statements};
use super::users::{User, user_columns};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{SessionId, UserId};
use convoke_core::secret::TokenHash;
use convoke_core::text::ForeignText;

row! {
    /// A session as its user sees it.
    pub struct Session as session_columns {
        /// `UUIDv7`; the cookie has the session's token instead.
        pub id: SessionId = "s.id",
        /// When its token was created: at sign-in or at a change of password or address (security rule 8).
        pub created_at: Timestamp = "s.created_at",
        /// Last use, `created_at` at first; written again only once it is `ACTIVITY_RESOLUTION` old.
        pub last_used_at: Timestamp = "s.last_used_at",
        /// The client's address when it was created; none when that was unknown.
        pub ip: Option<String> = "s.ip",
        /// The `User-Agent` header when it was created, truncated; none when there was none.
        pub user_agent: Option<ForeignText> = "s.user_agent",
        /// The service it was begun through, by its id in the configuration.
        pub provider: Option<String> = "s.provider",
        /// When the user last authenticated.
        pub authenticated_at: Timestamp = "s.authenticated_at",
    }
}

pub(super) use session_columns;

statements! {
    INSERT = "insert into sessions (id, token_hash, user_id, created_at, last_used_at, ip, user_agent,
        provider, authenticated_at) values ($1, $2, $3, $4, $4, $5, $6, $7, $8)";
    REPLACE = "update sessions set token_hash = $3, created_at = $4, last_used_at = $4, ip = $5, user_agent = $6,
        provider = $7, authenticated_at = $8 where id = $1 and user_id = $2";
    FIND_LIVE = (concat!("select ", user_columns!(), ", ", session_columns!(), "
        from sessions s join users u on u.id = s.user_id
        where s.token_hash = $1 and s.last_used_at > $2 and s.created_at > $3 and u.disabled_at is null"));
    LIST_LIVE = (concat!("select ", session_columns!(), " from sessions s
        where s.user_id = $1 and s.last_used_at > $2 and s.created_at > $3 order by s.last_used_at desc, s.id"));
    MARK_USED = "update sessions set last_used_at = $2 where id = $1 and last_used_at < $2";
    MARK_AUTHENTICATED = "update sessions set authenticated_at = $3 where id = $1 and user_id = $2";
    FIND_OF_USER = (concat!("select ", user_columns!(), ", ", session_columns!(), "
        from sessions s join users u on u.id = s.user_id
        where s.id = $1 and s.user_id = $2 and u.disabled_at is null"));
    DELETE = "delete from sessions where id = $1 and user_id = $2";
    DELETE_OTHERS = "delete from sessions where user_id = $1 and id <> $2";
    DELETE_ALL = "delete from sessions where user_id = $1";
    DELETE_OLDEST = "delete from sessions where user_id = $1 and id in (select id from sessions where user_id = $1
        order by last_used_at desc, id desc limit 1000 offset $2) returning id";
    DELETE_IDLE = "delete from sessions where id in (
        select id from sessions where last_used_at <= $1 order by last_used_at limit $2) returning id";
    DELETE_OLD = "delete from sessions where id in (
        select id from sessions where created_at <= $1 order by created_at limit $2) returning id";
}

/// Begins a session.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    user: UserId,
    session: &Session,
) -> Result<(), Error> {
    conn.execute(
        INSERT,
        params![
            session.id,
            token,
            user,
            session.created_at,
            session.ip.as_deref(),
            session.user_agent.as_deref(),
            session.provider.as_deref(),
            session.authenticated_at,
        ],
    )?;
    Ok(())
}

/// Gives a session of this user, by its id, another token and other circumstances; returns whether there is such a session.
///
/// # Errors
/// When the database is unavailable.
pub fn replace(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    user: UserId,
    session: &Session,
) -> Result<bool, Error> {
    let replaced = conn.execute(
        REPLACE,
        params![
            session.id,
            user,
            token,
            session.created_at,
            session.ip.as_deref(),
            session.user_agent.as_deref(),
            session.provider.as_deref(),
            session.authenticated_at,
        ],
    )?;
    Ok(replaced == 1)
}

/// The session of a token and its user, when used after `idle_since` and begun after `begun_since`.
///
/// # Errors
/// When the database is unavailable.
pub fn find_live(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    idle_since: Timestamp,
    begun_since: Timestamp,
) -> Result<Option<(User, Session)>, Error> {
    conn.query_optional(FIND_LIVE, params![token, idle_since, begun_since], |row| {
        Ok((User::read(row)?, Session::read(row)?))
    })
}

/// A user's live sessions, last used first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live(
    conn: &mut Conn<'_>,
    user: UserId,
    idle_since: Timestamp,
    begun_since: Timestamp,
) -> Result<Vec<Session>, Error> {
    conn.query_all(
        LIST_LIVE,
        params![user, idle_since, begun_since],
        Session::read,
    )
}

/// Remembers that a session was used.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_used(conn: &mut Conn<'_>, id: SessionId, now: Timestamp) -> Result<bool, Error> {
    Ok(conn.execute(MARK_USED, params![id, now])? == 1)
}

/// Stores the time of authentication; returns whether there is such a session.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_authenticated(
    conn: &mut Conn<'_>,
    id: SessionId,
    user: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(MARK_AUTHENTICATED, params![id, user, now])? == 1)
}

/// A user and one of their sessions, however old; none when the user is disabled.
///
/// # Errors
/// When the database is unavailable.
pub fn find_of_user(
    conn: &mut Conn<'_>,
    id: SessionId,
    user: UserId,
) -> Result<Option<(User, Session)>, Error> {
    conn.query_optional(FIND_OF_USER, params![id, user], |row| {
        Ok((User::read(row)?, Session::read(row)?))
    })
}

/// Ends one session of a user; returns whether there was one.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, id: SessionId, user: UserId) -> Result<bool, Error> {
    Ok(conn.execute(DELETE, params![id, user])? == 1)
}

/// Ends a user's sessions, all but `keep` if there is one, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_all(
    conn: &mut Conn<'_>,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<u64, Error> {
    match keep {
        Some(keep) => conn.execute(DELETE_OTHERS, params![user, keep]),
        None => conn.execute(DELETE_ALL, params![user]),
    }
}

/// Ends a user's sessions beyond the `keep` that were used last, and returns them.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_oldest(
    conn: &mut Conn<'_>,
    user: UserId,
    keep: i64,
) -> Result<Vec<SessionId>, Error> {
    conn.query_all(DELETE_OLDEST, params![user, keep], first_column)
}

/// Deletes up to `limit` sessions that were last used at `before` or earlier, and returns them.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_idle(
    conn: &mut Conn<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<SessionId>, Error> {
    conn.query_all(DELETE_IDLE, params![before, limit], first_column)
}

/// Deletes up to `limit` sessions that began at `before` or earlier, and returns them.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_old(
    conn: &mut Conn<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<SessionId>, Error> {
    conn.query_all(DELETE_OLD, params![before, limit], first_column)
}
