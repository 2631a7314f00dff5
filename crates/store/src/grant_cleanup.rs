//! Deleting codes, refresh tokens and grants that count for nothing any more.

use super::engine::{params, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;

statements! {
    // A code that gave a refresh token stays until its grant is deleted: used again, it ends the grant.
    DELETE_EXPIRED_CODES = "delete from authorization_codes where code_hash in (
        select code_hash from authorization_codes where expires_at <= $1
            and (used_at is null or scope not like '%offline_access%') order by expires_at limit $2)";
    DELETE_USED_REFRESH_TOKENS = "delete from refresh_tokens where token_hash in (
        select token_hash from refresh_tokens where used_at <= $1 order by used_at limit $2)";
    DELETE_CODES_OF_ENDED = "delete from authorization_codes where code_hash in (
        select c.code_hash from grants g join authorization_codes c on c.grant_id = g.id
        where g.ended_at <= $1 order by g.ended_at limit $2)";
    DELETE_REFRESH_TOKENS_OF_ENDED = "delete from refresh_tokens where token_hash in (
        select r.token_hash from grants g join refresh_tokens r on r.grant_id = g.id
        where g.ended_at <= $1 order by g.ended_at limit $2)";
    // Counts, since PostgreSQL would join all codes and tokens for `not exists`.
    DELETE_ENDED = "delete from grants where id in (
        select g.id from grants g where g.ended_at <= $1
            and (select count(*) from authorization_codes c where c.grant_id = g.id) = 0
            and (select count(*) from refresh_tokens r where r.grant_id = g.id) = 0
        order by g.ended_at limit $2)";
}

/// Deletes up to `limit` codes that expired at `before` or earlier, and returns how many. Used ones that gave a refresh token
/// stay.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_expired_codes(
    conn: &mut Conn<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    conn.execute(DELETE_EXPIRED_CODES, params![before, limit])
}

/// Deletes up to `limit` refresh tokens that were used at `before` or earlier, and returns how many. These are of versions that did
/// not replace them in their rows.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_used_refresh_tokens(
    conn: &mut Conn<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    conn.execute(DELETE_USED_REFRESH_TOKENS, params![before, limit])
}

/// Deletes up to `limit` codes of grants that ended at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_codes_of_ended(
    conn: &mut Conn<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    conn.execute(DELETE_CODES_OF_ENDED, params![before, limit])
}

/// Deletes up to `limit` refresh tokens of grants that ended at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_refresh_tokens_of_ended(
    conn: &mut Conn<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    conn.execute(DELETE_REFRESH_TOKENS_OF_ENDED, params![before, limit])
}

/// Deletes up to `limit` grants that ended at `before` or earlier and have no codes and refresh tokens, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_ended(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_ENDED, params![before, limit])
}
