//! Why an operation did not happen: one variant per code of the HTTP contract.

use std::time::Duration;

use convoke_core::clock::Timestamp;
use convoke_core::model::invitation::InvitationStatus;
use convoke_core::model::usage::SeatUsage;
use convoke_store as store;

use crate::FieldError;

/// Why an operation did not happen. Nothing was changed.
#[derive(Debug)]
pub enum Error {
    /// No user is signed in.
    SignInRequired,
    /// Login or password is wrong; one error for every cause.
    InvalidCredentials,
    /// The caller lacks this permission.
    PermissionDenied(&'static str),
    /// The caller may not grant these roles (rule V3).
    RoleNotGrantable(Vec<String>),
    /// No other user may edit or remove the owner (rule A3).
    OwnerIsProtected,
    /// A member may not edit their own roles.
    CannotEditOwnRoles,
    /// A member may not remove themselves; they leave.
    CannotRemoveSelf,
    /// The password is not the current one.
    WrongPassword,
    /// The operation requires a sign-in of the last minutes (rule U8).
    ReauthenticationRequired,
    /// Accepting needs something else first (rule I10).
    AdditionalActions(AdditionalActions),
    /// Does not exist, or the caller may not know that it does.
    NotFound,
    /// Too few seats (rule A4).
    UserLimitExceeded(SeatLimitExceeded),
    /// These addresses belong to no user (rule I6).
    RegisteredUsersOnly(UnregisteredEmails),
    /// The invitation has ended.
    InvitationEnded(InvitationEnded),
    /// The address belongs to a member of the account (rule I16).
    AlreadyMember,
    /// The address has another live invitation to the account (rule I16).
    AlreadyInvited,
    /// The owner cannot leave (rule A3).
    OwnerCannotLeave,
    /// No way to sign in would be left (rule U6).
    LastSignInMethod,
    /// Passwords do not count here.
    PasswordSignInDisabled,
    /// No new users are taken, or none without an invitation.
    SignUpClosed {
        /// Whether those who are invited may.
        by_invitation: bool,
    },
    /// The default account of a user cannot change its owner (rule A1).
    DefaultAccount,
    /// The caller owns as many accounts as one may (rule A1).
    AccountLimitExceeded(u32),
    /// A request with this idempotency key is still running.
    IdempotencyKeyInUse,
    /// The idempotency key was used with another body before.
    IdempotencyKeyReused,
    /// A confirmation or reset link that is unknown, used or too old.
    LinkNoLongerValid,
    /// Another request changed the row in the meantime.
    VersionConflict,
    /// Errors of the request, all at once.
    Invalid(Vec<FieldError>),
    /// Too many requests; try again after this long.
    RateLimited(Duration),
    /// The database gave no result.
    Database(DatabaseError),
}

/// Why the database gave no result. Nothing was changed, except perhaps after [`DatabaseError::OutcomeUnknown`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Too much work waits for it, or for the processor.
    #[error("the database is busy")]
    Busy,
    /// It is unavailable, full or read-only.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection was lost during the commit, which may have happened.
    #[error("the database did not answer the commit: {0}")]
    OutcomeUnknown(String),
    /// A stored value is none that this program knows.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// A defect of this program, or of how it is set up: a rejected statement, a panic, settings that cannot be used.
    #[error("{0}")]
    Internal(String),
}

impl From<store::Error> for DatabaseError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Busy => Self::Busy,
            store::Error::Unavailable(reason) => Self::Unavailable(reason),
            store::Error::Unknown(reason) => Self::OutcomeUnknown(reason),
            store::Error::Corrupt(value) => Self::Corrupt(value),
            store::Error::Misconfigured(reason) => Self::Internal(reason),
            store::Error::Rejected(_) | store::Error::Panicked => Self::Internal(error.to_string()),
        }
    }
}

impl Error {
    /// A stored value that this program cannot read; `what` says which.
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Database(DatabaseError::Corrupt(what.into()))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What must be done before an invitation can be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdditionalActions {
    /// Why.
    pub requirement: AcceptRequirement,
    /// The invited address, masked.
    pub invited_email: String,
    /// The address of the signed-in user.
    pub own_email: Option<String>,
    /// The service that the user has signed in through, by its id in the configuration.
    pub provider: Option<String>,
    /// Whether one can register with an address and a password.
    pub by_password: bool,
}

/// Why a user cannot accept yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptRequirement {
    /// No user is signed in.
    SignIn,
    /// The user's address is another one.
    OtherEmail,
    /// The user has no address.
    NoEmail,
}

impl AcceptRequirement {
    /// The stable name in the HTTP contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in_required",
            Self::OtherEmail => "email_mismatch",
            Self::NoEmail => "email_not_disclosed",
        }
    }
}

/// The available and the requested seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatLimitExceeded {
    /// The account's seats.
    pub usage: SeatUsage,
    /// How many were requested.
    pub requested: i64,
    /// Whether a system administrator of the customer's can raise the limit.
    pub on_premise: bool,
}

/// Addresses that belong to no user, and which setting minds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that are independent of each other"
)]
pub struct UnregisteredEmails {
    /// The addresses as sent.
    pub emails: Vec<String>,
    /// The account's own setting minds.
    pub by_account: bool,
    /// The installation's setting minds.
    pub by_installation: bool,
    /// Whether a system administrator of the customer's can change that.
    pub on_premise: bool,
    /// Whether the caller owns the account, and so can change its setting.
    pub is_owner: bool,
}

/// How an invitation ended and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationEnded {
    /// Its final state.
    pub status: InvitationStatus,
    /// Since when.
    pub at: Timestamp,
    /// Whether the caller is the user who accepted it.
    pub by_caller: bool,
}
