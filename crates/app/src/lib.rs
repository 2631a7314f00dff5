//! What the program is made of: built once, cheap to clone.

mod auth;
mod catalogue;
pub mod config;
pub mod database;
mod external_login;
mod logout;
mod rate_limits;
mod registration;
mod sample_products;
pub mod signing_keys;
pub mod tokens;
mod transactions;

pub use catalogue::load_catalogue;
use convoke_domain::DatabaseError;
pub use external_login::{AuthorizationResponse, ExternalLoginError};
pub use sample_products::sample_product_path;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

use crate::config::{Config, Mail};
use convoke_core::clock::{Clock, SystemClock};
use convoke_core::ids::IdGenerator;
use convoke_core::public_url::PublicUrl;
use convoke_core::random::{Random, SystemRandom};
use convoke_core::secret::{TokenHash, TokenKind, new_token};
use convoke_domain::rate_limits::RateLimits;
use convoke_domain::{Caller, ClientInfo, Context, Error, sessions};
use convoke_infra::avatar::ImageProcessor;
use convoke_infra::backchannel_logout::LogoutClient;
use convoke_infra::identity_providers::Providers;
use convoke_infra::mail::transport::Transport;
use convoke_infra::password_hasher::PasswordHasher;
pub use convoke_store::migrate::Schema;
use convoke_store::{self as store, Db};

/// What the program is made of, behind one pointer.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts.
pub struct Parts {
    /// What the operator set.
    pub config: Config,
    /// The address that people and links use.
    pub public_url: PublicUrl,
    /// Its scheme, host and port.
    pub public_origin: String,
    /// Whether that is https.
    pub https: bool,
    /// The database.
    pub db: Db,
    /// What operations need.
    pub ctx: Context,
    /// How many sign-ins may be delayed at a time.
    delayed_sign_ins: Semaphore,
    /// Whether a server that was started waits for its database.
    is_starting: AtomicBool,
    /// The pool that hashes passwords.
    pub password_hasher: PasswordHasher,
    /// The keys that sign tokens for products.
    pub signing_keys: signing_keys::SigningKeys,
    /// Access tokens that were verified.
    verified_tokens: tokens::VerifiedTokens,
    /// Resizes avatars.
    pub image_processor: ImageProcessor,
    /// Services that people sign in through.
    pub providers: Providers,
    /// The mail transport.
    pub transport: Transport,
    /// Notified when a commit has enqueued mail.
    pub outbox_notify: Notify,
    /// Sends logout tokens, where users sign in to any product.
    pub logout_client: Option<LogoutClient>,
    /// Notified when a commit has left a logout token for a product.
    pub logout_notify: Notify,
    /// Idempotency keys whose requests are running on this node.
    pub in_flight_keys:
        convoke_core::in_flight::InFlightSet<convoke_domain::idempotency::RunningKey>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What tests and measurements put in place of the real thing.
pub struct Dependencies {
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
}

impl Default for Dependencies {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }
}

impl App {
    /// Puts the parts together and opens the database without touching its schema.
    ///
    /// # Errors
    /// A sentence with the error: brand, catalogue, database or mail.
    pub fn build(mut config: Config, sources: Dependencies) -> Result<Self, String> {
        config.brand.prepare()?;
        let public_url = config.public_url();
        let mut catalogue = load_catalogue(&config)?;
        if config.sample_products {
            let (secret, _) = new_token(TokenKind::Form, sources.random.as_ref());
            sample_products::open_sample_pages(&mut catalogue, &public_url.origin(), &secret);
            config.sample_product_secret = Some(secret);
        }
        let providers = Providers::new(
            &config.providers,
            config.outbound.allowed_networks.clone(),
            &public_url,
        )?;
        let allowed = config.outbound.allowed_networks.clone();
        let logout_client = if catalogue.has_clients() {
            Some(LogoutClient::new(allowed, public_url.is_loopback())?)
        } else {
            None
        };
        let Mail {
            smtp_url,
            from,
            connections,
        } = &config.mail;
        let transport = Transport::new(smtp_url.as_ref(), from, *connections)?;
        let cores = database::cores();
        let db = database::open(&config)?;
        let password_hasher = PasswordHasher::new(cores, sources.random.clone());
        Ok(Self(Arc::new(Parts {
            public_origin: public_url.origin(),
            https: public_url.is_https(),
            public_url,
            ctx: Context {
                policy: config.policy(),
                rate_limits: RateLimits::new(config.rate_limits.clone()),
                clock: sources.clock,
                random: sources.random,
                ids: IdGenerator::default(),
                catalogue,
            },
            is_starting: AtomicBool::new(false),
            delayed_sign_ins: Semaphore::new(rate_limits::MAX_DELAYED_SIGN_INS),
            password_hasher,
            signing_keys: signing_keys::SigningKeys::default(),
            verified_tokens: tokens::VerifiedTokens::default(),
            image_processor: ImageProcessor::default(),
            db,
            providers,
            transport,
            outbox_notify: Notify::new(),
            logout_client,
            logout_notify: Notify::new(),
            in_flight_keys: convoke_core::in_flight::InFlightSet::default(),
            config,
        })))
    }

