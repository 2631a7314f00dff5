//! Pages of lists: how many items, from where, and what comes next.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The number of items on one page, 1 to 100 (50 by default).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(u8);

impl PageLimit {
    /// The largest page.
    pub const MAX: u8 = 100;

    /// Reads the `limit` of a query; `None` where it is not a whole number from 1 to 100.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else {
            return Some(Self::default());
        };
        // `u8::from_str` takes a leading plus sign, a query should not.
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = text.parse().ok()?;
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// The number of items.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The number of rows to ask the database for: one more than fit, which shows whether another
    /// page follows.
    #[must_use]
    pub fn fetch_limit(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

/// The opaque text that marks the start of the next page: the sort key of the last item shown.
///
/// It is neither secret nor signed: a client that alters it only starts its own list elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Cursor;

impl Cursor {
    /// The longest cursor that is read, in octets.
    pub const MAX_LENGTH: usize = 1024;

    /// Writes the parts of a sort key as a cursor; they should stay under 700 octets together, or the
    /// cursor will not be read back.
    #[must_use]
    pub fn encode(parts: &[&str]) -> String {
        let list: serde_json::Value = parts.iter().copied().collect();
        URL_SAFE_NO_PAD.encode(list.to_string())
    }

    /// Reads a cursor of exactly `n` parts; `None` where it is anything else.
    #[must_use]
    pub fn decode(cursor: &str, n: usize) -> Option<Vec<String>> {
        if cursor.len() > Self::MAX_LENGTH {
            return None;
        }
        let json = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let parts: Vec<String> = serde_json::from_slice(&json).ok()?;
        (parts.len() == n).then_some(parts)
    }
}

/// One page of a list, and the cursor of the next page where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of up to [`PageLimit::fetch_limit`] rows; `cursor_of` writes the cursor of the
    /// last item shown, and is called only where another page follows.
    pub fn from_rows(
        mut rows: Vec<T>,
        limit: PageLimit,
        cursor_of: impl FnOnce(&T) -> String,
    ) -> Self {
        let fit = usize::from(limit.get());
        let more = rows.len() > fit;
        rows.truncate(fit);
        let next = rows.last().filter(|_| more).map(cursor_of);
        Self { items: rows, next }
    }

    /// The same page with every item turned into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limit_is_fifty_by_default() {
        assert_eq!(PageLimit::parse(None), Some(PageLimit(50)));
    }

    #[test]
    fn limit_is_one_to_a_hundred() {
        assert_eq!(PageLimit::parse(Some("1")), Some(PageLimit(1)));
        assert_eq!(PageLimit::parse(Some("100")), Some(PageLimit(100)));
        for rejected in [
            "", "0", "101", "256", "99999999", "-1", "+5", " 5", "5.0", "ten", "٥",
        ] {
            assert_eq!(PageLimit::parse(Some(rejected)), None, "{rejected:?}");
        }
    }

    #[test]
    fn cursor_keeps_its_parts() {
        let cursor = Cursor::encode(&["Ana \"Costa\", Ж", "usr_01"]);
        assert!(
            cursor
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        );
        assert_eq!(
            Cursor::decode(&cursor, 2),
            Some(vec!["Ana \"Costa\", Ж".to_owned(), "usr_01".to_owned()])
        );
    }

    #[test]
    fn rejects_a_cursor_of_another_list() {
        assert_eq!(Cursor::decode(&Cursor::encode(&["a"]), 2), None);
        assert_eq!(Cursor::decode(&Cursor::encode(&["a", "b", "c"]), 2), None);
    }

    #[test]
    fn rejects_an_invalid_cursor() {
        let object = URL_SAFE_NO_PAD.encode(r#"{"a":1}"#);
        let numbers = URL_SAFE_NO_PAD.encode("[1,2]");
        let not_text = URL_SAFE_NO_PAD.encode([b'[', b'"', 0xff, b'"', b']']);
        for rejected in ["", "!", "WyJhIl0=", &object, &numbers, &not_text] {
            assert_eq!(Cursor::decode(rejected, 2), None, "{rejected}");
        }
    }

    #[test]
    fn rejects_an_overlong_cursor() {
        let longest = "a".repeat(764);
        let cursor = Cursor::encode(&[&longest]);
        assert_eq!(cursor.len(), Cursor::MAX_LENGTH);
        assert_eq!(Cursor::decode(&cursor, 1), Some(vec![longest]));
        assert_eq!(
            Cursor::decode(&Cursor::encode(&[&"a".repeat(765)]), 1),
            None
        );
    }

    #[test]
    fn page_ends_with_a_cursor_only_when_more_rows_follow() {
        let limit = PageLimit::parse(Some("2")).unwrap();
        assert_eq!(limit.fetch_limit(), 3);
        let page = Page::from_rows(vec![1, 2, 3], limit, ToString::to_string);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(page.next.as_deref(), Some("2"));
        let last = Page::from_rows(vec![1, 2], limit, ToString::to_string);
        assert_eq!(last.items, [1, 2]);
        assert_eq!(last.next, None);
        let empty = Page::from_rows(Vec::<i32>::new(), limit, ToString::to_string);
        assert_eq!(empty.next, None);
    }

    #[test]
    fn mapped_page_keeps_its_cursor() {
        let page = Page {
            items: vec![1, 2],
            next: Some("c".to_owned()),
        };
        assert_eq!(
            page.map(|item| item * 10),
            Page {
                items: vec![10, 20],
                next: Some("c".to_owned())
            }
        );
    }

    proptest! {
        #[test]
        fn every_short_cursor_reads_back(parts in proptest::collection::vec("\\PC{0,20}", 0..4)) {
            let borrowed: Vec<&str> = parts.iter().map(String::as_str).collect();
            prop_assert_eq!(Cursor::decode(&Cursor::encode(&borrowed), parts.len()), Some(parts));
        }

        #[test]
        fn no_text_makes_decoding_panic(text in any::<String>(), n in 0_usize..4) {
            let _ = Cursor::decode(&text, n);
            let _ = PageLimit::parse(Some(&text));
        }
    }
}
