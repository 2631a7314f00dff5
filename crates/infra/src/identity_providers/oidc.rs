//! OpenID Connect by discovery: authorization code flow with state, nonce and PKCE.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenVerifier,
    CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse as _,
};
use serde_json::Value;

use super::claims::{is_authorized_party, merged, payload, profile_from_claims};
use super::{MAX_ERROR_CHARS, Provider, ProviderError};
use convoke_core::clock::Timestamp;
use convoke_core::model::identity::{AuthorizationParameters, ExternalProfile};
use convoke_core::text::clean_foreign;

/// Metadata and keys are fetched again after this long.
const METADATA_LIFETIME: Duration = Duration::from_mins(15);
/// How long a failed discovery is cached.
const NEGATIVE_CACHE_TTL: Duration = Duration::from_secs(3);
/// How far the clocks of service and installation may be apart.
const CLOCK_SKEW: Duration = Duration::from_mins(2);
/// A token is issued during the callback, so an older one belongs to another sign-in.
const MAX_TOKEN_AGE: Duration = Duration::from_mins(15);

/// Public-key signatures only: one made with the client secret proves less than one made with the issuer's key.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The metadata of an issuer, with its keys.
#[derive(Debug)]
struct Metadata {
    core: CoreProviderMetadata,
    /// Whether it puts its name beside the code (RFC 9207).
    names_itself: bool,
    read_at: Timestamp,
}

/// The metadata read last, and the last failure to read it.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: Mutex<Option<Arc<Metadata>>>,
    /// Held during discovery: many requests for an issuer that is unavailable make one request to it.
    failed: tokio::sync::Mutex<Option<(Timestamp, String)>>,
}

impl Cache {
    fn get(&self, now: Timestamp) -> Option<Arc<Metadata>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |known: &&Arc<Metadata>| {
            known.read_at <= now.plus(CLOCK_SKEW) && now < known.read_at.plus(METADATA_LIFETIME)
        };
        known.as_ref().filter(fresh).cloned()
    }

    fn put(&self, metadata: &Arc<Metadata>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(metadata.clone());
    }
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

fn untrusted(detail: impl std::fmt::Display) -> ProviderError {
    ProviderError::Untrusted(clean_foreign(&detail.to_string(), MAX_ERROR_CHARS))
}

fn misconfigured(detail: impl std::fmt::Display) -> ProviderError {
    ProviderError::Misconfigured(clean_foreign(&detail.to_string(), MAX_ERROR_CHARS))
}

/// The metadata, fresh enough.
async fn metadata(provider: &Provider, now: Timestamp) -> Result<Arc<Metadata>, ProviderError> {
    if let Some(known) = provider.metadata.get(now) {
        return Ok(known);
    }
    let mut failed = provider.metadata.failed.lock().await;
    // Another task may have fetched it in the meantime.
    if let Some(known) = provider.metadata.get(now) {
        return Ok(known);
    }
    // A time well after now means that the clock was set back.
    let lasts = |(at, _): &&(Timestamp, String)| {
        *at <= now.plus(NEGATIVE_CACHE_TTL) && now < at.plus(NEGATIVE_CACHE_TTL)
    };
    if let Some((_, detail)) = failed.as_ref().filter(lasts) {
        return Err(ProviderError::Unavailable(detail.clone()));
    }
    let asked = discover(provider, now).await;
    *failed = match &asked {
        Err(ProviderError::Unavailable(detail)) => Some((now, detail.clone())),
        _ => None,
    };
    asked
}

/// Fetches the issuer's metadata and keys (`OpenID` Connect Discovery 1.0).
async fn discover(provider: &Provider, now: Timestamp) -> Result<Arc<Metadata>, ProviderError> {
    let issuer = provider.settings.issuer();
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document = get_json(provider, &url, None).await?;
    let names_itself = document.get("authorization_response_iss_parameter_supported");
    let names_itself = names_itself == Some(&Value::Bool(true));
    let core: CoreProviderMetadata = serde_json::from_value(document).map_err(|error| {
        untrusted(format!(
            "{url} is not the description of an issuer: {error}"
        ))
    })?;
    if core.issuer().as_str() != issuer {
        return Err(misconfigured(format!(
            "the issuer calls itself \"{}\"; write exactly that as issuer instead of \"{issuer}\"",
            core.issuer().as_str()
        )));
    }
    let keys = get_json(provider, core.jwks_uri().as_str(), None).await?;
    let keys: CoreJsonWebKeySet = serde_json::from_value(keys)
        .map_err(|error| untrusted(format!("the issuer's keys cannot be read: {error}")))?;
    if keys.keys().is_empty() {
        return Err(untrusted(
            "the issuer has no key of a kind that is known here",
        ));
    }
    let metadata = Arc::new(Metadata {
        core: core.set_jwks(keys),
        names_itself,
        read_at: now,
    });
    provider.metadata.put(&metadata);
    Ok(metadata)
}

