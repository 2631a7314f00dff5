//! Grants that end, by what they end with. Each statement returns what ended, for its activity and its logout tokens.

use super::engine::{Value, in_texts, in_uuids, json_array, params, row, statements, uuid_array};
use super::{Conn, Error, Sql};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId, SessionId, UserId};
use convoke_core::model::grant::GrantEnd;

row! {
    /// A grant that has just ended.
    pub struct EndedGrant as ended_grant_columns {
        /// `sid` in tokens.
        pub id: GrantId = "id",
        /// The product's key.
        pub client: String = "client",
        /// `sub` in tokens.
        pub user: UserId = "user_id",
        /// The account that the user worked in.
        pub account: AccountId = "account_id",
        /// Whether tokens were ever issued for it.
        pub is_used: bool = "is_used",
    }
}

/// Ends the live grants that a condition selects.
macro_rules! mark_ended {
    ($condition:expr) => {
        concat!(
            "update grants set ended_at = $1, end_reason = $2 where ended_at is null and ",
            $condition,
            " returning ",
            ended_grant_columns!()
        )
    };
}

/// The same with a condition on a column that is one of a list.
macro_rules! mark_ended_of_many {
    ($condition:literal, $list:expr) => {
        mark_ended!(concat!($condition, $list))
    };
}

statements! {
    MARK_ENDED = (mark_ended!("id = $3"));
    MARK_ENDED_OF_SESSION = (mark_ended!("session_id = $3"));
    MARK_ENDED_OF_SESSIONS = (mark_ended_of_many!("session_id ", in_uuids!(lite "$3")))
        pg (mark_ended_of_many!("session_id ", in_uuids!(pg "$3")));
    MARK_ENDED_OF_OTHER_SESSIONS = (mark_ended!("user_id = $3 and session_id <> $4"));
    MARK_ENDED_OF_USER = (mark_ended!("user_id = $3"));
    MARK_ENDED_OF_MEMBER = (mark_ended!("user_id = $3 and account_id = $4"));
    MARK_ENDED_OF_MEMBER_TO = (mark_ended_of_many!("user_id = $3 and account_id = $4 and client ", in_texts!(lite "$5")))
        pg (mark_ended_of_many!("user_id = $3 and account_id = $4 and client ", in_texts!(pg "$5")));
    MARK_ENDED_IN_OTHER_ACCOUNTS = (mark_ended!("user_id = $3 and account_id <> $4 and client = $5"));
}

/// Which grants end.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'s> {
    /// One.
    One(GrantId),
    /// Those of some sessions.
    OfSessions(&'s [SessionId]),
    /// Those of all sessions of a user but one.
    OfOtherSessions(UserId, SessionId),
    /// All of a user.
    OfUser(UserId),
    /// All of a user in an account.
    OfMember(UserId, AccountId),
    /// Those of a user in an account to some products.
    OfMemberTo(UserId, AccountId, &'s [&'s str]),
    /// Those of a user to a product in all accounts but one.
    InOtherAccounts(UserId, AccountId, &'s str),
}

/// Ends the grants of a selection that have not ended, and returns them.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_ended(
    conn: &mut Conn<'_>,
    selection: Selection<'_>,
    now: Timestamp,
    reason: GrantEnd,
) -> Result<Vec<EndedGrant>, Error> {
    let mut query = |sql: Sql, values: &[Value<'_>]| {
        let mut all = params![now, reason].to_vec();
        all.extend_from_slice(values);
        conn.query_all(sql, &all, EndedGrant::read)
    };
    match selection {
        Selection::One(id) => query(MARK_ENDED, params![id]),
        Selection::OfSessions([]) => Ok(Vec::new()),
        Selection::OfSessions([session]) => query(MARK_ENDED_OF_SESSION, params![*session]),
        Selection::OfSessions(sessions) => {
            let sessions = uuid_array(sessions.iter().copied());
            query(MARK_ENDED_OF_SESSIONS, params![&sessions])
        }
        Selection::OfOtherSessions(user, kept) => {
            query(MARK_ENDED_OF_OTHER_SESSIONS, params![user, kept])
        }
        Selection::OfUser(user) => query(MARK_ENDED_OF_USER, params![user]),
        Selection::OfMember(user, account) => query(MARK_ENDED_OF_MEMBER, params![user, account]),
        Selection::OfMemberTo(user, account, clients) => {
            let clients = json_array(clients.iter().copied());
            query(MARK_ENDED_OF_MEMBER_TO, params![user, account, &clients])
        }
        Selection::InOtherAccounts(user, account, client) => {
            query(MARK_ENDED_IN_OTHER_ACCOUNTS, params![user, account, client])
        }
    }
}
