//! Claims of tokens and of userinfo (OpenID Connect Core sections 2 and 5.1, RFC 9068 section 2.2).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::access::Access;
use super::grants::{ActiveGrant, Issued};
use super::scope::{Scope, Scopes};
use crate::accounts::Account;
use crate::catalogue::sign_in::ProductSignIn;
use convoke_core::clock::Timestamp;
use convoke_core::secret::sha256;

/// How long an ID token is valid; it is read once, when the sign-in ends.
pub const ID_TOKEN_LIFETIME: Duration = Duration::from_mins(10);

/// What kind of token it is: `typ` in its header, so that none is taken for another (RFC 8725 section 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// An ID token.
    IdToken,
    /// An access token (RFC 9068 section 2.1).
    AccessToken,
}

impl MediaType {
    /// The value of `typ`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "JWT",
            Self::AccessToken => "at+jwt",
        }
    }
}

/// The hash of an access token in its ID token: the left half of its SHA-256 (OpenID Connect Core section 3.1.3.6).
#[must_use]
pub fn access_token_hash(access_token: &str) -> String {
    let hash = sha256(access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// What tokens take from the installation and the product.
#[derive(Clone, Copy, Debug)]
pub struct TokenSettings<'i> {
    /// The public address of this installation.
    pub address: &'i str,
    /// How users sign in to the product.
    pub sign_in: &'i ProductSignIn,
    /// How long access tokens are valid.
    pub access_token_lifetime: Duration,
}

/// Seconds since 1970 (RFC 7519 section 2, `NumericDate`).
pub(super) const fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1_000)
}

/// The claims of an access token with the id `jti`: `typ` is `at+jwt`. Its audience is the product's own and the issuer, whose
/// userinfo it opens.
#[must_use]
pub fn access_token(
    issued: &Issued,
    settings: TokenSettings<'_>,
    jti: &str,
    now: Timestamp,
) -> Value {
    let ActiveGrant {
        grant,
        account,
        access,
        ..
    } = &issued.active;
    let audience = settings.sign_in.audience(&grant.client, settings.address);
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    set("iss", settings.address.into());
    set("aud", json!([audience, settings.address]));
    set("sub", json!(grant.user));
    set("client_id", grant.client.clone().into());
    set("scope", issued.scopes.names().into());
    set("jti", jti.into());
    set("iat", seconds(now).into());
    set(
        "exp",
        seconds(now.plus(settings.access_token_lifetime)).into(),
    );
    set("sid", json!(grant.id));
    insert_access(&mut claims, account, access, &settings.sign_in.roles_claims);
    Value::Object(claims)
}

/// The claims of an access token of a client itself: no user, no account (RFC 9068 section 2.2).
#[must_use]
pub fn client_access_token(
    client: &str,
    scope: &str,
    settings: TokenSettings<'_>,
    jti: &str,
    now: Timestamp,
) -> Value {
    let audience = settings.sign_in.audience(client, settings.address);
    json!({
        "iss": settings.address,
        "aud": [audience, settings.address],
        "sub": client,
        "client_id": client,
        "scope": scope,
        "jti": jti,
        "iat": seconds(now),
        "exp": seconds(now.plus(settings.access_token_lifetime)),
    })
}

/// The claims of an ID token; `at_hash` is that of the access token issued with it (OpenID Connect Core section 3.1.3.6).
#[must_use]
pub fn id_token(
    issued: &Issued,
    settings: TokenSettings<'_>,
    at_hash: &str,
    now: Timestamp,
) -> Value {
    let ActiveGrant {
        grant,
        session,
        account,
        access,
        ..
    } = &issued.active;
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    set("iss", settings.address.into());
    set("sub", json!(grant.user));
    set("aud", grant.client.clone().into());
    set("azp", grant.client.clone().into());
    set("exp", seconds(now.plus(ID_TOKEN_LIFETIME)).into());
    set("iat", seconds(now).into());
    set("auth_time", seconds(issued.authenticated_at).into());
    if let Some(nonce) = &issued.nonce {
        set("nonce", nonce.clone().into());
    }
    set("sid", json!(grant.id));
    // A service does not say how it has authenticated its user (RFC 8176).
    if session.provider.is_none() {
        set("amr", json!(["pwd"]));
    }
    set("acr", "1".into());
    set("at_hash", at_hash.into());
    insert_access(&mut claims, account, access, &settings.sign_in.roles_claims);
    if settings.sign_in.claims_in_id_token {
        claims.extend(user_claims(&issued.active, issued.scopes, settings.address));
    }
    Value::Object(claims)
}

/// The claims of userinfo; `accounts` are those in which the user may use the product, where the scope asks for them.
#[must_use]
pub fn user_info(
    active: &ActiveGrant,
    scopes: Scopes,
    settings: TokenSettings<'_>,
    accounts: &[(Account, Access)],
) -> Value {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(active.user.id));
    let names = &settings.sign_in.roles_claims;
    insert_access(&mut claims, &active.account, &active.access, names);
    claims.extend(user_claims(active, scopes, settings.address));
    if scopes.contains(Scope::Accounts) {
        let accounts = accounts.iter().map(|(account, access)| {
            json!({ "id": account.id, "name": account.name, "roles": access.roles, "owner": access.owner })
        });
        claims.insert("accounts".to_owned(), accounts.collect());
    }
    Value::Object(claims)
}

/// The claims that tell the account that the user works in, and what they may do there now.
#[must_use]
pub fn access_claims(active: &ActiveGrant, sign_in: &ProductSignIn) -> Map<String, Value> {
    let mut claims = Map::new();
    let names = &sign_in.roles_claims;
    insert_access(&mut claims, &active.account, &active.access, names);
    claims
}

/// The account that the user works in, and what they may do there.
fn insert_access(
    claims: &mut Map<String, Value>,
    account: &Account,
    access: &Access,
    further_names: &[String],
) {
    let place = json!({ "id": account.id, "name": account.name });
    claims.insert("account".to_owned(), place);
    claims.insert("roles".to_owned(), json!(access.roles));
    claims.insert("owner".to_owned(), access.owner.into());
    for name in further_names {
        claims.insert(name.clone(), json!(access.roles));
    }
}

/// Who the user is, as far as the scopes ask for it; claims without a value are left out.
fn user_claims(active: &ActiveGrant, scopes: Scopes, issuer: &str) -> Map<String, Value> {
    let user = &active.user;
    let mut claims = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    if scopes.contains(Scope::Profile) {
        set("name", Some(user.name().into()));
        set("given_name", Some(user.first_name.clone().into()));
        set("family_name", user.last_name.clone().map(Value::from));
        set("preferred_username", Some(user.login.clone().into()));
        let picture = user.picture.as_ref();
        set(
            "picture",
            picture.map(|id| format!("{issuer}/pictures/{id}").into()),
        );
        set("locale", Some(user.locale.as_str().into()));
        set("zoneinfo", Some(user.time_zone.clone().into()));
        let updated_at = user.updated_at.unwrap_or(user.created_at);
        set("updated_at", Some(seconds(updated_at).into()));
    }
    if scopes.contains(Scope::Email) {
        set("email", user.email.clone().map(Value::from));
        set("email_verified", user.email.as_ref().map(|_| true.into()));
    }
    if scopes.contains(Scope::Phone) {
        set("phone_number", user.phone.clone().map(Value::from));
        // It was never verified.
        set(
            "phone_number_verified",
            user.phone.as_ref().map(|_| false.into()),
        );
    }
    claims
}
