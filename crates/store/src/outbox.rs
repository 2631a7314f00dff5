//! The outbox: notifications of committed changes, as kinds and ids, without any secret.

use super::engine::{Row, first_column, params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::model::notification::NotificationKind;
use uuid::Uuid;

/// The priority of emails that a user waits for, such as one to reset a password (security rule 18).
pub const URGENT: i64 = 0;
/// The priority of all other emails.
pub const ORDINARY: i64 = 1;

row! {
    /// One mail that is enqueued.
    pub struct OutboxEntry as outbox_columns {
        /// Stays the same for retries; the Message-ID is made from it (rule V7).
        pub id: Uuid = "id",
        /// What the email says.
        pub kind: NotificationKind = "kind",
        /// [`URGENT`] or [`ORDINARY`].
        pub priority: i64 = "priority",
        /// The account it is about; none for one about a user's own sign-in.
        pub account: Option<AccountId> = "account_id",
        /// Whose share of the queue it takes: lanes are served in turn.
        pub lane: Uuid = "lane",
        /// The id of its subject; the kind determines the type of the id.
        pub subject: Uuid = "subject_id",
        /// JSON text: what the subject's rows no longer hold when the email is composed.
        pub detail: String = "detail",
        /// How often it was leased, this time included, without those that a rate limit deferred.
        pub attempts: i64 = "attempts",
        /// How often it has failed; its delay grows with it.
        pub failures: i64 = "failures",
        /// When it was enqueued; the date of the email and of the event that a notice reports.
        pub created_at: Timestamp = "created_at",
    }
}

impl OutboxEntry {
    /// Whether a user waits for it.
    #[must_use]
    pub const fn is_urgent(&self) -> bool {
        self.priority == URGENT
    }
}

/// The turn of the next entry of each lane in `$entries`: the one that is being served, or the one after the last of the lane.
/// Read once per lane and not once per entry, since on PostgreSQL the search for the first turn passes the index entries of all
/// that was leased since the last vacuum.
macro_rules! next_turns {
    ($entries:literal) => {
        concat!(
            "select l.priority, l.lane, (select coalesce(max(t.turn), 0) from (
                select min(turn) as turn from outbox where ready and priority = l.priority
                union all select max(turn) + 1 from outbox where ready and lane = l.lane and priority = l.priority) t) as turn
            from (select distinct priority, lane from ",
            $entries,
            ") l"
        )
    };
}

