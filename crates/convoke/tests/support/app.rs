//! A complete installation in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use convoke::jobs;
use convoke_app::config::Config;
use convoke_app::{App, Dependencies};
use convoke_core::clock::{Clock as _, ManualClock, Timestamp};
use convoke_core::public_url::PublicUrl;
use convoke_core::random::SeededRandom;
use convoke_core::secret::Secret;
use convoke_domain::notifications::Capacity;
use convoke_infra::mail::StoredMessage;
use serde_json::{Value, json};

use super::{Client, Database};

/// The password of all test users.
pub const PASSWORD: &str = "correct horse battery";

/// The least span of time there is.
pub const MILLISECOND: Duration = Duration::from_millis(1);

/// 22 November 2026, 14:05 UTC.
const START: Timestamp = Timestamp::from_millis(1_795_356_300_000);

/// The capacity of a worker that takes so many emails of any kind.
pub const fn capacity(total: usize) -> Capacity {
    Capacity {
        total,
        urgent: total,
    }
}

/// A complete installation in this process.
pub struct TestApp {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    pub database: Database,
}

impl TestApp {
    /// An installation with default settings and rate limits off.
    pub async fn new(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    /// An installation with other settings.
    pub async fn with(database: Database, set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            public_url: Some(PublicUrl::parse("http://localhost:8080").unwrap()),
            ..Config::default()
        };
        config.database.url = Secret::new(database.url.clone());
        config.database.connections = Some(4);
        config.rate_limits.enabled = false;
        set(&mut config);
        Self::open(database, config).await
    }

    async fn open(database: Database, config: Config) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self::start(database, config, clock, 1).await
    }

    /// The same installation, stopped and a moment later started with other settings.
    pub async fn restarted(self, set: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.app.config.clone();
        set(&mut config);
        self.advance(MILLISECOND);
        Self::start(self.database, config, self.clock, other_seed()).await
    }

    /// Another installation on a copy of the SQLite file.
    pub async fn copy(&self) -> Self {
        let database = self.database.copy();
        let mut config = self.app.config.clone();
        config.database.url = Secret::new(database.url.clone());
        let clock = Arc::new(ManualClock::new(self.now().plus(MILLISECOND)));
        Self::start(database, config, clock, other_seed()).await
    }

    async fn start(database: Database, config: Config, clock: Arc<ManualClock>, seed: u64) -> Self {
        let sources = Dependencies {
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(seed)),
        };
        let app = App::build(config, sources).unwrap();
        app.migrate().await.unwrap();
        let router = convoke_web::router(app.clone());
        Self {
            app,
            clock,
            router,
            database,
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Moves the clock to one millisecond before `span` has passed.
    pub fn advance_just_before(&self, span: Duration) {
        self.clock.advance(span.saturating_sub(MILLISECOND));
    }

    /// An anonymous client.
    pub fn anonymous(&self) -> Client {
        Client::new(self.router.clone())
    }

    /// Delivers all due emails.
    pub async fn deliver(&self) {
        jobs::deliver_due(&self.app).await.unwrap();
    }

    /// Mail that was sent to an address, the newest first.
    pub fn mails_to(&self, email: &str) -> Vec<StoredMessage> {
        let mailbox = self.app.transport.mailbox().unwrap();
        let mut mails = mailbox.list();
        mails.retain(|mail| mail.to == email);
        mails
    }

    /// Delivers, then takes the token out of the newest mail to an address: `part` is the link's path, such as
    /// `invitations`, `confirm`, `reset`, `confirm-email`.
    pub async fn mailed_token(&self, email: &str, part: &str) -> String {
        self.deliver().await;
        let mark = format!("/{part}/");
        let mut mails = self.mails_to(email).into_iter();
        let mail = mails.find(|mail| mail.text.contains(&mark));
        let mail = mail.unwrap_or_else(|| panic!("no mail to {email} has a link {mark}"));
        token_in(&mail.text, part)
    }

    /// Signs a user up by email and returns the signed-in client.
    pub async fn user(&self, email: &str, first_name: &str) -> Client {
        let mut client = self.anonymous();
        let body = json!({ "email": email, "password": PASSWORD, "first_name": first_name });
        client.post("/registrations", &body).await.expect(202);
        let token = self.mailed_token(email, "confirm").await;
        let body = json!({ "token": token, "password": PASSWORD });
        client
            .post("/registrations/confirm", &body)
            .await
            .expect(201);
        client
    }

    /// Creates an account and returns its id.
    pub async fn account(&self, owner: &mut Client, name: &str) -> String {
        let response = owner.post("/accounts", &json!({ "name": name })).await;
        response.expect(201).text("/id")
    }

    /// A new user who has joined an account with these roles.
    pub async fn member(
        &self,
        owner: &mut Client,
        account: &str,
        email: &str,
        roles: &[&str],
    ) -> Client {
        let first_name = email.split('@').next().unwrap();
        let mut member = self.user(email, first_name).await;
        let roles: Vec<&str> = if roles.is_empty() {
            vec!["DEVELOPER"]
        } else {
            roles.to_vec()
        };
        let id = self.invite(owner, account, email, &roles).await;
        member
            .post(&format!("/me/invitations/{id}/accept"), &Value::Null)
            .await
            .expect(200);
        member
    }

    /// Invites one address and gives the invitation's id.
    pub async fn invite(
        &self,
        inviter: &mut Client,
        account: &str,
        email: &str,
        roles: &[&str],
    ) -> String {
        let body = json!({ "product": "platform", "roles": roles, "emails": [email] });
        let response = inviter
            .post(&format!("/accounts/{account}/invitations"), &body)
            .await;
        response.expect(201).text("/results/0/invitation/id")
    }
}

/// A start on an existing database must draw other secrets and ids than those before it did.
fn other_seed() -> u64 {
    static STARTS: AtomicU64 = AtomicU64::new(2);
    STARTS.fetch_add(1, Ordering::Relaxed)
}

/// The token behind `/{part}/` in a mail's text.
pub fn token_in(text: &str, part: &str) -> String {
    let mark = format!("/{part}/");
    let (_, rest) = text
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no {mark} in:\n{text}"));
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
        .collect()
}
