//! The result of an action on several invitations, as its message reports it.

use convoke_core::ids::InvitationId;
use convoke_domain::invitations::BulkResult;

/// The maximum number of ended invitations that a message names; all are counted.
pub(super) const MAX_NAMED: usize = 20;

/// The result of an action on several invitations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BulkCounts {
    /// How many were done.
    pub(super) done: usize,
    /// How many had ended before.
    pub(super) ended: usize,
    /// The first of those that had ended.
    pub(super) named: Vec<InvitationId>,
}

impl From<BulkResult> for BulkCounts {
    fn from(result: BulkResult) -> Self {
        let ended = result.skipped.len();
        let mut named = result.skipped;
        named.truncate(MAX_NAMED);
        Self {
            done: result.done,
            ended,
            named,
        }
    }
}

impl BulkCounts {
    /// The key of the text for this result: nothing done, all done, or some.
    pub(super) const fn key(
        &self,
        none: &'static str,
        all: &'static str,
        some: &'static str,
    ) -> &'static str {
        match (self.done, self.ended) {
            (0, _) => none,
            (_, 0) => all,
            _ => some,
        }
    }

    pub(super) fn encode(&self, word: &str) -> String {
        let ids = self.named.iter().map(|id| format!(".{id}"));
        format!(
            "{word}.{}.{}{}",
            self.done,
            self.ended,
            ids.collect::<String>()
        )
    }

    pub(super) fn decode<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let done = parts.next()?.parse().ok()?;
        let ended = parts.next()?.parse().ok()?;
        let named: Result<Vec<InvitationId>, _> =
            parts.take(MAX_NAMED + 1).map(str::parse).collect();
        let named = named
            .ok()
            .filter(|named| named.len() <= MAX_NAMED.min(ended))?;
        Some(Self { done, ended, named })
    }
}
