//! Pages for failed sign-ins through a service.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{invitation_token, provider, start};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::notice::Notice;
use crate::console::return_to::sign_in_path;
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_domain::identities::authorization_flow::AuthorizationIntent;
use convoke_infra::identity_providers::{Provider, ProviderError};

/// Why a sign-in through a service failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginErrorReason {
    /// The flow is unknown, expired, or was used before.
    Stale,
    /// The user did not consent.
    Cancelled,
    /// The service is unavailable.
    Unavailable,
    /// The service's response is invalid.
    Untrusted,
    /// The service or its configuration here is wrong.
    Misconfigured,
    /// Another user holds the address.
    AddressTaken,
    /// The same, and password sign-in is disabled.
    AddressTakenForGood,
    /// Sign-up is closed.
    Closed,
    /// Sign-up is by invitation only.
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
        Self::Unavailable,
        Self::Untrusted,
        Self::Misconfigured,
        Self::AddressTaken,
        Self::AddressTakenForGood,
        Self::Closed,
        Self::Uninvited,
        Self::Disabled,
        Self::Elsewhere,
    ];

    /// Its value in addresses and in keys of texts.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Cancelled => "cancelled",
            Self::Unavailable => "unavailable",
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
            // Not 502, which many proxies replace by their own page.
            Self::Unavailable | Self::Misconfigured => StatusCode::SERVICE_UNAVAILABLE,
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
            Self::Stale
                | Self::Cancelled
                | Self::Unavailable
                | Self::Untrusted
                | Self::Misconfigured
        )
    }

    /// Maps an error of a service and logs it.
    pub(super) fn from_provider_error(provider: &Provider, error: &ProviderError) -> Self {
        let id = &provider.settings.id;
        let reason = match error {
            ProviderError::Unavailable(_) => Self::Unavailable,
            ProviderError::Untrusted(_) => Self::Untrusted,
            ProviderError::Misconfigured(_) => Self::Misconfigured,
            ProviderError::CodeRejected(_) => Self::Stale,
        };
        tracing::warn!(provider = id, why = reason.as_str(), %error, "sign-in through a service failed");
        reason
    }
}

/// Redirects to the page, so that a reload sends nothing to the service.
pub(super) fn redirect_to_error(
    context: &PageContext,
    provider: &Provider,
    reason: LoginErrorReason,
    intent: &AuthorizationIntent,
) -> Response {
    let path = urls::sign_in_ended(&provider.settings.id);
    let connect = intent.connect.as_ref().map_or("", |_| "1");
    let params = [
        ("why", reason.as_str()),
        ("return_to", intent.return_to.as_deref().unwrap_or_default()),
        (
            "invitation",
            intent.invitation.as_deref().unwrap_or_default(),
        ),
        ("connect", connect),
    ];
    context.bound_redirect(&urls::path_with_query(&path, &params))
}

pub(super) async fn show(
    context: PageContext,
    State(app): State<App>,
    PathIds((id,)): PathIds<(String,)>,
) -> PageResult {
    let provider = provider(&app, &id)?;
    let value = context.query.get("why");
    let reason = LoginErrorReason::ALL
        .into_iter()
        .find(|reason| Some(reason.as_str()) == value);
    let reason = reason.ok_or_else(Problem::not_found)?;
    let connecting = context.query.get("connect").is_some();
    let invitation = context.query.get("invitation").and_then(invitation_token);
    let invitation = invitation.unwrap_or_default();
    let return_to = context.return_to();
    if !context.follows_redirect() {
        // There was no callback just now, so the address does not describe a current failure.
        return Ok(if connecting {
            see_other(urls::PROFILE_SERVICES)
        } else {
            see_other(&sign_in_path(return_to.unwrap_or(urls::ACCOUNTS)))
        });
    }

    let name = [("service", provider.name().into())];
    let text = |part: &str| context.t_args(&format!("service-{}-{part}", reason.as_str()), &name);
    let mut notice = Notice::titled(&context, text("title"), text("text"));
    if reason.is_retryable() {
        let again = if connecting {
            urls::connect(&id)
        } else {
            start(provider, return_to, invitation)
        };
        notice = notice.link(context.t("service-again"), again);
    }
    if connecting {
        notice = notice.link(context.t("way-profile"), urls::PROFILE_SERVICES);
    } else {
        let back = match (return_to, invitation) {
            (Some(path), _) => path.to_owned(),
            (None, "") if reason == LoginErrorReason::AddressTaken => {
                urls::PROFILE_SERVICES.to_owned()
            }
            (None, "") => urls::ACCOUNTS.to_owned(),
            (None, token) => urls::invitation(token),
        };
        let label = if reason == LoginErrorReason::AddressTaken {
            "way-sign-in"
        } else {
            "service-other-way"
        };
        notice = notice.link(context.t(label), sign_in_path(&back));
        if !invitation.is_empty() {
            let href = urls::invitation(invitation);
            notice = notice.link(context.t("service-invitation"), href);
        }
    }
    Ok(notice.show(reason.status()))
}

#[cfg(test)]
mod tests {
    use super::LoginErrorReason;
    use convoke_core::language::Locale;
    use convoke_i18n::{Arg, t_args};

    #[test]
    fn every_reason_has_a_title_and_a_text_in_every_language() {
        for reason in LoginErrorReason::ALL {
            for locale in Locale::ALL {
                for part in ["title", "text"] {
                    let key = format!("service-{}-{part}", reason.as_str());
                    let text = t_args(locale, &key, &[("service", Arg::from("GitHub"))]);
                    assert_ne!(text, key, "{locale}");
                }
            }
        }
    }
}
