//! Invitations and the tokens of their links.

use crate::engine::{Row, json_array, params, statements, texts_of};
use crate::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::language::Locale;
use convoke_core::model::invitation::{DeliveryStatus, InvitationStatus};
use convoke_core::text::ForeignText;

/// An invitation as stored, with the names that are shown beside it.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: InvitationId,
    pub account: AccountId,
    pub account_name: String,
    pub email: String,
    pub email_canonical: String,
    pub product: String,
    /// Role keys separated by spaces.
    pub roles: String,
    pub locale: Locale,
    /// As last written: `pending` also when the clock has ended it meanwhile.
    pub status: InvitationStatus,
    pub invited_by: UserId,
    pub inviter_first_name: String,
    pub inviter_last_name: Option<String>,
    pub inviter_email: Option<String>,
    /// The user whose permissions the granted roles depend on (rules I13 and V3).
    pub sponsor: UserId,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub accepted_by: Option<UserId>,
    pub delivery: DeliveryStatus,
    pub delivery_detail: Option<ForeignText>,
}

macro_rules! columns {
    ($rest:expr) => {
        concat!(
            "select i.id, i.account_id, a.name, i.email, i.email_canonical, i.product, i.roles, i.locale, i.status,
            i.invited_by, u.first_name, u.last_name, u.email, i.sponsor_id, i.created_at, i.sent_at, i.expires_at,
            i.ended_at, i.accepted_by, i.delivery, i.delivery_detail
            from invitations i join accounts a on a.id = i.account_id join users u on u.id = i.invited_by ",
            $rest
        )
    };
}

/// The live invitations of an account to some addresses.
macro_rules! live_by_emails {
    ($emails:expr) => {
        concat!(
            columns!(
                "where i.account_id = $1 and i.status = 'pending' and i.expires_at > $2
                and i.email_canonical in "
            ),
            $emails
        )
    };
}

mod list;

pub(super) use list::STATEMENTS as LIST_STATEMENTS;
pub use list::{Filter, count, find_scan_end, list, list_for_email};

statements! {
    FIND = (columns!("where i.account_id = $1 and i.id = $2"));
    FIND_ANY = (columns!("where i.id = $1"));
    LIST_LIVE_BY_EMAILS = (live_by_emails!(texts_of!(lite "$3"))) pg (live_by_emails!(texts_of!(pg "$3")));
    COUNT_FOR_EMAIL = "select count(*) from invitations
        where email_canonical = $1 and status = 'pending' and expires_at > $2";
    INSERT = "insert into invitations (id, account_id, email, email_canonical, product, roles, locale, status,
        invited_by, sponsor_id, created_at, expires_at, remind_at, delivery)
        values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8, $9, $10, $11, 'queued')
        on conflict do nothing";
    SEAL_EXPIRED = "update invitations set status = 'expired', ended_at = expires_at, remind_at = null
        where account_id = $1 and email_canonical = $2 and status = 'pending' and expires_at <= $3";
    UPDATE = "update invitations set product = $3, roles = $4, sponsor_id = $5
        where id = $1 and status = 'pending' and expires_at > $2";
    RENEW = "update invitations set expires_at = $3, remind_at = $4, sent_at = null, delivery = 'queued',
        delivery_detail = null where id = $1 and status = 'pending' and expires_at > $2";
    END = "update invitations set status = $3, ended_at = $2, accepted_by = $4, remind_at = null
        where id = $1 and status = 'pending' and expires_at > $2";
    SPONSORED_BY = "select id, email from invitations where account_id = $1 and (sponsor_id = $2 or invited_by = $2)
        and status = 'pending' and expires_at > $3 order by id";
    KEEP = "update invitations set invited_by = $3, sponsor_id = $3 where id = $1
        and status = 'pending' and expires_at > $2";
    DELIVERY = "update invitations set delivery = $2, delivery_detail = $3, sent_at = coalesce($4, sent_at)
        where id = $1";
    DUE_REMINDERS = "select id, account_id, expires_at from invitations
        where remind_at <= $1 order by remind_at limit $2"
        pg "select id, account_id, expires_at from invitations
        where remind_at <= $1 order by remind_at limit $2 for update skip locked";
    CLEAR_REMINDER = "update invitations set remind_at = null where id = $1";
}

