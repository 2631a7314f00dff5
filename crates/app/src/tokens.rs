//! Tokens for products: signed with the keys of this installation, and read again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use serde_json::Value;

use super::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::GrantId;
use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::secret::{Secret, sha256};
use convoke_domain::catalogue::sign_in::ProductSignIn;
use convoke_domain::oauth2::{
    self, Issued, MediaType, Scope, Scopes, TokenSettings, access_token_hash, client,
};
use convoke_domain::{DatabaseError, Error};

/// The scope with which a product reads its own entry of the catalogue.
pub const PRODUCT_READ: &str = "product.read";

/// The response of the token endpoint (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
#[derive(Debug)]
pub struct TokenSet {
    /// The access token.
    pub access_token: Secret,
    /// In how many seconds it expires.
    pub expires_in: u64,
    /// What it may tell, as names.
    pub scope: String,
    /// The ID token; none for tokens of a client itself and without the scope `openid`.
    pub id_token: Option<Secret>,
    /// The next refresh token, where the scope has one.
    pub refresh_token: Option<Secret>,
}

/// An access token that this installation has signed and that has not expired.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// All claims.
    pub claims: Value,
    /// The product that it was issued to.
    pub client: String,
    /// Its grant; none for a token of a client itself.
    pub grant: Option<GrantId>,
    /// Its scopes, as names.
    pub scope: String,
    /// From when on it is not valid, in seconds.
    expires_at: i64,
}

impl AccessToken {
    /// What it may tell.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        Scopes::parse(&self.scope)
    }

    /// Whether one of its scopes has this name.
    #[must_use]
    pub fn has_scope(&self, name: &str) -> bool {
        self.scope.split(' ').any(|scope| scope == name)
    }
}

/// How many verified tokens are kept.
const MAX_VERIFIED: usize = 4_096;

/// The access tokens that were verified last, by the hash of their text: to verify a signature takes longer than all else that an
/// introspection does.
pub struct VerifiedTokens(Mutex<LruCache<[u8; 32], Arc<AccessToken>>>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_VERIFIED)))
    }
}

impl VerifiedTokens {
    fn find(&self, hash: &[u8; 32]) -> Option<Arc<AccessToken>> {
        self.lock().get(hash).cloned()
    }

    fn insert(&self, hash: [u8; 32], token: Arc<AccessToken>) {
        self.lock().insert(hash, token);
    }

    /// Forgets all tokens, whose keys may be no longer in use.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<[u8; 32], Arc<AccessToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ID token that this installation has signed, expired or not.
#[derive(Clone, Debug)]
pub struct IdTokenHint {
    /// The product that it was issued to.
    pub client: String,
    /// Its user.
    pub user: convoke_core::ids::UserId,
    /// Its grant.
    pub grant: GrantId,
}

impl App {
    /// What tokens take from the installation and a product.
    #[must_use]
    pub fn token_settings<'a>(&'a self, sign_in: &'a ProductSignIn) -> TokenSettings<'a> {
        TokenSettings {
            address: self.issuer(),
            sign_in,
            access_token_lifetime: self.config.oidc.access_token_lifetime,
        }
    }

    /// The issuer of tokens: the public address without a slash at its end.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.public_origin
    }

    /// Signs the tokens of a grant.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] while there is no key.
    pub fn sign_tokens(&self, issued: Issued) -> Result<TokenSet, Error> {
        let now = self.ctx.clock.now();
        let client_id = &issued.active.grant.client;
        let (_, sign_in) = client(&self.ctx.catalogue, client_id).ok_or(Error::NotFound)?;
        let settings = self.token_settings(sign_in);
        let claims = oauth2::access_token(&issued, settings, &self.new_token_id(), now);
        let access_token = self.sign(sign_in.alg, MediaType::AccessToken, &claims, now)?;
        let id_token = if issued.scopes.contains(Scope::OpenId) {
            let hash = access_token_hash(&access_token);
            let claims = oauth2::id_token(&issued, settings, &hash, now);
            Some(Secret::new(self.sign(
                sign_in.alg,
                MediaType::IdToken,
                &claims,
                now,
            )?))
        } else {
            None
        };
        Ok(TokenSet {
            access_token: Secret::new(access_token),
            expires_in: settings.access_token_lifetime.as_secs(),
            scope: issued.scopes.names(),
            id_token,
            refresh_token: issued.refresh_token,
        })
    }

