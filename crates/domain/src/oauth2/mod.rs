//! Sign-in to products: the authorization server of OAuth 2.0 and OpenID Connect.
//!
//! A product of the catalogue is a client. What a client may ask for is read here, without a database; what a user then grants
//! it follows the rules of members and sessions.

mod access;
mod authorization_request;
mod claims;
mod grants;
mod parse_request;
mod scope;
#[cfg(test)]
mod tests;

pub use access::{Access, access_of, client, find_access};
pub use authorization_request::{
    AccountHint, AuthorizationError, AuthorizationRequest, ErrorCode, Prompt, RejectedRequest,
    ResponseMode,
};
pub use claims::{ID_TOKEN_LIFETIME, TokenSettings, access_token, id_token, user_info};
pub use grants::{
    ActiveGrant, CODE_LIFETIME, Grant, Issued, TokenError, authorize, end, find_active,
    find_by_refresh_token, redeem_code, refresh,
};
pub use parse_request::parse;
pub use scope::{Scope, Scopes};
