//! Who calls, and from where.

use std::net::IpAddr;

use crate::sessions::Session;
use crate::users::User;
use convoke_core::secret::TokenHash;
use convoke_core::text::ForeignText;

/// A signed-in user with the session and the client of the request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// Signed in how.
    pub session: Session,
    /// From where.
    pub client: ClientInfo,
}

/// Where a request comes from, for the activity log.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// Hash of the session token that the browser presented; a new session replaces it.
    pub session: Option<TokenHash>,
    /// The `User-Agent` header, truncated to 256 characters.
    pub user_agent: Option<ForeignText>,
    /// The device token that the browser keeps from an earlier sign-in, hashed.
    pub device: Option<TokenHash>,
}
