//! What became of an invitation, as the list of invitations and the result of inviting show it.

use super::context::PageContext;
use convoke_api::delivery_text::{failure_text, waiting_reason_text};
use convoke_domain::invitations::{DeliveryStatus, Invitation, InvitationStatus};

/// The state of an invitation or of its email.
pub(super) struct DeliveryState {
    /// Its color: `green`, `blue`, `amber` or `red`.
    pub kind: &'static str,
    /// The icon beside it.
    pub icon: &'static str,
    /// Its text.
    pub text: String,
    /// Whether it will change by itself before long.
    pub is_open: bool,
}

impl DeliveryState {
    /// The state of the email of a pending invitation, else how the invitation ended.
    pub(super) fn new(context: &PageContext, invitation: &Invitation) -> Self {
        let (kind, icon, text) = match (invitation.status, invitation.delivery) {
            (InvitationStatus::Pending, DeliveryStatus::Sent) => {
                ("green", "circle-check", context.t("delivery-sent"))
            }
            (InvitationStatus::Pending, DeliveryStatus::Queued) => {
                ("blue", "send", context.t("delivery-queued"))
            }
            (InvitationStatus::Pending, DeliveryStatus::Waiting) => {
                ("amber", "clock", waiting_text(context, invitation))
            }
            (InvitationStatus::Pending, DeliveryStatus::Failed) => (
                "red",
                "circle-alert",
                failure_text(
                    context.locale,
                    invitation.delivery_reason,
                    invitation.delivery_detail.as_deref(),
                ),
            ),
            (InvitationStatus::Accepted, _) => {
                let ended = invitation.ended_at.unwrap_or(invitation.expires_at);
                let args = [("ago", context.format_relative(ended).into())];
                (
                    "green",
                    "circle-check",
                    context.t_args("delivery-joined", &args),
                )
            }
            (status, _) => {
                let key = format!("status-{}", status.as_str());
                ("blue", "info", context.t(&key))
            }
        };
        Self {
            kind,
            icon,
            text,
            is_open: is_unsent(invitation),
        }
    }
}

/// Whether the email of a pending invitation is still to be sent.
fn is_unsent(invitation: &Invitation) -> bool {
    let unsent = [DeliveryStatus::Queued, DeliveryStatus::Waiting];
    invitation.is_pending() && unsent.contains(&invitation.delivery)
}

/// Why an email waits, and when it is tried next.
fn waiting_text(context: &PageContext, invitation: &Invitation) -> String {
    let detail = invitation.delivery_detail.as_deref();
    let why = invitation
        .delivery_reason
        .map(|reason| waiting_reason_text(context.locale, reason, detail));
    let Some(why) = why else {
        return context.t("delivery-queued");
    };
    let waiting = context.t_args("delivery-waiting", &[("why", why.into())]);
    let now = context.app.ctx.clock.now();
    let next = match invitation.next_attempt_at {
        Some(at) if at > now => {
            let args = [("when", context.format_short(at).into())];
            context.t_args("delivery-next", &args)
        }
        _ => context.t("delivery-next-now"),
    };
    format!("{waiting} {next}")
}
