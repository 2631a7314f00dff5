//! What users have granted to products, with its authorization codes and refresh tokens.

use super::accounts::{Account, account_columns};
use super::engine::{first_column, params, row, statements};
use super::sessions::{Session, session_columns};
use super::users::{User, user_columns};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId, SessionId, UserId};
use convoke_core::model::roles::StoredRoles;
use convoke_core::refresh_token::RefreshTokenHashes;
use convoke_core::secret::TokenHash;

row! {
    /// A grant of a user to a product, for one account and one session.
    pub struct Grant as grant_columns {
        /// `sid` in tokens.
        pub id: GrantId = "g.id",
        /// The product's key.
        pub client: String = "g.client",
        /// `sub` in tokens.
        pub user: UserId = "g.user_id",
        /// The session that it belongs to; the grant ends with it.
        pub session: SessionId = "g.session_id",
        /// The account that the user works in.
        pub account: AccountId = "g.account_id",
        /// What the product may know, as names.
        pub scope: String = "g.scope",
        /// Since when.
        pub created_at: Timestamp = "g.created_at",
        /// When tokens were issued last.
        pub last_used_at: Timestamp = "g.last_used_at",
        /// When it has ended by itself; it also ends with its session and membership.
        pub ended_at: Option<Timestamp> = "g.ended_at",
        /// Whether tokens were issued for it.
        pub is_used: bool = "g.is_used",
    }
}

row! {
    /// An authorization code.
    pub struct AuthorizationCode as code_columns {
        /// Its grant.
        pub grant: GrantId = "c.grant_id",
        /// The redirect URI of its request.
        pub redirect_uri: String = "c.redirect_uri",
        /// What its tokens may tell, as names.
        pub scope: String = "c.scope",
        /// Becomes a claim of the ID token.
        pub nonce: Option<String> = "c.nonce",
        /// SHA-256 of the code verifier.
        pub code_challenge: Option<Vec<u8>> = "c.code_challenge",
        /// When the user had signed in.
        pub authenticated_at: Timestamp = "c.authenticated_at",
        /// From when on it is not valid.
        pub expires_at: Timestamp = "c.expires_at",
        /// When tokens were issued for it.
        pub used_at: Option<Timestamp> = "c.used_at",
        /// The product of its grant.
        pub client: String = "g.client",
        /// The user of its grant.
        pub user: UserId = "g.user_id",
    }
}

row! {
    /// A refresh token.
    pub struct RefreshToken as refresh_token_columns {
        /// Its grant.
        pub grant: GrantId = "r.grant_id",
        /// What its tokens may tell, as names.
        pub scope: String = "r.scope",
        /// When the user had signed in.
        pub authenticated_at: Timestamp = "r.authenticated_at",
        /// When it was used; another one has replaced it at that time or since.
        pub used_at: Option<Timestamp> = "r.used_at",
        /// The product of its grant.
        pub client: String = "g.client",
        /// The user of its grant.
        pub user: UserId = "g.user_id",
    }
}

row! {
    /// A live grant as its user sees it.
    pub struct UserGrant as user_grant_columns {
        /// Its id.
        pub id: GrantId = "g.id",
        /// The product's key.
        pub client: String = "g.client",
        /// The session that it belongs to.
        pub session: SessionId = "g.session_id",
        /// The account that the user works in.
        pub account: AccountId = "g.account_id",
        /// Its name.
        pub account_name: String = "a.name",
        /// Since when.
        pub created_at: Timestamp = "g.created_at",
        /// When tokens were issued last.
        pub last_used_at: Timestamp = "g.last_used_at",
    }
}

