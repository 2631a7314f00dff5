//! Sign-ups, whose passwords are hashed between transactions.

use super::App;
use super::auth::busy;
use super::rate_limits::refund_unless_done;
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_core::secret::Secret;
use convoke_domain::credentials::{self, VerifiedRegistration};
use convoke_domain::rate_limits::Client;
use convoke_domain::sessions::{self, SignedIn};
use convoke_domain::submitted_forms;
use convoke_domain::users::{self, Registration, RegistrationOutcome, SignedUp};
use convoke_domain::{ClientInfo, Error};
use convoke_store as store;

impl App {
    /// Begins a sign-up (rules U3 and U4).
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::RateLimited`], [`Error::NotFound`] for an unknown invitation,
    /// [`Error::SignUpClosed`], [`Error::PasswordSignInDisabled`].
    pub async fn register(
        &self,
        client: ClientInfo,
        request: Registration,
        password: Secret,
        browser_locale: Locale,
    ) -> Result<RegistrationOutcome, Error> {
        let new = users::validate(&self.ctx, &request, password.expose(), browser_locale)
            .map_err(Error::Invalid)?;
        // What will be rejected costs no hash and uses up no limit. The invitation is checked again under its lock.
        let checked = new.clone();
        let earlier = self
            .read(move |tx| {
                let earlier = submitted_forms::find(tx, checked.form_key())?;
                if earlier.is_none() {
                    users::check_registration(tx, &checked)?;
                }
                Ok(earlier)
            })
            .await?;
        if let Some(result) = earlier {
            return Ok(RegistrationOutcome::Repeated(result));
        }
        let client_key = Client::from(client.ip);
        let now = self.ctx.clock.now();
        let permits =
            self.ctx
                .rate_limits
                .registration(client_key, new.email().canonical(), now)?;
        let result = async {
            // Hashed in every case: the response time must not disclose whether the address is known.
            let hash = self.hash_password(password).await?;
            self.write(move |tx| users::register(tx, &client, &new, &hash))
                .await
        };
        refund_unless_done(permits, result.await)
    }

    /// Finishes a sign-up (rule U3).
    ///
    /// # Errors
    /// [`Error::LinkNoLongerValid`], [`Error::WrongPassword`], [`Error::RateLimited`].
    pub async fn confirm_registration(
        &self,
        client: ClientInfo,
        token: String,
        password: Secret,
    ) -> Result<SignedUp, Error> {
        let presented = token.clone();
        let client_key = Client::from(client.ip);
        let candidates = self
            .read(move |tx| users::find_candidates(tx, client_key, &presented))
            .await?;
        let verified = self
            .verify_registration(&client, candidates, password)
            .await?
            .ok_or(Error::WrongPassword)?;
        self.write(move |tx| users::confirm(tx, &client, verified, &token))
            .await
    }

    /// Signs in the user whom an earlier submission of the same form has created: its response, with the session's cookie, may
    /// not have reached the browser.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::RateLimited`].
    pub async fn sign_in_again(
        &self,
        client: ClientInfo,
        user: UserId,
        password: Secret,
    ) -> Result<SignedIn, Error> {
        let user_with_credentials = self
            .read(move |tx| {
                let credentials = store::users::find_credentials_of(tx.conn, user)?;
                Ok(store::users::find(tx.conn, user)?.zip(credentials))
            })
            .await?;
        let (user, credentials) = user_with_credentials.ok_or(Error::WrongPassword)?;
        let stored = credentials::stored_password(&credentials).filter(|_| !credentials.disabled);
        let login = users::canonical_login(user.email.as_ref().unwrap_or(&user.login));
        let recorded = Some(user.id);
        let verified = self
            .verify_sign_in(&client, &login, recorded, recorded, password, stored)
            .await?
            .ok_or(Error::WrongPassword)?;
        self.write(move |tx| sessions::sign_in_by_password(tx, &verified, &client))
            .await
    }

    /// Verifies the password of one of the registrations, all of one address. Counts as one attempt.
    async fn verify_registration(
        &self,
        client: &ClientInfo,
        candidates: Vec<store::registrations::Registration>,
        password: Secret,
    ) -> Result<Option<VerifiedRegistration>, Error> {
        let login = candidates
            .first()
            .map(|candidate| candidate.email_canonical.clone());
        let login = login.unwrap_or_default();
        let permits = self.acquire_sign_in(client, &login, None).await?;
        for candidate in candidates {
            let stored = credentials::registration_password(&candidate);
            let verified = self
                .password_hasher
                .verify(password.clone(), Some(stored))
                .await;
            if !matches!(verified, Ok(None)) {
                permits.refund();
                return verified.map_err(busy);
            }
        }
        Ok(None)
    }
}
