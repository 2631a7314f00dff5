//! Names of people and accounts, as they are allowed in pages and in mail (security rule 11).

use unicode_normalization::UnicodeNormalization;

use super::text::{clean_foreign, has_hidden_character, is_full_stop};

/// The longest name, in characters.
pub const MAX_LENGTH: usize = 64;
/// Longer input is not parsed, in octets. Composing and collapsing make a text shorter, so this is
/// far more than [`MAX_LENGTH`] characters take.
const MAX_TYPED_LENGTH: usize = 4096;
/// As many digits as make a telephone number.
const PHONE_DIGITS: usize = 7;

/// Why a text cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing but spaces.
    Empty,
    /// More than [`MAX_LENGTH`] characters.
    TooLong,
    /// Control, bidirectional or zero-width characters.
    Characters,
    /// A web address, an email address or a telephone number.
    Link,
}

/// The name to store: in NFC, trimmed, runs of spaces collapsed, 1 to 64 characters (security rule 11).
///
/// # Errors
/// The first error.
pub fn parse_name(text: &str) -> Result<String, NameError> {
    let text = text.trim();
    if text.len() > MAX_TYPED_LENGTH {
        return Err(NameError::TooLong);
    }
    let composed: String = text.nfc().collect();
    if has_hidden_character(&composed) {
        return Err(NameError::Characters);
    }
    let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.chars().count() > MAX_LENGTH {
        return Err(NameError::TooLong);
    }
    if contains_link(&name) {
        return Err(NameError::Link);
    }
    Ok(name)
}

/// The name beside a pasted address, without characters that show nothing; none where it cannot be a name.
#[must_use]
pub fn parse_pasted_name(text: &str) -> Option<String> {
    parse_name(&clean_foreign(text, MAX_TYPED_LENGTH)).ok()
}

/// Whether the text contains a web address, an email address or a telephone number. A dotted host alone, as in
/// Booking.com B.V., is none: [`unlinked`](super::text::unlinked) shows it in mail.
///
/// Names that are shown side by side, such as a first and a last name, need this for the whole.
#[must_use]
pub fn contains_link(text: &str) -> bool {
    // Compatibility forms and the ideographic full stop are links to some programs too: ｅｖｉｌ．ｃｏｍ.
    let folded = text.nfkc().collect::<String>().to_lowercase();
    let folded = folded.replace(is_full_stop, ".");
    folded.contains("://")
        || folded.contains("www.")
        || folded.contains('@')
        || has_path(&folded)
        || has_phone(&folded)
}

/// Whether a host is followed by a slash, as in `evil.com/win` and `192.168.0.1/x`.
fn has_path(text: &str) -> bool {
    text.split(char::is_whitespace).any(|word| {
        let mut parts = word.split(['/', '\\']);
        parts.next_back();
        parts.any(|part| {
            let host = part.rsplit(|c| !is_host_character(c)).next();
            host.is_some_and(|host| host.trim_matches('.').contains('.'))
        })
    })
}

fn is_host_character(c: char) -> bool {
    c == '.' || c == '-' || c.is_alphanumeric()
}

/// Whether there are [`PHONE_DIGITS`] digits with nothing but separators between them.
fn has_phone(text: &str) -> bool {
    text.split(char::is_alphabetic)
        .any(|run| run.chars().filter(|c| c.is_numeric()).count() >= PHONE_DIGITS)
}

/// First and last name in one line.
#[must_use]
pub fn full_name(first: &str, last: Option<&str>) -> String {
    match last {
        Some(last) => format!("{first} {last}"),
        None => first.to_owned(),
    }
}