    /// The caller of a session token; writes down every five minutes that they were active.
    ///
    /// # Errors
    /// [`Error::SignInRequired`].
    pub async fn authenticate(
        &self,
        token: TokenHash,
        client: ClientInfo,
    ) -> Result<Caller, Error> {
        let caller = self
            .read_one(move |tx| sessions::authenticate(tx, &token, &client))
            .await?;
        if sessions::is_stale(&caller.session, self.ctx.clock.now()) {
            let (session, user) = (caller.session.id, caller.user.id);
            let touched = self
                .write(move |tx| sessions::touch(tx, session, user))
                .await;
            if let Err(Error::Database(error)) = touched {
                // Reading goes on while the database cannot be written.
                tracing::warn!(%error, "last use of a session not stored");
            }
        }
        Ok(caller)
    }

    /// Whether the server waits for its database: requests are answered `503` meanwhile.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        self.is_starting.load(Ordering::Relaxed)
    }

    /// Sets whether the server waits for its database.
    pub fn set_starting(&self, is_starting: bool) {
        self.is_starting.store(is_starting, Ordering::Relaxed);
    }

    /// Brings the schema up to date and returns how many migrations that took.
    ///
    /// # Errors
    /// When the database is unavailable or its schema is newer than this program.
    pub async fn migrate(&self) -> Result<usize, DatabaseError> {
        // A database that is read-only for the moment is served as soon as its schema is current.
        if matches!(self.schema().await, Ok(Schema::Current)) {
            return Ok(0);
        }
        let now = self.ctx.clock.now();
        let applied: Result<usize, store::Error> = self
            .db
            .write(move |conn| store::migrate::migrate(conn, now))
            .await;
        applied.map_err(DatabaseError::from)
    }

    /// Whether the database responds, and how its schema compares to the one of this program.
    ///
    /// # Errors
    /// When the database is unavailable, or was migrated by a program whose migrations differ.
    pub async fn schema(&self) -> Result<Schema, DatabaseError> {
        let schema: Result<Schema, store::Error> = self.db.read(store::migrate::schema).await;
        schema.map_err(DatabaseError::from)
    }

    /// The same, and whether the database can be written: commits a write, so call it rarely.
    ///
    /// # Errors
    /// When the database is unavailable or read-only; [`DatabaseError::Busy`] when this write
    /// waited too long in the queue.
    pub async fn check_write(&self) -> Result<Schema, DatabaseError> {
        let id = self
            .ctx
            .ids
            .next(self.ctx.clock.now(), self.ctx.random.as_ref());
        let write = self
            .db
            .write(move |conn| store::migrate::check_write(conn, id));
        tokio::time::timeout(self.config.database.timeout, write)
            .await
            .unwrap_or(Err(store::Error::Busy))
            .map_err(DatabaseError::from)
    }

    /// Whether a change was committed within `span`.
    #[must_use]
    pub fn has_committed_within(&self, span: Duration) -> bool {
        let since = self.db.time_since_commit();
        since.is_some_and(|since| since < span)
    }

    /// Closes the database: on SQLite the log is checkpointed, so that the file is complete by itself.
    pub async fn close(&self) {
        if let Err(error) = self.db.checkpoint().await {
            tracing::warn!(%error, "SQLite checkpoint failed");
        }
    }

    /// The name of the database, for display.
    #[must_use]
    pub fn database_name(&self) -> &'static str {
        database::name(&self.db)
    }
}
