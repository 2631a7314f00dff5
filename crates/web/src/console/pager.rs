//! Pagination of lists.

use super::context::PageContext;

/// The pager below a list: the shown range, and links to the first and the next page.
pub(super) struct Pager {
    /// "51 to 100", and "of 231" where the total is known.
    pub range: String,
    pub first: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// The pager of a list at `path` (filters included) with `row_count` rows on this page; none for a list of one page.
    /// `?after=` has the number of rows on earlier pages.
    pub(super) fn new(
        context: &PageContext,
        path: &str,
        row_count: usize,
        total: Option<i64>,
        next: Option<&str>,
    ) -> Option<Self> {
        let before: i64 = context
            .query
            .get("after")
            .and_then(|text| text.parse().ok())
            .filter(|before| (0..1_000_000).contains(before))
            .unwrap_or(0);
        let is_continued = context.query.get("cursor").is_some();
        if !is_continued && next.is_none() {
            return None;
        }
        let last = before + i64::try_from(row_count).unwrap_or(0);
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
        let separator = if path.contains('?') { '&' } else { '?' };
        Some(Self {
            range: context.t_args(key, &args),
            first: is_continued.then(|| path.to_owned()),
            next: next.map(|cursor| format!("{path}{separator}cursor={cursor}&after={last}")),
        })
    }
}
