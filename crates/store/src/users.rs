//! Users: who can sign in.

use super::engine::{
    first_column, in_texts, in_uuids, json_array, params, row, statements, uuid_array,
};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_core::names;

row! {
    /// A user as stored, without the password.
    pub struct User as user_columns {
        /// Never changes (rule U1).
        pub id: UserId = "u.id",
        /// The address used at sign-up or ten random digits; never changes (rule U1).
        pub login: String = "u.login",
        /// The verified address as typed but for its domain, to which emails go; none without one (rule U2).
        pub email: Option<String> = "u.email",
        /// The address for comparing, unique among users (rule I5).
        pub email_canonical: Option<String> = "u.email_canonical",
        /// 1 to 64 characters (security rule 11).
        pub first_name: String = "u.first_name",
        /// 1 to 64 characters (security rule 11); optional.
        pub last_name: Option<String> = "u.last_name",
        /// Phone number of at most 32 characters; optional.
        pub phone: Option<String> = "u.phone",
        /// Language of the interface and of emails.
        pub locale: Locale = "u.locale",
        /// IANA name of the zone that times are shown in.
        pub time_zone: String = "u.time_zone",
        /// When the user was created.
        pub created_at: Timestamp = "u.created_at",
        /// When profile, address or picture changed last; none since `created_at`.
        pub updated_at: Option<Timestamp> = "u.updated_at",
        /// `system`, `light` or `dark`.
        pub theme: String = "u.theme",
        /// Whether the console has keyboard shortcuts.
        pub shortcuts: bool = "u.shortcuts",
        /// The id of the user's picture.
        pub picture: Option<String> = "u.picture_id",
        /// Whether there is a password.
        pub has_password: bool = "u.password_hash is not null",
        /// Whether the password counts although password sign-in is disabled.
        pub break_glass: bool = "u.break_glass",
    }
}

impl User {
    /// First and last name in one line.
    #[must_use]
    pub fn name(&self) -> String {
        names::full_name(&self.first_name, self.last_name.as_deref())
    }
}

pub(super) use user_columns;

row! {
    /// What sign-in compares with.
    pub struct Credentials as credential_columns {
        /// The user whom the credentials belong to.
        pub user: UserId = "id",
        /// Grows with every change of password or address (rule V13).
        pub version: i64 = "credential_version",
        /// argon2id (security rule 9); none for a user without a password.
        pub password_hash: Option<String> = "password_hash",
        /// Whether the user is disabled: sign-in fails, and no session is valid.
        pub disabled: bool = "disabled_at is not null",
        /// Whether the password counts although password sign-in is disabled.
        pub break_glass: bool = "break_glass",
    }
}

