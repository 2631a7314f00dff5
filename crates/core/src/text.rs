//! Texts that other people and other systems chose: which characters of them may be shown (security rule 11).

use std::ops::Deref;

use icu_properties::props::{
    BidiControl, DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory,
    GeneralCategoryGroup, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde::Serialize;

/// Scripts whose spelling needs U+200C and U+200D between letters.
const JOINER_SCRIPTS: [Script; 16] = [
    Script::Arabic,
    Script::Bengali,
    Script::Devanagari,
    Script::Gujarati,
    Script::Gurmukhi,
    Script::Kannada,
    Script::Khmer,
    Script::Malayalam,
    Script::Mongolian,
    Script::Myanmar,
    Script::Nko,
    Script::Oriya,
    Script::Sinhala,
    Script::Syriac,
    Script::Tamil,
    Script::Telugu,
];

/// The first `max_chars` characters of the text.
#[must_use]
pub fn truncate(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

/// A text of another system in the form to store and show: on one line, without control, bidirectional and zero-width
/// characters, of `max_chars` characters at most.
///
/// Every text from a client, an identity provider or a mail server goes through here.
#[must_use]
pub fn clean_foreign(text: &str, max_chars: usize) -> String {
    let spaced: Vec<char> = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let visible: String = visible_flags(&spaced)
        .zip(&spaced)
        .filter_map(|(is_visible, c)| is_visible.then_some(*c))
        .collect();
    let one_line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = truncate(&one_line, max_chars);
    // Cutting may leave a joiner or a space at the end.
    cut.trim_end_matches(|c: char| c == ' ' || is_joiner(c))
        .to_owned()
}

/// A text of another system after [`clean_foreign`]: a client's user agent, a service's label of a person, a
/// mail server's reply. Columns are read as this type too, so rows of earlier versions are shown clean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ForeignText(String);

impl ForeignText {
    /// Cleans a text, to `max_chars` characters at most.
    #[must_use]
    pub fn new(text: &str, max_chars: usize) -> Self {
        Self(clean_foreign(text, max_chars))
    }

    /// Cleans a text that was stored with its length checked.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        // Nearly all are ASCII, and sessions are read with each request.
        if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Self(text);
        }
        Self::new(&text, usize::MAX)
    }
}

impl Deref for ForeignText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<ForeignText> for String {
    fn from(text: ForeignText) -> Self {
        text.0
    }
}

/// Whether the text has a control, bidirectional or zero-width character that [`clean_foreign`] would remove.
#[must_use]
pub fn has_hidden_character(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    !visible_flags(&chars).all(|is_visible| is_visible)
}

/// The text with every full stop that could be part of a host replaced by a character that looks the same (U+2024), so
/// that no mail program makes a link of it: `Booking.com`.
///
/// Mail programs that know no Unicode beyond ASCII stop at it; those that take every other character for a letter see a
/// word without a full stop.
#[must_use]
pub fn unlinked(text: &str) -> String {
    let mut rest = text.chars().peekable();
    let mut unlinked = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        let before_label = rest.peek().is_some_and(|next| next.is_alphanumeric());
        unlinked.push(if before_label && is_full_stop(c) {
            '\u{2024}'
        } else {
            c
        });
    }
    unlinked
}

/// A full stop as resolvers and IDNA read it (RFC 3490 section 3.1).
#[must_use]
pub fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Zero-width non-joiner and joiner, which some scripts and emoji need.
#[must_use]
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether the character is a control, a line separator, or shows nothing by itself.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}'
        )
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<BidiControl>().contains(c)
}

/// Whether the letters are of several scripts that are not written together, such as Latin and Cyrillic ones.
#[must_use]
pub fn has_mixed_scripts(chars: &[char]) -> bool {
    let scripts = CodePointMapData::<Script>::new();
    // Japanese is written in three scripts together, and Korean and Chinese have letters in common with it.
    let group = |c: &char| match scripts.get(*c) {
        Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo => Script::Han,
        other => other,
    };
    let of_one = |script: &Script| !matches!(*script, Script::Common | Script::Inherited);
    let mut found = chars.iter().map(group).filter(of_one);
    let first = found.next();
    found.any(|script| Some(script) != first)
}

/// For each character, whether it shows something or changes how its neighbours are written.
fn visible_flags(chars: &[char]) -> impl Iterator<Item = bool> + '_ {
    chars.iter().enumerate().map(|(at, &c)| {
        let (before, after) = chars.split_at(at);
        let after = after.get(1);
        if is_joiner(c) {
            after.is_some_and(|&after| joins(c, before, after))
        } else if is_variation_selector(c) {
            before.last().is_some_and(|&base| selects(c, base))
        } else {
            !is_invisible(c)
        }
    })
}