/// A JSON document of the service; `token` is the access token of one user.
pub(super) async fn get_json(
    provider: &Provider,
    url: &str,
    token: Option<&str>,
) -> Result<Value, ProviderError> {
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url
        .parse()
        .map_err(|_| misconfigured(format!("{url} is not an address")))?;
    let headers = request.headers_mut();
    let json = http::HeaderValue::from_static("application/json");
    headers.insert(http::header::ACCEPT, json);
    let us = http::HeaderValue::from_static("convoke");
    headers.insert(http::header::USER_AGENT, us);
    if let Some(token) = token {
        let mut bearer = http::HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| untrusted("the access token has characters that none may have"))?;
        bearer.set_sensitive(true);
        headers.insert(http::header::AUTHORIZATION, bearer);
    }
    let response = provider.outbound.send(request).await?;
    let status = response.status().as_u16();
    match status {
        // GitHub's reply when its rate limit is exceeded.
        403 if exhausted(response.headers()) => {
            Err(ProviderError::Unavailable(format!("{url} answers 403")))
        }
        200 => serde_json::from_slice(response.body())
            .map_err(|_| untrusted(format!("{url} does not answer with JSON"))),
        401 | 403 | 404 => Err(misconfigured(format!("{url} answers {status}"))),
        _ => Err(ProviderError::Unavailable(format!(
            "{url} answers {status}"
        ))),
    }
}

fn exhausted(headers: &http::HeaderMap) -> bool {
    let none_left = headers
        .get("x-ratelimit-remaining")
        .is_some_and(|left| left == "0");
    none_left || headers.contains_key(http::header::RETRY_AFTER)
}

fn client(provider: &Provider, metadata: &Metadata) -> Result<Client, ProviderError> {
    let settings = &provider.settings;
    let secret = settings
        .client_secret
        .as_ref()
        .map(|secret| ClientSecret::new(secret.expose().to_owned()));
    let redirect = RedirectUrl::new(provider.redirect_uri.clone()).map_err(misconfigured)?;
    let known = metadata.core.token_endpoint_auth_methods_supported();
    let basic = known.is_none_or(|all| all.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let client_id = ClientId::new(settings.client_id.clone());
    let client = CoreClient::from_provider_metadata(metadata.core.clone(), client_id, secret);
    let auth = if basic {
        AuthType::BasicAuth
    } else {
        AuthType::RequestBody
    };
    Ok(client.set_redirect_uri(redirect).set_auth_type(auth))
}

/// The URL to redirect the browser to.
pub(super) async fn authorization_url(
    provider: &Provider,
    parameters: &AuthorizationParameters,
    now: Timestamp,
) -> Result<String, ProviderError> {
    let metadata = metadata(provider, now).await?;
    let client = client(provider, &metadata)?;
    let (state, nonce) = (parameters.state.clone(), parameters.nonce.clone());
    let verifier = PkceCodeVerifier::new(parameters.code_verifier.expose().to_owned());
    let (url, _, _) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .url();
    Ok(url.into())
}

/// The identity of a callback: exchanges the code for a token, verifies its claims, and completes them from the user info endpoint.
pub(super) async fn fetch_identity(
    provider: &Provider,
    parameters: &AuthorizationParameters,
    code: &str,
    issuer: Option<&str>,
    now: Timestamp,
) -> Result<ExternalProfile, ProviderError> {
    let metadata = metadata(provider, now).await?;
    match issuer {
        Some(named) if named != provider.settings.issuer() => {
            return Err(untrusted("the code was given by another issuer"));
        }
        None if metadata.names_itself => {
            return Err(untrusted("the issuer's name is missing beside the code"));
        }
        _ => {}
    }
    let response = exchange(provider, &metadata, parameters, code).await?;
    let token = response
        .id_token()
        .ok_or_else(|| untrusted("the answer has no ID token"))?;
    let nonce = Nonce::new(parameters.nonce.clone());
    let claims = match verify(provider, &metadata, token, &nonce, now) {
        // The issuer may have rotated its keys since they were fetched.
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        )) => {
            let fresh = discover(provider, now).await?;
            verify(provider, &fresh, token, &nonce, now)
        }
        other => other,
    };
    let mut claims = claims.map_err(untrusted)?;
    if claims.get("email").is_none()
        && let Some(url) = metadata.core.userinfo_endpoint()
    {
        let access = response.access_token().secret();
        match get_json(provider, url.as_str(), Some(access)).await {
            Ok(more) => claims = merged(claims, more)?,
            // The service has no such claim; the token's claim counts.
            Err(ProviderError::Misconfigured(detail)) => {
                tracing::info!(detail, "user info endpoint failed");
            }
            Err(error) => return Err(error),
        }
    }
    profile_from_claims(provider, &claims)
}

