//! Search by words: in any order, whatever their case, accents, spaces and Unicode form.
//!
//! A text and what is searched for go through the same [`fold`], so "costa ana", "COSTA  Ana" and "Angström, emilie" find
//! "Ana Costa" and "Ångström Émilie", however either side was composed.

use idna::AsciiDenyList;
use idna::uts46::{Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The most words of a search; further ones are ignored.
const MAX_WORDS: usize = 16;

/// A text without case, accents and compatibility forms, for comparing and never for showing.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let base: String = text.nfkd().filter(|c| !is_accent(*c)).collect();
    // Upper case first, which unites ß with ss and both forms of the Greek sigma.
    let lower = base.to_uppercase().to_lowercase();
    let plain = lower.nfkd().filter(|c| !is_accent(*c));
    let mut folded = String::with_capacity(lower.len());
    for c in plain {
        match c {
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            // Zero-width characters and soft hyphens are in names of some scripts, and are not typed.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            other => folded.push(other),
        }
    }
    folded
}

/// Whether a combining character is an accent, or a point of Hebrew or Arabic that is rarely typed. Vowel signs of other
/// scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=35 | 200..=240)
}

/// What is searched for: words that must all be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of a text, without the punctuation around them.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let folded = fold(text);
        let words = folded
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '、' | '；'))
            .map(|word| word.trim_matches(['<', '>', '(', ')', '"', '“', '”', '«', '»']))
            .filter(|word| !word.is_empty());
        Self(words.take(MAX_WORDS).map(str::to_owned).collect())
    }

    /// Whether nothing is searched for, which everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every word is a part of one of the texts.
    #[must_use]
    pub fn match_any_of<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        if self.is_empty() {
            return true;
        }
        let folded: Vec<String> = texts.into_iter().map(fold).collect();
        self.0
            .iter()
            .all(|word| folded.iter().any(|text| text.contains(word)))
    }
}

/// The address as people read and type it, with its domain in Unicode; nothing where that is the stored form.
#[must_use]
pub fn readable_address(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    if !domain.contains("xn--") {
        return None;
    }
    let (domain, result) =
        Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow);
    result.ok().map(|()| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(search: &str, text: &str) -> bool {
        Words::parse(search).match_any_of([text])
    }

    #[test]
    fn words_match_in_any_order_with_any_spaces() {
        for search in [
            "costa ana",
            "Ana Costa",
            "ANA   cos",
            " ana\u{a0}costa ",
            "Costa, Ana",
            "na sta",
        ] {
            assert!(finds(search, "Ana Costa"), "{search}");
        }
        assert!(!finds("ana costas", "Ana Costa"));
        assert!(!finds("bo", "Ana Costa"));
    }

    #[test]
    fn case_accents_and_composition_do_not_matter() {
        for (search, text) in [
            ("Ångström, Émilie", "Émilie Ångström"),
            ("angstrom emilie", "Émilie Ångström"),
            ("A\u{30a}ngstro\u{308}m", "Ångström"),
            ("Ångström", "A\u{30a}ngstro\u{308}m"),
            ("STRASSE", "Große Straße"),
            ("ИВАН", "иван Петров"),
            ("алена", "Алёна"),
            ("алёна", "Алена"),
            ("σοφος", "ΣΟΦΟΣ"),
            ("istanbul", "İstanbul"),
            ("lodz", "Łódź"),
            ("soren", "Søren"),
            ("ｂｏｂ", "Bob"),
        ] {
            assert!(finds(search, text), "{search} in {text}");
        }
    }

    #[test]
    fn an_address_beside_a_name_is_two_words() {
        let texts = ["Mia Meer", "mia@x.io"];
        assert!(Words::parse("Meer, Mia <mia@x.io>").match_any_of(texts));
        assert!(Words::parse("50%_\\").match_any_of(["50%_\\ off"]));
        assert!(!Words::parse("%").match_any_of(texts));
        assert!(Words::parse(" , ").is_empty());
        assert!(Words::parse(" , ").match_any_of(texts));
    }

    #[test]
    fn domains_are_readable() {
        assert_eq!(
            readable_address("u@xn--bcher-kva.example").as_deref(),
            Some("u@bücher.example")
        );
        assert_eq!(readable_address("u@x.io"), None);
        assert_eq!(readable_address("not an address"), None);
    }

    proptest! {
        #[test]
        fn a_text_finds_itself_however_it_is_composed(text in "\\PC{0,30}") {
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(fold(&composed), fold(&decomposed));
            prop_assert!(finds(&decomposed.to_lowercase(), &composed) || text.contains(|c: char| !c.is_alphanumeric()));
        }
    }
}
