//! Statements and their parameters.

use std::error::Error as StdError;

use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type};
use uuid::Uuid;

use super::Kind;
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

/// A statement: one text for both databases, or two where they truly differ.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub(super) lite: &'static str,
    pub(super) pg: &'static str,
}

impl Sql {
    /// One text for both.
    #[must_use]
    pub const fn same(text: &'static str) -> Self {
        Self {
            lite: text,
            pg: text,
        }
    }

    /// Two texts.
    #[must_use]
    pub const fn differs(lite: &'static str, pg: &'static str) -> Self {
        Self { lite, pg }
    }

    /// The text for a database.
    #[must_use]
    pub const fn text(self, kind: Kind) -> &'static str {
        match kind {
            Kind::Sqlite => self.lite,
            Kind::Postgres => self.pg,
        }
    }
}

/// Names a module's statements and lists them in `STATEMENTS`.
macro_rules! statements {
    ($($name:ident = $text:tt $(pg $pg:tt)?;)+) => {
        $(const $name: $crate::Sql = $crate::engine::statements!(@one $text $(, $pg)?);)+
        /// The statements of this module by name.
        pub(crate) const STATEMENTS: &[(&str, $crate::Sql)] =
            &[$((stringify!($name), $name)),+];
    };
    (@one ($text:expr)) => { $crate::Sql::same($text) };
    (@one $text:literal) => { $crate::Sql::same($text) };
    (@one ($lite:expr), ($pg:expr)) => { $crate::Sql::differs($lite, $pg) };
    (@one $lite:literal, $pg:literal) => { $crate::Sql::differs($lite, $pg) };
}
pub(crate) use statements;

/// The values of a statement's `$1`, `$2`, ….
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::Value::from($value)),*] };
}
pub(crate) use params;

/// The texts of a list, which only differ between the databases in how they are read: as a JSON array.
pub(crate) fn json_array<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(items).to_string()
}

/// The same of ids, for [`in_uuids!`].
pub(crate) fn uuid_array(ids: impl IntoIterator<Item = impl Into<Uuid>>) -> String {
    let ids = ids.into_iter().map(|id| Into::<Uuid>::into(id).to_string());
    ids.collect::<serde_json::Value>().to_string()
}

/// The condition that a column is one of the ids of [`uuid_array`], for each database. PostgreSQL estimates fewer rows for an array
/// than for a subquery, and uses the index.
macro_rules! in_uuids {
    (lite $parameter:literal) => {
        concat!(
            "in (select unhex(value, '-') from json_each(",
            $parameter,
            "))"
        )
    };
    (pg $parameter:literal) => {
        concat!(
            "= any(array(select cast(jsonb_array_elements_text(cast(cast(",
            $parameter,
            " as text) as jsonb)) as uuid)))"
        )
    };
}
pub(crate) use in_uuids;

/// The condition that a column is one of the texts of [`json_array`], for each database.
macro_rules! in_texts {
    (lite $parameter:literal) => {
        concat!("in (select value from json_each(", $parameter, "))")
    };
    (pg $parameter:literal) => {
        concat!(
            "= any(array(select jsonb_array_elements_text(cast(cast(",
            $parameter,
            " as text) as jsonb))))"
        )
    };
}
pub(crate) use in_texts;

/// A value for a statement.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number; times are milliseconds.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An id.
    Uuid(Uuid),
}

/// A value that outlives the call of a statement.
#[derive(Clone, Debug)]
pub(crate) enum OwnedValue {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(value) => Self::Int(value),
            Value::Bool(value) => Self::Bool(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Bytes(value) => Self::Bytes(value.to_owned()),
            Value::Uuid(value) => Self::Uuid(value),
        }
    }
}

impl OwnedValue {
    pub(super) fn borrow(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(*value),
            Self::Bool(value) => Value::Bool(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Bytes(value),
            Self::Uuid(value) => Value::Uuid(*value),
        }
    }
}

macro_rules! values {
    ($($type:ty => $value:ident : $make:expr;)+) => {
        $(impl<'a> From<$type> for Value<'a> {
            fn from($value: $type) -> Self { $make }
        })+
    };
}

values! {
    i64 => value: Self::Int(value);
    bool => value: Self::Bool(value);
    &'a str => value: Self::Text(value);
    &'a String => value: Self::Text(value);
    &'a [u8; 32] => value: Self::Bytes(value);
    &'a [u8] => value: Self::Bytes(value);
    Uuid => value: Self::Uuid(value);
    UserId => value: Self::Uuid(value.into());
    AccountId => value: Self::Uuid(value.into());
    InvitationId => value: Self::Uuid(value.into());
    SessionId => value: Self::Uuid(value.into());
    ActivityId => value: Self::Uuid(value.into());
    IdentityId => value: Self::Uuid(value.into());
    GrantId => value: Self::Uuid(value.into());
    LogoutDeliveryId => value: Self::Uuid(value.into());
    Timestamp => value: Self::Int(value.millis());
    Locale => value: Self::Text(value.as_str());
    InvitationStatus => value: Self::Text(value.as_str());
    DeliveryStatus => value: Self::Text(value.as_str());
    DeliveryReason => value: Self::Text(value.as_str());
    NotificationKind => value: Self::Text(value.as_str());
    SigningAlgorithm => value: Self::Text(value.as_str());
    GrantEnd => value: Self::Text(value.as_str());
    Action => value: Self::Text(value.as_str());
    &'a StoredRoles => value: Self::Text(value.as_str());
    ActorKind => value: Self::Text(value.as_str());
    TargetKind => value: Self::Text(value.as_str());
    FormOutcome => value: Self::Text(value.as_str());
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// PostgreSQL rejects U+0000 in text and SQLite's `like` stops at it. No rule lets one be stored, so a text to
/// look for may have any other character that is never found.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Bool(value) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*value))),
            Self::Text(value) if value.contains('\0') => {
                ToSqlOutput::Owned(without_nul(value).into())
            }
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Uuid(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
        })
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(of, out),
            Self::Bool(value) => value.to_sql(of, out),
            Self::Text(value) if value.contains('\0') => without_nul(value).to_sql(of, out),
            Self::Text(value) => value.to_sql(of, out),
            Self::Bytes(value) => value.to_sql(of, out),
            Self::Uuid(value) => value.to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql_checked(of, out),
            Self::Bool(value) => value.to_sql_checked(of, out),
            Self::Text(value) if value.contains('\0') => without_nul(value).to_sql_checked(of, out),
            Self::Text(value) => value.to_sql_checked(of, out),
            Self::Bytes(value) => value.to_sql_checked(of, out),
            Self::Uuid(value) => value.to_sql_checked(of, out),
        }
    }
}

impl ToSql for OwnedValue {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.borrow().to_sql(of, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.borrow().to_sql_checked(of, out)
    }
}
