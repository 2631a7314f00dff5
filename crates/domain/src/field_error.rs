//! Errors of a request's fields as facts: the interfaces give them codes and texts.

use convoke_core::email_address::EmailError;
use convoke_core::model::picture::PictureError;
use convoke_core::names::NameError;
use convoke_core::text::truncate;

use crate::passwords::WeakPassword;

/// One error of a request and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, `?name` for a query parameter, or the name of a header.
    pub pointer: String,
    /// What is wrong.
    pub kind: FieldErrorKind,
    /// What was sent, where it helps and is no secret; at most 256 characters.
    pub value: Option<String>,
}

impl FieldError {
    /// An error that does not show what was sent.
    pub fn new(pointer: impl Into<String>, kind: FieldErrorKind) -> Self {
        Self {
            pointer: pointer.into(),
            kind,
            value: None,
        }
    }

    /// The same error, showing the first 256 characters of what was sent.
    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        self.value = Some(truncate(value, 256));
        self
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// The JSON value has another type.
    WrongType(JsonType),
    /// The schema has no field of this name.
    UnknownField(String),
    /// A required field of this name is absent.
    MissingField(String),
    /// The value is none of these.
    NotOneOf(&'static [&'static str]),
    /// A parameter of the query, a form or a header.
    Parameter(ParameterError),
    /// Not an email address.
    Email(EmailError),
    /// Not the name of a user or an account.
    Name(NameError),
    /// A password that may not be chosen (rule U7).
    Password(WeakPassword),
    /// A file that is not an acceptable picture.
    Picture(PictureError),
    /// The current password is required and absent (rule U8).
    MissingCurrentPassword,
    /// Not the name of the account, which confirms a transfer.
    OtherAccountName,
    /// Not an interface language.
    UnknownLocale,
    /// Not an IANA time zone.
    UnknownTimeZone,
    /// A phone number of more than 32 characters.
    PhoneTooLong,
    /// A phone number with other characters than digits and `+ - ( ) . / #`, or without three digits.
    PhoneCharacters,
    /// Not a product of the catalogue.
    UnknownProduct,
    /// The product of this name works only in its user's own account (rule P4).
    ProductNotMultiUser(String),
    /// No role was chosen.
    NoRoles,
    /// Not a role of the catalogue.
    UnknownRole,
    /// No address was entered.
    NoEmails,
    /// The address stands in another group of the request too (rule I18).
    EmailInTwoGroups,
    /// More addresses than one request may have.
    TooManyEmails {
        /// Different addresses in the request.
        count: usize,
        /// The most that are allowed.
        limit: u32,
    },
}

impl FieldErrorKind {
    /// The most there may be, where that is the error.
    #[must_use]
    pub const fn limit(&self) -> Option<u32> {
        match self {
            Self::TooManyEmails { limit, .. } => Some(*limit),
            Self::Parameter(ParameterError::TooLong { max }) => Some(*max),
            _ => None,
        }
    }
}

/// The type that a schema requires of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// An object.
    Object,
    /// A string.
    String,
    /// `true` or `false`.
    Boolean,
    /// An array.
    Array,
    /// A number without a fraction.
    Integer,
    /// A number.
    Number,
    /// `null`.
    Null,
    /// What the API description says; no single type.
    Any,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterError {
    /// More characters than `max`.
    TooLong {
        /// The most characters.
        max: u32,
    },
    /// None of these values.
    NotOneOf(&'static [&'static str]),
    /// Not the id of a user.
    NotUserId,
    /// Not a time in RFC 3339.
    NotTime,
    /// Not a page size from 1 to 100.
    NotPageSize,
    /// Not a cursor that this list returned.
    NotCursor,
    /// An `Idempotency-Key` that is repeated, empty, longer than 255 characters or not visible ASCII.
    NotIdempotencyKey,
}
