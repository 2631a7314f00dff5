//! How the columns of a row are read.

use rusqlite::types::{FromSqlResult, ValueRef};
use uuid::Uuid;

use convoke_core::clock::Timestamp;
use convoke_core::ids::{
    AccountId, ActivityId, GrantId, IdentityId, InvitationId, LogoutDeliveryId, SessionId, UserId,
};
use convoke_core::language::Locale;
use convoke_core::model::activity::{Action, ActorKind, TargetKind};
use convoke_core::model::grant::GrantEnd;
use convoke_core::model::invitation::{DeliveryReason, DeliveryStatus, InvitationStatus};
use convoke_core::model::notification::NotificationKind;
use convoke_core::model::roles::StoredRoles;
use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::model::submitted_form::FormOutcome;
use convoke_core::text::ForeignText;

/// What both drivers read of a column; texts are borrowed from the row.
pub trait Raw<'r>: tokio_postgres::types::FromSql<'r> {
    /// Reads it from a row of SQLite.
    ///
    /// # Errors
    /// When the column holds something else.
    fn from_lite(value: ValueRef<'r>) -> FromSqlResult<Self>;
}

macro_rules! raw {
    ($($type:ty),+) => {
        $(impl<'r> Raw<'r> for $type {
            fn from_lite(value: ValueRef<'r>) -> FromSqlResult<Self> {
                rusqlite::types::FromSql::column_result(value)
            }
        })+
    };
}

raw!(i64, bool, Vec<u8>, Uuid);

impl<'r> Raw<'r> for &'r str {
    fn from_lite(value: ValueRef<'r>) -> FromSqlResult<Self> {
        value.as_str()
    }
}

impl<'r, T: Raw<'r>> Raw<'r> for Option<T> {
    fn from_lite(value: ValueRef<'r>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_lite(value).map(Some),
        }
    }
}

/// Something a column can be read as.
pub trait Column: Sized {
    /// What the drivers read.
    type Raw<'r>: Raw<'r>;
    /// Makes it of what was read; nothing when the column holds something else.
    fn from_raw(raw: Self::Raw<'_>) -> Option<Self>;
}

macro_rules! columns {
    ($($type:ty, $raw:ty => $value:ident : $make:expr;)+) => {
        $(impl Column for $type {
            type Raw<'r> = $raw;
            fn from_raw($value: Self::Raw<'_>) -> Option<Self> { $make }
        })+
    };
}

columns! {
    i64, i64 => value: Some(value);
    bool, bool => value: Some(value);
    String, &'r str => value: Some(value.to_owned());
    InvitationStatus, &'r str => value: InvitationStatus::parse(value);
    DeliveryStatus, &'r str => value: DeliveryStatus::parse(value);
    DeliveryReason, &'r str => value: DeliveryReason::parse(value);
    NotificationKind, &'r str => value: NotificationKind::parse(value);
    SigningAlgorithm, &'r str => value: SigningAlgorithm::parse(value);
    GrantEnd, &'r str => value: GrantEnd::parse(value);
    Action, &'r str => value: Action::parse(value);
    StoredRoles, &'r str => value: Some(StoredRoles::from_stored(value.to_owned()));
    ActorKind, &'r str => value: ActorKind::parse(value);
    TargetKind, &'r str => value: TargetKind::parse(value);
    FormOutcome, &'r str => value: FormOutcome::parse(value);
    ForeignText, &'r str => value: Some(ForeignText::from_stored(value.to_owned()));
    Vec<u8>, Vec<u8> => value: Some(value);
    Uuid, Uuid => value: Some(value);
    UserId, Uuid => value: Some(value.into());
    AccountId, Uuid => value: Some(value.into());
    InvitationId, Uuid => value: Some(value.into());
    SessionId, Uuid => value: Some(value.into());
    ActivityId, Uuid => value: Some(value.into());
    IdentityId, Uuid => value: Some(value.into());
    GrantId, Uuid => value: Some(value.into());
    LogoutDeliveryId, Uuid => value: Some(value.into());
    Timestamp, i64 => value: Some(Self::from_millis(value));
    Locale, &'r str => value: value.parse().ok();
}

impl<T: Column> Column for Option<T> {
    type Raw<'r> = Option<T::Raw<'r>>;
    fn from_raw(raw: Self::Raw<'_>) -> Option<Self> {
        match raw {
            None => Some(None),
            Some(raw) => T::from_raw(raw).map(Some),
        }
    }
}