statements! {
    INSERT = "insert into users (id, login, login_canonical, email, email_canonical, first_name, last_name,
        phone, password_hash, locale, time_zone, created_at, break_glass)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict do nothing";
    FIND = (concat!("select ", user_columns!(), " from users u where u.id = $1"));
    FIND_MANY = (concat!("select ", user_columns!(), " from users u where u.id ", in_uuids!(lite "$1")))
        pg (concat!("select ", user_columns!(), " from users u where u.id ", in_uuids!(pg "$1")));
    FIND_BY_EMAIL = (concat!("select ", user_columns!(), " from users u
        where u.email_canonical = $1"));
    LIST_BY_EMAILS = (concat!("select ", user_columns!(), " from users u where u.email_canonical = $1"))
        pg (concat!("select ", user_columns!(), " from users u where u.email_canonical = any($1)"));
    FIND_CREDENTIALS_BY_EMAIL = (concat!("select ", credential_columns!(), " from users
        where email_canonical = $1"));
    FIND_CREDENTIALS_BY_LOGIN = (concat!("select ", credential_columns!(), " from users
        where login_canonical = $1"));
    FIND_CREDENTIALS_OF = (concat!("select ", credential_columns!(), " from users where id = $1"));
    LIST_KNOWN_EMAILS = (concat!("select email_canonical from users where email_canonical ", in_texts!(lite "$1")))
        pg (concat!("select email_canonical from users where email_canonical ", in_texts!(pg "$1")));
    IS_LOGIN_TAKEN = "select count(*) from users where login_canonical = $1";
    LOCK = "select id from users where id = $1"
        pg "select id from users where id = $1 for no key update";
    UPDATE_PROFILE = "update users set first_name = $2, last_name = $3, phone = $4, locale = $5, time_zone = $6,
        theme = $7, shortcuts = $8, updated_at = $9 where id = $1";
    UPDATE_PICTURE = "update users set picture_id = $2, updated_at = $3 where id = $1";
    UPDATE_PASSWORD = "update users set password_hash = $2 where id = $1";
    INCREMENT_CREDENTIAL_VERSION = "update users set credential_version = credential_version + 1 where id = $1";
    LIST = (concat!("select ", user_columns!(), ", u.disabled_at from users u where u.id > $1 order by u.id limit $2"));
    FIND_DISABLED_AT = "select disabled_at from users where id = $1";
    MARK_DISABLED = "update users set disabled_at = $2 where id = $1 and disabled_at is null";
    MARK_ENABLED = "update users set disabled_at = null where id = $1 and disabled_at is not null";
    UPDATE_EMAIL = "update users set email = $2, email_canonical = $3, updated_at = $4 where id = $1
        and not exists (select 1 from users o where o.email_canonical = $3 and o.id <> $1)";
}

/// What a new user starts with.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    /// `UUIDv7`; never changes (rule U1).
    pub id: UserId,
    /// The address used at sign-up or ten random digits (rules U1 and U9).
    pub login: &'a str,
    /// The login for comparing, unique among users; digits as they are.
    pub login_canonical: &'a str,
    /// The verified address as typed but for its domain; none when a service disclosed none (rule U5).
    pub email: Option<&'a str>,
    /// The address for comparing, unique among users; set exactly when `email` is.
    pub email_canonical: Option<&'a str>,
    /// 1 to 64 characters (security rule 11).
    pub first_name: &'a str,
    /// 1 to 64 characters (security rule 11); optional.
    pub last_name: Option<&'a str>,
    /// argon2id (security rule 9); none for a user who signs up through a service.
    pub password_hash: Option<&'a str>,
    /// Language of the interface and of emails.
    pub locale: Locale,
    /// IANA name of the zone that times are shown in.
    pub time_zone: &'a str,
    /// The time of the transaction that creates the user.
    pub created_at: Timestamp,
    /// Whether the password counts although password sign-in is disabled.
    pub break_glass: bool,
}

/// Those of these canonical addresses that users have.
///
/// # Errors
/// When the database is unavailable.
pub fn list_known_emails<'a>(
    conn: &mut Conn<'_>,
    emails: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<String>, Error> {
    conn.query_all(
        LIST_KNOWN_EMAILS,
        params![&json_array(emails)],
        first_column,
    )
}

/// The users who have one of these canonical addresses, in any order.
///
/// # Errors
/// When the database is unavailable.
pub fn list_by_emails<'a>(
    conn: &mut Conn<'_>,
    emails: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<User>, Error> {
    let emails: Vec<_> = emails.into_iter().map(|email| *params![email]).collect();
    conn.query_for_all(LIST_BY_EMAILS, &emails, User::read)
}

/// Adds a user; returns false when the login or the address is taken.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, user: &NewUser<'_>) -> Result<bool, Error> {
    let rows = conn.execute(
        INSERT,
        params![
            user.id,
            user.login,
            user.login_canonical,
            user.email,
            user.email_canonical,
            user.first_name,
            user.last_name,
            None::<&str>,
            user.password_hash,
            user.locale,
            user.time_zone,
            user.created_at,
            user.break_glass,
        ],
    )?;
    Ok(rows == 1)
}

/// The user with this id.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: UserId) -> Result<Option<User>, Error> {
    conn.query_optional(FIND, params![id], User::read)
}

/// The users with these ids, in any order.
///
/// # Errors
/// When the database is unavailable.
pub fn find_many(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<Vec<User>, Error> {
    conn.query_all(FIND_MANY, params![&uuid_array(ids)], User::read)
}

/// The user who holds this address.
///
/// # Errors
/// When the database is unavailable.
pub fn find_by_email(conn: &mut Conn<'_>, canonical: &str) -> Result<Option<User>, Error> {
    conn.query_optional(FIND_BY_EMAIL, params![canonical], User::read)
}

/// What to compare a password with, by address first, then by login (rule U9).
///
/// # Errors
/// When the database is unavailable.
pub fn find_credentials(conn: &mut Conn<'_>, login: &str) -> Result<Option<Credentials>, Error> {
    // Both in every case: the work must not disclose whether the address is known (rule V12).
    let by_email =
        conn.query_optional(FIND_CREDENTIALS_BY_EMAIL, params![login], Credentials::read)?;
    let by_login =
        conn.query_optional(FIND_CREDENTIALS_BY_LOGIN, params![login], Credentials::read)?;
    Ok(by_email.or(by_login))
}

/// What to compare a password of this user with.
///
/// # Errors
/// When the database is unavailable.
pub fn find_credentials_of(conn: &mut Conn<'_>, id: UserId) -> Result<Option<Credentials>, Error> {
    conn.query_optional(FIND_CREDENTIALS_OF, params![id], Credentials::read)
}

/// Whether a user has this login.
///
/// # Errors
/// When the database is unavailable.
pub fn is_login_taken(conn: &mut Conn<'_>, canonical: &str) -> Result<bool, Error> {
    Ok(conn.query_scalar::<i64>(IS_LOGIN_TAKEN, params![canonical])? > 0)
}

/// As [`lock`], together with the next statement.
///
/// # Errors
/// When the database is unavailable.
pub fn lock_later(conn: &mut Conn<'_>, id: UserId) -> Result<(), Error> {
    conn.lock_later(LOCK, params![id])
}

/// Lets no other transaction change what hangs on this user until this one ends.
///
/// # Errors
/// When the database is unavailable.
pub fn lock(conn: &mut Conn<'_>, id: UserId) -> Result<bool, Error> {
    Ok(conn
        .query_optional(LOCK, params![id], first_column::<UserId>)?
        .is_some())
}

/// Writes the editable part of a profile.
///
/// # Errors
/// When the database is unavailable.
pub fn update_profile(conn: &mut Conn<'_>, user: &User, now: Timestamp) -> Result<(), Error> {
    conn.execute(
        UPDATE_PROFILE,
        params![
            user.id,
            &user.first_name,
            user.last_name.as_deref(),
            user.phone.as_deref(),
            user.locale,
            &user.time_zone,
            &user.theme,
            user.shortcuts,
            now,
        ],
    )?;
    Ok(())
}

/// Sets the user's picture.
///
/// # Errors
/// When the database is unavailable.
pub fn update_picture(
    conn: &mut Conn<'_>,
    id: UserId,
    picture: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(UPDATE_PICTURE, params![id, picture, now])?;
    Ok(())
}

/// Replaces the password.
///
/// # Errors
/// When the database is unavailable.
pub fn update_password(conn: &mut Conn<'_>, id: UserId, hash: &str) -> Result<(), Error> {
    conn.execute(UPDATE_PASSWORD, params![id, hash])?;
    Ok(())
}

/// Invalidates every verified password of the user (rule V13).
///
/// # Errors
/// When the database is unavailable.
pub fn increment_credential_version(conn: &mut Conn<'_>, id: UserId) -> Result<(), Error> {
    conn.execute(INCREMENT_CREDENTIAL_VERSION, params![id])?;
    Ok(())
}

/// Replaces the address; returns false when another user holds it.
///
/// # Errors
/// When the database is unavailable.
pub fn update_email(
    conn: &mut Conn<'_>,
    id: UserId,
    email: &str,
    canonical: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(UPDATE_EMAIL, params![id, email, canonical, now])? == 1)
}

/// Users of the whole installation with the time since when each is disabled, from after `after` on, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list(
    conn: &mut Conn<'_>,
    after: UserId,
    limit: i64,
) -> Result<Vec<(User, Option<Timestamp>)>, Error> {
    conn.query_all(LIST, params![after, limit], |row| {
        Ok((User::read(row)?, row.get()?))
    })
}

/// Since when the user is disabled, if they are.
///
/// # Errors
/// When the database is unavailable.
pub fn find_disabled_at(conn: &mut Conn<'_>, id: UserId) -> Result<Option<Timestamp>, Error> {
    Ok(conn
        .query_optional(
            FIND_DISABLED_AT,
            params![id],
            first_column::<Option<Timestamp>>,
        )?
        .flatten())
}

/// Disables a user; returns false when they were disabled before.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_disabled(conn: &mut Conn<'_>, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(conn.execute(MARK_DISABLED, params![id, now])? == 1)
}

/// Enables a user; returns false when they were not disabled.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_enabled(conn: &mut Conn<'_>, id: UserId) -> Result<bool, Error> {
    Ok(conn.execute(MARK_ENABLED, params![id])? == 1)
}
