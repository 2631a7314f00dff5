//! Configuration: one file, overlaid by the environment, checked once at start.

mod brand;
mod load;
mod networks;
mod products;
mod providers;
mod values;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use convoke_core::public_url::PublicUrl;
use convoke_core::secret::Secret;
use convoke_domain::policy::{ConfiguredProvider, Edition, Policy, SignUpPolicy};
use convoke_domain::rate_limits::Settings as RateLimits;
use convoke_infra::identity_providers::ProviderSettings;
use convoke_infra::mail::MailContext;

pub use brand::{Brand, BrandFile, BrandFiles};
pub use load::{Loaded, load};
pub use products::{ProductSettings, ProductSignInSettings};
pub(crate) use values::read_value;

/// Everything an operator can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where `/metrics` is served; nowhere when absent.
    pub metrics_listen: Option<SocketAddr>,
    /// The address people reach the installation at; made from `listen` when absent.
    pub public_url: Option<PublicUrl>,
    /// Who runs the installation.
    pub edition: Edition,
    /// Proxies whose `X-Forwarded-For` counts.
    #[serde(deserialize_with = "networks::deserialize")]
    pub trusted_proxies: Vec<IpNet>,
    /// Path of a catalogue file; the built-in one when absent.
    pub catalogue: Option<String>,
    /// The format of log lines.
    pub log: LogFormat,
    /// How the installation presents itself.
    pub brand: Brand,
    /// The database.
    pub database: Database,
    /// Outgoing mail.
    pub mail: Mail,
    /// Numbers that bound accounts and invitations.
    pub limits: Limits,
    /// What invitations may do.
    pub invitations: Invitations,
    /// What passwords must be.
    pub passwords: Passwords,
    /// How much one person, account or address may ask for.
    pub rate_limits: RateLimits,
    /// Who may become a user.
    pub sign_up: SignUpPolicy,
    /// Whether people sign in by password; off where a company signs in through its own service alone.
    pub password_sign_in: bool,
    /// Services to sign in through.
    pub providers: Vec<ProviderSettings>,
    /// Client secrets of products, by their keys with `_` for `-`; from variables only.
    pub products: BTreeMap<String, ProductSettings>,
    /// The key that seals what the database stores of signing keys.
    pub secrets: Secrets,
    /// Sign-in to products.
    pub oidc: Oidc,
    /// Outbound requests.
    pub outbound: Outbound,
    /// Connections that clients hold open.
    pub http: Http,
    /// Whether products without an address open sample pages; set by the demo alone.
    #[serde(skip)]
    pub sample_products: bool,
    /// The client secret of those products, made at start.
    #[serde(skip)]
    pub sample_product_secret: Option<Secret>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            public_url: None,
            edition: Edition::default(),
            trusted_proxies: Vec::new(),
            catalogue: None,
            log: LogFormat::default(),
            brand: Brand::default(),
            database: Database::default(),
            mail: Mail::default(),
            limits: Limits::default(),
            invitations: Invitations::default(),
            passwords: Passwords::default(),
            rate_limits: RateLimits::default(),
            sign_up: SignUpPolicy::default(),
            password_sign_in: true,
            providers: Vec::new(),
            products: BTreeMap::new(),
            secrets: Secrets::default(),
            oidc: Oidc::default(),
            outbound: Outbound::default(),
            http: Http::default(),
            sample_products: false,
            sample_product_secret: None,
        }
    }
}

impl Config {
    /// The address people reach the installation at.
    #[must_use]
    pub fn public_url(&self) -> PublicUrl {
        self.public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::from_listener(self.listen))
    }

    /// Whether `/dev/mailbox` may be shown: no mail server, and reachable from this machine only.
    #[must_use]
    pub fn shows_mailbox(&self) -> bool {
        self.mail.smtp_url.is_none()
            && self.listen.ip().is_loopback()
            && self.public_url().is_loopback()
    }

    /// The settings that rules depend on.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let provider = |provider: &ProviderSettings| ConfiguredProvider {
            id: provider.id.clone(),
            name: provider.name.clone(),
        };
        Policy {
            on_premise: self.edition == Edition::OnPremise,
            users_per_account: i64::from(self.limits.users_per_account),
            invitations_per_request: self.limits.invitations_per_request,
            invitation_lifetime: self.limits.invitation_lifetime,
            reminder_before: self.invitations.reminder_before,
            accounts_per_user: self.limits.accounts_per_user,
            registered_users_only: self.invitations.registered_users_only,
            password_min_length: self.passwords.min_length,
            sign_up: self.sign_up,
            password_sign_in: self.password_sign_in,
            providers: self.providers.iter().map(provider).collect(),
            brand: self.brand.name.clone(),
        }
    }

    /// What emails take from the installation.
    #[must_use]
    pub fn mail_context(&self) -> MailContext {
        MailContext {
            public_url: self.public_url().origin(),
            brand: self.brand.name.clone(),
            color: self.brand.colour.clone(),
            support_url: self.brand.support_url.clone(),
        }
    }

    /// Whether `peer` is a proxy whose `X-Forwarded-For` counts.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&peer.to_canonical()))
    }
}

