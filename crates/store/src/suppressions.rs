//! Addresses that want no more invitations by email.

use convoke_core::clock::Timestamp;

use super::engine::{first_column, params, statements};
use super::{Conn, Error};

statements! {
    INSERT = "insert into suppressions (email_canonical, created_at) values ($1, $2) on conflict do nothing";
    DELETE = "delete from suppressions where email_canonical = $1";
    CONTAINS = "select count(*) from suppressions where email_canonical = $1";
    LIST_OF = "select email_canonical from suppressions where email_canonical = $1"
        pg "select email_canonical from suppressions where email_canonical = any($1)";
}

/// Suppresses invitations by mail to an address; returns false when they were suppressed before.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, canonical: &str, now: Timestamp) -> Result<bool, Error> {
    Ok(conn.execute(INSERT, params![canonical, now])? == 1)
}

/// Allows invitations by mail to an address again; returns false when they were allowed.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, canonical: &str) -> Result<bool, Error> {
    Ok(conn.execute(DELETE, params![canonical])? == 1)
}

/// Whether an address wants no more invitations by mail.
///
/// # Errors
/// When the database is unavailable.
pub fn contains(conn: &mut Conn<'_>, canonical: &str) -> Result<bool, Error> {
    Ok(conn.query_scalar::<i64>(CONTAINS, params![canonical])? > 0)
}

/// Those of some canonical addresses that want no more invitations by mail.
///
/// # Errors
/// When the database is unavailable.
pub fn list_of<'a>(
    conn: &mut Conn<'_>,
    emails: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<String>, Error> {
    let emails: Vec<_> = emails.into_iter().map(|email| *params![email]).collect();
    conn.query_for_all(LIST_OF, &emails, first_column)
}
