//! Invitations and the tokens of their links.

use crate::engine::{in_texts, in_uuids, json_array, params, row, statements, uuid_array};
use crate::{Conn, Error, PendingCount, PendingRows};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::language::Locale;
use convoke_core::model::invitation::{DeliveryReason, DeliveryStatus, InvitationStatus};
use convoke_core::model::roles::StoredRoles;
use convoke_core::text::ForeignText;

row! {
    /// An invitation as stored.
    pub struct Invitation as invitation_columns {
        /// `UUIDv7`; lists are sorted and paged by it.
        pub id: InvitationId = "i.id",
        /// The account to join.
        pub account: AccountId = "i.account_id",
        /// The invited address as typed but for its domain, to which emails go (rule I5).
        pub email: String = "i.email",
        /// The invited address for comparing; one live invitation per account and address (rule V2).
        pub email_canonical: String = "i.email_canonical",
        /// The invitee's name as given with the address; none without one, and none once it has ended (rule I17).
        pub name: Option<String> = "i.name",
        /// Product key, which may have left the catalogue.
        pub product: String = "i.product",
        /// The granted roles.
        pub roles: StoredRoles = "i.roles",
        /// Language of the email unless the address belongs to a user.
        pub locale: Locale = "i.locale",
        /// As last written: `pending` also when the clock has ended it meanwhile.
        pub status: InvitationStatus = "i.status",
        /// The user who sent it, or who has kept it since (rule I13).
        pub invited_by: UserId = "i.invited_by",
        /// The user whose permissions the granted roles depend on (rules I13 and V3).
        pub sponsor: UserId = "i.sponsor_id",
        /// When it was created; resending does not change it.
        pub created_at: Timestamp = "i.created_at",
        /// When the mail server accepted the latest email; none before, and again after resending.
        pub sent_at: Option<Timestamp> = "i.sent_at",
        /// From this moment on it is expired if it is still pending; resending extends it (rule I8).
        pub expires_at: Timestamp = "i.expires_at",
        /// When it got its final state; none while `status` is `pending`.
        pub ended_at: Option<Timestamp> = "i.ended_at",
        /// The user who accepted it; none in every other state.
        pub accepted_by: Option<UserId> = "i.accepted_by",
        /// State of the latest email, reminders not counted.
        pub delivery: DeliveryStatus = "i.delivery",
        /// Why the latest email waits or was not sent; none otherwise.
        pub delivery_reason: Option<DeliveryReason> = "i.delivery_reason",
        /// The text of the mail server or the connection about it.
        pub delivery_detail: Option<ForeignText> = "i.delivery_detail",
        /// How often it was given another address; links of earlier versions are not valid (rule I16).
        pub address_version: i64 = "i.address_version",
        /// The address that the invitee asked to be invited at instead; none when there is no open request.
        pub requested_email: Option<String> = "i.requested_email",
        /// When an email that waits is tried again.
        pub next_attempt_at: Option<Timestamp> = "i.next_attempt_at",
    }
}

#[macro_use]
mod names;

/// Columns and tables of a statement about the account `$1`. The account is read once: joined, PostgreSQL may scan a small table of
/// accounts for each invitation.
macro_rules! columns_of_account {
    ($rest:expr) => {
        concat!(
            "with a as materialized (select name from accounts where id = $1) select ",
            invitation_columns!(), ", ", name_columns!(),
            " from invitations i cross join a join users u on u.id = i.invited_by where i.account_id = $1 and ",
            $rest
        )
    };
}

macro_rules! columns {
    ($rest:expr) => {
        concat!(
            "select ", invitation_columns!(), ", ", name_columns!(), " from invitations i join accounts a on a.id = i.account_id join users u on u.id = i.invited_by ",
            $rest
        )
    };
}

/// The live invitations of an account to some addresses.
macro_rules! live_by_emails {
    ($emails:expr) => {
        concat!(
            columns_of_account!(
                "i.status = 'pending' and i.expires_at > $2
                and i.email_canonical "
            ),
            $emails
        )
    };
}

/// Ends the invitations of an account to some addresses that the clock has ended.
macro_rules! mark_expired {
    ($emails:expr) => {
        concat!(
            "update invitations set status = 'expired', ended_at = expires_at, remind_at = null, name = null
            where account_id = $1 and status = 'pending' and expires_at <= $3 and email_canonical ",
            $emails
        )
    };
}

mod acceptance;
mod address;
mod delivery;
mod list;
mod locks;
mod sponsor;

