//! Searches of lists. Rows are read in the list's order, a part at a time, and compared in the program, where one function
//! folds case and accents on both databases.

use crate::Error;
use convoke_core::names;
use convoke_core::search::{Words, readable_address};
use convoke_store as store;

/// How many rows one page of a filtered list scans; bounds its work for a list of any length.
pub(crate) const MAX_SCAN: i64 = 2_000;

/// How many rows one part of a search reads.
const PART: i64 = 250;

/// The first `limit` matching rows from after `start` on. `read` reads the next rows after a position, at most as many as it
/// is asked for, and fewer only at the end of what is to be searched.
///
/// # Errors
/// The error of `read`.
pub(crate) fn collect<T, P>(
    start: P,
    limit: i64,
    mut read: impl FnMut(&P, i64) -> Result<Vec<T>, Error>,
    position: impl Fn(&T) -> P,
    matches: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Error> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let part = usize::try_from(PART).unwrap_or(usize::MAX);
    let mut matching = Vec::new();
    let mut at = start;
    loop {
        let rows = read(&at, PART)?;
        let is_last = rows.len() < part;
        if let Some(last) = rows.last() {
            at = position(last);
        }
        for row in rows {
            if matches(&row) {
                matching.push(row);
            }
            if matching.len() == limit {
                return Ok(matching);
            }
        }
        if is_last {
            return Ok(matching);
        }
    }
}

/// Whether each word is a part of the member's name, address or login.
pub(crate) fn is_member_match(words: &Words, member: &store::members::Member) -> bool {
    let name = names::full_name(&member.first_name, member.last_name.as_deref());
    let email = member.email.as_deref().unwrap_or_default();
    let readable = readable_address(email).unwrap_or_default();
    words.match_any_of([&name, email, &readable, &member.login])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        clippy::unnecessary_wraps,
        reason = "the form that collect calls"
    )]
    /// Reads the numbers after `after`, up to and with 1,000.
    fn numbers(after: &i64, count: i64) -> Result<Vec<i64>, Error> {
        Ok((after + 1..=1_000.min(after + count)).collect())
    }

    #[test]
    fn collects_matches_over_several_parts() {
        let every = |step: i64, limit| {
            collect(
                0,
                limit,
                numbers,
                |number| *number,
                |number| number % step == 0,
            )
            .unwrap()
        };
        assert_eq!(every(300, 10), [300, 600, 900]);
        assert_eq!(every(300, 2), [300, 600]);
        assert_eq!(every(7, 1_000).len(), 142);
        assert_eq!(every(2_000, 5), Vec::<i64>::new());
    }

    #[test]
    fn reads_no_further_than_needed() {
        let mut reads = 0;
        let read = |after: &i64, count| {
            reads += 1;
            numbers(after, count)
        };
        let first = collect(0, 3, read, |number| *number, |_| true).unwrap();
        assert_eq!((first, reads), (vec![1, 2, 3], 1));
    }
}
