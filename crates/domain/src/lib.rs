//! What Convoke is: rules as pure functions, operations as synchronous functions of one transaction.

pub mod accounts;
pub mod activity;
pub mod authorization;
pub mod caller;
pub mod catalogue;
pub mod cleanup;
pub mod context;
pub mod credentials;
pub mod error;
pub mod field_error;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod known_devices;
pub mod members;
pub mod notifications;
pub mod oauth2;
pub mod ownership;
pub mod passwords;
pub mod permissions;
pub mod policy;
pub mod rate_limits;
pub mod roles;
mod search;
pub mod sessions;
pub mod signing_keys;
pub mod submitted_forms;
pub mod tx;
pub mod users;
pub mod validation;

pub use caller::{Caller, ClientInfo};
pub use context::Context;
pub use error::{DatabaseError, Error};
pub use field_error::{FieldError, FieldErrorKind, JsonType, ParameterError};
pub use tx::{Mode, ReadTx, Tx};

use uuid::Uuid;

use convoke_core::pagination::Cursor;

/// The id in a one-part cursor.
pub(crate) fn cursor_id<Id: std::str::FromStr>(cursor: Option<&str>) -> Result<Option<Id>, Error> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    Cursor::decode(cursor, 1)
        .and_then(|parts| parts.first()?.parse().ok())
        .map(Some)
        .ok_or_else(invalid_cursor)
}

/// The error of a cursor that this program did not return.
pub(crate) fn invalid_cursor() -> Error {
    let kind = FieldErrorKind::Parameter(ParameterError::NotCursor);
    Error::Invalid(vec![FieldError::new("?cursor", kind)])
}

/// The highest id: where a list from the newest to the oldest begins.
pub(crate) fn max_id<Id: From<Uuid>>() -> Id {
    Uuid::max().into()
}
