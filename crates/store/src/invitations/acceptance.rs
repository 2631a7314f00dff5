//! Invitations by who has accepted them.

use crate::engine::{first_column, in_uuids, params, statements, uuid_array};
use crate::{Conn, Error};
use convoke_core::ids::{AccountId, InvitationId, UserId};
use uuid::Uuid;

/// The invitations of an account that one of some users has accepted.
macro_rules! accepted_by_any {
    ($users:expr) => {
        concat!(
            "select id from invitations where account_id = $1 and accepted_by ",
            $users,
            " order by id desc limit $3"
        )
    };
}

statements! {
    // By the accounts of the user: most acceptances are never looked for by product.
    FIND_LATEST_ACCEPTED = "select i.account_id from members m
        join invitations i on i.account_id = m.account_id and i.accepted_by = m.user_id
        where m.user_id = $1 and i.accepted_by = $1 and i.product = $2 order by i.ended_at desc, i.id desc limit 1";
    LIST_ACCEPTED_BY = "select id from invitations where account_id = $1 and accepted_by = $2 order by id desc limit $3";
    LIST_ACCEPTED_BY_ANY = (accepted_by_any!(in_uuids!(lite "$2"))) pg (accepted_by_any!(in_uuids!(pg "$2")));
}

/// The account of the invitation to a product that a user accepted last, among those of which they are still a member.
///
/// # Errors
/// When the database is unavailable.
pub fn find_latest_accepted(
    conn: &mut Conn<'_>,
    user: UserId,
    product: &str,
) -> Result<Option<AccountId>, Error> {
    conn.query_optional(FIND_LATEST_ACCEPTED, params![user, product], first_column)
}

/// The invitations of an account that a user has accepted, newest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_accepted_by(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
    limit: i64,
) -> Result<Vec<InvitationId>, Error> {
    conn.query_all(
        LIST_ACCEPTED_BY,
        params![account, user, limit],
        first_column,
    )
}

/// The invitations of an account that one of some users has accepted, newest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_accepted_by_any(
    conn: &mut Conn<'_>,
    account: AccountId,
    users: &[Uuid],
    limit: i64,
) -> Result<Vec<InvitationId>, Error> {
    let users = uuid_array(users.iter().copied());
    conn.query_all(
        LIST_ACCEPTED_BY_ANY,
        params![account, &users, limit],
        first_column,
    )
}
