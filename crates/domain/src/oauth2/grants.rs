//! Grants: what a user has granted to a product, for one account and in one session.
//!
//! A grant begins when a user signs in to a product, and is `sid` in its tokens. It is active no more when it was ended, when
//! its session has ended, or when the user may not use the product in the account any more; each is read again whenever tokens
//! are issued or asked about. An authorization code is valid for a minute and once, a refresh token once; either presented
//! again ends the grant, since one of the two who had it is not the product (RFC 9700 sections 2.1.1 and 4.14.2).

use std::time::Duration;

use serde_json::json;

use super::access::{Access, access_in, find_access};
use super::authorization_request::AuthorizationRequest;
use super::grant_ends::{EndCause, end_grant};
use super::scope::{Scope, Scopes};
use crate::accounts::Account;
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::policy::ACTIVITY_RESOLUTION;
use crate::sessions::{self, Session, User};
use crate::{Caller, Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, GrantId};
use convoke_core::model::activity::Action;
use convoke_core::model::grant::GrantEnd;
use convoke_core::refresh_token::{RefreshTokenHashes, new_refresh_token};
use convoke_core::secret::{Secret, TokenKind, new_token, sha256, token_hash};
use convoke_store::grants::{self as table, AuthorizationCode, RefreshToken};

pub use table::Grant;

/// How long an authorization code is valid.
pub const CODE_LIFETIME: Duration = Duration::from_mins(1);

/// Why no tokens are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The code or the refresh token is unknown, used, expired, another client's, or its grant has ended.
    InvalidGrant,
    /// More is asked for than was granted.
    InvalidScope,
}

/// An active grant, with what its tokens contain.
#[derive(Clone, Debug)]
pub struct ActiveGrant {
    /// The grant.
    pub grant: Grant,
    /// Its user.
    pub user: User,
    /// The session that it belongs to.
    pub session: Session,
    /// The account that the user works in.
    pub account: Account,
    /// What the user may do there.
    pub access: Access,
}

/// What tokens are made of.
#[derive(Debug)]
pub struct Issued {
    /// The grant.
    pub active: ActiveGrant,
    /// What the tokens may tell.
    pub scopes: Scopes,
    /// Becomes a claim of the ID token.
    pub nonce: Option<String>,
    /// When the user had signed in.
    pub authenticated_at: Timestamp,
    /// The next refresh token, where the scope has one.
    pub refresh_token: Option<Secret>,
}

/// Grants the caller's access in an account to the product of a request, and returns the authorization code.
///
/// # Errors
/// [`Error::SignInRequired`] when the session has ended; [`Error::NotFound`] when the caller may not use the product in this
/// account.
pub fn authorize(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    request: &AuthorizationRequest,
    account: AccountId,
) -> Result<Secret, Error> {
    let (user, session) = sessions::lock(tx, caller)?;
    if find_access(tx, &request.client, user.id, account)?.is_none() {
        return Err(Error::NotFound);
    }
    let live = table::find_live(tx.conn, session.id, &request.client, account)?;
    let id = match live {
        Some(grant) => grant.id,
        None => begin(tx, caller, &request.client, &session, account)?,
    };
    let (code, hash) = new_token(TokenKind::Code, tx.ctx.random.as_ref());
    let stored = AuthorizationCode {
        grant: id,
        redirect_uri: request.redirect_uri.clone(),
        scope: request.scopes.names(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.map(|hash| hash.to_vec()),
        authenticated_at: session.authenticated_at,
        expires_at: tx.now.plus(CODE_LIFETIME),
        used_at: None,
        client: request.client.clone(),
        user: user.id,
    };
    table::insert_code(tx.conn, &hash, &stored)?;
    Ok(code)
}

fn begin(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    client: &str,
    session: &Session,
    account: AccountId,
) -> Result<GrantId, Error> {
    let user = caller.user.id;
    let grant = Grant {
        id: tx.new_id(),
        client: client.to_owned(),
        user,
        session: session.id,
        account,
        scope: Scopes::default().names(),
        created_at: tx.now,
        last_used_at: tx.now,
        ended_at: None,
        is_used: false,
    };
    table::insert(tx.conn, &grant)?;
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::ProductSignedIn,
        target: Some(Target::User(user, caller.user.name())),
        before: None,
        after: Some(json!({ "grant": grant.id, "product": client })),
    };
    let scope = ActivityScope::Member(account, user);
    activity::record(tx, scope, &caller.client, event)?;
    Ok(grant.id)
}

