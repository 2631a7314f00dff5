//! Names of people and accounts, as they are allowed in pages and in mail (security rule 11).

#[cfg(test)]
mod tests;

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
        // Every row of a list has a name: this takes a third of the time of format!.
        Some(last) => [first, " ", last].concat(),
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
