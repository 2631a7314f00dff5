//! The counts of the result of inviting: in which state how many invitations are, and how many people have joined.

use crate::console::context::PageContext;
use convoke_api::delivery_text::Failure;
use convoke_domain::invitations::{DeliveryStatus, Invitation, InvitationStatus};

/// How many invitations are in which state.
#[derive(Default)]
pub(super) struct Counts {
    total: usize,
    /// Accepted by the mail server, or answered by the invitee.
    sent: usize,
    queued: usize,
    waiting: usize,
    failed: usize,
    joined: usize,
    /// Addresses that needed no invitation.
    nothing: usize,
}

impl Counts {
    /// The counts of the invitations that were sent and of those that existed before, and of the members. An email that was
    /// rejected before needs a correction.
    pub(super) fn new(sent: &[Invitation], had: &[Invitation], members: usize) -> Self {
        let failed = had
            .iter()
            .filter(|invitation| Failure::of(invitation).is_some());
        let failed = failed.count();
        let mut counts = Self {
            total: sent.len(),
            failed,
            nothing: had.len() - failed + members,
            ..Self::default()
        };
        for invitation in sent {
            let number = match invitation.delivery {
                _ if !invitation.is_pending() => &mut counts.sent,
                DeliveryStatus::Sent => &mut counts.sent,
                DeliveryStatus::Queued => &mut counts.queued,
                DeliveryStatus::Waiting => &mut counts.waiting,
                DeliveryStatus::Failed => &mut counts.failed,
            };
            *number += 1;
            counts.joined += usize::from(invitation.status == InvitationStatus::Accepted);
        }
        counts
    }

    /// Whether a user has joined.
    pub(super) fn has_joined(&self) -> bool {
        self.joined > 0
    }

    /// What became of all of them; each state is counted, and none hides another.
    pub(super) fn heading(&self, context: &PageContext) -> String {
        let args = [("sent", self.sent.into()), ("nothing", self.nothing.into())];
        if self.total == 0 && self.failed == 0 {
            return context.t_args("result-nothing", &args);
        }
        if self.sent == self.total && self.failed == 0 {
            let key = match self.nothing {
                0 => "result-sent",
                _ => "result-both",
            };
            return context.t_args(key, &args);
        }
        let parts = [
            ("result-count-sent", self.sent),
            ("result-count-queued", self.queued),
            ("result-count-waiting", self.waiting),
            ("result-count-failed", self.failed),
            ("result-count-nothing", self.nothing),
        ];
        let parts = parts.into_iter().filter(|(_, number)| *number > 0);
        let texts: Vec<String> = parts
            .map(|(key, number)| context.t_args(key, &[("count", number.into())]))
            .collect();
        capitalize(&texts.join(", "))
    }

    /// How many of how many have joined, and the same as text; none where no one was invited.
    pub(super) fn joined(&self, context: &PageContext) -> Option<(usize, usize, String)> {
        let args = [("joined", self.joined.into()), ("total", self.total.into())];
        let text = context.t_args("result-joined", &args);
        (self.total > 0).then_some((self.joined, self.total, text))
    }
}

/// The text of several parts as a heading: the parts begin in lower case where their language puts the count last.
fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_begin_with_a_capital() {
        assert_eq!(
            capitalize("отправлено: 1, не принято: 1"),
            "Отправлено: 1, не принято: 1"
        );
        assert_eq!(capitalize("1 sent, 1 refused"), "1 sent, 1 refused");
        assert_eq!(capitalize(""), "");
    }
}