/// Exchanges an authorization code for what tokens are made of (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
///
/// # Errors
/// [`Error::Database`]. A [`TokenError`] is returned inside: what it ended must be committed.
pub fn redeem_code(
    tx: &mut Tx<'_, '_>,
    client: &str,
    presented: &str,
    redirect_uri: Option<&str>,
    code_verifier: Option<&str>,
) -> Result<Result<Issued, TokenError>, Error> {
    let invalid = Ok(Err(TokenError::InvalidGrant));
    let Some(hash) = token_hash(TokenKind::Code, presented) else {
        return invalid;
    };
    // What is another client's, this one can neither use nor end.
    let code = table::find_code(tx.conn, &hash)?.filter(|code| code.client == client);
    let Some(code) = code else {
        return invalid;
    };
    tx.lock_user(code.user)?;
    // Whoever has the code alone can neither use it nor end what it gave.
    let is_right = redirect_uri == Some(code.redirect_uri.as_str())
        && is_verified(code.code_challenge.as_deref(), code_verifier);
    if !is_right || (code.used_at.is_none() && code.expires_at <= tx.now) {
        return invalid;
    }
    // Another request may have used it while the lock was waited for.
    if code.used_at.is_some() || !table::mark_code_used(tx.conn, &hash, tx.now)? {
        end_grant(tx, code.grant, EndCause::by_system(GrantEnd::CodeReused))?;
        return invalid;
    }
    let token = RefreshToken {
        grant: code.grant,
        scope: code.scope,
        authenticated_at: code.authenticated_at,
        used_at: None,
        client: code.client,
        user: code.user,
    };
    let granted = Scopes::parse(&token.scope);
    let mut issued = issue(tx, &token, granted, code.nonce)?;
    if let Ok(issued) = &mut issued
        && granted.contains(Scope::OfflineAccess)
    {
        let (secret, hashes) = new_refresh_token(None, tx.ctx.random.as_ref());
        table::insert_refresh_token(tx.conn, &hashes, &token, tx.now)?;
        issued.refresh_token = Some(secret);
    }
    Ok(issued)
}

/// Whether a code verifier is that of the challenge. One without a challenge is rejected too: the request of this code had none,
/// so that it is not the client's own (RFC 9700 section 2.1.1).
fn is_verified(challenge: Option<&[u8]>, verifier: Option<&str>) -> bool {
    let is_verifier = |text: &str| {
        (43..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            is_verifier(verifier) && sha256(verifier.as_bytes()) == *challenge
        }
        _ => false,
    }
}

/// Exchanges a refresh token for what new tokens are made of, the next refresh token among them (RFC 6749 section 6). Roles
/// and account are those of now. Fewer scopes may be requested, by their names; the next token keeps them all.
///
/// # Errors
/// [`Error::Database`]. A [`TokenError`] is returned inside: what it ended must be committed.
pub fn refresh(
    tx: &mut Tx<'_, '_>,
    client: &str,
    presented: &str,
    requested: Option<&str>,
) -> Result<Result<Issued, TokenError>, Error> {
    let invalid = Ok(Err(TokenError::InvalidGrant));
    let Some(hashes) = RefreshTokenHashes::from_presented(presented) else {
        return invalid;
    };
    let token = table::find_refresh_token(tx.conn, &hashes)?.filter(|token| token.client == client);
    let Some(token) = token else {
        return invalid;
    };
    tx.lock_user(token.user)?;
    let reused = EndCause::by_system(GrantEnd::RefreshTokenReused);
    if token.used_at.is_some() {
        end_grant(tx, token.grant, reused)?;
        return invalid;
    }
    let granted = Scopes::parse(&token.scope);
    let scopes = match requested.map(Scopes::parse_known) {
        None => granted,
        Some(Some(scopes)) if scopes.is_subset(granted) => scopes,
        Some(_) => return Ok(Err(TokenError::InvalidScope)),
    };
    // Another request may have used it while the lock was waited for.
    let (secret, next) = new_refresh_token(Some(presented), tx.ctx.random.as_ref());
    if !table::replace_refresh_token(tx.conn, &hashes.token, &next, tx.now)? {
        end_grant(tx, token.grant, reused)?;
        return invalid;
    }
    let mut issued = issue(tx, &token, scopes, None)?;
    if let Ok(issued) = &mut issued {
        issued.refresh_token = Some(secret);
    }
    Ok(issued)
}

