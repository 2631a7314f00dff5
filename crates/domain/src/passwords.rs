//! Which passwords may be chosen (rule U7 and rule 9 of the security rules).
//!
//! Only this check folds case and forms; hashing and verifying take the password exactly as typed.

use convoke_core::model::password::MAX_PASSWORD_BYTES;
use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

/// The longest password in bytes of UTF-8 that is checked or hashed (rule 9).
pub const MAX_BYTES: usize = MAX_PASSWORD_BYTES;

/// The longest password in Unicode characters (rule U7).
pub const MAX_CHARACTERS: usize = 256;

/// The commonest passwords: lower-case, sorted by bytes, one a line.
const COMMON: &str = include_str!("../passwords/common.txt");

/// Words and leftovers shorter than this many characters are ignored (rule 9).
const SHORTEST_WORD: usize = 4;

/// The shortest text that is checked for patterns, in characters.
const SHORTEST_PATTERN: usize = 8;

/// A repeated unit of up to this many characters is always a pattern.
const SHORT_UNIT: usize = 4;

/// Runs along a track make a pattern when they are this long on average, in characters.
const AVERAGE_RUN: usize = 3;

/// What fingers and minds run along, in either direction: digits, alphabets, rows and columns of keys.
const TRACKS: [&str; 15] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "!@#$%^&*()_+",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "a1b2c3d4e5f6g7h8i9j0",
    "741852963",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
];

/// Why a password is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakPassword {
    /// Fewer characters than required.
    TooShort {
        /// The least number of Unicode characters.
        min: usize,
    },
    /// More than [`MAX_CHARACTERS`] characters or [`MAX_BYTES`] bytes.
    TooLong,
    /// Among the commonest passwords, one of them dressed up, or a simple pattern.
    Common,
    /// Made of the person's name or address, or of the product's name.
    OwnWords,
}

/// All reasons for which a password may not be chosen, in the order of [`WeakPassword`]; none when it may be. `own_words` are
/// names and addresses, whole or in parts, and `min_length` counts characters (rule U7).
#[must_use]
pub fn check_password(password: &str, own_words: &[&str], min_length: usize) -> Vec<WeakPassword> {
    // First, so that a huge text costs nothing.
    if password.len() > MAX_BYTES {
        return vec![WeakPassword::TooLong];
    }
    let mut reasons = Vec::new();
    let length = password.chars().count();
    if length < min_length {
        reasons.push(WeakPassword::TooShort { min: min_length });
    }
    if length > MAX_CHARACTERS {
        reasons.push(WeakPassword::TooLong);
    }
    let folded = fold(password);
    if is_common(&folded) {
        reasons.push(WeakPassword::Common);
    }
    if is_made_of(&folded, own_words) {
        reasons.push(WeakPassword::OwnWords);
    }
    reasons
}

/// One form for all ways to write a text: compatibility forms composed, lower case.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// Whether a folded password is listed or patterned, as it stands, without its
/// punctuation, or without the digits and punctuation around it ("password2024!").
fn is_common(folded: &str) -> bool {
    let bare: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    [folded, &bare]
        .into_iter()
        .flat_map(stems)
        .any(|stem| is_listed(stem) || is_pattern(stem))
}

/// A text, the text without digits and punctuation at its end, and without those at either end.
fn stems(text: &str) -> [&str; 3] {
    let head = text.trim_end_matches(|c: char| !c.is_alphabetic());
    let core = head.trim_start_matches(|c: char| !c.is_alphabetic());
    [text, head, core]
}

/// Whether a word is a line of the list; by halves over the text itself, so nothing is allocated.
fn is_listed(word: &str) -> bool {
    if is_shorter(word, SHORTEST_WORD) {
        return false;
    }
    let mut lines = COMMON.as_bytes();
    while !lines.is_empty() {
        let (before, after) = lines.split_at(lines.len() / 2);
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = after
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(lines.len(), |at| before.len() + at);
        let line = lines.get(start..end).unwrap_or_default();
        lines = match line.cmp(word.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => lines.get(end + 1..).unwrap_or_default(),
            Ordering::Greater => lines.get(..start).unwrap_or_default(),
        };
    }
    false
}