pub(super) use acceptance::STATEMENTS as ACCEPTANCE_STATEMENTS;
pub use acceptance::{find_latest_accepted, list_accepted_by, list_accepted_by_any};
pub(super) use address::STATEMENTS as ADDRESS_STATEMENTS;
pub use address::{request_address, update_email};
pub(super) use delivery::STATEMENTS as DELIVERY_STATEMENTS;
pub use delivery::{Delivery, DeliveryUpdate, update_deliveries, update_delivery_entry};
pub(super) use list::STATEMENTS as LIST_STATEMENTS;
pub use list::{Filter, count, count_undelivered, find_scan_end, list, list_for_email};
pub(super) use locks::STATEMENTS as LOCK_STATEMENTS;
pub use locks::{lock_account_by_token_later, lock_account_later, lock_account_with_user_later};
pub use names::{NamedInvitation, Names};
pub(super) use sponsor::STATEMENTS as SPONSOR_STATEMENTS;
pub use sponsor::{count_sponsored_by, list_sponsored_by, update_sponsor};

statements! {
    FIND = (columns!("where i.account_id = $1 and i.id = $2"));
    FIND_ANY = (columns!("where i.id = $1"));
    FIND_MANY = (columns_of_account!(concat!("i.id ", in_uuids!(lite "$2"))))
        pg (columns_of_account!(concat!("i.id ", in_uuids!(pg "$2"))));
    FIND_ANY_MANY = (columns!("where i.id = $1")) pg (columns!("where i.id = any($1)"));
    LIST_LIVE_BY_EMAILS = (live_by_emails!(in_texts!(lite "$3"))) pg (live_by_emails!(in_texts!(pg "$3")));
    IS_INVITED = "select count(*) from invitations
        where email_canonical = $1 and status = 'pending' and expires_at > $2";
    INSERT = "insert into invitations (id, account_id, email, email_canonical, product, roles, locale, status,
        invited_by, sponsor_id, created_at, expires_at, remind_at, delivery, name)
        values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8, $9, $10, $11, 'queued', $12)
        on conflict do nothing"
        pg "insert into invitations (id, account_id, email, email_canonical, product, roles, locale, status,
        invited_by, sponsor_id, created_at, expires_at, remind_at, delivery, name)
        select n.id, n.account, n.email, n.canonical, n.product, n.roles, n.locale, 'pending', n.inviter, n.inviter,
            n.created_at, n.expires_at, n.remind_at, 'queued', n.name
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::text[])
            as n (id, account, email, canonical, product, roles, locale, inviter, created_at, expires_at, remind_at, name)
        on conflict do nothing";
    MARK_EXPIRED = (mark_expired!(in_texts!(lite "$2"))) pg (mark_expired!(in_texts!(pg "$2")));
    UPDATE = "update invitations set product = $3, roles = $4, sponsor_id = $5
        where id = $1 and status = 'pending' and expires_at > $2";
    UPDATE_EXPIRY = "update invitations set expires_at = $3, remind_at = $4, sent_at = null, delivery = 'queued',
        delivery_reason = null, delivery_detail = null, next_attempt_at = null
        where id = $1 and status = 'pending' and expires_at > $2";
    MARK_ENDED = "update invitations set status = $3, ended_at = $2, accepted_by = $4, remind_at = null, name = null
        where id = $1 and status = 'pending' and expires_at > $2";
    LIST_DUE_REMINDERS = "select id, account_id, expires_at from invitations
        where remind_at <= $1 order by remind_at limit $2"
        pg "select id, account_id, expires_at from invitations
        where remind_at <= $1 order by remind_at limit $2 for update skip locked";
    CLEAR_REMINDER = "update invitations set remind_at = null where id = $1";
}

/// Whether a pending invitation exists for an address, in any account.
///
/// # Errors
/// When the database is unavailable.
pub fn is_invited(conn: &mut Conn<'_>, email: &str, now: Timestamp) -> Result<bool, Error> {
    Ok(conn.query_scalar::<i64>(IS_INVITED, params![email, now])? > 0)
}

/// Adds pending invitations, queued for mail, and returns how many: none for an address that has a live one in its account.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    invitations: &[NamedInvitation],
    remind_at: Option<Timestamp>,
) -> Result<u64, Error> {
    let rows = invitations
        .iter()
        .map(|NamedInvitation { invitation, .. }| {
            *params![
                invitation.id,
                invitation.account,
                &invitation.email,
                &invitation.email_canonical,
                &invitation.product,
                &invitation.roles,
                invitation.locale,
                invitation.invited_by,
                invitation.created_at,
                invitation.expires_at,
                remind_at,
                invitation.name.as_deref(),
            ]
        });
    let rows: Vec<_> = rows.collect();
    conn.execute_all(INSERT, &rows)
}

