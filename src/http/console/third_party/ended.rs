//! Pages for those who came back from a service in vain: what happened, and what to do.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{invitation_token, provider, start};
use crate::app::App;
use crate::domain::identities::authorization_flow::AuthorizationIntent;
use crate::http::console::notice::Notice;
use crate::http::console::return_to::sign_in_and_back;
use crate::http::console::visit::{Shown, Visit, query_of, to};
use crate::http::extract::PathIds;
use crate::http::problem::Problem;
use crate::identity_providers::{Provider, ProviderError};

/// Why somebody came back in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The attempt is unknown here, too old, or was used before.
    Stale,
    /// The person did not agree.
    Cancelled,
    /// The service does not answer.
    Away,
    /// What the service says is not believed.
    Untrusted,
    /// The service and this installation are not set up for one another.
    Misconfigured,
    /// Another user holds the address.
    AddressTaken,
    /// The same, and nobody signs in by password.
    AddressTakenForGood,
    /// No new users are taken.
    Closed,
    /// No new users are taken but those who are invited.
    Uninvited,
    /// The user may not sign in.
    Disabled,
    /// The service is connected to another user.
    Elsewhere,
}

impl Why {
    const ALL: [Self; 11] = [
        Self::Stale,
        Self::Cancelled,
        Self::Away,
        Self::Untrusted,
        Self::Misconfigured,
        Self::AddressTaken,
        Self::AddressTakenForGood,
        Self::Closed,
        Self::Uninvited,
        Self::Disabled,
        Self::Elsewhere,
    ];

    /// Its word in addresses and in the keys of its texts.
    const fn word(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Cancelled => "cancelled",
            Self::Away => "away",
            Self::Untrusted => "untrusted",
            Self::Misconfigured => "misconfigured",
            Self::AddressTaken => "address-taken",
            Self::AddressTakenForGood => "address-taken-for-good",
            Self::Closed => "closed",
            Self::Uninvited => "uninvited",
            Self::Disabled => "disabled",
            Self::Elsewhere => "elsewhere",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Stale => StatusCode::GONE,
            // Not 502, in place of which many proxies show a page of their own.
            Self::Away | Self::Misconfigured => StatusCode::SERVICE_UNAVAILABLE,
            Self::AddressTaken | Self::AddressTakenForGood | Self::Elsewhere => {
                StatusCode::CONFLICT
            }
            Self::Untrusted | Self::Cancelled | Self::Closed | Self::Uninvited | Self::Disabled => {
                StatusCode::FORBIDDEN
            }
        }
    }

    /// Whether trying the same again may help.
    const fn passes(self) -> bool {
        matches!(
            self,
            Self::Stale | Self::Cancelled | Self::Away | Self::Untrusted | Self::Misconfigured
        )
    }

    /// The page for a fault of a service; here it is logged, once.
    pub fn of_fault(provider: &Provider, fault: &ProviderError) -> Self {
        let id = &provider.settings.id;
        let why = match fault {
            ProviderError::Away(_) => Self::Away,
            ProviderError::Untrusted(_) => Self::Untrusted,
            ProviderError::Misconfigured(_) => Self::Misconfigured,
            ProviderError::CodeRefused(_) => Self::Stale,
        };
        tracing::warn!(provider = id, why = why.word(), %fault, "no sign-in through a service");
        why
    }
}

/// Leads to the page, so that loading it again sends nothing to the service.
pub(super) fn lead(
    visit: &Visit,
    provider: &Provider,
    why: Why,
    errand: &AuthorizationIntent,
) -> Response {
    let path = format!("/sign-in/{}/ended", provider.settings.id);
    let connect = errand.connect.as_ref().map_or("", |_| "1");
    let params = [
        ("why", why.word()),
        ("return_to", errand.return_to.as_deref().unwrap_or_default()),
        (
            "invitation",
            errand.invitation.as_deref().unwrap_or_default(),
        ),
        ("connect", connect),
    ];
    visit.flash(&query_of(&path, &params))
}

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> Shown {
    let provider = provider(&app, &id)?;
    let word = visit.query.get("why");
    let why = Why::ALL.into_iter().find(|why| Some(why.word()) == word);
    let why = why.ok_or_else(Problem::not_found)?;
    let connecting = visit.query.get("connect").is_some();
    let invitation = visit.query.get("invitation").and_then(invitation_token);
    let invitation = invitation.unwrap_or_default();
    let return_to = visit.return_to();
    if !visit.has_flash() {
        // Nobody has just come back from a service; what the address says did not happen, or long ago.
        return Ok(if connecting {
            to("/profile")
        } else {
            to(&sign_in_and_back(return_to.unwrap_or("/accounts")))
        });
    }

    let name = [("service", provider.name().into())];
    let words = |part: &str| visit.say(&format!("service-{}-{part}", why.word()), &name);
    let mut notice = Notice::titled(&visit, words("title"), words("text"));
    if why.passes() {
        let again = if connecting {
            format!("/connect/{id}")
        } else {
            start(provider, return_to, invitation)
        };
        notice = notice.way(visit.t("service-again"), again);
    }
    if connecting {
        notice = notice.way(visit.t("way-profile"), "/profile");
    } else {
        let back = match (return_to, invitation) {
            (Some(path), _) => path.to_owned(),
            (None, "") if why == Why::AddressTaken => "/profile".to_owned(),
            (None, "") => "/accounts".to_owned(),
            (None, token) => format!("/invitations/{token}"),
        };
        let label = if why == Why::AddressTaken {
            "way-sign-in"
        } else {
            "service-other-way"
        };
        notice = notice.way(visit.t(label), sign_in_and_back(&back));
        if !invitation.is_empty() {
            let href = format!("/invitations/{invitation}");
            notice = notice.way(visit.t("service-invitation"), href);
        }
    }
    Ok(notice.show(why.status()))
}

#[cfg(test)]
mod tests {
    use super::Why;
    use crate::core::language::Locale;
    use crate::i18n::{Arg, t_args};

    #[test]
    fn every_reason_has_a_title_and_a_text_in_every_language() {
        for why in Why::ALL {
            for locale in Locale::ALL {
                for part in ["title", "text"] {
                    let key = format!("service-{}-{part}", why.word());
                    let said = t_args(locale, &key, &[("service", Arg::from("GitHub"))]);
                    assert_ne!(said, key, "{locale}");
                }
            }
        }
    }
}
