//! Sign-in through services: the requests to them between two transactions.

use super::App;
use convoke_core::model::identity::ExternalProfile;
use convoke_domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use convoke_domain::identities::{self, ConnectOutcome, ExternalLogin, ExternalLoginOutcome};
use convoke_domain::rate_limits::Client;
use convoke_domain::{Caller, ClientInfo, Error};
use convoke_infra::identity_providers::{Provider, ProviderError};

/// The parameters of a callback (RFC 6749 section 4.1.2).
#[derive(Clone, Debug, Default)]
pub struct AuthorizationResponse {
    /// The authorization code.
    pub code: Option<String>,
    /// Why there is no code (RFC 6749 section 4.1.2.1).
    pub error: Option<String>,
    /// The issuer's name (RFC 9207).
    pub issuer: Option<String>,
}

/// Why a sign-in at an identity provider failed.
#[derive(Debug)]
pub enum ExternalLoginError {
    /// The flow is too old, was used before, or its callback has no code.
    Stale,
    /// The user denied access.
    Cancelled,
    /// The service could not identify the user.
    Provider(ProviderError),
    /// An operation failed.
    Rejected(Error),
}

impl From<Error> for ExternalLoginError {
    fn from(error: Error) -> Self {
        Self::Rejected(error)
    }
}

impl From<ProviderError> for ExternalLoginError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl App {
    /// Starts a flow and returns the URL to redirect the browser to. Nothing is stored.
    ///
    /// # Errors
    /// [`ProviderError`] when a request to the service is needed and fails.
    pub async fn start_authorization(
        &self,
        provider: &Provider,
        intent: AuthorizationIntent,
    ) -> Result<(AuthorizationFlow, String), ProviderError> {
        let now = self.ctx.clock.now();
        let flow = AuthorizationFlow::start(intent, now, self.ctx.random.as_ref());
        let url = provider.authorization_url(&flow.parameters(), now).await?;
        Ok((flow, url))
    }

    /// Identifies the user of a callback; the flow counts as used whatever the result is.
    async fn fetch_identity(
        &self,
        client: &ClientInfo,
        provider: &Provider,
        flow: &AuthorizationFlow,
        response: &AuthorizationResponse,
    ) -> Result<ExternalProfile, ExternalLoginError> {
        // Counted as failed until it is known to be right: each callback writes a row, and most cause a request to the service.
        let client_key = Client::from(client.ip);
        let permits = self
            .ctx
            .rate_limits
            .external_login(client_key, self.ctx.clock.now())?;
        let used = flow.clone();
        let written = self.write(move |tx| identities::use_flow(tx, &used)).await;
        if let Err(error @ Error::Database(_)) = written {
            permits.refund();
            return Err(error.into());
        }
        if !written? {
            return Err(ExternalLoginError::Stale);
        }
        match (response.error.as_deref(), &response.code) {
            // Counts too: each such callback writes a row.
            (Some("access_denied"), _) => Err(ExternalLoginError::Cancelled),
            (Some("server_error" | "temporarily_unavailable"), _) => {
                let detail = "it says that it cannot answer now".to_owned();
                Err(ProviderError::Unavailable(detail).into())
            }
            (Some(error), _) => {
                let error = convoke_core::text::clean_foreign(error, 64);
                let detail = format!("it sends browsers back with the error {error:?}");
                Err(ProviderError::Misconfigured(detail).into())
            }
            (None, None) => Err(ExternalLoginError::Stale),
            (None, Some(code)) => {
                let now = self.ctx.clock.now();
                let issuer = response.issuer.as_deref();
                let profile = provider
                    .fetch_identity(&flow.parameters(), code, issuer, now)
                    .await;
                // An outage of the service is not the client's failure.
                if matches!(profile, Ok(_) | Err(ProviderError::Unavailable(_))) {
                    permits.refund();
                }
                Ok(profile?)
            }
        }
    }

    /// Signs in or registers the user of a callback (rule U5).
    ///
    /// # Errors
    /// [`ExternalLoginError`].
    pub async fn complete_external_login(
        &self,
        client: ClientInfo,
        provider: &Provider,
        flow: &AuthorizationFlow,
        response: &AuthorizationResponse,
        login: ExternalLogin,
    ) -> Result<ExternalLoginOutcome, ExternalLoginError> {
        let profile = self
            .fetch_identity(&client, provider, flow, response)
            .await?;
        let outcome = self
            .write(move |tx| identities::sign_in_or_register(tx, &client, &profile, &login))
            .await?;
        Ok(outcome)
    }

    /// Connects the identity of a callback to the caller.
    ///
    /// # Errors
    /// [`ExternalLoginError`].
    pub async fn connect(
        &self,
        caller: Caller,
        provider: &Provider,
        flow: &AuthorizationFlow,
        response: &AuthorizationResponse,
    ) -> Result<ConnectOutcome, ExternalLoginError> {
        let client = caller.client.clone();
        let profile = self
            .fetch_identity(&client, provider, flow, response)
            .await?;
        let connected = self
            .write(move |tx| identities::connect(tx, &caller, &profile))
            .await?;
        Ok(connected)
    }
}
