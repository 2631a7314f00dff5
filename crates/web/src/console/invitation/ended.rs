//! Pages of invitations that can no longer be answered.

use axum::http::StatusCode;
use axum::response::Response;

use super::facts::{inviter, moment};
use super::{mail_to_inviter, sign_in_link};
use crate::console::context::PageContext;
use crate::console::flash::FlashMessage;
use crate::console::notice::Notice;
use crate::console::urls;
use convoke_domain::invitations::{Invitation, InvitationStatus};
use convoke_i18n::Arg;

/// The account and the time at which the invitation ended, as arguments of texts.
fn when_ended<'a>(
    context: &PageContext,
    invitation: &'a Invitation,
) -> [(&'static str, Arg<'a>); 3] {
    let at = invitation.ended_at.unwrap_or(invitation.expires_at);
    [
        ("account", (&invitation.account_name).into()),
        ("at", moment(context, invitation, at).into()),
        ("ago", context.format_relative(at).into()),
    ]
}

fn notice<'a>(context: &'a PageContext, key: &str, invitation: &Invitation) -> Notice<'a> {
    let args = when_ended(context, invitation);
    let title = context.t(&format!("{key}-title"));
    let mut notice = Notice::titled(
        context,
        title,
        context.t_args(&format!("{key}-text"), &args),
    );
    notice.page = notice.page.crumb(context.t("invitation-crumb"), None);
    notice
}

pub(super) fn already_member_page(context: &PageContext, invitation: &Invitation) -> Response {
    let label = context.t_args(
        "invitation-go-to",
        &[("account", (&invitation.account_name).into())],
    );
    notice(context, "invitation-already-in", invitation)
        .link(label, urls::account(invitation.account))
        .show(StatusCode::OK)
}

pub(super) fn already_accepted_page(
    context: &PageContext,
    token: &str,
    invitation: &Invitation,
) -> Response {
    let mut notice = notice(context, "invitation-used", invitation);
    if context.caller.is_some() {
        notice.other_sign_in = Some(sign_in_link(token));
    } else {
        // A viewer without a session may be the user who accepted.
        notice.paragraphs = vec![context.t_args(
            "invitation-used-anonymous",
            &when_ended(context, invitation),
        )];
        notice = notice.link(context.t("way-sign-in"), sign_in_link(token));
    }
    notice.show(StatusCode::GONE)
}

pub(super) fn ended_page(context: &PageContext, invitation: &Invitation) -> Response {
    let key = format!("invitation-{}", invitation.status.as_str());
    let mut notice = notice(context, &key, invitation);
    // Who has declined wants no new one; later they may write that they have changed their mind.
    if context.flash_message() == Some(&FlashMessage::InvitationDeclined) {
        return notice.show(StatusCode::GONE);
    }
    if invitation.status != InvitationStatus::Declined {
        let by = inviter(context, invitation);
        notice = notice.paragraph(context.t_args("invitation-ask-anew", &[("inviter", by.into())]));
    }
    if let Some(mail) = mail_to_inviter(context, invitation) {
        notice = notice.link(mail.label, mail.href);
    }
    notice.show(StatusCode::GONE)
}

/// The page for an unknown or truncated link.
pub(in crate::console) fn unknown_page(context: &PageContext) -> Response {
    let mut notice = Notice::new(context, "invitation-unknown");
    notice.page = notice.page.crumb(context.t("invitation-crumb"), None);
    let notice = if context.caller.is_some() {
        notice.link(context.t("way-accounts"), urls::ACCOUNTS)
    } else {
        notice.link(context.t("way-sign-in"), urls::SIGN_IN)
    };
    notice.show(StatusCode::NOT_FOUND)
}

/// The page for a link from before the invitation got another address (rule I16).
pub(in crate::console) fn readdressed_page(context: &PageContext) -> Response {
    let mut notice = Notice::new(context, "invitation-readdressed");
    notice.page = notice.page.crumb(context.t("invitation-crumb"), None);
    notice.show(StatusCode::GONE)
}
