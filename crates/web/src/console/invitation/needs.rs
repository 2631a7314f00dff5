//! What stands between somebody and acceptance: another address, or none (rule I10).

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Mail, mail_to_inviter, sign_in_link};
use crate::console::context::PageContext;
use crate::console::oauth::start;
use crate::console::page::{Page, SafeHtml, render};
use crate::console::urls;
use convoke_domain::error::AcceptRequirement;
use convoke_domain::invitations::{Invitation, Preview, mask_email};
use convoke_domain::policy::SignUpPolicy;
use convoke_infra::identity_providers::{Provider, ProviderKind};

#[derive(Template)]
#[template(path = "invitation/other_address.html")]
struct OtherAddress<'a> {
    page: Page<'a>,
    sign_in: String,
    lead: SafeHtml,
    ask: String,
    mail: Option<Mail>,
    until: String,
}

pub(super) fn other_address(context: &PageContext, token: &str, preview: &Preview) -> Response {
    let it = &preview.invitation;
    let own = preview.own_email.clone().unwrap_or_default();
    let invited = mask_email(&it.email);
    let values = [
        ("own", own.as_str()),
        ("account", it.account_name.as_str()),
        ("invited", invited.as_str()),
    ];
    let ask = [
        ("inviter", (&it.inviter_name).into()),
        ("own", (&own).into()),
    ];
    let until = context.format_date_time(it.expires_at);
    let title = context.t("invitation-other-title");
    let view = OtherAddress {
        page: context
            .page(title)
            .crumb(context.t("invitation-crumb"), None),
        sign_in: sign_in_link(token),
        lead: SafeHtml::t_args(context.locale, "invitation-other-lead", &values),
        ask: context.t_args("invitation-other-ask", &ask),
        mail: mail_to_inviter(context, it),
        until: context.t_args("invitation-still-valid", &[("until", until.into())]),
    };
    render(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "invitation/no_address.html")]
struct NoAddress<'a> {
    page: Page<'a>,
    token: &'a str,
    lead: SafeHtml,
    /// The service's own steps to make the address known.
    steps: Vec<String>,
    /// What else makes it known.
    otherwise: String,
    /// Where the service is asked once more.
    again: String,
    /// Whether somebody is signed in, without an address.
    signed_in: bool,
    /// Whether the address can be signed up with and a password.
    by_password: bool,
    /// Goes on without the invitation, for those who have no user yet.
    without: Option<String>,
    until: String,
}

/// What a service does not tell, told by `provider` as far as that is known; nobody has a user yet who is not signed in.
pub(super) fn no_address(
    context: &PageContext,
    token: &str,
    it: &Invitation,
    provider: Option<&Provider>,
) -> Response {
    let invited = mask_email(&it.email);
    let unnamed = context.t("invitation-no-address-service");
    let service = provider.map_or(unnamed.as_str(), Provider::name);
    let values = [
        ("account", it.account_name.as_str()),
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
    let path = urls::invitation(&token);
    let again = provider.map_or_else(|| sign_in_link(token), |it| start(it, Some(&path), token));
    let rules = &context.app.ctx.policy;
    let goes_on = !signed_in && rules.sign_up == SignUpPolicy::Open;
    let without = provider
        .filter(|_| goes_on)
        .map(|provider| start(provider, Some("/profile/email"), ""));
    let until = context.format_date_time(it.expires_at);
    let title = context.t("invitation-no-address-title");
    let view = NoAddress {
        page: context
            .page(title)
            .crumb(context.t("invitation-crumb"), None),
        token,
        lead: SafeHtml::t_args(context.locale, lead, &values),
        steps,
        otherwise,
        again,
        signed_in,
        by_password: rules.allows_password_registration(),
        without,
        until: context.t_args("invitation-still-valid", &[("until", until.into())]),
    };
    render(StatusCode::OK, &view)
}
