//! What an address was probably meant to be: slips of the keyboard, and well-known domains misspelt by one letter.

use crate::email_address::EmailAddress;

/// Domains of many mailboxes, long enough that a difference of one letter is likely a slip.
const COMMON_DOMAINS: [&str; 11] = [
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "protonmail.com",
    "proton.me",
    "yandex.ru",
    "yandex.com",
    "mail.ru",
];
/// Other domains with mailboxes that differ from one of these by one letter.
const OTHER_DOMAINS: [&str; 6] = [
    "ymail.com",
    "email.com",
    "mail.com",
    "mai.ru",
    "email.ru",
    "gmail.ru",
];

/// The address that was probably meant; none when nothing is likelier than what was written.
pub(super) fn suggest(text: &str) -> Option<String> {
    let fixed = match EmailAddress::parse(text) {
        Ok(_) => text.to_owned(),
        Err(_) => fix_slips(text)?,
    };
    let (local, domain) = fixed.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    let better = match common_domain(&domain) {
        Some(common) => format!("{local}@{common}"),
        None => fixed.clone(),
    };
    (better != text && EmailAddress::parse(&better).is_ok()).then_some(better)
}

/// The text with a comma as the full stop that was meant, and without doubled signs.
fn fix_slips(text: &str) -> Option<String> {
    let mut fixed = text.replace([',', ';'], ".");
    for (doubled, single) in [("@@", "@"), ("..", "."), ("@.", "@"), (".@", "@")] {
        while fixed.contains(doubled) {
            fixed = fixed.replace(doubled, single);
        }
    }
    let fixed = fixed.trim_matches('.');
    let (local, domain) = fixed.rsplit_once('@')?;
    let with_top = format!("{domain}.com");
    if COMMON_DOMAINS.contains(&with_top.to_lowercase().as_str()) {
        return Some(format!("{local}@{with_top}"));
    }
    EmailAddress::parse(fixed).ok().map(|_| fixed.to_owned())
}

/// The well-known domain that differs from this one by one letter.
fn common_domain(domain: &str) -> Option<&'static str> {
    if COMMON_DOMAINS.contains(&domain) || OTHER_DOMAINS.contains(&domain) {
        return None;
    }
    let mut common = COMMON_DOMAINS.into_iter();
    common.find(|known| differs_by_one_letter(domain, known))
}

/// Whether one letter is missing, superfluous or another one, or two neighbours are exchanged.
fn differs_by_one_letter(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = |chars: &[char], skipped: usize| -> Vec<char> {
        chars.get(start + skipped..).unwrap_or_default().to_vec()
    };
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => tail(&a, 0) == tail(&b, 1),
        std::cmp::Ordering::Greater => tail(&a, 1) == tail(&b, 0),
        std::cmp::Ordering::Equal => {
            let is_exchanged = a.get(start) == b.get(start + 1) && a.get(start + 1) == b.get(start);
            tail(&a, 1) == tail(&b, 1) || (is_exchanged && tail(&a, 2) == tail(&b, 2))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_fixed() {
        for (text, meant) in [
            ("bob@contoso,example", "bob@contoso.example"),
            ("ana@gmial.com", "ana@gmail.com"),
            ("ana@gmail,com", "ana@gmail.com"),
            ("ana@gmai.com", "ana@gmail.com"),
            ("ana@gmaill.com", "ana@gmail.com"),
            ("ana@gmail.con", "ana@gmail.com"),
            ("ana@gmail.co", "ana@gmail.com"),
            ("Ana@Hotmial.com", "Ana@hotmail.com"),
            ("ana@outlok.com", "ana@outlook.com"),
            ("ana@yandex.tu", "ana@yandex.ru"),
            ("ana@mial.ru", "ana@mail.ru"),
            ("ana@gmail", "ana@gmail.com"),
            ("a..b@x.io", "a.b@x.io"),
            ("ana@@x.io", "ana@x.io"),
            ("ana.@x.io", "ana@x.io"),
            ("ana@x..io", "ana@x.io"),
        ] {
            assert_eq!(suggest(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn nothing_is_offered_for_what_may_be_meant() {
        for text in [
            "ana@gmail.com",
            "ana@GMAIL.com",
            "ana@ymail.com",
            "ana@mail.com",
            "ana@mai.ru",
            "ana@contoso.example",
            "ana@contoso",
            "ana",
            "@",
            "",
            "@gmail.com",
            "a@b@c.io",
        ] {
            assert_eq!(suggest(text), None, "{text}");
        }
    }
}
