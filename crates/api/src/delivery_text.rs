//! Texts about why an email was not sent: of pages in every language, and of the API in English.

use convoke_core::language::Locale;
use convoke_domain::invitations::{DeliveryReason, DeliveryStatus, Invitation};
use convoke_i18n::{Arg, t, t_args};

/// Why an email waits, as a part of a sentence. A server's reply is quoted as it is.
#[must_use]
pub fn waiting_reason_text(locale: Locale, reason: DeliveryReason, detail: Option<&str>) -> String {
    let key = match (reason, detail) {
        (DeliveryReason::ServerReply, Some(reply)) => {
            let args = [("reply", Arg::from(without_full_stop(reply)))];
            return t_args(locale, "delivery-why-reply", &args);
        }
        (
            DeliveryReason::ServerReply
            | DeliveryReason::InvalidMessage
            | DeliveryReason::Suppressed,
            _,
        ) => "delivery-why-error",
        (DeliveryReason::ServerBusy, _) => "delivery-why-busy",
        (DeliveryReason::Connection, _) => "delivery-why-connection",
        (DeliveryReason::Timeout, _) => "delivery-why-timeout",
        (DeliveryReason::RateLimited, _) => "delivery-why-limit",
    };
    t(locale, key)
}

/// What a permanent delivery failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The recipient has unsubscribed.
    Suppressed,
    /// There is no such mailbox.
    NoMailbox,
    /// There is no such domain.
    NoDomain,
    /// The server rejects the address for another reason.
    Address,
    /// The server rejects the message, its sender, or the recipient for now.
    Other,
}

impl Failure {
    /// What the reason and the server's reply are about; its enhanced status code (RFC 3463) identifies addresses that do not
    /// exist.
    #[must_use]
    pub fn new(reason: Option<DeliveryReason>, reply: Option<&str>) -> Self {
        let reply = reply.unwrap_or_default();
        let has = |code: &str| reply.split([' ', '-', ':']).any(|word| word == code);
        match reason {
            Some(DeliveryReason::Suppressed) => Self::Suppressed,
            _ if has("5.1.1") || has("5.1.6") || has("5.1.10") => Self::NoMailbox,
            _ if has("5.1.2") || has("5.4.4") => Self::NoDomain,
            // No message can be made with the address.
            Some(DeliveryReason::InvalidMessage) => Self::Address,
            _ if is_about_address(reply) => Self::Address,
            _ => Self::Other,
        }
    }

    /// The failure of the email of a pending invitation, if it has failed.
    #[must_use]
    pub fn of(invitation: &Invitation) -> Option<Self> {
        let has_failed = invitation.is_pending() && invitation.delivery == DeliveryStatus::Failed;
        let reply = invitation.delivery_detail.as_deref();
        has_failed.then(|| Self::new(invitation.delivery_reason, reply))
    }

    /// Whether another address may help.
    #[must_use]
    pub const fn is_address_wrong(self) -> bool {
        matches!(self, Self::NoMailbox | Self::NoDomain | Self::Address)
    }

    /// Whether the link may be handed over instead, since the address may exist.
    #[must_use]
    pub const fn offers_link(self) -> bool {
        matches!(self, Self::Suppressed | Self::Address | Self::Other)
    }
}

/// The text of a permanent delivery failure, with what to do. The server's reply is in its own language.
#[must_use]
pub fn failure_text(
    locale: Locale,
    reason: Option<DeliveryReason>,
    detail: Option<&str>,
) -> String {
    let key = match Failure::new(reason, detail) {
        Failure::Suppressed => "delivery-suppressed",
        Failure::NoMailbox => "delivery-no-mailbox",
        Failure::NoDomain => "delivery-no-domain",
        Failure::Address => "delivery-rejected",
        Failure::Other => "delivery-rejected-other",
    };
    let why = without_full_stop(detail.unwrap_or_default());
    t_args(locale, key, &[("why", Arg::from(why))])
}

/// Whether a permanent reply rejects the address itself (RFC 5321 section 4.2.3, RFC 3463 section 3.2), not the
/// message, its sender or the state of the mailbox.
fn is_about_address(reply: &str) -> bool {
    let mut words = reply.split([' ', '-', ':']);
    let code = words.next().unwrap_or_default();
    match words.next() {
        Some(status) if status.starts_with("5.") => status.starts_with("5.1."),
        _ => matches!(code, "550" | "551" | "553"),
    }
}

/// The detail of a delivery state in the API: the text of the mail server or the connection, else the reason in English.
pub(crate) fn api_detail(invitation: &Invitation) -> Option<String> {
    let detail = invitation.delivery_detail.as_deref();
    let Some(reason) = invitation.delivery_reason else {
        return detail.map(str::to_owned);
    };
    let text = match (reason, detail) {
        (DeliveryReason::Suppressed, _) => t(Locale::En, "delivery-suppressed"),
        (DeliveryReason::Timeout, _) | (_, None) => {
            let why = waiting_reason_text(Locale::En, reason, None);
            t_args(Locale::En, "delivery-waiting", &[("why", why.into())])
        }
        (_, Some(text)) => text.to_owned(),
    };
    Some(text)
}

fn without_full_stop(text: &str) -> &str {
    text.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_replies_about_the_address_ask_to_check_its_spelling() {
        for (reply, is_spelling) in [
            ("550 no such user", true),
            ("550", true),
            ("551 user not local", true),
            ("553 mailbox name not allowed", true),
            ("550 5.1.0 address rejected", true),
            ("550-5.1.3 bad destination", true),
            ("550 5.7.1 blocked by policy", false),
            ("552 mailbox full", false),
            ("552 5.2.2 over quota", false),
            ("554 transaction failed", false),
            ("", false),
        ] {
            let text = failure_text(Locale::En, Some(DeliveryReason::ServerReply), Some(reply));
            assert_eq!(text.contains("Check the spelling"), is_spelling, "{reply}");
            assert!(text.contains("opy the link"), "{text}");
        }
    }
}
