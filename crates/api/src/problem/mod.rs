//! Problem responses (RFC 9457): one per code of the HTTP contract.

pub mod field_error;
mod from_error;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use from_error::from_error;
use serde_json::{Map, Value};

use convoke_domain::{Error, FieldError};

pub use from_error::remedies;

/// A code of the HTTP contract, with its status and title.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The stable code.
    pub word: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What it means in a few words.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $status:literal $word:literal $title:literal;)+) => {
        $(#[doc = $title]
        pub const $name: Code = Code { word: $word, status: $status, title: $title };)+
        /// Every code of a response.
        pub const CODES: &[Code] = &[$($name),+];
    };
}

codes! {
    MALFORMED_JSON = 400 "malformed-json" "The body is not JSON";
    SIGN_IN_REQUIRED = 401 "sign-in-required" "Sign in first";
    INVALID_CREDENTIALS = 401 "invalid-credentials" "The email or password is not right";
    PERMISSION_DENIED = 403 "permission-denied" "You may not do this";
    ROLE_NOT_GRANTABLE = 403 "role-not-grantable" "You may not grant these roles";
    OWNER_IS_PROTECTED = 403 "owner-is-protected" "The owner cannot be edited or removed by others";
    CANNOT_EDIT_OWN_ROLES = 403 "cannot-edit-own-roles" "Nobody edits their own roles";
    WRONG_PASSWORD = 403 "wrong-password" "The password is not right";
    FRESH_SIGN_IN_REQUIRED = 403 "fresh-sign-in-required" "Sign in again first";
    CROSS_SITE_REQUEST = 403 "cross-site-request" "The request comes from another site";
    PASSWORD_SIGN_IN_OFF = 403 "password-sign-in-off" "Passwords are not used here";
    SIGN_UP_CLOSED = 403 "sign-up-closed" "New users are not taken here";
    ADDITIONAL_ACTIONS = 403 "additional-actions-required" "Additional actions are required";
    NOT_FOUND = 404 "not-found" "Not found";
    METHOD_NOT_ALLOWED = 405 "method-not-allowed" "This cannot be done here";
    USER_LIMIT_EXCEEDED = 409 "user-limit-exceeded" "Too few seats are left";
    REGISTERED_USERS_ONLY = 409 "registered-users-only" "Only registered users can be invited";
    ALREADY_ACCEPTED = 409 "invitation-already-accepted" "The invitation was accepted already";
    DECLINED = 409 "invitation-declined" "The invitation was declined";
    REVOKED = 409 "invitation-revoked" "The invitation was withdrawn";
    ALREADY_MEMBER = 409 "already-member" "This address belongs to a user here";
    ALREADY_INVITED = 409 "already-invited" "This address is invited already";
    OWNER_CANNOT_LEAVE = 409 "owner-cannot-leave" "The owner cannot leave";
    CANNOT_REMOVE_SELF = 409 "cannot-remove-self" "Nobody removes themselves";
    LAST_SIGN_IN_METHOD = 409 "last-sign-in-method" "This is the last way to sign in";
    DEFAULT_ACCOUNT = 409 "default-account" "A user's own account cannot change hands";
    ACCOUNT_LIMIT_EXCEEDED = 409 "account-limit-exceeded" "No more accounts can be created";
    KEY_IN_USE = 409 "idempotency-key-in-use" "A request with this key is still running";
    EXPIRED = 410 "invitation-expired" "The invitation has expired";
    LINK_NO_LONGER_VALID = 410 "link-no-longer-valid" "This link no longer works";
    CHANGED_MEANWHILE = 412 "changed-meanwhile" "Somebody else changed this meanwhile";
    BODY_TOO_LARGE = 413 "body-too-large" "The body is too large";
    UNSUPPORTED_MEDIA_TYPE = 415 "unsupported-media-type" "The body is of another type";
    MISDIRECTED_REQUEST = 421 "misdirected-request" "This address is not ours";
    VALIDATION_FAILED = 422 "validation-failed" "The request has errors";
    KEY_REUSED = 422 "idempotency-key-reused" "The key came with another request before";
    RATE_LIMITED = 429 "rate-limited" "Too many requests";
    INTERNAL = 500 "internal-error" "Something broke on our side";
    UNAVAILABLE = 503 "unavailable" "The service is temporarily unavailable";
}

/// The maximum number of errors in one response, which bounds its size.
const MAX_ERRORS: usize = 1_000;

/// The maximum number of errors on an error page, which names fields that its reader does not see beside them.
const MAX_ERRORS_OF_PAGE: usize = 10;

/// A problem to respond with. `crate::middleware` renders it as JSON or as a page, with the id of the request.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its code.
    pub code: Code,
    /// What happened, then what to do.
    pub detail: String,
    /// Extension members of the code (RFC 9457 section 3.2).
    pub members: Map<String, Value>,
    /// Seconds after which to try again.
    pub retry_after: Option<u64>,
    /// The first errors of a request that has some, for its error page.
    pub field_errors: Vec<FieldError>,
}

impl Problem {
    /// A problem without further members.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            members: Map::new(),
            retry_after: None,
            field_errors: Vec::new(),
        }
    }

    /// The same problem with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// There is no such resource, or the caller may not know of it.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            NOT_FOUND,
            "There is nothing here, or nothing that you may know of. Check the address.",
        )
    }

    /// The service cannot respond now: try again in two seconds.
    #[must_use]
    pub fn unavailable(detail: &str) -> Self {
        Self::new(UNAVAILABLE, detail).after(2)
    }

    /// The input has these errors.
    pub fn invalid(errors: &[FieldError]) -> Self {
        let count = errors.len();
        let detail = match errors {
            [error] => field_error::detail(error),
            _ if count > MAX_ERRORS => {
                format!("The request has {count} errors; errors lists the first {MAX_ERRORS}.")
            }
            _ => format!("The request has {count} errors; errors lists them."),
        };
        let listed = errors.iter().take(MAX_ERRORS).map(field_error::to_json);
        let field_errors = errors.iter().take(MAX_ERRORS_OF_PAGE).cloned().collect();
        Self {
            field_errors,
            ..Self::new(VALIDATION_FAILED, detail).with("errors", listed.collect::<Vec<_>>())
        }
    }

    /// As JSON, with the request's id and the absolute type.
    #[must_use]
    pub fn to_json(&self, public_origin: &str, request_id: &str) -> Value {
        let mut body = Map::new();
        let kind = format!("{public_origin}/problems/{}", self.code.word);
        body.insert("type".to_owned(), kind.into());
        body.insert("title".to_owned(), self.code.title.into());
        body.insert("status".to_owned(), self.code.status.into());
        body.insert("detail".to_owned(), self.detail.clone().into());
        body.insert("code".to_owned(), self.code.word.into());
        body.insert("request_id".to_owned(), request_id.into());
        body.extend(self.members.clone());
        Value::Object(body)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        from_error(error)
    }
}

/// A fault of the server.
#[must_use]
pub fn internal() -> Problem {
    Problem::new(
        INTERNAL,
        "Something broke on our side and nothing was changed. Try again, and tell us the request id if it stays.",
    )
}

#[cfg(test)]
mod tests;