/// First and last name of a name in one line: the last word is the last name with the particles before it, as in
/// `Ludwig van Beethoven`; a comma puts the last name first, as in `Costa, Ana`, and so does a patronymic at the end.
///
/// It prefills what a person then confirms (rule I17).
#[must_use]
pub fn split_name(name: &str) -> (String, Option<String>) {
    // What stands in brackets is a department or a company.
    let name = name.split('(').next().unwrap_or_default().trim();
    if let Some((last, first)) = name.split_once(',')
        && !(last.trim().is_empty() || first.trim().is_empty())
    {
        return (without_titles(first), Some(last.trim().to_owned()));
    }
    let name = without_titles(name);
    let words: Vec<&str> = name.split_whitespace().collect();
    match words.as_slice() {
        [] => (String::new(), None),
        [only] => ((*only).to_owned(), None),
        [last, first, patronymic] if is_patronymic(patronymic) => {
            ((*first).to_owned(), Some((*last).to_owned()))
        }
        [first, patronymic, last] if is_patronymic(patronymic) => {
            ((*first).to_owned(), Some((*last).to_owned()))
        }
        [first, rest @ ..] => {
            let is_particle = |word: &&str| word.chars().all(char::is_lowercase);
            let mut start = rest.len() - 1;
            if rest.last().is_some_and(|word| is_suffix(word)) {
                start = start.saturating_sub(1);
            }
            while start > 0 && rest.get(start - 1).is_some_and(is_particle) {
                start -= 1;
            }
            let (middle, last) = rest.split_at(start);
            let first: Vec<&str> = std::iter::once(*first)
                .chain(middle.iter().copied())
                .collect();
            (first.join(" "), Some(last.join(" ")))
        }
    }
}

/// The name without titles before it.
fn without_titles(name: &str) -> String {
    const TITLES: [&str; 9] = [
        "dr", "prof", "mr", "mrs", "ms", "herr", "frau", "г-н", "г-жа",
    ];
    let is_title =
        |word: &&str| TITLES.contains(&word.trim_end_matches('.').to_lowercase().as_str());
    let words: Vec<&str> = name.split_whitespace().skip_while(is_title).collect();
    words.join(" ")
}

/// Whether the word is a patronymic, as in Ivan Ilyich Petrov.
fn is_patronymic(word: &str) -> bool {
    let word = word.to_lowercase();
    ["вич", "вна", "ична", "ильич"]
        .iter()
        .any(|end| word.ends_with(end))
}

/// Whether the word follows a last name.
fn is_suffix(word: &str) -> bool {
    matches!(
        word.trim_end_matches('.'),
        "Jr" | "Sr" | "II" | "III" | "IV"
    )
}

