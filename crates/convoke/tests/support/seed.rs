//! Seeds users through the operations of the domain, without email and without hashing a password.

use std::sync::Arc;

use convoke_app::config::Config;
use convoke_app::{App, Dependencies};
use convoke_core::clock::{Clock, ManualClock, SystemClock, Timestamp};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::language::Locale;
use convoke_core::random::SystemRandom;
use convoke_core::secret::Secret;
use convoke_domain::users::{self, Registration};
use convoke_domain::{ClientInfo, Error};
use convoke_store as store;

use super::{Client, Database, PASSWORD, Process, SocketClient};

/// A signed-in user and their default account.
#[derive(Clone, Debug)]
pub struct SeededUser {
    pub email: String,
    pub cookie: String,
    pub user: UserId,
    pub account: AccountId,
}

impl SeededUser {
    /// A client of this user for a router in this process.
    pub fn at(&self, router: &axum::Router) -> Client {
        let mut client = Client::new(router.clone());
        client.cookie = Some(self.cookie.clone());
        client
    }

    /// A client of this user on a connection to a process.
    pub fn calling(&self, process: &Process) -> SocketClient {
        process.caller(&self.cookie)
    }
}

/// Creates a user whose password hash is `hash`.
pub async fn seed_user_with_password_hash(app: &App, email: &str, hash: &str) -> SeededUser {
    let request = Registration {
        email: email.to_owned(),
        first_name: "Ada".to_owned(),
        ..Registration::default()
    };
    let new = users::validate(&app.ctx, &request, PASSWORD, Locale::En).unwrap();
    let hash = hash.to_owned();
    let done = app
        .write(move |tx| users::create_confirmed(tx, &ClientInfo::default(), &new, &hash))
        .await
        .unwrap();
    let user = done.user.id;
    let accounts = app
        .read(move |tx| {
            let first = AccountId::from(uuid::Uuid::nil());
            Ok::<_, Error>(store::accounts::list_of_user(tx.conn, user, first, 1)?)
        })
        .await
        .unwrap();
    SeededUser {
        email: email.to_owned(),
        cookie: done.token.expose().to_owned(),
        user,
        account: accounts[0].0.id,
    }
}

/// Creates a user who never signs in by password.
pub async fn seed_user(app: &App, email: &str) -> SeededUser {
    seed_user_with_password_hash(app, email, "none").await
}

/// The app in this process, without jobs, on a database that other processes use.
pub struct InProcessApp {
    pub app: App,
    pub runtime: tokio::runtime::Runtime,
}

impl InProcessApp {
    /// Migrates the database first.
    pub fn into(database: &Database) -> Self {
        Self::with(database, Arc::new(SystemClock), |_| {})
    }

    /// With another clock and other settings.
    pub fn with(database: &Database, clock: Arc<dyn Clock>, set: impl FnOnce(&mut Config)) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let mut config = Config::default();
        config.database.url = Secret::new(database.url.clone());
        config.database.connections = Some(2);
        config.rate_limits.enabled = false;
        set(&mut config);
        let random = Arc::new(SystemRandom);
        let app = App::build(config, Dependencies { clock, random }).unwrap();
        runtime.block_on(app.migrate()).unwrap();
        Self { app, runtime }
    }

    pub fn seed_user(&self, email: &str) -> SeededUser {
        self.runtime.block_on(seed_user(&self.app, email))
    }

    /// Sets the user limit of an account.
    pub fn limit(&self, account: AccountId, limit: i64) {
        self.runtime
            .block_on(limit_account(&self.app, account, limit));
    }
}

/// Sets the user limit of an account.
pub async fn limit_account(app: &App, account: AccountId, limit: i64) {
    let set = app
        .write(move |tx| {
            let set = store::accounts::update_limit(tx.conn, account, Some(limit))?;
            Ok::<_, Error>(set)
        })
        .await
        .unwrap();
    assert!(set);
}

/// A clock that runs ahead of the machine's and stands still there.
pub fn ahead(span: std::time::Duration) -> Arc<ManualClock> {
    let now: Timestamp = SystemClock.now();
    Arc::new(ManualClock::new(now.plus(span)))
}

/// A hash of a password that costs next to nothing to verify.
pub fn cheap_hash(password: &str) -> String {
    use argon2::password_hash::PasswordHasher as _;
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_with_salt(password.as_bytes(), &[7; 16])
        .unwrap()
        .to_string()
}