fn read_invitation(row: &mut Row<'_>) -> Result<Invitation, Error> {
    Ok(Invitation {
        id: row.get()?,
        account: row.get()?,
        account_name: row.get()?,
        email: row.get()?,
        email_canonical: row.get()?,
        product: row.get()?,
        roles: row.get()?,
        locale: row.get()?,
        status: row.get()?,
        invited_by: row.get()?,
        inviter_first_name: row.get()?,
        inviter_last_name: row.get()?,
        inviter_email: row.get()?,
        sponsor: row.get()?,
        created_at: row.get()?,
        sent_at: row.get()?,
        expires_at: row.get()?,
        ended_at: row.get()?,
        accepted_by: row.get()?,
        delivery: row.get()?,
        delivery_detail: row.get()?,
    })
}

/// Whether a pending invitation exists for an address, in any account.
///
/// # Errors
/// When the database is unavailable.
pub fn is_invited(conn: &mut Conn<'_>, email: &str, now: Timestamp) -> Result<bool, Error> {
    Ok(conn.query_scalar::<i64>(COUNT_FOR_EMAIL, params![email, now])? > 0)
}

/// Adds a pending invitation, queued for mail; returns false when the address has a live one in this account.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(
    conn: &mut Conn<'_>,
    invitation: &Invitation,
    remind_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let rows = conn.execute(
        INSERT,
        params![
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
        ],
    )?;
    Ok(rows == 1)
}

/// One invitation of an account.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    conn: &mut Conn<'_>,
    account: AccountId,
    id: InvitationId,
) -> Result<Option<Invitation>, Error> {
    conn.query_optional(FIND, params![account, id], read_invitation)
}

/// An invitation that a token or the mail worker names.
///
/// # Errors
/// When the database is unavailable.
pub fn find_any(conn: &mut Conn<'_>, id: InvitationId) -> Result<Option<Invitation>, Error> {
    conn.query_optional(FIND_ANY, params![id], read_invitation)
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
) -> Result<Vec<Invitation>, Error> {
    conn.query_all(
        LIST_LIVE_BY_EMAILS,
        params![account, now, &json_array(emails)],
        read_invitation,
    )
}

/// Writes down that the clock has ended an address's invitation, which frees the address for a new one.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_expired(
    conn: &mut Conn<'_>,
    account: AccountId,
    canonical: &str,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(SEAL_EXPIRED, params![account, canonical, now])?;
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
    roles: &str,
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
    Ok(conn.execute(RENEW, params![id, now, expires_at, remind_at])? == 1)
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
    accepted_by: Option<UserId>,
) -> Result<bool, Error> {
    Ok(conn.execute(END, params![id, now, status, accepted_by])? == 1)
}

/// Live invitations that a user sent or sponsors, with their addresses.
///
/// # Errors
/// When the database is unavailable.
pub fn list_sponsored_by(
    conn: &mut Conn<'_>,
    account: AccountId,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(InvitationId, String)>, Error> {
    conn.query_all(SPONSORED_BY, params![account, user, now], |row| {
        Ok((row.get()?, row.get()?))
    })
}

/// Puts another user behind a live invitation; returns whether it was live.
///
/// # Errors
/// When the database is unavailable.
pub fn update_sponsor(
    conn: &mut Conn<'_>,
    id: InvitationId,
    now: Timestamp,
    sponsor: UserId,
) -> Result<bool, Error> {
    Ok(conn.execute(KEEP, params![id, now, sponsor])? == 1)
}

/// Stores the delivery outcome of the mail; `sent_at` stays when none is given.
///
/// # Errors
/// When the database is unavailable.
pub fn update_delivery(
    conn: &mut Conn<'_>,
    id: InvitationId,
    status: DeliveryStatus,
    detail: Option<&str>,
    sent_at: Option<Timestamp>,
) -> Result<(), Error> {
    conn.execute(DELIVERY, params![id, status, detail, sent_at])?;
    Ok(())
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
    conn.query_all(DUE_REMINDERS, params![now, limit], |row| {
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
