//! Extractors of requests.

mod accept;
mod caller;
mod client_token;
mod cookies;
mod headers;
mod path;
mod query;

pub use caller::{ClientInfo, PreferredLanguage, find_caller};
pub use cookies::{
    Cookies, cookies, device, expired_session_cookie, session_cookie, session_cookie_name,
    session_token, set_cookie, with_session,
};
pub use headers::{list_header, single_header};
pub use path::PathIds;
pub use query::{QueryParams, invalid_parameter};

pub(crate) use accept::{Accept, Format};
pub(crate) use caller::Caller;
pub(crate) use client_token::{ClientToken, bearer_token};
pub(crate) use headers::idempotency_key;
