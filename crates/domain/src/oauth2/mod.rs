//! Sign-in to products: the authorization server of OAuth 2.0 and OpenID Connect.
//!
//! A product of the catalogue is a client. What a client may ask for is read here, without a database; what a user then grants
//! it follows the rules of members and sessions.

mod access;
mod administration;
mod authorization_request;
mod claims;
mod cleanup;
mod client_authentication;
mod grant_ends;
mod grants;
mod logout;
mod lost_access;
mod next_step;
mod parse_request;
mod scope;
#[cfg(test)]
mod tests;
mod user_grants;

pub use access::{Access, access_of, client, find_access, list_access, list_requested_access};
pub use administration::{GrantOverview, list_grants, list_live_grants};
pub use authorization_request::{
    AccountHint, AuthorizationError, AuthorizationRequest, ErrorCode, Prompt, RejectedRequest,
    ResponseMode,
};
pub use claims::{
    ID_TOKEN_LIFETIME, MediaType, TokenSettings, access_claims, access_token, access_token_hash,
    client_access_token, id_token, user_info,
};
pub(crate) use cleanup::delete_expired;
pub use client_authentication::{ClientCredentials, authenticate_client};
pub use grant_ends::{EndCause, end_grant};
pub(crate) use grant_ends::{
    end_after_change, end_in_other_accounts, end_of_member, end_of_other_sessions, end_of_sessions,
    end_of_user,
};
pub use grants::{
    ActiveGrant, CODE_LIFETIME, Grant, Issued, TokenError, authorize, end, find_active,
    find_by_refresh_token, find_grant_of_refresh_token, redeem_code, refresh,
};
pub use logout::{
    AccountLogoutDelivery, ClientCapacity, DELIVERY_LIFETIME, LOGOUT_TOKEN_LIFETIME,
    LogoutDelivery, LogoutOutcome, lease_deliveries, list_deliveries, list_deliveries_of_account,
    logout_token, record_delivery,
};
pub use lost_access::{GrantBatch, end_grants_without_access, list_grants_without_access};
pub use next_step::{Authentication, NextStep, is_signed_in, next_step};
pub use parse_request::{continued, parse, redirect_origin, with_account};
pub use scope::{Scope, Scopes};
pub use user_grants::{UserGrant, end_own, find_last_account, is_of_session, list as list_own};
