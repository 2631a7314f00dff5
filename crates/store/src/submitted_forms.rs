//! Results of forms that are sent without a session (sign-up and its confirmation, password reset, declined invitation) or that
//! end the session they are sent with (change of password, confirmed change of address), by the hash of a key of the form.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::submitted_form::FormOutcome;

row! {
    /// The result of a form.
    pub struct SubmittedForm as submitted_form_columns {
        /// The user whom the form created or changed; none where it only requested an email, and for a reset password and a
        /// declined invitation.
        pub user: Option<UserId> = "user_id",
        /// What the form led to.
        pub outcome: FormOutcome = "outcome",
        /// The account that the user joined.
        pub account: Option<AccountId> = "account_id",
    }
}

statements! {
    INSERT = "insert into submitted_forms (key_hash, user_id, outcome, account_id, created_at)
        values ($1, $2, $3, $4, $5) on conflict do nothing";
    UPDATE = "update submitted_forms set user_id = $2, outcome = $3, account_id = $4 where key_hash = $1";
    FIND = (concat!("select ", submitted_form_columns!(), " from submitted_forms where key_hash = $1 and created_at > $2"));
    DELETE_ONE_OLD = "delete from submitted_forms where key_hash = $1 and created_at <= $2";
    DELETE_OLD = "delete from submitted_forms where key_hash in (
        select key_hash from submitted_forms where created_at <= $1 order by created_at limit $2)";
}

/// Adds a result; returns false when the key has one, after waiting for a transaction that is adding it.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    key: &[u8; 32],
    form: &SubmittedForm,
    now: Timestamp,
    expired_before: Timestamp,
) -> Result<bool, Error> {
    conn.execute(DELETE_ONE_OLD, params![key, expired_before])?;
    let values = params![key, form.user, form.outcome, form.account, now];
    Ok(conn.execute(INSERT, values)? == 1)
}

/// Replaces a result.
///
/// # Errors
/// When the database is unavailable.
pub fn update(conn: &mut Conn<'_>, key: &[u8; 32], form: &SubmittedForm) -> Result<(), Error> {
    let values = params![key, form.user, form.outcome, form.account];
    conn.execute(UPDATE, values)?;
    Ok(())
}

/// The result of a key that was added after `since`.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    conn: &mut Conn<'_>,
    key: &[u8; 32],
    since: Timestamp,
) -> Result<Option<SubmittedForm>, Error> {
    conn.query_optional(FIND, params![key, since], SubmittedForm::read)
}

/// Deletes up to `limit` results of `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_old(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_OLD, params![before, limit])
}