statements! {
    LIST_LIVE_OF_USER = (concat!("select ", user_grant_columns!(), " from grants g join accounts a on a.id = g.account_id
        where g.user_id = $1 and g.ended_at is null
        and exists (select 1 from sessions s where s.id = g.session_id and s.last_used_at > $2 and s.created_at > $3)
        and exists (select 1 from members m where m.account_id = g.account_id and m.user_id = g.user_id)
        order by g.last_used_at desc, g.id limit 500"));
    LIST_NOT_ENDED = (concat!("select ", grant_columns!(), ", ", account_columns!(), ", m.roles from grants g
        join accounts a on a.id = g.account_id join users o on o.id = a.owner_id
        join members m on m.account_id = g.account_id and m.user_id = g.user_id
        where g.id > $1 and g.ended_at is null order by g.id limit $2"));
    FIND_LAST_ACCOUNT = "select account_id from grants where user_id = $1 and client = $2
        order by last_used_at desc limit 1";
    INSERT = "insert into grants (id, client, user_id, session_id, account_id, scope, created_at, last_used_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)";
    FIND = (concat!("select ", grant_columns!(), " from grants g where g.id = $1"));
    FIND_ACTIVE = (concat!("select ", grant_columns!(), ", ", user_columns!(), ", ", session_columns!(), ", ",
        account_columns!(), ", m.roles from grants g join users u on u.id = g.user_id
        join sessions s on s.id = g.session_id and s.user_id = g.user_id
        join accounts a on a.id = g.account_id join users o on o.id = a.owner_id
        join members m on m.account_id = g.account_id and m.user_id = g.user_id
        where g.id = $1 and g.client = $2 and g.ended_at is null
        and s.last_used_at > $3 and s.created_at > $4 and u.disabled_at is null"));
    FIND_LIVE = (concat!("select ", grant_columns!(), " from grants g
        where g.session_id = $1 and g.client = $2 and g.account_id = $3 and g.ended_at is null"));
    MARK_USED = "update grants set scope = $2, last_used_at = $3, is_used = true where id = $1 and ended_at is null";
    INSERT_CODE = "insert into authorization_codes
        (code_hash, grant_id, redirect_uri, scope, nonce, code_challenge, authenticated_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND_CODE = (concat!("select ", code_columns!(), " from authorization_codes c
        join grants g on g.id = c.grant_id where c.code_hash = $1"));
    MARK_CODE_USED = "update authorization_codes set used_at = $2 where code_hash = $1 and used_at is null";
    INSERT_REFRESH_TOKEN = "insert into refresh_tokens
        (token_hash, family_hash, grant_id, scope, authenticated_at, created_at) values ($1, $2, $3, $4, $5, $6)";
    FIND_REFRESH_TOKEN = (concat!("select ", refresh_token_columns!(), " from refresh_tokens r
        join grants g on g.id = r.grant_id where r.token_hash = $1"));
    // The columns of a refresh token. The present token of the row is of the time when the last one was used.
    FIND_REPLACED_REFRESH_TOKEN = "select r.grant_id, r.scope, r.authenticated_at, coalesce(r.used_at, r.created_at),
        g.client, g.user_id from refresh_tokens r join grants g on g.id = r.grant_id where r.family_hash = $1";
    REPLACE_REFRESH_TOKEN = "update refresh_tokens set token_hash = $2, family_hash = $3, created_at = $4
        where token_hash = $1 and used_at is null";
}

/// Adds a grant.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, grant: &Grant) -> Result<(), Error> {
    conn.execute(
        INSERT,
        params![
            grant.id,
            &grant.client,
            grant.user,
            grant.session,
            grant.account,
            &grant.scope,
            grant.created_at,
        ],
    )?;
    Ok(())
}

/// The grant with this id, whether it has ended or not.
///
/// # Errors
/// When the database is unavailable.
pub fn find(conn: &mut Conn<'_>, id: GrantId) -> Result<Option<Grant>, Error> {
    conn.query_optional(FIND, params![id], Grant::read)
}

/// An active grant with what it depends on.
#[derive(Clone, Debug)]
pub struct ActiveGrant {
    /// The grant.
    pub grant: Grant,
    /// Its user, who is not disabled.
    pub user: User,
    /// Its session, which has not ended.
    pub session: Session,
    /// The account that the user works in.
    pub account: Account,
    /// The user's roles there.
    pub roles: StoredRoles,
}

/// The grant of a client with this id, unless it has ended, its user is disabled or no member of its account any more, or its
/// session was last used at `idle_since` or earlier, or begun at `begun_since` or earlier.
///
/// # Errors
/// When the database is unavailable.
pub fn find_active(
    conn: &mut Conn<'_>,
    client: &str,
    id: GrantId,
    idle_since: Timestamp,
    begun_since: Timestamp,
) -> Result<Option<ActiveGrant>, Error> {
    let params = params![id, client, idle_since, begun_since];
    conn.query_optional(FIND_ACTIVE, params, |row| {
        Ok(ActiveGrant {
            grant: Grant::read(row)?,
            user: User::read(row)?,
            session: Session::read(row)?,
            account: Account::read(row)?,
            roles: row.get()?,
        })
    })
}

/// The grant of a session to a product for an account, unless it has ended.
///
/// # Errors
/// When the database is unavailable.
pub fn find_live(
    conn: &mut Conn<'_>,
    session: SessionId,
    client: &str,
    account: AccountId,
) -> Result<Option<Grant>, Error> {
    conn.query_optional(FIND_LIVE, params![session, client, account], Grant::read)
}

/// A user's live grants, last used first: of accounts they are in, and of sessions used after `idle_since` and begun after
/// `begun_since`.
///
/// # Errors
/// When the database is unavailable.
pub fn list_live_of_user(
    conn: &mut Conn<'_>,
    user: UserId,
    idle_since: Timestamp,
    begun_since: Timestamp,
) -> Result<Vec<UserGrant>, Error> {
    let params = params![user, idle_since, begun_since];
    conn.query_all(LIST_LIVE_OF_USER, params, UserGrant::read)
}

/// Up to `limit` grants of members from after `after` on that have not ended, the oldest first, each with its account and the
/// roles of its user there.
///
/// # Errors
/// When the database is unavailable.
pub fn list_not_ended(
    conn: &mut Conn<'_>,
    after: GrantId,
    limit: i64,
) -> Result<Vec<(Grant, Account, StoredRoles)>, Error> {
    conn.query_all(LIST_NOT_ENDED, params![after, limit], |row| {
        Ok((Grant::read(row)?, Account::read(row)?, row.get()?))
    })
}

/// The account that a user has worked in last with a product.
///
/// # Errors
/// When the database is unavailable.
pub fn find_last_account(
    conn: &mut Conn<'_>,
    user: UserId,
    client: &str,
) -> Result<Option<AccountId>, Error> {
    conn.query_optional(FIND_LAST_ACCOUNT, params![user, client], first_column)
}

/// Stores what a grant is for now, and when it was used.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_used(
    conn: &mut Conn<'_>,
    id: GrantId,
    scope: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(MARK_USED, params![id, scope, now])? == 1)
}

/// Adds an authorization code.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_code(
    conn: &mut Conn<'_>,
    hash: &TokenHash,
    code: &AuthorizationCode,
) -> Result<(), Error> {
    conn.execute(
        INSERT_CODE,
        params![
            hash,
            code.grant,
            &code.redirect_uri,
            &code.scope,
            code.nonce.as_deref(),
            code.code_challenge.as_deref(),
            code.authenticated_at,
            code.expires_at,
        ],
    )?;
    Ok(())
}

/// The code with this hash, used or not.
///
/// # Errors
/// When the database is unavailable.
pub fn find_code(
    conn: &mut Conn<'_>,
    hash: &TokenHash,
) -> Result<Option<AuthorizationCode>, Error> {
    conn.query_optional(FIND_CODE, params![hash], AuthorizationCode::read)
}

/// Uses a code; false when it was used.
///
/// # Errors
/// When the database is unavailable.
pub fn mark_code_used(
    conn: &mut Conn<'_>,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(conn.execute(MARK_CODE_USED, params![hash, now])? == 1)
}

/// Adds the first refresh token of a family.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_refresh_token(
    conn: &mut Conn<'_>,
    hashes: &RefreshTokenHashes,
    token: &RefreshToken,
    now: Timestamp,
) -> Result<(), Error> {
    conn.execute(
        INSERT_REFRESH_TOKEN,
        params![
            &hashes.token,
            &hashes.family,
            token.grant,
            &token.scope,
            token.authenticated_at,
            now
        ],
    )?;
    Ok(())
}

/// The refresh token with these hashes, used or not. Whatever is of the family of one and is not that one was replaced, and so is
/// used.
///
/// # Errors
/// When the database is unavailable.
pub fn find_refresh_token(
    conn: &mut Conn<'_>,
    hashes: &RefreshTokenHashes,
) -> Result<Option<RefreshToken>, Error> {
    let token = params![&hashes.token];
    let found = conn.query_optional(FIND_REFRESH_TOKEN, token, RefreshToken::read)?;
    if found.is_some() {
        return Ok(found);
    }
    let family = params![&hashes.family];
    conn.query_optional(FIND_REPLACED_REFRESH_TOKEN, family, RefreshToken::read)
}

/// Replaces a refresh token by the next one of its family; false when it was used.
///
/// # Errors
/// When the database is unavailable.
pub fn replace_refresh_token(
    conn: &mut Conn<'_>,
    hash: &TokenHash,
    next: &RefreshTokenHashes,
    now: Timestamp,
) -> Result<bool, Error> {
    let params = params![hash, &next.token, &next.family, now];
    Ok(conn.execute(REPLACE_REFRESH_TOKEN, params)? == 1)
}
