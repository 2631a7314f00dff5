//! An authorization request and its errors (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).

use std::time::Duration;

use super::scope::Scopes;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};

/// What a client asks for, valid by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The product's key.
    pub client: String,
    /// Where the response goes, as the client wrote it.
    pub redirect_uri: String,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// Returned as it is.
    pub state: Option<String>,
    /// Becomes a claim of the ID token.
    pub nonce: Option<String>,
    /// What the client asks to know.
    pub scopes: Scopes,
    /// SHA-256 of the code verifier (RFC 7636).
    pub code_challenge: Option<[u8; 32]>,
    /// Which pages the user must, or must not, see.
    pub prompt: Prompt,
    /// How old the sign-in may be.
    pub max_age: Option<Duration>,
    /// When the user must have signed in at the earliest; takes the place of `prompt=login` and `max_age` in the request that
    /// goes on after a sign-in.
    pub authenticated_since: Option<Timestamp>,
    /// The address or login to fill in.
    pub login_hint: Option<String>,
    /// An ID token of the user who is expected.
    pub id_token_hint: Option<String>,
    /// The user who is expected; takes the place of `id_token_hint` in the request that goes on, since no token may be in an address.
    pub expected_user: Option<UserId>,
    /// Languages, the preferred one first.
    pub ui_locales: Vec<String>,
    /// The account to work in.
    pub account: Option<AccountHint>,
}

/// The account that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountHint {
    /// This one.
    Account(AccountId),
    /// A text that is no account's id; handled like an account that cannot be used.
    Unknown,
}

/// How a response goes to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of a redirect.
    #[default]
    Query,
    /// In a form that the browser posts (Form Post Response Mode).
    FormPost,
}

/// The values of `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four words")]
pub struct Prompt {
    /// No page at all.
    pub none: bool,
    /// A sign-in, whether there is a session or not.
    pub login: bool,
    /// A page that asks whether to go on.
    pub consent: bool,
    /// The page that chooses an account, also where there is only one.
    pub select_account: bool,
}

/// An error code of a response (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6, RFC 8707 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, repeated or wrong.
    InvalidRequest,
    /// `openid` is missing.
    InvalidScope,
    /// Another resource than the product's own.
    InvalidTarget,
    /// Another response type than `code`.
    UnsupportedResponseType,
    /// The parameter `request`.
    RequestNotSupported,
    /// The parameter `request_uri`.
    RequestUriNotSupported,
    /// The parameter `registration`.
    RegistrationNotSupported,
    /// A page would be needed to sign in, which `prompt=none` forbids.
    LoginRequired,
    /// A page would be needed to choose the account, which `prompt=none` forbids.
    AccountSelectionRequired,
    /// The user may not use the product, or does not want to go on.
    AccessDenied,
    /// Something broke on our side.
    ServerError,
    /// The database is unavailable.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The code in responses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// An error that goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationError {
    /// Where it goes.
    pub redirect_uri: String,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// Returned as it is.
    pub state: Option<String>,
    /// What kind of error it is.
    pub code: ErrorCode,
    /// For the client's developer, in English.
    pub description: &'static str,
}

impl AuthorizationRequest {
    /// The response of an error to this request.
    #[must_use]
    pub fn error(&self, code: ErrorCode, description: &'static str) -> AuthorizationError {
        AuthorizationError {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
            code,
            description,
        }
    }
}

/// Why a request cannot be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectedRequest {
    /// No product with this client id has a sign-in: a page.
    UnknownClient,
    /// The redirect URI is missing or not registered: a page.
    UnknownRedirectUri {
        /// The product's key.
        client: String,
    },
    /// The client gets the error.
    Error(AuthorizationError),
}
