//! Names of people and accounts, as they may stand in pages and in mail (security rule 11).

use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters.
pub const MAX_LENGTH: usize = 64;
/// Longer input is not looked at, in octets. Composing and collapsing make a text shorter, so this is
/// far more than [`MAX_LENGTH`] characters take.
const MAX_TYPED_LENGTH: usize = 4096;

/// Why a text cannot be a name; the text of each tells what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing but spaces.
    #[error("The name is empty. Enter at least one character.")]
    Empty,
    /// More than [`MAX_LENGTH`] characters.
    #[error("The name is longer than 64 characters. Shorten it.")]
    TooLong,
    /// Control, bidirectional or zero-width characters.
    #[error(
        "The name has a line break or an invisible character in it. Type it anew on one line instead of pasting it."
    )]
    Characters,
    /// Something that mail programs turn into a link.
    #[error(
        "Mail programs would make a link of a part of the name. Remove web addresses, \"www.\", \"://\" and @ signs, and put a space after each full stop."
    )]
    Link,
}

/// The name to store: in NFC, trimmed, runs of spaces collapsed, 1 to 64 characters (security rule 11).
///
/// # Errors
/// The fault found first, whose text tells what to mend.
pub fn parse_name(text: &str) -> Result<String, NameFault> {
    let text = text.trim();
    if text.len() > MAX_TYPED_LENGTH {
        return Err(NameFault::TooLong);
    }
    let composed: String = text.nfc().collect();
    if has_refused_character(&composed) {
        return Err(NameFault::Characters);
    }
    let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    if name.chars().count() > MAX_LENGTH {
        return Err(NameFault::TooLong);
    }
    if contains_link(&name) {
        return Err(NameFault::Link);
    }
    Ok(name)
}

/// Whether mail programs would make a link of a part of the text; a dotted host counts only where it
/// is not the whole text, as in Booking.com.
///
/// Names that are shown side by side, such as a first and a last name, need this for the whole.
#[must_use]
pub fn contains_link(text: &str) -> bool {
    // Compatibility forms and the ideographic full stop are links to some programs too: ｅｖｉｌ．ｃｏｍ.
    let folded = text.nfkc().collect::<String>().to_lowercase();
    let folded = folded.replace('。', ".");
    if folded.contains("://") || folded.contains("www.") || folded.contains('@') {
        return true;
    }
    !is_host(&folded) && folded.split(|c| !is_host_character(c)).any(has_host)
}

/// The first `max_chars` characters of the text.
#[must_use]
pub fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

fn is_host_character(c: char) -> bool {
    c == '.' || c.is_alphanumeric()
}

/// Whether the whole text is one host, such as `booking.com`.
fn is_host(text: &str) -> bool {
    text.split('.').all(|label| {
        label.starts_with(char::is_alphanumeric)
            && label.ends_with(char::is_alphanumeric)
            && label.chars().all(|c| c == '-' || c.is_alphanumeric())
    })
}

/// Whether a word of letters, digits and dots holds a host: two labels side by side of which the
/// second could be a top-level domain (two letters or more, which initials are not), or an IPv4 address.
fn has_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let could_end_a_host =
        |label: &str| label.chars().nth(1).is_some() && label.chars().all(char::is_alphabetic);
    labels.windows(2).any(
        |pair| matches!(pair, [before, after] if !before.is_empty() && could_end_a_host(after)),
    ) || labels
        .windows(4)
        .any(|four| four.iter().all(|label| label.parse::<u8>().is_ok()))
}