async fn exchange(
    provider: &Provider,
    metadata: &Metadata,
    parameters: &AuthorizationParameters,
    code: &str,
) -> Result<CoreTokenResponse, ProviderError> {
    let client = client(provider, metadata)?;
    let verifier = PkceCodeVerifier::new(parameters.code_verifier.expose().to_owned());
    let asked = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(misconfigured)?
        .set_pkce_verifier(verifier)
        .request_async(provider.outbound.as_ref())
        .await;
    asked.map_err(|error| match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(response) => {
            token_endpoint_error(response.error().as_ref())
        }
        // The body is not logged: there may be tokens in it.
        RequestTokenError::Parse(error, _) => {
            untrusted(format!("its token cannot be read at {}", error.path()))
        }
        RequestTokenError::Other(detail) => untrusted(detail),
    })
}

/// Why a service gives no token (RFC 6749 section 5.2).
pub(super) fn token_endpoint_error(error: &str) -> ProviderError {
    let detail = format!("it answers \"{}\"", clean_foreign(error, 64));
    match error {
        "invalid_grant" | "bad_verification_code" => ProviderError::CodeRejected(detail),
        _ => ProviderError::Misconfigured(detail),
    }
}

/// The claims of a token whose signature, issuer, audience, time and nonce are right.
fn verify(
    provider: &Provider,
    metadata: &Metadata,
    token: &CoreIdToken,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<Value, ClaimsVerificationError> {
    let at = |moment: Timestamp| {
        openidconnect_time(moment)
            .ok_or_else(|| ClaimsVerificationError::Other("there is no such time".to_owned()))
    };
    let (present, latest, earliest) = (
        at(now.minus(CLOCK_SKEW))?,
        at(now.plus(CLOCK_SKEW))?,
        at(now.minus(MAX_TOKEN_AGE))?,
    );
    let client_id = &provider.settings.client_id;
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(client_id.clone()),
        IssuerUrl::new(provider.settings.issuer().to_owned())
            .map_err(|error| ClaimsVerificationError::InvalidIssuer(error.to_string()))?,
        metadata.core.jwks().clone(),
    )
    .set_allowed_algs(ALGORITHMS)
    // Some tokens name every client of a project; then the authorized party decides, below.
    .set_other_audience_verifier_fn(|_| true)
    .set_time_fn(move || present)
    .set_issue_time_verifier_fn(move |issued| {
        if (earliest..=latest).contains(&issued) {
            Ok(())
        } else {
            Err("it was not issued just now; are both clocks right?".to_owned())
        }
    });
    token.claims(&verifier, nonce)?;
    let claims = payload(&token.to_string())
        .ok_or_else(|| ClaimsVerificationError::Other("its claims cannot be read".to_owned()))?;
    if is_authorized_party(&claims, client_id) {
        Ok(claims)
    } else {
        let detail = "it was made for another party".to_owned();
        Err(ClaimsVerificationError::InvalidAudience(detail))
    }
}

fn openidconnect_time(moment: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp_millis(moment.millis())
}