    /// Signs an access token of a client itself (RFC 6749 section 4.4).
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] while there is no key.
    pub fn sign_client_token(
        &self,
        client_id: &str,
        sign_in: &ProductSignIn,
    ) -> Result<TokenSet, Error> {
        let now = self.ctx.clock.now();
        let settings = self.token_settings(sign_in);
        let id = self.new_token_id();
        let claims = oauth2::client_access_token(client_id, PRODUCT_READ, settings, &id, now);
        let access_token = self.sign(sign_in.alg, MediaType::AccessToken, &claims, now)?;
        Ok(TokenSet {
            access_token: Secret::new(access_token),
            expires_in: settings.access_token_lifetime.as_secs(),
            scope: PRODUCT_READ.to_owned(),
            id_token: None,
            refresh_token: None,
        })
    }

    fn new_token_id(&self) -> String {
        let now = self.ctx.clock.now();
        let id: uuid::Uuid = self.ctx.ids.next(now, self.ctx.random.as_ref());
        id.simple().to_string()
    }

    fn sign(
        &self,
        algorithm: SigningAlgorithm,
        media_type: MediaType,
        claims: &Value,
        now: Timestamp,
    ) -> Result<String, Error> {
        let unavailable = || {
            let reason = "there is no signing key".to_owned();
            Error::Database(DatabaseError::Unavailable(reason))
        };
        let keys = self.signing_keys.current();
        let key = keys.signer(algorithm, now).ok_or_else(unavailable)?;
        key.sign(media_type.as_str(), claims)
            .map_err(|_| unavailable())
    }

    /// Reads an access token; none of any other text or of a token that has expired.
    #[must_use]
    pub fn verify_access_token(&self, token: &str) -> Option<Arc<AccessToken>> {
        let hash = sha256(token.as_bytes());
        let verified = self.verified_tokens.find(&hash).or_else(|| {
            let verified = Arc::new(self.verify_signed_access_token(token)?);
            self.verified_tokens.insert(hash, verified.clone());
            Some(verified)
        })?;
        let now = self.ctx.clock.now().millis().div_euclid(1_000);
        (verified.expires_at > now).then_some(verified)
    }

    fn verify_signed_access_token(&self, token: &str) -> Option<AccessToken> {
        let (media_type, claims) = self.signing_keys.current().verify(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        if media_type != MediaType::AccessToken.as_str() || text("iss")? != self.issuer() {
            return None;
        }
        let grant = match text("sid") {
            Some(sid) => Some(sid.parse().ok()?),
            None => None,
        };
        Some(AccessToken {
            client: text("client_id")?,
            grant,
            scope: text("scope")?,
            expires_at: claims.get("exp").and_then(Value::as_i64)?,
            claims,
        })
    }

    /// Reads an ID token that a client presents as a hint; an expired one counts (RP-Initiated Logout section 2).
    #[must_use]
    pub fn verify_id_token_hint(&self, token: &str) -> Option<IdTokenHint> {
        let (media_type, claims) = self.signing_keys.current().verify(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let is_ours = media_type == MediaType::IdToken.as_str() && text("iss")? == self.issuer();
        is_ours.then(|| {
            Some(IdTokenHint {
                client: text("aud")?.to_owned(),
                user: text("sub")?.parse().ok()?,
                grant: text("sid")?.parse().ok()?,
            })
        })?
    }
}
