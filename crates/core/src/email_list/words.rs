//! Words of pasted text: what stands around them, which may be a name, and where cells end.

use crate::email_address::EmailAddress;

/// What mail programs, tables, lists and sentences put around an address.
const AROUND_ADDRESS: &str = "\"'`()[]{},:;|*•·–—<>-";
/// What stands before a name or a word.
const BEFORE_NAME: &str = "\"'`‘’,.;:|*•·–—)]>-";
/// What stands after a name or a word.
const AFTER_NAME: &str = "\"'`‘’,.;:|*•·–—([<-";
/// Characters that no name has, besides digits.
const NOT_IN_NAMES: &str = "@:/\\_=<>|#*+?!;\"";
/// Names of more words are taken for a sentence.
const MAX_NAME_WORDS: usize = 6;

/// The text with usual separators, quotation marks and @ signs, and without characters that show nothing.
pub(super) fn normalize(text: &str) -> String {
    let replace = |c: char| match c {
        '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => None,
        '“' | '”' | '„' | '‟' | '«' | '»' | '＂' => Some('"'),
        '；' | '؛' => Some(';'),
        '，' | '、' | '،' => Some(','),
        '＠' | '﹫' => Some('@'),
        '＜' => Some('<'),
        '＞' => Some('>'),
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        _ => Some(c),
    };
    text.chars().filter_map(replace).collect()
}

/// The parts between separators that stand outside of quotation marks.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    // A single mark, as of inches, quotes nothing.
    let is_balanced = text.matches('"').count().is_multiple_of(2);
    let mut quoted = false;
    text.split(|c| {
        if c == '"' {
            quoted = !quoted && is_balanced;
        }
        c == separator && !quoted
    })
    .collect()
}

/// An address without what stands around it, in the characters that keyboards have.
pub(super) fn address(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{200c}' | '\u{200d}' => None,
        '‘' | '’' => Some('\''),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => Some(c),
    };
    let text: String = text.trim().chars().filter_map(plain).collect();
    let text = text
        .trim_matches(|c| AROUND_ADDRESS.contains(c))
        .trim_end_matches(['.', '!', '?', '…']);
    let scheme = text
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("mailto:"));
    let text = scheme.map_or(text, |_| {
        let target = text.get(7..).unwrap_or_default();
        target.split(['?', '|']).next().unwrap_or_default()
    });
    text.trim_matches(|c| AROUND_ADDRESS.contains(c)).to_owned()
}

/// Whether a word is meant as an address: it has an @ sign, and is no mention such as `@ana`.
pub(super) fn is_candidate(word: &str) -> bool {
    word.contains('@') && {
        let word = address(word);
        word != "@" && (!word.starts_with('@') || word.contains('.'))
    }
}

/// Whether a word is an address with nothing else in it.
pub(super) fn is_address(word: &str) -> bool {
    EmailAddress::parse(&address(word)).is_ok()
}

/// A name or a word without what stands around it.
pub(super) fn trim_punctuation(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || BEFORE_NAME.contains(c))
        .trim_end_matches(|c: char| c.is_whitespace() || AFTER_NAME.contains(c))
}

/// The name that may stand before an address, without a label such as `To:` or the number of an item.
pub(super) fn unlabelled(text: &str) -> &str {
    let name = trim_punctuation(text);
    if text.trim_end().ends_with(':') && !name.contains(' ') {
        return "";
    }
    let name = name.rsplit(':').next().map_or("", trim_punctuation);
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = [". ", ") "].iter().find_map(|end| rest.strip_prefix(end));
    item.filter(|_| rest.len() < name.len()).unwrap_or(name)
}

/// Whether a text looks like the name of a person: words that begin with a capital letter, where the script has them,
/// and short ones between them, as in `Ludwig van Beethoven`.
pub(super) fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_part = |(index, word): (usize, &&str)| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_none_or(|first| {
                is_capital(first)
                    || (index > 0 && (word.chars().count() < 4 || word.contains(['\'', '’', '-'])))
            })
    };
    words.len() <= MAX_NAME_WORDS
        && has_letter(text)
        && !text.contains(|c: char| c.is_ascii_digit() || NOT_IN_NAMES.contains(c))
        && !matches!(fold(text).as_str(), "email" | "mail" | "почта" | "адрес")
        && words.iter().enumerate().all(is_part)
}

/// The name in a text before an address in angle brackets, and what stands before it: the name is the whole, or its end
/// where the rest is a sentence.
pub(super) fn bracket_name(text: &str) -> (&str, &str) {
    let whole = unlabelled(text);
    // A name has few words, so only the last ones are looked at.
    let mut starts: Vec<usize> = whole
        .rmatch_indices(' ')
        .take(MAX_NAME_WORDS)
        .map(|(at, _)| at + 1)
        .collect();
    if starts.len() < MAX_NAME_WORDS {
        starts.push(0);
    }
    let mut parts = starts
        .into_iter()
        .rev()
        .filter_map(|at| whole.split_at_checked(at));
    let whole = if whole.split(' ').count() < 4 {
        ("", whole)
    } else {
        (whole, "")
    };
    parts.find(|(_, name)| is_name(name)).unwrap_or(whole)
}

/// The name among the cells beside an address: the first of several words, or the first two of one word each.
pub(super) fn name_in_cells(cells: &[&str], allows_single_words: bool) -> Option<String> {
    let names = || cells.iter().filter(|cell| is_name(cell));
    if let Some(name) = names().find(|name| name.contains(' ')) {
        return Some((*name).to_owned());
    }
    let words: Vec<&str> = names().take(2).copied().collect();
    (allows_single_words && !words.is_empty()).then(|| words.join(" "))
}

/// Whether there is a letter in the text.
pub(super) fn has_letter(text: &str) -> bool {
    text.contains(char::is_alphabetic)
}

/// The letters of a text in lower case, for comparing.
pub(super) fn fold(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether the letter is a capital, or of a script without capitals.
fn is_capital(c: char) -> bool {
    !c.to_lowercase().eq([c]) || c.to_uppercase().eq([c])
}
