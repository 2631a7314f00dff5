//! What limits are keyed by.

use std::net::IpAddr;

use convoke_core::ids::{AccountId, UserId};
use convoke_core::secret::TokenHash;

/// A client as limits see it: an IPv4 address, an IPv6 /64, or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(Option<IpAddr>);

impl From<Option<IpAddr>> for Client {
    fn from(ip: Option<IpAddr>) -> Self {
        Self(ip.map(|ip| match ip.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(ip) => ip.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

/// The cause of an email to another person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EmailCause {
    /// Members of an account.
    Account(AccountId),
    /// A signed-in person.
    User(UserId),
    /// A client that is not signed in, as text.
    Client(String),
}

/// Emails that confirm an address, each with tokens of its own beyond the common ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confirmation {
    /// Of a sign-up.
    SignUp,
    /// Of a change of address.
    AddressChange,
}

/// Who tries a password.
#[derive(Clone, Debug)]
pub struct SignInAttempt<'a> {
    /// From where.
    pub client: Client,
    /// The login as compared.
    pub login: &'a str,
    /// The user and a device that this user has signed in with before.
    pub device: Option<(UserId, TokenHash)>,
}