/// Marks due entries as ready and gives each its turn.
macro_rules! mark_ready {
    ($lock:literal) => {
        concat!(
            "with d as materialized (
                select id, priority, coalesce(lane, account_id, subject_id) as lane,
                    case when leased_until > available_at then leased_until else available_at end as due_at from outbox
                where not ready and available_at <= $1 and leased_until <= $1
                order by available_at limit $2",
            $lock,
            "),
            base as materialized (",
            next_turns!("d"),
            ")
            update outbox set ready = true, leased_until = 0, lane = t.lane, available_at = t.due_at, turn = t.place + (
                select base.turn from base where base.priority = t.priority and base.lane = t.lane)
            from (select d.id, d.priority, d.lane, d.due_at,
                row_number() over (partition by d.priority, d.lane order by d.due_at, d.id) - 1 as place from d) t
            where outbox.id = t.id"
        )
    };
}

/// Leases the next entries of a priority.
macro_rules! lease {
    ($lock:literal) => {
        concat!(
            "update outbox set ready = false, leased_until = $2, attempts = attempts + 1 where id in (
            select id from outbox where ready and leased_until <= $1 and priority = $4
            order by priority, turn, available_at, id limit $3",
            $lock,
            ") returning ",
            outbox_columns!(),
            ", turn, available_at"
        )
    };
}

statements! {
    FIND_PENDING = "select exists(select 1 from outbox where not ready and available_at <= $1 and leased_until <= $1),
        exists(select 1 from outbox where ready and leased_until <= $1 and priority = $2),
        exists(select 1 from outbox where ready and leased_until <= $1 and priority = $3)";
    INSERT = ("insert into outbox (id, kind, priority, account_id, lane, subject_id, detail, attempts, available_at,
        leased_until, created_at, ready, turn) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, $8, true,
        (select coalesce(max(t.turn), 0) from (
            select min(turn) as turn from outbox where ready and priority = $3
            union all select max(turn) + 1 from outbox where ready and lane = $5 and priority = $3) t))")
        pg (concat!("with n as materialized (
            select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::bigint[])
                as n (id, kind, priority, account, lane, subject, detail, created_at)),
        base as materialized (", next_turns!("n"), ")
        insert into outbox (id, kind, priority, account_id, lane, subject_id, detail, attempts, available_at, leased_until,
            created_at, ready, turn)
        select n.id, n.kind, n.priority, n.account, n.lane, n.subject, n.detail, 0, n.created_at, 0, n.created_at, true,
            row_number() over (partition by n.priority, n.lane order by n.id) - 1 + (
                select base.turn from base where base.priority = n.priority and base.lane = n.lane)
        from n"));
    MARK_READY = (mark_ready!("")) pg (mark_ready!(" for update skip locked"));
    LEASE = (lease!("")) pg (lease!(" for update skip locked"));
    ADVANCE_WAITING = "update outbox set available_at = $4 where subject_id = $3 and kind = $1
        and account_id = $2 and leased_until <= $4 and available_at > $5 returning id";
    DELETE_OF_INVITATION = "delete from outbox where subject_id = $2 and account_id = $1
        and kind in ('invitation', 'reminder')";
    RELEASE = "update outbox set leased_until = 0 where not ready and leased_until > $1";
    ADVANCE = "update outbox set available_at = $1 where not ready and available_at > $1
        and (created_at > $1 or (attempts > 0 and available_at > $2) or available_at > $3)";
    DELETE = "delete from outbox where id = $1 returning id"
        pg "delete from outbox where id = any($1) returning id";
    DELETE_LEASED = "delete from outbox where id = $1 and attempts = $2";
    RELEASE_LEASED = "update outbox set leased_until = 0 where id = $1 and attempts = $2";
    RETRY_AT = "update outbox set available_at = $3, leased_until = 0, failures = $4 where id = $1 and attempts = $2";
    FIND_UNTRIED = "select id, detail from outbox
        where subject_id = $3 and kind = $1 and account_id = $2 and attempts = 0 order by id desc limit 1"
        pg "select id, detail from outbox
        where subject_id = $3 and kind = $1 and account_id = $2 and attempts = 0 order by id desc limit 1
        for update skip locked";
    UPDATE_DETAIL = "update outbox set detail = $2 where id = $1 and attempts = 0";
    DEFER = "update outbox set available_at = $2, leased_until = 0, attempts = attempts - 1 where id = $1";
}

/// An entry with its place in the order of sending.
type Leased = ((i64, Timestamp, Uuid), OutboxEntry);

fn read(row: &mut Row<'_>) -> Result<Leased, Error> {
    let entry = OutboxEntry::read(row)?;
    Ok(((row.get()?, row.get()?, entry.id), entry))
}

/// Adds mails to be sent from now on. The turn of each is the one that is being served, or the one after the last of its lane.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, entries: &[OutboxEntry]) -> Result<(), Error> {
    let rows = entries.iter().map(|entry| {
        *params![
            entry.id,
            entry.kind,
            entry.priority,
            entry.account,
            entry.lane,
            entry.subject,
            &entry.detail,
            entry.created_at,
        ]
    });
    let rows: Vec<_> = rows.collect();
    conn.insert_all_later(INSERT, &rows)
}

/// Which entries there are for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingEntries {
    /// Due ones to be marked as ready.
    pub due: bool,
    /// Ready ones that are urgent.
    pub urgent: bool,
    /// Ready ones that are not.
    pub ordinary: bool,
}

/// Finds which entries there are, by indices. It is called after every email: the statements that mark and lease entries cost ten
/// times as much, also where there are none.
///
/// # Errors
/// When the database is unavailable.
pub fn find_pending(conn: &mut Conn<'_>, now: Timestamp) -> Result<PendingEntries, Error> {
    let none = PendingEntries {
        due: false,
        urgent: false,
        ordinary: false,
    };
    let pending = conn.query_optional(FIND_PENDING, params![now, URGENT, ORDINARY], |row| {
        Ok(PendingEntries {
            due: row.get()?,
            urgent: row.get()?,
            ordinary: row.get()?,
        })
    })?;
    Ok(pending.unwrap_or(none))
}

/// Marks up to `limit` due entries as ready and sets their turn, as [`insert`] does, and returns how many.
///
/// These are entries to be tried again, and those of a worker that did not end.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_ready(conn: &mut Conn<'_>, now: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(MARK_READY, params![now, limit])
}

