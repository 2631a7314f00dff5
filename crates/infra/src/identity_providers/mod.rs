//! Third-party services that people sign in through: GitHub, and providers of OpenID Connect.
//!
//! Claims of a service are trusted only after all checks of security rule 7.

mod claims;
mod github;
mod oidc;
mod settings;

use std::pin::Pin;
use std::sync::Arc;

use ipnet::IpNet;

use crate::http_client::{HttpClient, HttpClientError};
use convoke_core::clock::Timestamp;
use convoke_core::model::identity::{AuthorizationParameters, ExternalProfile};
use convoke_core::public_url::PublicUrl;

pub use settings::{ProviderKind, ProviderSettings};

/// The longest text about a failure; parts of it are the service's own.
const MAX_ERROR_CHARS: usize = 300;

/// Why a service could not identify a user. The text is for the log and for `convoke check`; they hold no
/// secret.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be reached, is slow, or responds that it is unavailable.
    #[error("{0}")]
    Unavailable(String),
    /// Its response is not trusted, or cannot be parsed.
    #[error("{0}")]
    Untrusted(String),
    /// It rejects the configured client.
    #[error("{0}")]
    Misconfigured(String),
    /// It does not take the code that the browser brought.
    #[error("{0}")]
    CodeRejected(String),
}

impl From<HttpClientError> for ProviderError {
    fn from(error: HttpClientError) -> Self {
        match error {
            HttpClientError::Plain(_) | HttpClientError::Private(_) => {
                Self::Misconfigured(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// The client libraries send through [`HttpClient`], and so within the rules.
impl<'c> oauth2::AsyncHttpClient<'c> for HttpClient {
    type Error = HttpClientError;
    type Future =
        Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse, HttpClientError>> + Send + 'c>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Every service of the configuration.
#[derive(Debug, Default)]
pub struct Providers(Vec<Provider>);

/// A service.
#[derive(Debug)]
pub struct Provider {
    /// What the operator has set.
    pub settings: ProviderSettings,
    /// Where the service sends browsers back to; to be entered there.
    pub redirect_uri: String,
    outbound: Arc<HttpClient>,
    metadata: oidc::Cache,
}

/// The result of probing a service, for `convoke check`.
#[derive(Debug)]
pub struct ProbeReport {
    /// How far its clock is ahead of this machine's, in milliseconds, where it sends the time.
    pub ahead: Option<i64>,
    /// Its response to a browser that is redirected there.
    pub welcome: u16,
    /// The error with which it redirects such a browser back at once.
    pub error: Option<String>,
}

/// The error in an address that a browser is sent to (RFC 6749 section 4.1.2.1).
fn error_parameter(location: Option<&http::HeaderValue>) -> Option<String> {
    let (_, query) = location?.to_str().ok()?.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, error) = pairs.find(|(name, _)| name == "error")?;
    Some(convoke_core::text::clean_foreign(&error, 64))
}

impl Providers {
    /// The services of a configuration. Requests go to public addresses and to `allowed` networks, and to this machine where
    /// `public_url` is of it.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub fn new(
        settings: &[ProviderSettings],
        allowed: Vec<IpNet>,
        public_url: &PublicUrl,
    ) -> Result<Self, String> {
        if settings.is_empty() {
            return Ok(Self::default());
        }
        let outbound = Arc::new(HttpClient::new(allowed, public_url.is_loopback())?);
        let origin = public_url.origin();
        let provider = |settings: &ProviderSettings| Provider {
            redirect_uri: format!("{origin}/sign-in/{}/callback", settings.id),
            settings: settings.clone(),
            outbound: outbound.clone(),
            metadata: oidc::Cache::default(),
        };
        Ok(Self(settings.iter().map(provider).collect()))
    }

    /// All of them, in the order of the configuration.
    pub fn all(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The service with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.settings.id == id)
    }
}

impl Provider {
    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// The URL to redirect the browser to.
    ///
    /// # Errors
    /// [`ProviderError`] when a request to the service is needed and fails.
    pub async fn authorization_url(
        &self,
        parameters: &AuthorizationParameters,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        match self.settings.kind {
            ProviderKind::Github => github::authorization_url(self, parameters),
            ProviderKind::Google | ProviderKind::Oidc => {
                oidc::authorization_url(self, parameters, now).await
            }
        }
    }

    /// The identity of a callback, by its code; `issuer` is the one beside the code (RFC 9207).
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn fetch_identity(
        &self,
        parameters: &AuthorizationParameters,
        code: &str,
        issuer: Option<&str>,
        now: Timestamp,
    ) -> Result<ExternalProfile, ProviderError> {
        match self.settings.kind {
            ProviderKind::Github => github::fetch_identity(self, parameters, code).await,
            ProviderKind::Google | ProviderKind::Oidc => {
                oidc::fetch_identity(self, parameters, code, issuer, now).await
            }
        }
    }

    /// Probes the service for `convoke check`: does it respond, what time is it there, and does it accept the
    /// client id and redirect address.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn probe(
        &self,
        parameters: &AuthorizationParameters,
        now: Timestamp,
    ) -> Result<ProbeReport, ProviderError> {
        let url = self.authorization_url(parameters, now).await?;
        let response = self.get(&url).await?;
        if self.settings.kind == ProviderKind::Github {
            // Any response will do: an Enterprise Server in private mode discloses nothing to anonymous clients.
            self.get(&format!("{}/", github::api(self))).await?;
        }
        let date = response.headers().get(http::header::DATE);
        let date = date.and_then(|value| value.to_str().ok());
        let date = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        Ok(ProbeReport {
            ahead: date.map(|date| date.timestamp().as_millisecond() - now.millis()),
            welcome: response.status().as_u16(),
            error: error_parameter(response.headers().get(http::header::LOCATION)),
        })
    }

    async fn get(&self, url: &str) -> Result<oauth2::HttpResponse, ProviderError> {
        let request = http::Request::get(url).header(http::header::USER_AGENT, "convoke");
        let request = request.body(Vec::new());
        let request = request.map_err(|error| ProviderError::Misconfigured(error.to_string()))?;
        Ok(self.outbound.send_any_status(request).await?)
    }
}
