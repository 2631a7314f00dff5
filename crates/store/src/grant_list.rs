//! Grants as the operator lists them.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId, UserId};
use convoke_core::model::grant::GrantEnd;

row! {
    /// A grant with the names of its user and account.
    pub struct GrantOverview as overview_columns {
        /// `sid` in tokens.
        pub id: GrantId = "g.id",
        /// The product's key.
        pub client: String = "g.client",
        /// Whose.
        pub user: UserId = "g.user_id",
        /// Their login.
        pub login: String = "u.login",
        /// The account that they work in.
        pub account: AccountId = "g.account_id",
        /// Its name.
        pub account_name: String = "a.name",
        /// Since when.
        pub created_at: Timestamp = "g.created_at",
        /// When tokens were issued last.
        pub last_used_at: Timestamp = "g.last_used_at",
        /// When it ended.
        pub ended_at: Option<Timestamp> = "g.ended_at",
        /// Why it ended.
        pub end_reason: Option<GrantEnd> = "g.end_reason",
    }
}

statements! {
    LIST = (concat!("select ", overview_columns!(), " from grants g join users u on u.id = g.user_id
        join accounts a on a.id = g.account_id where g.id > $1 order by g.id limit $2"));
    LIST_LIVE_OF_USER = (concat!("select ", overview_columns!(), " from grants g join users u on u.id = g.user_id
        join accounts a on a.id = g.account_id
        where g.user_id = $1 and g.ended_at is null and g.id > $2 order by g.id limit $3"));
}

/// Up to `limit` grants from after `after` on, the oldest first, those that have ended too.
///
/// # Errors
/// When the database is unavailable.
pub fn list(conn: &mut Conn<'_>, after: GrantId, limit: i64) -> Result<Vec<GrantOverview>, Error> {
    conn.query_all(LIST, params![after, limit], GrantOverview::read)
}

/// Up to `limit` grants of a user from after `after` on, the oldest first, without those that have ended.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    after: GrantId,
    limit: i64,
) -> Result<Vec<GrantOverview>, Error> {
    let values = params![user, after, limit];
    conn.query_all(LIST_LIVE_OF_USER, values, GrantOverview::read)
}