/// What tokens of a grant are made of, without a refresh token; marks the grant as used, every five minutes.
fn issue(
    tx: &mut Tx<'_, '_>,
    token: &RefreshToken,
    scopes: Scopes,
    nonce: Option<String>,
) -> Result<Result<Issued, TokenError>, Error> {
    let Some(active) = find_active(tx, &token.client, token.grant)? else {
        return Ok(Err(TokenError::InvalidGrant));
    };
    let grant = &active.grant;
    let is_stale = tx.now >= grant.last_used_at.plus(ACTIVITY_RESOLUTION);
    if (is_stale || !grant.is_used || grant.scope != token.scope)
        && !table::mark_used(tx.conn, grant.id, &token.scope, tx.now)?
    {
        return Ok(Err(TokenError::InvalidGrant));
    }
    Ok(Ok(Issued {
        active,
        scopes,
        nonce,
        authenticated_at: token.authenticated_at,
        refresh_token: None,
    }))
}

/// The grant of this client with everything that it depends on, as it is now; none where any of it has ended.
///
/// # Errors
/// [`Error::Database`].
pub fn find_active(
    tx: &mut Tx<'_, '_, impl Mode>,
    client: &str,
    id: GrantId,
) -> Result<Option<ActiveGrant>, Error> {
    let (idle_since, begun_since) = sessions::live_since(tx);
    let found = table::find_active(tx.conn, client, id, idle_since, begun_since)?;
    let Some(found) = found else {
        return Ok(None);
    };
    let access = access_in(tx, client, found.user.id, &found.account, &found.roles)?;
    Ok(access.map(|access| ActiveGrant {
        grant: found.grant,
        user: found.user,
        session: found.session,
        account: found.account,
        access,
    }))
}

/// The grant of a refresh token of this client, as it is now, with the scope of the token; none where the token was used or the
/// grant has ended.
///
/// # Errors
/// [`Error::Database`].
pub fn find_by_refresh_token(
    tx: &mut Tx<'_, '_, impl Mode>,
    client: &str,
    presented: &str,
) -> Result<Option<ActiveGrant>, Error> {
    let Some(hashes) = RefreshTokenHashes::from_presented(presented) else {
        return Ok(None);
    };
    let token = table::find_refresh_token(tx.conn, &hashes)?;
    let Some(token) = token.filter(|token| token.used_at.is_none()) else {
        return Ok(None);
    };
    let active = find_active(tx, client, token.grant)?;
    Ok(active.map(|mut active| {
        active.grant.scope = token.scope;
        active
    }))
}

/// The grant of a refresh token of this client, also where it was used or the grant has ended.
///
/// # Errors
/// [`Error::Database`].
pub fn find_grant_of_refresh_token(
    tx: &mut Tx<'_, '_, impl Mode>,
    client: &str,
    presented: &str,
) -> Result<Option<GrantId>, Error> {
    let Some(hashes) = RefreshTokenHashes::from_presented(presented) else {
        return Ok(None);
    };
    let token = table::find_refresh_token(tx.conn, &hashes)?;
    let token = token.filter(|token| token.client == client);
    Ok(token.map(|token| token.grant))
}

/// Ends a grant of this client; does nothing with another client's or one that has ended (RFC 7009 section 2.2).
///
/// # Errors
/// [`Error::Database`].
pub fn end(tx: &mut Tx<'_, '_>, client: &str, id: GrantId, reason: GrantEnd) -> Result<(), Error> {
    if let Some(grant) = table::find(tx.conn, id)?.filter(|grant| grant.client == client) {
        tx.lock_user(grant.user)?;
        end_grant(tx, grant.id, EndCause::by_system(reason))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_verifier_is_that_of_its_challenge() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = sha256(verifier.as_bytes());
        assert!(is_verified(Some(&challenge), Some(verifier)));
        assert!(is_verified(None, None));
        assert!(!is_verified(Some(&challenge), None));
        assert!(!is_verified(None, Some(verifier)));
        assert!(!is_verified(Some(&challenge), Some(&verifier[1..])));
        let short = "a".repeat(42);
        assert!(!is_verified(Some(&sha256(short.as_bytes())), Some(&short)));
        let long = "a".repeat(129);
        assert!(!is_verified(Some(&sha256(long.as_bytes())), Some(&long)));
        let odd = format!("{}+", "a".repeat(43));
        assert!(!is_verified(Some(&sha256(odd.as_bytes())), Some(&odd)));
    }
}
