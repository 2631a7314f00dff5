//! What an operator sets of a service.

use serde::Deserialize;

use convoke_core::secret::Secret;

/// What kind of service it is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// github.com, or a GitHub Enterprise Server at `base_url`.
    Github,
    /// Google.
    Google,
    /// Any issuer with discovery: Keycloak, Entra, Okta, ZITADEL and others.
    Oidc,
}

impl ProviderKind {
    /// The name in the configuration and the HTTP contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Google => "google",
            Self::Oidc => "oidc",
        }
    }
}

/// A service to sign in through.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// Part of callback URLs; never to be changed once people have signed in.
    pub id: String,
    /// What kind it is.
    pub kind: ProviderKind,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// What the service calls this installation.
    pub client_id: String,
    /// The client secret; none for a public client.
    #[serde(
        default,
        deserialize_with = "convoke_core::secret::deserialize_optional"
    )]
    pub client_secret: Option<Secret>,
    /// The issuer of an `oidc` service, exactly as the service writes it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Where a GitHub Enterprise Server is.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Domains whose addresses count although the service has no `email_verified` claim (Entra).
    #[serde(default)]
    pub trusted_email_domains: Vec<String>,
}

/// The issuer of every Google user.
const GOOGLE: &str = "https://accounts.google.com";
/// Where github.com is.
const GITHUB: &str = "https://github.com";

impl ProviderSettings {
    /// Who authenticates its subjects, exactly as it writes itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self.kind {
            ProviderKind::Google => GOOGLE,
            ProviderKind::Github => self.base_url.as_deref().unwrap_or(GITHUB),
            ProviderKind::Oidc => self.issuer.as_deref().unwrap_or_default(),
        }
    }
}