/// The key that seals what the database stores of signing keys: 32 bytes. One of the two is set, or on SQLite neither.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// As base64 or hex.
    #[serde(deserialize_with = "convoke_core::secret::deserialize_optional")]
    pub key: Option<Secret>,
    /// A file with it, as base64, as hex or as 32 bytes.
    pub key_file: Option<String>,
}

/// Sign-in to products.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// How long an access token is valid, from a minute to an hour.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub access_token_lifetime: Duration,
    /// How long a key signs before the next one does.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub key_rotation: Duration,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            access_token_lifetime: Duration::from_mins(5),
            key_rotation: Duration::from_hours(90 * 24),
        }
    }
}

/// Outbound requests (security rule 13).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Private networks that may be connected to, such as that of a company's own sign-in service.
    #[serde(deserialize_with = "networks::deserialize")]
    pub allowed_networks: Vec<IpNet>,
}

/// Connections that clients hold open (security rule 20).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Connections in all; fewer where the limit of open files does not allow so many.
    pub connections: usize,
    /// Connections from one IPv4 address or IPv6 /64; trusted proxies may hold any number.
    pub connections_per_client: usize,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            connections: 16_384,
            connections_per_client: 256,
        }
    }
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The database.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://path` or `postgres://…`.
    #[serde(deserialize_with = "convoke_core::secret::deserialize")]
    pub url: Secret,
    /// Connections: readers on SQLite, all on PostgreSQL; chosen by the kind when absent.
    pub connections: Option<usize>,
    /// How long a request waits for the database.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub timeout: Duration,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: Secret::new("sqlite://convoke.db".to_owned()),
            connections: None,
            timeout: Duration::from_secs(5),
        }
    }
}

/// Outgoing mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `smtp://`, `smtps://` or `smtp://…?starttls=required`; an in-memory mailbox when absent.
    #[serde(deserialize_with = "convoke_core::secret::deserialize_optional")]
    pub smtp_url: Option<Secret>,
    /// The sender, with or without a display name.
    pub from: String,
    /// Connections to the mail server at a time; fewer while the server allows no more.
    pub connections: usize,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            smtp_url: None,
            from: "Convoke <convoke@localhost.localdomain>".to_owned(),
            connections: 8,
        }
    }
}

/// Numbers that bound accounts and invitations.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Members and pending invitations of an account without a limit of its own (rule A4).
    pub users_per_account: u32,
    /// Addresses in one request, 1 to 1000 (rule I2).
    pub invitations_per_request: u32,
    /// How long an invitation is valid (rule I7).
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub invitation_lifetime: Duration,
    /// Accounts one user may own (rule A1).
    pub accounts_per_user: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            users_per_account: 250,
            invitations_per_request: 20,
            invitation_lifetime: Duration::from_hours(7 * 24),
            accounts_per_user: 20,
        }
    }
}

/// What invitations may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Invitations {
    /// Whether only addresses that belong to a user can be invited (rule I6).
    pub registered_users_only: bool,
    /// How long before its end an invitation's reminder is sent; `"0s"` sends none.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub reminder_before: Duration,
}

impl Default for Invitations {
    fn default() -> Self {
        Self {
            registered_users_only: false,
            reminder_before: Duration::from_hours(2 * 24),
        }
    }
}

/// What passwords must be (rule U7).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passwords {
    /// The fewest characters, without a second factor.
    pub min_length: usize,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { min_length: 12 }
    }
}
