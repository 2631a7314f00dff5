//! Sign-in to products: the authorization server of OAuth 2.0 and OpenID Connect.
//!
//! A product of the catalogue is a client. What a client may ask for is read here, without a database; what a user then grants
//! it follows the rules of members and sessions.

mod access;
mod authorization_request;
mod claims;
mod client_authentication;
mod grants;
mod next_step;
mod parse_request;
mod scope;
#[cfg(test)]
mod tests;
mod user_grants;

pub use access::{Access, access_of, client, find_access, list_access};
pub use authorization_request::{
    AccountHint, AuthorizationError, AuthorizationRequest, ErrorCode, Prompt, RejectedRequest,
    ResponseMode,
};
pub use claims::{
    ID_TOKEN_LIFETIME, MediaType, TokenSettings, access_claims, access_token, access_token_hash,
    client_access_token, id_token, user_info,
};
pub use client_authentication::{ClientCredentials, authenticate_client};
pub use grants::{
    ActiveGrant, CODE_LIFETIME, Grant, Issued, TokenError, authorize, end, find_active,
    find_by_refresh_token, redeem_code, refresh,
};
pub use next_step::{Authentication, NextStep, is_signed_in, next_step};
pub use parse_request::{continued, parse, redirect_origin};
pub use scope::{Scope, Scopes};
pub use user_grants::{UserGrant, end_own, find_last_account, is_of_session, list as list_own};