/// The first and the last name of a name in one line: the first word, and all others. The reverse of [`full_name`].
#[must_use]
pub fn split_full_name(name: &str) -> (String, Option<String>) {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default().to_owned();
    let last = words.collect::<Vec<_>>().join(" ");
    (first, (!last.is_empty()).then_some(last))
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
            "Booking.com",
            "Booking.com B.V.",
            "Node.js Foundation",
            "my-shop.co.uk",
            "Зло.рф ждёт",
            "Room 101, 2nd floor",
            "Studio 54 / Est. 1977",
            "Bell/AT&T",
            "1.2.3",
            "می\u{200c}خواهم",
            "Team 👩\u{200d}💻",
            "AT&T / Bell",
            "x",
        ] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_full_name_is_split_after_its_first_word() {
        for (name, first, last) in [
            ("Mia Meer", "Mia", Some("Meer")),
            ("  Ana  Maria da Costa ", "Ana", Some("Maria da Costa")),
            ("Madonna", "Madonna", None),
            ("", "", None),
        ] {
            let split = split_full_name(name);
            assert_eq!((split.0.as_str(), split.1.as_deref()), (first, last));
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
    fn rejects_empty_names() {
        for text in ["", "   ", "\t\r\n", "\u{a0}"] {
            assert_eq!(parse_name(text), Err(NameError::Empty));
        }
    }

    #[test]
    fn names_have_sixty_four_characters_at_most() {
        let longest = "Ж".repeat(64);
        assert_eq!(parse_name(&longest).as_deref(), Ok(longest.as_str()));
        assert_eq!(parse_name(&"Ж".repeat(65)), Err(NameError::TooLong));
        assert_eq!(parse_name(&"x".repeat(100_000)), Err(NameError::TooLong));
        let decomposed = "e\u{301}".repeat(64);
        assert_eq!(parse_name(&decomposed), Ok("é".repeat(64)));
        assert_eq!(parse_name(&"a  ".repeat(32)).unwrap().len(), 63);
    }

    #[test]
    fn rejects_control_bidirectional_and_zero_width_characters() {
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
                Err(NameError::Characters),
                "{c:?}"
            );
        }
        assert_eq!(parse_name("\u{200b}"), Err(NameError::Characters));
        assert_eq!(parse_name("\u{fe0f}"), Err(NameError::Characters));
        assert_eq!(parse_name("a\u{fe0f}\u{fe0f}"), Err(NameError::Characters));
        assert_eq!(parse_name("a \u{fe0f}b"), Err(NameError::Characters));
    }

    #[test]
    fn pasted_names_lose_what_shows_nothing_and_links_are_none() {
        assert_eq!(
            parse_pasted_name(" Ana\u{200b}\u{202e} \tCosta ").as_deref(),
            Some("Ana Costa")
        );
        for text in [
            "",
            "\u{200b}",
            "www.evil.example",
            "Call 555 12 34",
            &"x".repeat(65),
        ] {
            assert_eq!(parse_pasted_name(text), None, "{text}");
        }
    }

    #[test]
    fn rejects_links() {
        for name in [
            "https://evil.example",
            "ftp://x",
            "WWW.Evil.com",
            "see www.evil",
            "ana@x.io",
            "Call @ana",
            "evil.com/win",
            "Win at evil.com/",
            "(evil.com/x)",
            "evil.com./x",
            "EVIL.COM\\x",
            "зло.рф/ждёт",
            "evil。com/x",
            "evil\u{2024}com/x",
            "ｅｖｉｌ．ｃｏｍ／now",
            "1.2.3.4/x",
            "http:／／x",
            "x＠y",
        ] {
            assert_eq!(parse_name(name), Err(NameError::Link), "{name}");
        }
    }

    #[test]
    fn rejects_telephone_numbers() {
        for name in [
            "5551234",
            "Call +49 (0)30 / 12 34 56",
            "555·12·34 now",
            "5 5 5 1 2 3 4",
            "٠١٢٣٤٥٦",
            "５５５１２３４",
            "192.168.10.20",
        ] {
            assert_eq!(parse_name(name), Err(NameError::Link), "{name}");
        }
        assert_eq!(parse_name("Team 123456").as_deref(), Ok("Team 123456"));
        assert_eq!(parse_name("123 a 4567").as_deref(), Ok("123 a 4567"));
    }

    #[test]
    fn names_in_one_line_are_split() {
        for (name, first, last) in [
            ("Mia Meer", "Mia", "Meer"),
            ("Meer, Mia", "Mia", "Meer"),
            ("Mia", "Mia", ""),
            ("王小明", "王小明", ""),
            ("Ana Maria Costa", "Ana Maria", "Costa"),
            ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
            ("Ana de la Cruz", "Ana", "de la Cruz"),
            ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
            ("Martin King Jr.", "Martin", "King Jr."),
            ("Dr. Mia Meer", "Mia", "Meer"),
            ("Meer, Dr. Mia", "Mia", "Meer"),
            ("Bob Ray (Sales)", "Bob", "Ray"),
            ("Ray, Bob (Sales)", "Bob", "Ray"),
            ("Петров Иван Ильич", "Иван", "Петров"),
            ("Иван Сергеевич Петров", "Иван", "Петров"),
            ("Иван Петров", "Иван", "Петров"),
            ("mia meer", "mia", "meer"),
            ("Mr Jr.", "Jr.", ""),
            ("", "", ""),
            (" , ", ",", ""),
        ] {
            let expected = (
                first.to_owned(),
                Some(last.to_owned()).filter(|last| !last.is_empty()),
            );
            assert_eq!(split_name(name), expected, "{name}");
        }
    }

    #[test]
    fn names_side_by_side_can_make_a_link() {
        assert!(contains_link("Call 555 1234"));
        assert!(!contains_link("Call 555"));
        assert!(!contains_link("evil.com Click"));
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in any::<String>()) {
            let _ = parse_name(&text);
            let _ = contains_link(&text);
            let _ = split_name(&text);
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
        fn hosts_are_names_until_a_path_follows(
            before in "[a-z]{1,10}", host in "[a-z0-9-]{0,9}[a-z0-9]", top in "[a-z]{2,10}", after in "[a-z]{1,10}"
        ) {
            prop_assume!(host.chars().filter(char::is_ascii_digit).count() < PHONE_DIGITS && host != "www");
            let name = format!("{before} {host}.{top} {after}");
            prop_assert_eq!(parse_name(&name), Ok(name.clone()));
            let name = format!("{before} {host}.{top}/{after}");
            prop_assert_eq!(parse_name(&name), Err(NameError::Link));
        }

        #[test]
        fn seven_digits_are_found_between_any_separators(
            digits in proptest::collection::vec("[0-9][ ./+()·–-]{0,2}", 7..12)
        ) {
            prop_assert!(contains_link(&digits.concat()));
        }
    }
}
