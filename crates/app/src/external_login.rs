//! Sign-in through services: what is asked of them between two transactions.

use super::App;
use convoke_core::model::identity::ExternalProfile;
use convoke_domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use convoke_domain::identities::{self, ConnectOutcome, ExternalLogin, ExternalLoginOutcome};
use convoke_domain::rate_limits::Client;
use convoke_domain::{Caller, ClientInfo, Error};
use convoke_infra::identity_providers::{Provider, ProviderError};

/// What a service sent back with the browser.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationResponse {
    /// What a token can be had for.
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
    /// The person did not agree.
    Cancelled,
    /// The service could not identify the user.
    Provider(ProviderError),
    /// An operation rejected.
    Refusal(Error),
}

impl From<Error> for ExternalLoginError {
    fn from(error: Error) -> Self {
        Self::Refusal(error)
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
    /// [`ProviderError`] when the service must be asked and does not respond.
    pub async fn start_authorization(
        &self,
        provider: &Provider,
        errand: AuthorizationIntent,
    ) -> Result<(AuthorizationFlow, String), ProviderError> {
        let now = self.ctx.clock.now();
        let attempt = AuthorizationFlow::start(errand, now, self.ctx.random.as_ref());
        let url = provider
            .authorization_url(&attempt.parameters(), now)
            .await?;
        Ok((attempt, url))
    }

    /// Identifies the user of a callback; the flow counts as used whatever the result is.
    async fn fetch_identity(
        &self,
        origin: &ClientInfo,
        provider: &Provider,
        attempt: &AuthorizationFlow,
        returned: &AuthorizationResponse,
    ) -> Result<ExternalProfile, ExternalLoginError> {
        // Counted as failed until it is known to be right: each return is written down, and most ask the service.
        let client = Client::from(origin.ip);
        let permits = self
            .ctx
            .rate_limits
            .external_login(client, self.ctx.clock.now())?;
        let used = attempt.clone();
        let written = self.write(move |tx| identities::use_flow(tx, &used)).await;
        if let Err(error @ Error::Store(_)) = written {
            permits.refund();
            return Err(error.into());
        }
        if !written? {
            return Err(ExternalLoginError::Stale);
        }
        match (returned.error.as_deref(), &returned.code) {
            // Counts too: each such callback writes a row.
            (Some("access_denied"), _) => Err(ExternalLoginError::Cancelled),
            (Some("server_error" | "temporarily_unavailable"), _) => {
                let words = "it says that it cannot answer now".to_owned();
                Err(ProviderError::Away(words).into())
            }
            (Some(error), _) => {
                let error = convoke_core::text::clean_foreign(error, 64);
                let words = format!("it sends browsers back with the error {error:?}");
                Err(ProviderError::Misconfigured(words).into())
            }
            (None, None) => Err(ExternalLoginError::Stale),
            (None, Some(code)) => {
                let now = self.ctx.clock.now();
                let issuer = returned.issuer.as_deref();
                let who = provider
                    .fetch_identity(&attempt.parameters(), code, issuer, now)
                    .await;
                // An outage of the service is not the client's failure.
                if matches!(who, Ok(_) | Err(ProviderError::Away(_))) {
                    permits.refund();
                }
                Ok(who?)
            }
        }
    }

    /// Signs in or registers the user of a callback (rule U5).
    ///
    /// # Errors
    /// [`ExternalLoginError`].
    pub async fn complete_external_login(
        &self,
        origin: ClientInfo,
        provider: &Provider,
        attempt: &AuthorizationFlow,
        returned: &AuthorizationResponse,
        arrival: ExternalLogin,
    ) -> Result<ExternalLoginOutcome, ExternalLoginError> {
        let who = self
            .fetch_identity(&origin, provider, attempt, returned)
            .await?;
        let arrived = self
            .write(move |tx| identities::sign_in_or_register(tx, &origin, &who, &arrival))
            .await?;
        Ok(arrived)
    }

    /// Connects the identity of a callback to the caller.
    ///
    /// # Errors
    /// [`ExternalLoginError`].
    pub async fn connect(
        &self,
        caller: Caller,
        provider: &Provider,
        attempt: &AuthorizationFlow,
        returned: &AuthorizationResponse,
    ) -> Result<ConnectOutcome, ExternalLoginError> {
        let origin = caller.origin.clone();
        let who = self
            .fetch_identity(&origin, provider, attempt, returned)
            .await?;
        let connected = self
            .write(move |tx| identities::connect(tx, &caller, &who))
            .await?;
        Ok(connected)
    }
}
