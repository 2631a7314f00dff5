//! Lists in pages: which part is shown, and the ways to the others.

use super::context::PageContext;

/// Below a list: which part of it is shown, the way to its start, and the way on.
pub(super) struct Pager {
    /// "51 to 100", and "of 231" where the whole is known.
    pub range: String,
    pub first: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// The pager of a list at `path` (with its filters, if any) that shows `shown` rows; nothing for a list that is
    /// whole. How many rows came before is carried along in `?after=`.
    pub fn new(
        context: &PageContext,
        path: &str,
        shown: usize,
        total: Option<i64>,
        next: Option<&str>,
    ) -> Option<Self> {
        let before: i64 = context
            .query
            .get("after")
            .and_then(|text| text.parse().ok())
            .filter(|before| (0..1_000_000).contains(before))
            .unwrap_or(0);
        let begun = context.query.get("cursor").is_some();
        if !begun && next.is_none() {
            return None;
        }
        let last = before + i64::try_from(shown).unwrap_or(0);
        let args = [
            ("from", (before + 1).into()),
            ("to", last.into()),
            ("total", total.unwrap_or(0).into()),
        ];
        let key = if total.is_some() {
            "pager-range-of"
        } else {
            "pager-range"
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        Some(Self {
            range: context.t_args(key, &args),
            first: begun.then(|| path.to_owned()),
            next: next.map(|cursor| format!("{path}{joint}cursor={cursor}&after={last}")),
        })
    }
}