/// Leases up to `limit` ready entries of a priority to this worker until `leased_until`, lanes in turn.
///
/// # Errors
/// When the database is unavailable.
pub fn lease(
    conn: &mut Conn<'_>,
    priority: i64,
    now: Timestamp,
    leased_until: Timestamp,
    limit: i64,
) -> Result<Vec<OutboxEntry>, Error> {
    let mut leased = conn.query_all(LEASE, params![now, leased_until, limit, priority], read)?;
    leased.sort_by_key(|(place, _)| *place);
    Ok(leased.into_iter().map(|(_, entry)| entry).collect())
}

/// Makes a mail of this kind about this subject of an account due that waits for a moment after `beyond`, and that no
/// worker has leased; none will before this transaction ends. Returns the newest one's id.
///
/// # Errors
/// When the database is unavailable.
pub fn advance_waiting(
    conn: &mut Conn<'_>,
    kind: NotificationKind,
    (account, subject): (AccountId, Uuid),
    beyond: Timestamp,
    now: Timestamp,
) -> Result<Option<Uuid>, Error> {
    let values = params![kind, account, subject, now, beyond];
    let ids: Vec<Uuid> = conn.query_all(ADVANCE_WAITING, values, first_column)?;
    Ok(ids.into_iter().max())
}

/// Deletes the emails of an invitation, leased ones too: a worker that sends one finishes it, and does not try it again.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_of_invitation(
    conn: &mut Conn<'_>,
    account: AccountId,
    id: InvitationId,
) -> Result<(), Error> {
    conn.execute(DELETE_OF_INVITATION, params![account, id])?;
    Ok(())
}

/// Makes mails due that wait longer than they ever should: leased beyond `leased_until`, added after `now`, to be tried
/// again after `retried_until`, or deferred beyond `deferred_until`.
///
/// # Errors
/// When the database is unavailable.
pub fn advance(
    conn: &mut Conn<'_>,
    now: Timestamp,
    leased_until: Timestamp,
    retried_until: Timestamp,
    deferred_until: Timestamp,
) -> Result<u64, Error> {
    let released = conn.execute(RELEASE, params![leased_until])?;
    let advanced = conn.execute(ADVANCE, params![now, retried_until, deferred_until])?;
    Ok(released + advanced)
}

/// Deletes entries that were sent or are obsolete, and returns those that were not deleted before.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Uuid>, Error> {
    let ids: Vec<_> = ids.into_iter().map(|id| *params![id]).collect();
    conn.query_for_all(DELETE, &ids, first_column)
}

/// Deletes an entry as it was leased; false when it was deleted or leased again since.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_leased(conn: &mut Conn<'_>, entry: &OutboxEntry) -> Result<bool, Error> {
    Ok(conn.execute(DELETE_LEASED, params![entry.id, entry.attempts])? == 1)
}

/// Releases an entry as it was leased, which was not sent; it is due at once. Nothing happens when it was deleted or leased again since.
///
/// # Errors
/// When the database is unavailable.
pub fn release(conn: &mut Conn<'_>, entry: &OutboxEntry) -> Result<(), Error> {
    conn.execute(RELEASE_LEASED, params![entry.id, entry.attempts])?;
    Ok(())
}

/// Releases an entry as it was leased, to be tried again at `at` after so many failures; false when it was deleted or leased
/// again since.
///
/// # Errors
/// When the database is unavailable.
pub fn retry_at(
    conn: &mut Conn<'_>,
    entry: &OutboxEntry,
    at: Timestamp,
    failures: i64,
) -> Result<bool, Error> {
    let values = params![entry.id, entry.attempts, at, failures];
    Ok(conn.execute(RETRY_AT, values)? == 1)
}

/// The id and detail of the newest entry of this kind about this subject of an account that was never tried and is not leased; no
/// worker leases it before this transaction ends.
///
/// # Errors
/// When the database is unavailable.
pub fn find_untried(
    conn: &mut Conn<'_>,
    kind: NotificationKind,
    account: AccountId,
    subject: Uuid,
) -> Result<Option<(Uuid, String)>, Error> {
    conn.query_optional(FIND_UNTRIED, params![kind, account, subject], |row| {
        Ok((row.get()?, row.get()?))
    })
}

/// Replaces the detail of an entry that was never tried; returns whether it was not.
///
/// # Errors
/// When the database is unavailable.
pub fn update_detail(conn: &mut Conn<'_>, id: Uuid, detail: &str) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE_DETAIL, params![id, detail])? == 1)
}

/// Releases an entry untried, until `at`.
///
/// # Errors
/// When the database is unavailable.
pub fn defer(conn: &mut Conn<'_>, id: Uuid, at: Timestamp) -> Result<(), Error> {
    conn.execute(DEFER, params![id, at])?;
    Ok(())
}