/// Whether a joiner stands between letters of one script that needs it, or (U+200D) between emoji.
fn joins(joiner: char, before: &[char], after: char) -> bool {
    let script = CodePointMapData::<Script>::new();
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_mark = |c: char| GeneralCategoryGroup::Mark.contains(category.get(c));
    let is_letter = |c: char| GeneralCategoryGroup::Letter.contains(category.get(c));
    if let Some(&base) = before.iter().rev().find(|&&c| !is_mark(c))
        && is_letter(base)
        && is_letter(after)
    {
        let script_of_base = script.get(base);
        return JOINER_SCRIPTS.contains(&script_of_base) && script.get(after) == script_of_base;
    }
    let pictographic = CodePointSetData::new::<ExtendedPictographic>();
    let is_modifier = |c: char| is_variation_selector(c) || matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
    joiner == '\u{200d}'
        && pictographic.contains(after)
        && before
            .iter()
            .rev()
            .find(|&&c| !is_modifier(c))
            .is_some_and(|&base| pictographic.contains(base))
}

/// Whether a variation selector picks a form of this character: of an emoji, or of a letter as names in Japan need it.
fn selects(selector: char, base: char) -> bool {
    if matches!(selector, '\u{fe0e}' | '\u{fe0f}') {
        return CodePointSetData::new::<Emoji>().contains(base);
    }
    let script = CodePointMapData::<Script>::new().get(base);
    matches!(script, Script::Han | Script::Myanmar)
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn truncate_counts_characters() {
        assert_eq!(truncate("Жанна", 2), "Жа");
        assert_eq!(truncate("Жанна", 9), "Жанна");
        assert_eq!(truncate("Жанна", 0), "");
    }

    #[test]
    fn foreign_text_is_one_line_of_visible_characters() {
        for (text, shown) in [
            ("550 5.1.1\r\n unknown\tuser\n", "550 5.1.1 unknown user"),
            ("abc\u{202e}fdp.exe\u{202c}", "abcfdp.exe"),
            ("\u{2066}kit\u{2069}\u{200b}\u{feff}", "kit"),
            ("a\0b\u{1b}[31m\u{85}c", "ab[31m c"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("ad\u{200d}min", "admin"),
            ("\u{200d}\u{fe0f}", ""),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(clean_foreign(text, 64), shown, "{text:?}");
        }
        assert_eq!(clean_foreign("ab cd", 3), "ab");
        assert_eq!(clean_foreign("👩\u{200d}💻", 2), "👩");
    }

    #[test]
    fn joiners_stand_only_where_spelling_or_emoji_need_them() {
        for text in [
            "می\u{200c}خواهم",
            "ශ\u{dca}\u{200d}ර\u{dd3}",
            "क\u{94d}\u{200d}ष",
            "👨\u{200d}👩\u{200d}👧",
            "👩🏽\u{200d}🚀",
            "❤\u{fe0f}\u{200d}🔥",
            "葛\u{e0100}城",
            "❤\u{fe0f} 1\u{fe0f}\u{20e3}",
        ] {
            assert!(!has_hidden_character(text), "{text:?}");
        }
        for text in [
            "ad\u{200c}min",
            "ad\u{200d}min",
            "می\u{200c}",
            "\u{200c}می",
            "می\u{200c}\u{200c}خواهم",
            "می\u{200c}admin",
            "می \u{200c}خواهم",
            "👩\u{200c}💻",
            "👩\u{200d}",
            "👩\u{200d}x",
            "x\u{200d}👩",
            "a\u{fe0f}",
            "a\u{e0100}",
            "❤\u{e0100}",
            "❤\u{fe0f}\u{fe0f}",
            "\u{fe0f}a",
        ] {
            assert!(has_hidden_character(text), "{text:?}");
        }
    }

    #[test]
    fn full_stops_between_words_stay() {
        for text in ["J. R. R. Tolkien", "Verein e. V.", "Inc.", "...", "A . b"] {
            assert_eq!(unlinked(text), text);
        }
        assert_eq!(
            unlinked("Booking.com B.V., evil．рф/1.2"),
            "Booking\u{2024}com B\u{2024}V., evil\u{2024}рф/1\u{2024}2"
        );
    }

    proptest! {
        #[test]
        fn cleaned_text_has_nothing_hidden_and_stays_as_it_is(text in any::<String>(), max in 0_usize..80) {
            let cleaned = clean_foreign(&text, max);
            prop_assert!(!has_hidden_character(&cleaned), "{:?}", cleaned);
            prop_assert!(cleaned.chars().count() <= max);
            prop_assert_eq!(clean_foreign(&cleaned, max), cleaned);
        }

        #[test]
        fn hidden_characters_leave_wherever_they_stand(
            before in "[a-z]{0,5}", hidden in "[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{0}-\u{8}\u{7f}\u{feff}]{1,4}", after in "[a-z]{0,5}"
        ) {
            let text = format!("{before}{hidden}{after}");
            prop_assert!(has_hidden_character(&text));
            prop_assert_eq!(clean_foreign(&text, 64), format!("{before}{after}"));
        }

        #[test]
        fn unlinked_text_has_no_host(text in "[a-z0-9é.。 -]{0,40}") {
            let unlinked = unlinked(&text);
            let chars: Vec<char> = unlinked.chars().collect();
            prop_assert!(!chars.windows(2).any(|pair| matches!(pair, [dot, label] if is_full_stop(*dot) && label.is_alphanumeric())));
            prop_assert_eq!(unlinked.chars().count(), text.chars().count());
        }
    }
}
