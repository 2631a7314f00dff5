//! Inserts of a transaction that PostgreSQL gets as one statement: each statement costs it far more than the rows of a small one.

use std::fmt::Write as _;

use super::client::OwnedParam;

/// An insert that was not sent yet.
pub(super) struct UnsentInsert {
    pub text: &'static str,
    pub params: Vec<OwnedParam>,
}

/// One statement that runs several inserts, each with its parameters after those of the inserts before it. Foreign keys are checked
/// and triggers run at its end, so that rows may refer to those of another insert.
pub(super) fn merge<'i>(inserts: impl IntoIterator<Item = &'i UnsentInsert>) -> String {
    let mut merged = String::from("with ");
    let mut offset = 0;
    for (at, insert) in inserts.into_iter().enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        // Writing to a String does not fail.
        let _ = write!(merged, "{separator}insert_{at} as (");
        push_with_offset(&mut merged, insert.text, offset);
        merged.push(')');
        offset += insert.params.len();
    }
    merged.push_str(" select");
    merged
}

/// Appends a statement whose parameters `$1`, `$2`, … become `$1 + offset` and so on. No statement has a `$` in a literal.
fn push_with_offset(merged: &mut String, text: &str, offset: usize) {
    let mut parts = text.split('$');
    merged.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit());
        let (number, rest) = part.split_at(end.unwrap_or(part.len()));
        let number: usize = number.parse().unwrap_or_default();
        // Writing to a String does not fail.
        let _ = write!(merged, "${}{rest}", number + offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_across_inserts() {
        let insert = |text, count| UnsentInsert {
            text,
            params: (0..count).map(|_| Box::new(1) as OwnedParam).collect(),
        };
        let first = insert("insert into a values ($1, $2)", 2);
        let second = insert(
            "insert into b select * from unnest($1::bigint[], $10::text[]), c where c.x = $2",
            10,
        );
        assert_eq!(
            merge([&first, &second]),
            "with insert_0 as (insert into a values ($1, $2)), insert_1 as (insert into b select * from \
             unnest($3::bigint[], $12::text[]), c where c.x = $4) select"
        );
    }
}