fn has_refused_character(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        // A variation selector picks the form of the character before it (names in Japan use them)
        // and is invisible anywhere else.
        let stray_selector =
            is_variation_selector(c) && (before.is_whitespace() || is_variation_selector(before));
        before = c;
        stray_selector || c.is_control() || is_invisible(c)
    })
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Bidirectional controls, line separators, and characters of no width or of no ink.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_names_are_kept() {
        for name in [
            "Ana Costa",
            "J. R. R. Tolkien",
            "J.R.R. Tolkien",
            "St. Petersburg",
            "Northwind Traders, Inc.",
            "Verein e.V.",
            "Ферма «Заря» S.p.A.",
            "O'Brien-Smith",
            "Пушкин А.С.",
            "王小明",
            "モーニング娘。",
            "葛\u{e0100}城",
            "Team ❤\u{fe0f}",
            "Version 2.0 (No.5)",
            "AT&T / Bell",
            "x",
        ] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn spaces_are_trimmed_and_collapsed() {
        assert_eq!(
            parse_name("  Ana \u{a0}  Costa\n").as_deref(),
            Ok("Ana Costa")
        );
    }

    #[test]
    fn names_are_composed() {
        assert_eq!(parse_name("Jose\u{301}").as_deref(), Ok("José"));
    }

    #[test]
    fn empty_names_are_refused() {
        for text in ["", "   ", "\t\r\n", "\u{a0}"] {
            assert_eq!(parse_name(text), Err(NameFault::Empty));
        }
    }

    #[test]
    fn names_have_sixty_four_characters_at_most() {
        let longest = "Ж".repeat(64);
        assert_eq!(parse_name(&longest).as_deref(), Ok(longest.as_str()));
        assert_eq!(parse_name(&"Ж".repeat(65)), Err(NameFault::TooLong));
        assert_eq!(parse_name(&"x".repeat(100_000)), Err(NameFault::TooLong));
        let decomposed = "e\u{301}".repeat(64);
        assert_eq!(parse_name(&decomposed), Ok("é".repeat(64)));
        assert_eq!(parse_name(&"a  ".repeat(32)).unwrap().len(), 63);
    }

    #[test]
    fn control_bidirectional_and_zero_width_characters_are_refused() {
        for c in [
            '\0',
            '\n',
            '\r',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(
                parse_name(&format!("Ana{c}Costa")),
                Err(NameFault::Characters),
                "{c:?}"
            );
        }
        assert_eq!(parse_name("\u{200b}"), Err(NameFault::Characters));
        assert_eq!(parse_name("\u{fe0f}"), Err(NameFault::Characters));
        assert_eq!(parse_name("a\u{fe0f}\u{fe0f}"), Err(NameFault::Characters));
        assert_eq!(parse_name("a \u{fe0f}b"), Err(NameFault::Characters));
    }

    #[test]
    fn links_are_refused() {
        for name in [
            "https://evil.example",
            "ftp://x",
            "WWW.Evil.com",
            "see www.evil",
            "ana@x.io",
            "Call @ana",
            "Win at evil.com",
            "Win at EVIL.COM!",
            "evil.com/win",
            "(evil.com)",
            "Prize: evil.com.",
            "go to t.co now",
            "evil-site.com now",
            "win evil.com-now",
            "зло.рф ждёт",
            "evil.xn--p1ai now",
            "go to 192.168.0.1",
            "ｅｖｉｌ．ｃｏｍ now",
            "evil。com now",
            "evil\u{2024}com now",
            "x＠y",
            "http:／／x",
            "..evil.com",
        ] {
            assert_eq!(parse_name(name), Err(NameFault::Link), "{name}");
        }
    }

    #[test]
    fn a_host_may_be_the_whole_name() {
        for name in ["Booking.com", "my-shop.co.uk", "t.co", "Зло.рф", "J.Smith"] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
        assert_eq!(parse_name("Booking.com Russia"), Err(NameFault::Link));
    }

    #[test]
    fn names_side_by_side_can_make_a_link() {
        assert!(!contains_link("evil.com"));
        assert!(contains_link("evil.com Click"));
        assert!(!contains_link("Ana Costa"));
    }

    #[test]
    fn faults_tell_what_to_do() {
        for fault in [
            NameFault::Empty,
            NameFault::TooLong,
            NameFault::Characters,
            NameFault::Link,
        ] {
            let text = fault.to_string();
            assert!(text.ends_with('.') && text.contains(". "), "{text}");
        }
    }

    #[test]
    fn cut_counts_characters() {
        assert_eq!(cut("Жанна", 2), "Жа");
        assert_eq!(cut("Жанна", 9), "Жанна");
        assert_eq!(cut("Жанна", 0), "");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in any::<String>(), max in 0_usize..80) {
            let _ = parse_name(&text);
            let _ = contains_link(&text);
            prop_assert!(cut(&text, max).chars().count() <= max);
            prop_assert!(text.starts_with(&cut(&text, max)));
        }

        #[test]
        fn accepted_names_parse_to_themselves(
            text in "[\\PC\u{301}\u{fe0f} \u{a0}.]{0,70}"
        ) {
            if let Ok(name) = parse_name(&text) {
                prop_assert_eq!(parse_name(&name), Ok(name.clone()));
                prop_assert!((1..=MAX_LENGTH).contains(&name.chars().count()));
                prop_assert!(!name.contains("  "));
                prop_assert!(!name.contains(char::is_control));
            }
        }

        #[test]
        fn hosts_in_longer_names_are_always_found(
            before in "[a-z]{1,10}", host in "[a-z0-9-]{0,9}[a-z0-9]", top in "[a-z]{2,10}", after in "[a-z]{1,10}"
        ) {
            let name = format!("{before} {host}.{top} {after}");
            prop_assert_eq!(parse_name(&name), Err(NameFault::Link));
        }
    }
}
