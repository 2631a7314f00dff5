//! Notices about ways to sign in: sent to the user for every cause, and never counted against a limit.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::OutboxEntry;
use super::parts::{PrepareOutcome, read_detail, to_user};
use crate::invitations;
use crate::{ClientInfo, Error, Tx};
use convoke_core::model::email::{Email, EmailContent};
use convoke_core::text::ForeignText;
use convoke_store as store;
use convoke_store::identities::Identity;
use convoke_store::users::User;

/// The content of a notice besides its kind and time, stored as the entry's detail.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct NoticeDetail {
    /// The service's id in the configuration.
    provider: Option<String>,
    /// What the service calls the person.
    label: Option<String>,
    /// The client's address.
    ip: Option<String>,
    /// The `User-Agent` header.
    user_agent: Option<String>,
}

impl NoticeDetail {
    pub(super) fn from_identity(identity: &Identity) -> Self {
        Self {
            provider: Some(identity.provider.clone()),
            label: identity.label.clone().map(String::from),
            ..Self::default()
        }
    }

    pub(super) fn from_client_info(client: &ClientInfo) -> Self {
        Self {
            ip: client.ip.map(|ip| ip.to_string()),
            user_agent: client.user_agent.clone().map(String::from),
            ..Self::default()
        }
    }
}

/// Composes the email of a notice to its user; obsolete where they have no address.
///
/// # Errors
/// When the database is unavailable, or as `content`.
pub(super) fn prepare(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    content: impl FnOnce(&Tx<'_, '_>, &OutboxEntry, &User) -> Result<EmailContent, Error>,
) -> Result<PrepareOutcome, Error> {
    let Some(user) = store::users::find(tx.conn, entry.subject.into())? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let content = content(tx, entry, &user)?;
    Ok(PrepareOutcome::from(to_user(&user, content)))
}

/// The password was changed.
pub(super) fn password_changed(entry: &OutboxEntry, user: &User) -> EmailContent {
    let (first_name, at) = (user.first_name.clone(), entry.created_at);
    EmailContent::PasswordChanged { first_name, at }
}

/// A user without a password has one now.
pub(super) fn password_added(entry: &OutboxEntry, user: &User) -> EmailContent {
    let (first_name, at) = (user.first_name.clone(), entry.created_at);
    EmailContent::PasswordAdded { first_name, at }
}

/// A service was connected.
pub(super) fn service_connected(
    tx: &Tx<'_, '_>,
    entry: &OutboxEntry,
    user: &User,
) -> Result<EmailContent, Error> {
    let (service, label) = service(tx, entry)?;
    Ok(EmailContent::ServiceConnected {
        first_name: user.first_name.clone(),
        service,
        label,
        at: entry.created_at,
    })
}

/// A service was disconnected.
pub(super) fn service_disconnected(
    tx: &Tx<'_, '_>,
    entry: &OutboxEntry,
    user: &User,
) -> Result<EmailContent, Error> {
    let (service, label) = service(tx, entry)?;
    Ok(EmailContent::ServiceDisconnected {
        first_name: user.first_name.clone(),
        service,
        label,
        at: entry.created_at,
    })
}

/// A break-glass user has signed in.
pub(super) fn break_glass_sign_in(
    _: &Tx<'_, '_>,
    entry: &OutboxEntry,
    user: &User,
) -> Result<EmailContent, Error> {
    let detail = read::<NoticeDetail>(entry)?;
    Ok(EmailContent::BreakGlassSignIn {
        first_name: user.first_name.clone(),
        ip: detail.ip,
        user_agent: detail.user_agent.map(ForeignText::from_stored),
        at: entry.created_at,
    })
}

/// The detail of an entry about a changed address.
#[derive(Deserialize)]
struct EmailChangedDetail {
    /// The former address.
    to: String,
}

/// The address was changed; sent to the former one.
///
/// # Errors
/// When the database is unavailable, or the detail of the entry is unreadable.
pub(super) fn email_changed(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
) -> Result<PrepareOutcome, Error> {
    let Some(user) = store::users::find(tx.conn, entry.subject.into())? else {
        return Ok(PrepareOutcome::Obsolete);
    };
    let new_email = user.email.as_deref().map(invitations::mask_email);
    Ok(PrepareOutcome::Ready(Box::new(Email {
        to: read::<EmailChangedDetail>(entry)?.to,
        locale: user.locale,
        time_zone: user.time_zone,
        content: EmailContent::EmailChanged {
            first_name: user.first_name,
            new_email: new_email.unwrap_or_default(),
            at: entry.created_at,
        },
    })))
}

/// The detail of an entry that must have one.
fn read<T: DeserializeOwned>(entry: &OutboxEntry) -> Result<T, Error> {
    let missing = || Error::corrupt(format!("detail of outbox entry {}", entry.id));
    read_detail(entry.id, &entry.detail)?.ok_or_else(missing)
}

/// The name of the service of an entry, or its id where the configuration has it no more, and what it calls the person.
fn service(tx: &Tx<'_, '_>, entry: &OutboxEntry) -> Result<(String, Option<ForeignText>), Error> {
    let detail = read::<NoticeDetail>(entry)?;
    let missing = || Error::corrupt(format!("detail of outbox entry {}", entry.id));
    let id = detail.provider.ok_or_else(missing)?;
    let name = tx
        .ctx
        .policy
        .provider(&id)
        .map(|provider| provider.name.clone());
    let label = detail.label.map(ForeignText::from_stored);
    Ok((name.unwrap_or(id), label))
}
