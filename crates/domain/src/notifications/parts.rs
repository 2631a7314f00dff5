//! What the emails of all kinds are prepared with.

use std::time::Duration;

use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::OutboxEntry;
use crate::catalogue::Text;
use crate::rate_limits::RateLimits;
use crate::{Error, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::email_address::EmailAddress;
use convoke_core::language::Locale;
use convoke_core::model::email::{CatalogueEntry, CatalogueText, Email, EmailContent};
use convoke_core::model::invitation::DeliveryReason;
use convoke_core::rate_limiter::Permits;
use convoke_store::users::User;

/// What to do with a leased entry.
#[derive(Debug)]
pub(super) enum PrepareOutcome {
    /// To be rendered and sent.
    Ready(Box<Email>),
    /// Its subject has ended or has no recipient: deleted.
    Obsolete,
    /// Not sent: its recipient wants no such email. Deleted.
    Rejected(DeliveryReason),
    /// Not yet: too many mails to this address today.
    RetryAfter(Duration),
}

impl From<Option<Email>> for PrepareOutcome {
    fn from(email: Option<Email>) -> Self {
        email.map_or(Self::Obsolete, |email| Self::Ready(Box::new(email)))
    }
}

/// Reads JSON that an entry has as its detail; nothing where it has none.
///
/// # Errors
/// [`Error::Database`] when it is something else.
pub(super) fn read_detail<T: DeserializeOwned>(id: Uuid, detail: &str) -> Result<Option<T>, Error> {
    serde_json::from_str(detail).map_err(|_| Error::corrupt(format!("detail of outbox entry {id}")))
}

/// Acquires the tokens of an email, once: an outage of the mail server must not use the day's emails up.
pub(super) fn acquire(
    tx: &mut Tx<'_, '_>,
    entry: &OutboxEntry,
    limit: impl FnOnce(&RateLimits, Timestamp) -> Result<Permits, Duration>,
) -> Result<(), Duration> {
    if entry.attempts == 1 {
        let permits = limit(&tx.ctx.rate_limits, tx.now)?;
        tx.reserve(permits);
    }
    Ok(())
}

/// The recipient of an email as limits compare it.
pub(super) fn recipient(email: &Email) -> String {
    EmailAddress::parse(&email.to)
        .map_or_else(|_| email.to.clone(), |parsed| parsed.canonical().to_owned())
}

/// The email to a user; nothing when they have no address.
pub(super) fn to_user(user: &User, content: EmailContent) -> Option<Email> {
    Some(Email {
        to: user.email.clone()?,
        locale: user.locale,
        time_zone: user.time_zone.clone(),
        content,
    })
}

/// Roles as emails name them.
pub(super) fn role_entries(
    tx: &Tx<'_, '_>,
    keys: Vec<String>,
    locale: Locale,
) -> Vec<CatalogueEntry> {
    let entry = |key: String| {
        let role = tx.ctx.catalogue.role(&key);
        let text = role.map(|role| catalogue_text(&role.name, &role.description, locale));
        CatalogueEntry { key, text }
    };
    keys.into_iter().map(entry).collect()
}

/// A name and description in a language.
pub(super) fn catalogue_text(name: &Text, description: &Text, locale: Locale) -> CatalogueText {
    CatalogueText {
        name: name.get(locale.as_str()).to_owned(),
        description: description.get(locale.as_str()).to_owned(),
    }
}
