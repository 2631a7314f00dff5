//! Sends logout tokens to products (OpenID Connect Back-Channel Logout 1.0 section 2.5), within the rules of [`HttpClient`].

use std::time::Duration;

use http::{Request, StatusCode, header};
use ipnet::IpNet;

use crate::http_client::{HttpClient, HttpClientError};

/// The time limit of a request, connecting included; a product that takes longer is tried again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How many requests may be under way.
pub const MAX_CONCURRENT_LOGOUTS: usize = 32;

/// Why a product has not taken a logout token.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// Its address cannot be requested.
    #[error("backchannel_logout_uri cannot be requested: {0}")]
    Address(String),
    /// No response in time.
    #[error("no answer within 5 s")]
    Timeout,
    /// It answered something else than 200 or 204.
    #[error("it answers {0}")]
    Status(u16),
    /// The request failed.
    #[error("{0}")]
    Request(#[from] HttpClientError),
}

/// Sends logout tokens.
#[derive(Debug)]
pub struct LogoutClient(HttpClient);

impl LogoutClient {
    /// Connects to public addresses and to those that the operator lists; in a trial to this machine too.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub fn new(allowed: Vec<IpNet>, trial: bool) -> Result<Self, String> {
        HttpClient::new(allowed, trial).map(Self)
    }

    /// Sends a logout token, and returns once the product has taken it, by a 200 or 204.
    ///
    /// # Errors
    /// [`LogoutError`].
    pub async fn send(&self, uri: &str, token: &str) -> Result<(), LogoutError> {
        // A token has no character that a form would escape (RFC 7515 section 7.1).
        let body = format!("logout_token={token}").into_bytes();
        let request = Request::post(uri)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .map_err(|error| LogoutError::Address(error.to_string()))?;
        let exchange = self.0.send_any_status(request);
        let response = tokio::time::timeout(TIMEOUT, exchange)
            .await
            .map_err(|_| LogoutError::Timeout)??;
        match response.status() {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
            other => Err(LogoutError::Status(other.as_u16())),
        }
    }
}
