//! Invitations in responses; never with a token or a link.

use serde::Serialize;
use utoipa::ToSchema;

use crate::delivery_text::api_detail;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_domain::invitations::{DeliveryReason, Invitation, Preview, mask_email};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationAccount {
    #[schema(value_type = String, example = "acc_01h455vb4pex5vsknk084sn02q")]
    id: AccountId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InviterView {
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    id: UserId,
    name: String,
    email: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DeliveryView {
    /// `queued`, `waiting`, `sent` or `failed`.
    state: &'static str,
    /// Why it waits or was not sent: `server_reply`, `server_busy`, `connection`, `timeout`, `rate_limited`, `suppressed` or
    /// `invalid_message`.
    reason: Option<&'static str>,
    /// The mail server's reply, the network error, or the reason as a sentence.
    detail: Option<String>,
    /// When an email that waits is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
}

impl DeliveryView {
    fn new(invitation: &Invitation) -> Self {
        Self {
            state: invitation.delivery.as_str(),
            reason: invitation.delivery_reason.map(DeliveryReason::as_str),
            detail: api_detail(invitation),
            next_attempt_at: invitation.next_attempt_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationView {
    #[schema(value_type = String, example = "inv_01h455vb4pex5vsknk084sn02q")]
    id: InvitationId,
    account: InvitationAccount,
    email: String,
    /// The name that was given with the address, until the invitation ends; null without one.
    name: Option<String>,
    product: String,
    roles: Vec<String>,
    /// `pending`, `accepted`, `declined`, `revoked` or `expired`.
    status: &'static str,
    invited_by: InviterView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    delivery: DeliveryView,
    /// The address at which the invitee asks to be invited instead.
    requested_email: Option<String>,
}

impl InvitationView {
    pub(super) fn new(invitation: Invitation) -> Self {
        let delivery = DeliveryView::new(&invitation);
        Self {
            id: invitation.id,
            account: InvitationAccount {
                id: invitation.account,
                name: invitation.account_name,
            },
            email: invitation.email,
            name: invitation.name,
            product: invitation.product,
            roles: invitation.roles,
            status: invitation.status.as_str(),
            invited_by: InviterView {
                id: invitation.invited_by,
                name: invitation.inviter_name,
                email: invitation.inviter_email,
            },
            created_at: invitation.created_at,
            sent_at: invitation.sent_at,
            expires_at: invitation.expires_at,
            ended_at: invitation.ended_at,
            delivery,
            requested_email: invitation.requested_email,
        }
    }
}

/// An invitation as its invitee sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceivedInvitationView {
    /// Only in lists of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "inv_01h455vb4pex5vsknk084sn02q")]
    id: Option<InvitationId>,
    account: InvitationAccount,
    /// Masked unless it is mine.
    email: String,
    product: String,
    roles: Vec<String>,
    invited_by: InviterView,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    status: &'static str,
}

impl ReceivedInvitationView {
    /// An invitation to the caller, with the id by which it is accepted or declined.
    pub(super) fn mine(invitation: Invitation) -> Self {
        Self {
            id: Some(invitation.id),
            ..Self::new(invitation, true)
        }
    }

    pub(super) fn new(invitation: Invitation, mine: bool) -> Self {
        Self {
            id: None,
            account: InvitationAccount {
                id: invitation.account,
                name: invitation.account_name,
            },
            email: if mine {
                invitation.email
            } else {
                mask_email(&invitation.email)
            },
            product: invitation.product,
            roles: invitation.roles,
            invited_by: InviterView {
                id: invitation.invited_by,
                name: invitation.inviter_name,
                email: invitation.inviter_email,
            },
            expires_at: invitation.expires_at,
            status: invitation.status.as_str(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewView {
    invitation: ReceivedInvitationView,
    can_accept: bool,
    /// `sign_in_required`, `email_mismatch` or `email_not_disclosed`; null when nothing is needed.
    needs: Option<&'static str>,
    remedies: Vec<String>,
}

impl PreviewView {
    /// `by_password` says whether users can register with an address and a password.
    pub(super) fn new(preview: Preview, by_password: bool) -> Self {
        let can_accept = preview.can_accept();
        let remedies = preview
            .need
            .map(|requirement| {
                let invited = mask_email(&preview.invitation.email);
                let own = preview.own_email.as_deref();
                crate::problem::remedies(requirement, &invited, own, by_password)
            })
            .unwrap_or_default();
        Self {
            can_accept,
            needs: preview
                .need
                .map(convoke_domain::error::AcceptRequirement::as_str),
            remedies,
            invitation: ReceivedInvitationView::new(preview.invitation, preview.is_mine),
        }
    }
}
