//! Operations that hash a password, which happens between transactions and never inside one.

use super::App;
use super::rate_limits::refund_unless_done;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::model::password::{StoredPassword, Verified};
use convoke_core::secret::Secret;
use convoke_domain::activity;
use convoke_domain::credentials::{self, Reauthentication};
use convoke_domain::idempotency;
use convoke_domain::ownership::{self, OwnershipOffer};
use convoke_domain::rate_limits::Client;
use convoke_domain::sessions::{self, SignedIn};
use convoke_domain::submitted_forms::{self, FormKey};
use convoke_domain::users;
use convoke_domain::{
    Caller, ClientInfo, DatabaseError, Error, FieldError, FieldErrorKind, validation,
};
use convoke_infra::avatar::ResizeError;
use convoke_infra::password_hasher::PoolFull;
use convoke_store as store;

/// Too many passwords wait to be hashed: answered as a database that has too much to do.
pub(super) const fn busy(_: PoolFull) -> Error {
    Error::Database(DatabaseError::Busy)
}

impl App {
    /// Hashes a password that was checked before.
    ///
    /// # Errors
    /// When too many others wait.
    pub async fn hash_password(&self, password: Secret) -> Result<String, Error> {
        self.password_hasher.hash(password).await.map_err(busy)
    }

    /// Signs in by address or login (rule U9).
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`] for every cause, [`Error::RateLimited`].
    pub async fn sign_in(
        &self,
        client: ClientInfo,
        login: &str,
        password: Secret,
    ) -> Result<SignedIn, Error> {
        let login = users::canonical_login(login);
        let wanted = login.clone();
        let credentials = self
            .read(move |tx| Ok(store::users::find_credentials(tx.conn, &wanted)?))
            .await?;
        // Failures are recorded for disabled users too.
        let recorded = credentials.as_ref().map(|credentials| credentials.user);
        let credentials = credentials
            .filter(|credentials| !credentials.disabled)
            .filter(|credentials| self.ctx.policy.password_sign_in || credentials.break_glass);
        let user = credentials.as_ref().map(|credentials| credentials.user);
        let stored = credentials.as_ref().and_then(credentials::stored_password);
        let verified = self
            .verify_sign_in(&client, &login, recorded, user, password, stored)
            .await?;
        let Some(verified) = verified else {
            return Err(if self.ctx.policy.password_sign_in {
                Error::InvalidCredentials
            } else {
                Error::PasswordSignInDisabled
            });
        };
        self.write(move |tx| sessions::sign_in_by_password(tx, &verified, &client))
            .await
    }

    /// Verifies the password of a sign-in as `user`. A wrong one, and a rejection by a limit, are recorded for `recorded`, the user
    /// of the login, whether or not there is one (rule V12).
    pub(super) async fn verify_sign_in<S: Send + 'static>(
        &self,
        client: &ClientInfo,
        login: &str,
        recorded: Option<UserId>,
        user: Option<UserId>,
        password: Secret,
        stored: Option<StoredPassword<S>>,
    ) -> Result<Option<Verified<S>>, Error> {
        let verified = self.verify(client, login, user, password, stored).await;
        let action = match &verified {
            Ok(None) => Some(Action::MemberSignInFailed),
            Err(Error::RateLimited(_)) => {
                let (key, now) = (Client::from(client.ip), self.ctx.clock.now());
                let is_first = self.ctx.rate_limits.try_record_lock(key, login, now);
                is_first.then_some(Action::MemberLocked)
            }
            Ok(Some(_)) | Err(_) => None,
        };
        if let Some(action) = action {
            self.record_failed_sign_in(recorded, client.clone(), action)
                .await;
        }
        verified
    }

    /// Records a failed sign-in, whether or not there is a user (rule V12). It stays rejected where that is impossible.
    async fn record_failed_sign_in(
        &self,
        user: Option<UserId>,
        client: ClientInfo,
        action: Action,
    ) {
        let recorded = self
            .write(move |tx| activity::record_failed_sign_in(tx, user, &client, action))
            .await;
        if let Err(error) = recorded {
            tracing::warn!(?error, "failed sign-in not recorded");
        }
    }

    /// Verifies a password, counting it as failed until it is known to be right.
    pub(super) async fn verify<S: Send + 'static>(
        &self,
        client: &ClientInfo,
        login: &str,
        user: Option<UserId>,
        password: Secret,
        stored: Option<StoredPassword<S>>,
    ) -> Result<Option<Verified<S>>, Error> {
        let permits = self.acquire_sign_in(client, login, user).await?;
        let verified = self.password_hasher.verify(password, stored).await;
        if !matches!(verified, Ok(None)) {
            permits.refund();
        }
        verified.map_err(busy)
    }

    /// Verifies the caller's password, or a sign-in of the last minutes through a service (rule U8). The result counts
    /// where an operation redeems it.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::ReauthenticationRequired`], [`Error::RateLimited`].
    pub async fn reauthenticate(
        &self,
        caller: &Caller,
        password: Secret,
    ) -> Result<Reauthentication, Error> {
        let now = self.ctx.clock.now();
        let (user, session) = (&caller.user, &caller.session);
        if password.expose().is_empty()
            && sessions::replaces_password(user, session, &self.ctx.policy, now)
        {
            return Ok(Reauthentication::RecentSignIn);
        }
        let id = user.id;
        let credentials = self
            .read(move |tx| Ok(store::users::find_credentials_of(tx.conn, id)?))
            .await?
            .ok_or(Error::SignInRequired)?;
        let counts = self.ctx.policy.allows_password(user);
        let stored = credentials::stored_password(&credentials).filter(|_| counts);
        let Some(stored) = stored else {
            return if sessions::is_recently_authenticated(session, now) {
                Ok(Reauthentication::RecentSignIn)
            } else {
                Err(Error::ReauthenticationRequired)
            };
        };
        let verified = self
            .verify(
                &caller.client,
                &users::canonical_login(user.email.as_ref().unwrap_or(&user.login)),
                Some(id),
                password,
                Some(stored),
            )
            .await?;
        verified
            .map(Reauthentication::Password)
            .ok_or(Error::WrongPassword)
    }

    /// Marks the caller's session as recently authenticated after verifying their password.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::ReauthenticationRequired`], [`Error::RateLimited`].
    pub async fn confirm_password(&self, caller: Caller, password: Secret) -> Result<(), Error> {
        let proof = self.reauthenticate(&caller, password).await?;
        self.write(move |tx| credentials::mark_authenticated(tx, &caller, &proof))
            .await
    }

    /// Begins a reset; the same for every address. A form that was sent before begins none.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::RateLimited`], [`Error::PasswordSignInDisabled`].
    pub async fn request_reset(
        &self,
        client: &ClientInfo,
        email: &str,
        form: Option<FormKey>,
    ) -> Result<(), Error> {
        if !self.ctx.policy.password_sign_in {
            return Err(Error::PasswordSignInDisabled);
        }
        let email = validation::parse_email(email).map_err(Error::Invalid)?;
        let canonical = email.canonical().to_owned();
        let client_key = Client::from(client.ip);
        let permits = self
            .ctx
            .rate_limits
            .reset(client_key, self.ctx.clock.now())?;
        let result = self
            .write(move |tx| users::request_reset(tx, client_key, &canonical, form.as_ref()))
            .await;
        refund_unless_done(permits, result)
    }

    /// Finishes a reset; a form that was sent before has done so already.
    ///
    /// # Errors
    /// [`Error::LinkNoLongerValid`], [`Error::Invalid`].
    pub async fn reset_password(
        &self,
        client: ClientInfo,
        token: String,
        password: Secret,
        form: Option<FormKey>,
    ) -> Result<(), Error> {
        let presented = token.clone();
        let user = self
            .read(move |tx| match submitted_forms::find(tx, form.as_ref())? {
                Some(_) => Ok(None),
                None => users::find_reset(tx, &presented).map(Some),
            })
            .await?;
        let Some(user) = user else { return Ok(()) };
        if !self.ctx.policy.can_have_password(&user) {
            return Err(Error::PasswordSignInDisabled);
        }
        users::validate_new_password(&self.ctx, &user, password.expose())
            .map_err(Error::Invalid)?;
        let hash = self.hash_password(password).await?;
        self.write(move |tx| users::reset_password(tx, &client, &token, &hash, form.as_ref()))
            .await
    }

    /// Changes the caller's password; the result is stored for the form's key.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::ReauthenticationRequired`], [`Error::Invalid`],
    /// [`Error::RateLimited`].
    pub async fn change_password(
        &self,
        caller: Caller,
        current: Secret,
        password: Secret,
        form: Option<FormKey>,
    ) -> Result<SignedIn, Error> {
        if !self.ctx.policy.can_have_password(&caller.user) {
            return Err(Error::PasswordSignInDisabled);
        }
        users::validate_new_password(&self.ctx, &caller.user, password.expose())
            .map_err(Error::Invalid)?;
        let proof = self.reauthenticate(&caller, current).await?;
        let hash = self.hash_password(password).await?;
        self.write(move |tx| users::change_password(tx, &caller, &proof, &hash, form.as_ref()))
            .await
    }

    /// Begins a change of the caller's address, once per key.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongPassword`], [`Error::ReauthenticationRequired`],
    /// [`Error::RateLimited`].
    pub async fn request_email(
        &self,
        caller: Caller,
        email: &str,
        password: Secret,
        key: Option<idempotency::Key>,
    ) -> Result<(), Error> {
        let email = validation::parse_email(email).map_err(Error::Invalid)?;
        let proof = self.reauthenticate(&caller, password).await?;
        self.write(move |tx| {
            idempotency::do_once(tx, &caller, key.as_ref(), |tx| {
                users::request_email(tx, &caller, &proof, &email)
            })
        })
        .await
    }

    /// Makes a file the caller's picture.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is no picture; busy when the pool is full.
    pub async fn set_picture(&self, caller: Caller, file: Vec<u8>) -> Result<(), Error> {
        let reduced = self.image_processor.resize_in_pool(file).await;
        let picture = reduced.map_err(|error| match error {
            ResizeError::Busy => Error::Database(DatabaseError::Busy),
            ResizeError::Rejected(reason) => {
                let kind = FieldErrorKind::Picture(reason);
                Error::Invalid(vec![FieldError::new("/picture", kind)])
            }
        })?;
        self.write(move |tx| users::set_picture(tx, &caller, &picture))
            .await
    }

    /// Offers the caller's account to another member, once per key.
    ///
    /// # Errors
    /// As [`ownership::offer`]; [`Error::WrongPassword`], [`Error::ReauthenticationRequired`],
    /// [`Error::RateLimited`].
    pub async fn offer_ownership(
        &self,
        caller: Caller,
        account: AccountId,
        to: UserId,
        typed_name: String,
        password: Secret,
        key: Option<idempotency::Key>,
    ) -> Result<OwnershipOffer, Error> {
        // Checked first, so that other users can neither probe the account nor try passwords.
        let asker = caller.clone();
        self.read(move |tx| ownership::check_offerable(tx, &asker, account))
            .await?;
        let proof = self.reauthenticate(&caller, password).await?;
        self.write(move |tx| {
            idempotency::do_once(tx, &caller, key.as_ref(), |tx| {
                ownership::offer(tx, &caller, &proof, account, to, &typed_name).map(drop)
            })?;
            ownership::pending(tx, &caller, account)?.ok_or(Error::NotFound)
        })
        .await
    }
}
