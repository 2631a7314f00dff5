//! Pages for failed sign-ins at a service: what happened, and what to do.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{invitation_token, provider, start};
use crate::console::context::{PageContext, PageResult, path_with_query, see_other};
use crate::console::notice::Notice;
use crate::console::return_to::sign_in_path;
use crate::console::urls;
use crate::extract::PathIds;
use crate::problem::Problem;
use convoke_app::App;
use convoke_domain::identities::authorization_flow::AuthorizationIntent;
use convoke_infra::identity_providers::{Provider, ProviderError};

/// Why the sign-in at a service failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginErrorReason {
    /// The attempt is unknown here, too old, or was used before.
    Stale,
    /// The person did not agree.
    Cancelled,
    /// The service does not respond.
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

impl LoginErrorReason {
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
    const fn as_str(self) -> &'static str {
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
    const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Stale | Self::Cancelled | Self::Away | Self::Untrusted | Self::Misconfigured
        )
    }

    /// The page for an error of a service; here it is logged, once.
    pub fn from_provider_error(provider: &Provider, error: &ProviderError) -> Self {
        let id = &provider.settings.id;
        let why = match error {
            ProviderError::Away(_) => Self::Away,
            ProviderError::Untrusted(_) => Self::Untrusted,
            ProviderError::Misconfigured(_) => Self::Misconfigured,
            ProviderError::CodeRefused(_) => Self::Stale,
        };
        tracing::warn!(provider = id, why = why.as_str(), %error, "sign-in through a service failed");
        why
    }
}

/// Redirects to the page, so that loading it again sends nothing to the service.
pub(super) fn redirect_to_error(
    context: &PageContext,
    provider: &Provider,
    why: LoginErrorReason,
    errand: &AuthorizationIntent,
) -> Response {
    let path = urls::sign_in_ended(&provider.settings.id);
    let connect = errand.connect.as_ref().map_or("", |_| "1");
    let params = [
        ("why", why.as_str()),
        ("return_to", errand.return_to.as_deref().unwrap_or_default()),
        (
            "invitation",
            errand.invitation.as_deref().unwrap_or_default(),
        ),
        ("connect", connect),
    ];
    context.flash(&path_with_query(&path, &params))
}

pub(super) async fn show(
    context: PageContext,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let word = context.query.get("why");
    let why = LoginErrorReason::ALL
        .into_iter()
        .find(|why| Some(why.as_str()) == word);
    let why = why.ok_or_else(Problem::not_found)?;
    let connecting = context.query.get("connect").is_some();
    let invitation = context.query.get("invitation").and_then(invitation_token);
    let invitation = invitation.unwrap_or_default();
    let return_to = context.return_to();
    if !context.has_flash() {
        // There was no callback just now: what the address says did not happen, or long ago.
        return Ok(if connecting {
            see_other("/profile")
        } else {
            see_other(&sign_in_path(return_to.unwrap_or("/accounts")))
        });
    }

    let name = [("service", provider.name().into())];
    let words = |part: &str| context.t_args(&format!("service-{}-{part}", why.as_str()), &name);
    let mut notice = Notice::titled(&context, words("title"), words("text"));
    if why.is_retryable() {
        let again = if connecting {
            urls::connect(&id)
        } else {
            start(provider, return_to, invitation)
        };
        notice = notice.link(context.t("service-again"), again);
    }
    if connecting {
        notice = notice.link(context.t("way-profile"), "/profile");
    } else {
        let back = match (return_to, invitation) {
            (Some(path), _) => path.to_owned(),
            (None, "") if why == LoginErrorReason::AddressTaken => "/profile".to_owned(),
            (None, "") => "/accounts".to_owned(),
            (None, token) => urls::invitation(&token),
        };
        let label = if why == LoginErrorReason::AddressTaken {
            "way-sign-in"
        } else {
            "service-other-way"
        };
        notice = notice.link(context.t(label), sign_in_path(&back));
        if !invitation.is_empty() {
            let href = urls::invitation(&invitation);
            notice = notice.link(context.t("service-invitation"), href);
        }
    }
    Ok(notice.show(why.status()))
}

#[cfg(test)]
mod tests {
    use super::LoginErrorReason;
    use convoke_core::language::Locale;
    use convoke_i18n::{Arg, t_args};

    #[test]
    fn every_reason_has_a_title_and_a_text_in_every_language() {
        for why in LoginErrorReason::ALL {
            for locale in Locale::ALL {
                for part in ["title", "text"] {
                    let key = format!("service-{}-{part}", why.as_str());
                    let said = t_args(locale, &key, &[("service", Arg::from("GitHub"))]);
                    assert_ne!(said, key, "{locale}");
                }
            }
        }
    }
}
