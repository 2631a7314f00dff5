//! Notices about ways to sign in: sent to the user for every cause, and never counted against a limit.

use serde::{Deserialize, Serialize};

use super::OutboxEntry;
use crate::{ClientInfo, Tx};
use convoke_core::model::email::EmailContent;
use convoke_core::model::notification::NotificationKind;
use convoke_core::text::ForeignText;
use convoke_store::identities::Identity;
use convoke_store::users::User;

/// The content of a notice besides its kind and time, stored as the entry's detail.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Detail {
    /// The service's id in the configuration.
    provider: Option<String>,
    /// What the service calls the person.
    label: Option<String>,
    /// The client's address.
    ip: Option<String>,
    /// The `User-Agent` header.
    user_agent: Option<String>,
}

impl Detail {
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

/// The content of a notice; nothing where the kind is another one.
pub(super) fn content(tx: &Tx<'_, '_>, entry: &OutboxEntry, user: &User) -> Option<EmailContent> {
    let detail: Detail = serde_json::from_str(&entry.detail).unwrap_or_default();
    let (first_name, at) = (user.first_name.clone(), entry.created_at);
    let service = |id: &str| {
        let provider = tx.ctx.policy.provider(id);
        provider.map_or_else(|| id.to_owned(), |provider| provider.name.clone())
    };
    let label = detail.label.map(ForeignText::from_stored);
    Some(match entry.kind {
        NotificationKind::PasswordAdded => EmailContent::PasswordAdded { first_name, at },
        NotificationKind::ServiceConnected => EmailContent::ServiceConnected {
            first_name,
            service: service(&detail.provider?),
            label,
            at,
        },
        NotificationKind::ServiceDisconnected => EmailContent::ServiceDisconnected {
            first_name,
            service: service(&detail.provider?),
            label,
            at,
        },
        NotificationKind::BreakGlassSignIn => EmailContent::BreakGlassSignIn {
            first_name,
            ip: detail.ip,
            user_agent: detail.user_agent.map(ForeignText::from_stored),
            at,
        },
        _ => return None,
    })
}