/// Whether a text is a unit repeated ("abcabcabcabc", "passwordpassword") or goes along tracks ("qwertyuiop12").
fn is_pattern(text: &str) -> bool {
    if is_shorter(text, SHORTEST_PATTERN) {
        return false;
    }
    let characters: Vec<char> = text.chars().collect();
    is_repetition(&characters) || runs(&characters) * AVERAGE_RUN <= characters.len()
}

/// Whether a text is one unit twice or more, the last time perhaps in part; a longer unit must be listed itself.
fn is_repetition(characters: &[char]) -> bool {
    let period = (1..=characters.len() / 2).find(|period| {
        let shifted = characters.iter().skip(*period);
        shifted.zip(characters).all(|(a, b)| a == b)
    });
    period.is_some_and(|period| {
        let unit: String = characters.iter().take(period).collect();
        period <= SHORT_UNIT || stems(&unit).into_iter().any(is_listed)
    })
}

/// The least number of straight runs a text can be cut into.
fn runs(characters: &[char]) -> usize {
    let mut rest = characters;
    let mut runs = 0;
    while let Some(first) = rest.first() {
        rest = rest.get(run_length(*first, rest)..).unwrap_or_default();
        runs += 1;
    }
    runs
}

/// How many characters from the first one on are the same, or go along one track in one direction.
fn run_length(first: char, characters: &[char]) -> usize {
    let same = characters.iter().take_while(|c| **c == first).count();
    let along = TRACKS.iter().flat_map(|track| {
        let starts = track.match_indices(first);
        starts.map(|(at, matched)| {
            let (left, right) = track.split_at(at);
            let back = matched.chars().chain(left.chars().rev());
            shared(right.chars(), characters).max(shared(back, characters))
        })
    });
    along.max().unwrap_or(0).max(same)
}

/// How many characters two texts have in common from their beginning.
fn shared(track: impl Iterator<Item = char>, characters: &[char]) -> usize {
    let pairs = track.zip(characters);
    pairs.take_while(|(a, b)| a == *b).count()
}

/// Whether a folded password holds own words and, without them, fewer than [`SHORTEST_WORD`] letters.
///
/// Digits and punctuation count for nothing: "Lovelace-1815!" is made of "Lovelace", "lovelace sails north" is not.
/// They are looked through too: "love.lace" is "lovelace".
fn is_made_of(folded: &str, own_words: &[&str]) -> bool {
    let letters = |text: &str| -> String { text.chars().filter(|c| c.is_alphabetic()).collect() };
    let words: Vec<String> = own_words
        .iter()
        .flat_map(|word| parts(&fold(word)))
        .collect();
    let bare_words = words.iter().map(|word| letters(word)).collect();
    is_covered(folded, words) || is_covered(&letters(folded), bare_words)
}

/// A name or address whole, the sides of its `@`, and what stands between other signs.
fn parts(word: &str) -> Vec<String> {
    let sides = word.split('@');
    let pieces = word.split(|c: char| !c.is_alphanumeric());
    let all = sides.chain(pieces).chain([word]);
    all.map(str::to_owned).collect()
}

/// Whether words occur in a text and fewer than [`SHORTEST_WORD`] letters are left without them.
fn is_covered(text: &str, mut words: Vec<String>) -> bool {
    words.retain(|word| !is_shorter(word, SHORTEST_WORD));
    // The longest first, since the parts of a word are words too.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = text.to_owned();
    for word in &words {
        // A blank, so that what stood around the word does not become another.
        left = left.replace(word.as_str(), " ");
    }
    left != text && left.chars().filter(|c| c.is_alphabetic()).count() < SHORTEST_WORD
}

fn is_shorter(text: &str, characters: usize) -> bool {
    text.chars().nth(characters - 1).is_none()
}

#[cfg(test)]
mod tests;
