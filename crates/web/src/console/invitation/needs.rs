//! Pages for users who cannot accept: with another address, or with none (rule I10).

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::facts::moment;
use super::{Mail, mail_to_inviter, sign_in_link};
use crate::console::components::MarkedText;
use crate::console::context::PageContext;
use crate::console::oauth::start;
use crate::console::page::{Page, render_page};
use crate::console::urls;
use convoke_core::email_address::to_readable;
use convoke_domain::error::AcceptRequirement;
use convoke_domain::invitations::{Invitation, Preview, mask_email};
use convoke_infra::identity_providers::{Provider, ProviderKind};

#[derive(Template)]
#[template(path = "invitation/other_address.html")]
struct OtherAddress<'a> {
    page: Page<'a>,
    sign_in: String,
    lead: MarkedText,
    token: &'a str,
    ask: String,
    /// The viewer's address, for which the inviter can be asked; none while they have been asked.
    own: Option<String>,
    ask_button: String,
    mail: Option<Mail>,
    until: String,
}

pub(super) fn other_address(context: &PageContext, token: &str, preview: &Preview) -> Response {
    let invitation = &preview.invitation;
    let own = preview.own_email.clone().unwrap_or_default();
    let invited = to_readable(&mask_email(&invitation.email)).into_owned();
    let values = [
        ("own", own.as_str()),
        ("account", invitation.account_name.as_str()),
        ("invited", invited.as_str()),
    ];
    let ask = [
        ("inviter", (&invitation.inviter_name).into()),
        ("own", (&own).into()),
    ];
    let key = if invitation.requested_email.is_some() {
        "invitation-other-asked"
    } else {
        "invitation-other-ask"
    };
    let until = moment(context, invitation, invitation.expires_at);
    let title = context.t("invitation-other-title");
    let view = OtherAddress {
        page: context
            .page(title)
            .crumb(context.t("invitation-crumb"), None),
        sign_in: sign_in_link(token),
        lead: MarkedText::with_strong_values(context.locale, "invitation-other-lead", &values),
        token,
        ask: context.t_args(key, &ask),
        ask_button: context.t_args("invitation-other-ask-button", &ask),
        own: preview
            .own_email
            .clone()
            .filter(|_| invitation.requested_email.is_none()),
        mail: mail_to_inviter(context, invitation),
        until: context.t_args("invitation-still-valid", &[("until", until.into())]),
    };
    render_page(StatusCode::OK, &view.page, &view)
}

#[derive(Template)]
#[template(path = "invitation/no_address.html")]
struct NoAddress<'a> {
    page: Page<'a>,
    token: &'a str,
    lead: MarkedText,
    /// The steps that make the address available at the service.
    steps: Vec<String>,
    /// Other ways to make it available.
    otherwise: String,
    /// The link that signs in through the service again.
    again: String,
    /// Whether the viewer is signed in, without an address.
    signed_in: bool,
    /// Whether users can register with an address and a password.
    by_password: bool,
    /// The link that signs up without the invitation, for viewers without a user.
    without: Option<String>,
    until: String,
}

/// The page for a viewer whose service discloses no address. `provider` is the service, if it is known; viewers who are not
/// signed in have no user yet.
pub(super) fn no_address(
    context: &PageContext,
    token: &str,
    invitation: &Invitation,
    provider: Option<&Provider>,
) -> Response {
    let invited = to_readable(&mask_email(&invitation.email)).into_owned();
    let unnamed = context.t("invitation-no-address-service");
    let service = provider.map_or(unnamed.as_str(), Provider::name);
    let values = [
        ("account", invitation.account_name.as_str()),
        ("invited", invited.as_str()),
        ("service", service),
    ];
    let signed_in = context.caller.is_some();
    let other = Some(AcceptRequirement::OtherEmail.as_str());
    let lead = if !signed_in && context.query.get("needs") == other {
        "invitation-no-address-lead-other"
    } else {
        "invitation-no-address-lead"
    };
    let (steps, otherwise) = match provider.map(|provider| provider.settings.kind) {
        Some(ProviderKind::Github) => {
            let steps = ["1", "2"].map(|step| format!("invitation-no-address-github-{step}"));
            let steps = steps.iter().map(|key| context.t(key)).collect();
            (steps, context.t("invitation-no-address-github-or"))
        }
        Some(ProviderKind::Google | ProviderKind::Oidc) => {
            let args = [("service", service.into())];
            let text = context.t_args("invitation-no-address-provider-text", &args);
            (Vec::new(), text)
        }
        None => (Vec::new(), context.t("invitation-no-address-any-text")),
    };
    let path = urls::invitation(token);
    let again = provider.map_or_else(
        || sign_in_link(token),
        |provider| start(provider, Some(&path), token),
    );
    let policy = &context.app.ctx.policy;
    let allows_sign_up = !signed_in && policy.allows_sign_up(false);
    let without = provider
        .filter(|_| allows_sign_up)
        .map(|provider| start(provider, Some(urls::PROFILE_EMAIL), ""));
    let until = moment(context, invitation, invitation.expires_at);
    let title = context.t("invitation-no-address-title");
    let view = NoAddress {
        page: context
            .page(title)
            .crumb(context.t("invitation-crumb"), None),
        token,
        lead: MarkedText::with_strong_values(context.locale, lead, &values),
        steps,
        otherwise,
        again,
        signed_in,
        by_password: policy.allows_password_registration(),
        without,
        until: context.t_args("invitation-still-valid", &[("until", until.into())]),
    };
    render_page(StatusCode::OK, &view.page, &view)
}
