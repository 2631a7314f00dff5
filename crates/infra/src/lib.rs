//! Adapters to the outside: mail servers, sign-in services, other HTTP servers, and work that costs much time or memory.

pub mod avatar;
pub mod backchannel_logout;
pub mod http_client;
pub mod identity_providers;
pub mod mail;
pub mod password_hasher;
pub mod signing;
pub mod tls;