/// One invitation of an account.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    conn: &mut Conn<'_>,
    account: AccountId,
    id: InvitationId,
) -> Result<Option<NamedInvitation>, Error> {
    let invitation = send_find(conn, account, id)?;
    conn.receive_optional(invitation)
}

/// The same, to be received.
///
/// # Errors
/// When the database is unavailable.
pub fn send_find(
    conn: &mut Conn<'_>,
    account: AccountId,
    id: InvitationId,
) -> Result<PendingRows<NamedInvitation>, Error> {
    conn.send_query(FIND, params![account, id], NamedInvitation::read)
}

/// Those of some invitations that are of an account, in any order.
///
/// # Errors
/// When the database is unavailable.
pub fn find_many(
    conn: &mut Conn<'_>,
    account: AccountId,
    ids: impl IntoIterator<Item = InvitationId>,
) -> Result<Vec<NamedInvitation>, Error> {
    let ids = uuid_array(ids);
    conn.query_all(FIND_MANY, params![account, &ids], NamedInvitation::read)
}

/// An invitation that a token or the mail worker names.
///
/// # Errors
/// When the database is unavailable.
pub fn find_any(conn: &mut Conn<'_>, id: InvitationId) -> Result<Option<NamedInvitation>, Error> {
    conn.query_optional(FIND_ANY, params![id], NamedInvitation::read)
}

/// Invitations that the mail worker names, in any order.
///
/// # Errors
/// When the database is unavailable.
pub fn find_any_many(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = InvitationId>,
) -> Result<Vec<NamedInvitation>, Error> {
    let ids: Vec<_> = ids.into_iter().map(|id| *params![id]).collect();
    conn.query_for_all(FIND_ANY_MANY, &ids, NamedInvitation::read)
}

/// The live invitations of an account to these canonical addresses.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live_by_emails<'a>(
    conn: &mut Conn<'_>,
    account: AccountId,
    emails: impl IntoIterator<Item = &'a str>,
    now: Timestamp,
) -> Result<Vec<NamedInvitation>, Error> {
    conn.query_all(
        LIST_LIVE_BY_EMAILS,
        params![account, now, &json_array(emails)],
        NamedInvitation::read,
    )
}

/// Writes down that the clock has ended the invitations to some canonical addresses, which frees these for new ones.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_expired<'a>(
    conn: &mut Conn<'_>,
    account: AccountId,
    emails: impl IntoIterator<Item = &'a str>,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(MARK_EXPIRED, params![account, &json_array(emails), now])?;
    Ok(())
}

/// Replaces product, roles and sponsor of a live invitation; returns whether it was live.
///
/// # Errors
/// When the database is unavailable.
pub fn update(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    product: &str,
    roles: &StoredRoles,
    sponsor: UserId,
) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE, params![id, now, product, roles, sponsor])? == 1)
}

/// Extends a live invitation and queues its mail; returns whether it was live.
///
/// # Errors
/// When the database is unavailable.
pub fn update_expiry(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    expires_at: Timestamp,
    remind_at: Option<Timestamp>,
) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE_EXPIRY, params![id, now, expires_at, remind_at])? == 1)
}

/// Ends a live invitation with a final state; returns whether it was live (rule V2).
///
/// # Errors
/// When the database is unavailable.
pub fn mark_ended(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    status: InvitationStatus,
) -> Result<bool, Error> {
    let accepted_by: Option<UserId> = None;
    Ok(conn.execute(MARK_ENDED, params![id, now, status, accepted_by])? == 1)
}

/// Ends a live invitation as accepted: one row then, none when it was not live.
///
/// # Errors
/// When the database is unavailable.
pub fn send_mark_accepted(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    by: UserId,
) -> Result<PendingCount, Error> {
    let status = InvitationStatus::Accepted;
    conn.send_execute(MARK_ENDED, params![id, now, status, Some(by)])
}

/// Live invitations whose reminder is due, for this transaction alone.
///
/// # Errors
/// When the database is unavailable.
pub fn list_due_reminders(
    conn: &mut Conn<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(InvitationId, AccountId, Timestamp)>, Error> {
    conn.query_all(LIST_DUE_REMINDERS, params![now, limit], |row| {
        Ok((row.get()?, row.get()?, row.get()?))
    })
}

/// Writes down that no reminder is due any more.
///
/// # Errors
/// When the database is unavailable.
pub fn clear_reminder(conn: &mut Conn<'_>, id: InvitationId) -> Result<(), Error> {
    conn.execute(CLEAR_REMINDER, params![id])?;
    Ok(())
}
