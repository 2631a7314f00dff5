//! Registrations: sign-ups that wait for their mailbox to be verified.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::InvitationId;
use convoke_core::language::Locale;
use convoke_core::secret::TokenHash;
use uuid::Uuid;

row! {
    /// A sign-up that waits for its mailbox to be verified.
    pub struct Registration as registration_columns {
        /// Subject of the outbox entry of the confirmation email; `UUIDv7`, so the newest is the greatest.
        pub id: Uuid = "id",
        /// The address as typed but for its domain; the link is sent to it.
        pub email: String = "email",
        /// The address for comparing (rule I5); several registrations may share it (rule U9).
        pub email_canonical: String = "email_canonical",
        /// argon2id hash of the chosen password, which confirming asks for (rule U3).
        pub password_hash: String = "password_hash",
        /// First name of the future user.
        pub first_name: String = "first_name",
        /// Last name of the future user; optional.
        pub last_name: Option<String> = "last_name",
        /// Language of the confirmation email and of the future user.
        pub locale: Locale = "locale",
        /// IANA name of the future user's time zone.
        pub time_zone: String = "time_zone",
        /// The invitation to accept once the mailbox is verified.
        pub invitation: Option<InvitationId> = "invitation_id",
        /// The client that signed up, as rate limits name it.
        pub client: String = "client",
        /// When the sign-up or its repetition was requested.
        pub created_at: Timestamp = "created_at",
        /// From this moment on the link is not valid (rule U9); the row stays for `REGISTRATION_RETENTION`.
        pub expires_at: Timestamp = "expires_at",
    }
}

statements! {
    INSERT = "insert into registrations (id, email, email_canonical, password_hash, first_name, last_name, locale,
        time_zone, invitation_id, client, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    FIND = (concat!("select ", registration_columns!(), " from registrations where id = $1"));
    FIND_BY_TOKEN = (concat!("select ", registration_columns!(), " from registrations where token_hash = $1"));
    LIST_UNSENT_OTHERS_OF_CLIENT = (concat!("select ", registration_columns!(), " from registrations
        where email_canonical = $1 and client = $2 and id <> $3 and token_hash is null and expires_at > $4
        order by id desc limit $5"));
    LIST_UNSENT_OTHERS = (concat!("select ", registration_columns!(), " from registrations
        where email_canonical = $1 and id <> $2 and token_hash is null and expires_at > $3 order by id desc limit $4"));
    DELETE_OLDER_MAIL = "delete from outbox where kind = 'registration' and subject_id in (
        select id from registrations where email_canonical = $1 and token_hash is null
        order by id desc limit $2 offset $2)";
    COUNT_NEWER_UNSENT = "select count(*) from (select 1 from registrations
        where email_canonical = $1 and id > $2 and token_hash is null limit $3) newer";
    UPDATE_TOKEN = "update registrations set token_hash = $2 where id = $1";
    DELETE_OF_EMAIL = "delete from registrations where email_canonical = $1";
    DELETE_ENDED = "delete from registrations where id in (
        select id from registrations where expires_at <= $1 order by expires_at limit $2)";
}

/// Adds a registration; its token comes with the mail.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, registration: &Registration) -> Result<(), Error> {
    conn.execute(
        INSERT,
        params![
            registration.id,
            &registration.email,
            &registration.email_canonical,
            &registration.password_hash,
            &registration.first_name,
            registration.last_name.as_deref(),
            registration.locale,
            &registration.time_zone,
            registration.invitation,
            &registration.client,
            registration.created_at,
            registration.expires_at,
        ],
    )?;
    Ok(())
}

/// The registration with this id.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<Registration>, Error> {
    conn.query_optional(FIND, params![id], Registration::read)
}

/// The registration that a link's token finishes.
///
/// # Errors
/// When the database is unavailable.
pub fn find_by_token(
    conn: &mut Conn<'_>,
    token: &TokenHash,
) -> Result<Option<Registration>, Error> {
    conn.query_optional(FIND_BY_TOKEN, params![token], Registration::read)
}

/// Up to `limit` other registrations of the same address that live at `now` and whose email has not been sent: those of
/// `client`, then the newest of all.
///
/// # Errors
/// When the database is unavailable.
pub fn list_unsent_others(
    conn: &mut Conn<'_>,
    mailed: &Registration,
    client: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Registration>, Error> {
    let (email, count) = (
        &mailed.email_canonical,
        i64::try_from(limit).unwrap_or(i64::MAX),
    );
    let values = params![email, client, mailed.id, now, count];
    let mut registrations =
        conn.query_all(LIST_UNSENT_OTHERS_OF_CLIENT, values, Registration::read)?;
    let newest = conn.query_all(
        LIST_UNSENT_OTHERS,
        params![email, mailed.id, now, count],
        Registration::read,
    )?;
    let of_others = newest.into_iter().filter(|newest| newest.client != client);
    registrations.extend(of_others);
    registrations.truncate(limit);
    Ok(registrations)
}

/// Remembers the token of the link that is about to be mailed.
///
/// # Errors
/// When the database is unavailable.
pub fn update_token(conn: &mut Conn<'_>, id: Uuid, token: &TokenHash) -> Result<(), Error> {
    conn.execute(UPDATE_TOKEN, params![id, token])?;
    Ok(())
}

/// Deletes waiting emails of registrations of an address beyond the `count` newest, and returns whether this registration is
/// among these. An email beyond is deleted as newer ones are stored, at most `count` at a time.
///
/// # Errors
/// When the database is unavailable.
pub fn keep_newest_emails(
    conn: &mut Conn<'_>,
    registration: &Registration,
    count: i64,
) -> Result<bool, Error> {
    let email = &registration.email_canonical;
    conn.execute(DELETE_OLDER_MAIL, params![email, count])?;
    let values = params![email, registration.id, count];
    Ok(conn.query_scalar::<i64>(COUNT_NEWER_UNSENT, values)? < count)
}

/// Voids every registration of an address (rule U9).
///
/// # Errors
/// When the database is unavailable.
pub fn delete_of_email(conn: &mut Conn<'_>, canonical: &str) -> Result<(), Error> {
    conn.execute(DELETE_OF_EMAIL, params![canonical])?;
    Ok(())
}

/// Deletes up to `limit` registrations that ended at `before` or earlier, and returns how many.
///
/// # Errors
/// When the database is unavailable.
pub fn delete_ended(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    conn.execute(DELETE_ENDED, params![before, limit])
}
