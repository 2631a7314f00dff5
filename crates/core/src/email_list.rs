//! Lists of addresses as people type and paste them: separated by anything usual, with names or without.
//!
//! `assets/js/invite.js` does the same while the user types; `tests/vectors/email_list.json` tests both.

use std::collections::HashSet;

use super::email_address::{EmailAddress, EmailError};

/// One address of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address, or the whole piece where there is none in it.
    pub text: String,
    /// The name that stood beside it.
    pub name: Option<String>,
    /// The address as it was understood.
    pub email: Result<EmailAddress, EmailError>,
}

/// A list of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailList {
    /// Once each, in the order given.
    pub entries: Vec<Entry>,
    /// How many were left out because they had come before.
    pub merged: usize,
}

/// Reads a list: addresses stand between commas, semicolons, spaces and line breaks, in angle brackets or not, after
/// a name or not. What is no address is kept whole as an error.
#[must_use]
pub fn parse(text: &str) -> EmailList {
    let mut list = Reader::default();
    for piece in pieces(text) {
        list.read(piece);
    }
    list.done
}

/// Lines, and parts of lines between semicolons outside quotation marks.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        let line = matches!(c, '\n' | '\r');
        quoted &= !line;
        line || (c == ';' && !quoted)
    })
}

#[derive(Default)]
struct Reader {
    seen: HashSet<String>,
    done: EmailList,
}

impl Reader {
    fn read(&mut self, mut piece: &str) {
        while let Some((before, rest)) = piece.split_once('<') {
            let Some((inside, after)) = rest.split_once('>') else {
                break;
            };
            // What stands before the bracket is a name, and may be further addresses before that name.
            let name = self.parse_unbracketed(before);
            let address = address(inside);
            if address.contains('@') || address.is_empty() {
                self.add(address, &name);
            } else {
                self.add(&format!("{name} <{inside}>"), "");
            }
            piece = after;
        }
        let rest = self.parse_unbracketed(piece);
        if !rest.is_empty() {
            self.add(&rest, "");
        }
    }

    /// Adds the addresses of a text without brackets and gives the words after the last one.
    fn parse_unbracketed(&mut self, text: &str) -> String {
        let mut words: Vec<&str> = Vec::new();
        for word in text.split_whitespace() {
            if !word.contains('@') {
                words.push(word);
                continue;
            }
            // Words that end with a comma are no name of what follows.
            let name_at = words.iter().rposition(|word| word.ends_with(','));
            let name = words.split_off(name_at.map_or(0, |at| at + 1)).join(" ");
            self.add_words(&words);
            words.clear();
            let mut name = name;
            for part in addresses(word) {
                self.add(address(&part), &name);
                name.clear();
            }
        }
        let rest = words.join(" ");
        trim_punctuation(&rest).to_owned()
    }

    fn add_words(&mut self, words: &[&str]) {
        let joined = words.join(" ");
        for part in joined.split(',') {
            self.add(trim_punctuation(part), "");
        }
    }

    fn add(&mut self, text: &str, name: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let email = EmailAddress::parse(text);
        let key = match &email {
            Ok(email) => email.canonical().to_owned(),
            Err(_) => text.to_owned(),
        };
        if !self.seen.insert(key) {
            self.done.merged += 1;
            return;
        }
        let name = trim_punctuation(name);
        self.done.entries.push(Entry {
            text: text.to_owned(),
            name: (!name.is_empty()).then(|| name.to_owned()),
            email,
        });
    }
}

/// The addresses of one word: commas separate them, but a part without an @ sign belongs to the part before it.
fn addresses(word: &str) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for part in word.split(',') {
        match addresses.last_mut() {
            Some(last) if !part.is_empty() && !part.contains('@') => {
                last.push(',');
                last.push_str(part);
            }
            _ => addresses.push(part.to_owned()),
        }
    }
    addresses
}

/// An address without what mail programs and sentences put around it.
fn address(text: &str) -> &str {
    const AROUND: [char; 10] = ['"', '\'', '(', ')', '[', ']', ',', ':', '>', '<'];
    let text = text
        .trim()
        .trim_matches(AROUND)
        .trim_end_matches(['.', '!', '?']);
    let scheme = text
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("mailto:"));
    let text = scheme.map_or(text, |_| text.get(7..).unwrap_or_default());
    text.trim_matches(AROUND)
}

/// A name or a stray word without what stands around it.
fn trim_punctuation(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "\",'.".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        text: String,
        fine: Vec<String>,
        errors: Vec<String>,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        merged: usize,
    }

    #[test]
    fn lists_are_read_as_the_shared_vectors_say() {
        let text = include_str!("../tests/vectors/email_list.json");
        let vectors: Vec<Vector> = serde_json::from_str(text).unwrap();
        assert!(vectors.len() > 10);
        for wanted in vectors {
            let read = parse(&wanted.text);
            let (fine, errors): (Vec<_>, Vec<_>) =
                read.entries.iter().partition(|entry| entry.email.is_ok());
            let canonical = |entry: &&Entry| entry.email.as_ref().unwrap().canonical().to_owned();
            let found: Vec<String> = fine.iter().map(canonical).collect();
            assert_eq!(found, wanted.fine, "{:?}", wanted.text);
            let found: Vec<&String> = errors.iter().map(|entry| &entry.text).collect();
            assert_eq!(
                found,
                wanted.errors.iter().collect::<Vec<_>>(),
                "{:?}",
                wanted.text
            );
            if !wanted.names.is_empty() {
                let names: Vec<_> = fine.iter().filter_map(|entry| entry.name.clone()).collect();
                assert_eq!(names, wanted.names, "{:?}", wanted.text);
            }
            assert_eq!(read.merged, wanted.merged, "{:?}", wanted.text);
        }
    }

    proptest! {
        #[test]
        fn addresses_keep_their_order_with_any_separator(
            names in prop::collection::vec("[a-z]{1,8}", 1..30),
            between in prop::sample::select(vec![",", ", ", ";", "\n", " ", "\r\n", ";\n", " ,\t"]),
        ) {
            let addresses: Vec<String> = names.iter().enumerate()
                .map(|(index, name)| format!("{name}{index}@x.io")).collect();
            let list = parse(&addresses.join(between));
            let found: Vec<String> = list.entries.into_iter().map(|entry| entry.text).collect();
            prop_assert_eq!(found, addresses);
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,200}") {
            let list = parse(&text);
            for entry in list.entries {
                prop_assert!(!entry.text.is_empty());
            }
        }
    }
}
