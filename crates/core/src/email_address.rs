//! Email addresses: the one parser and the one canonical form (rule I5, security rule 6).

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Serialize, Serializer};

use super::text::{has_mixed_scripts, is_invisible, is_joiner};

/// The longest address, in octets (RFC 5321 section 4.5.3.1.3 less the angle brackets).
pub const MAX_LENGTH: usize = 254;
/// The longest part before the @ sign, in octets (RFC 5321 section 4.5.3.1.1).
pub const MAX_LOCAL_LENGTH: usize = 64;
/// Longer input is not parsed. A domain in letters other than a to z takes more octets as typed
/// than as stored, so this is more than [`MAX_LENGTH`].
const MAX_TYPED_LENGTH: usize = 1024;

/// An email address that mail can be sent to; two are equal when their canonical forms are (rule I5).
#[derive(Clone, Debug)]
pub struct EmailAddress {
    stored: String,
    canonical: String,
}

impl EmailAddress {
    /// Reads one bare address; lists, display names, comments, quoted and IP-literal forms are rejected
    /// (security rule 6).
    ///
    /// # Errors
    /// The first error.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = split_address(text.trim())?;
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        let stored = format!("{local}@{domain}");
        if stored.len() > MAX_LENGTH {
            return Err(EmailError::TooLong);
        }
        let canonical = stored.to_ascii_lowercase();
        Ok(Self { stored, canonical })
    }

    /// The form to store, show and send mail to: trimmed, local part as typed, domain in lower-case
    /// ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.stored
    }

    /// The form to compare and look up by: the stored form with the local part in lower case.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The part after the @ sign, in lower-case ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// The masked form for readers without access to the whole address, such as `fa••••@contoso.example`; the
    /// number of dots is fixed, so that the length stays unknown.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        let shown = if local.len() > 2 { 2 } else { 1 };
        let start: String = local.chars().take(shown).collect();
        format!("{start}••••@{domain}")
    }

    fn parts(&self) -> (&str, &str) {
        self.stored.split_once('@').unwrap_or((&self.stored, ""))
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stored)
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.stored)
    }
}

/// An address as people read it: the labels of its domain in their own letters (RFC 5890), unless letters of several
/// scripts in one of them could be meant to deceive.
#[must_use]
pub fn to_readable(email: &str) -> Cow<'_, str> {
    let Some((local, domain)) = email
        .rsplit_once('@')
        .filter(|(_, domain)| domain.contains("xn--"))
    else {
        return Cow::Borrowed(email);
    };
    let is_shown = |label: &[char], _: &[char], _: bool| !has_mixed_scripts(label);
    let (readable, errors) = Uts46::new().to_user_interface(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::Check,
        is_shown,
    );
    match errors {
        Ok(()) => Cow::Owned(format!("{local}@{readable}")),
        Err(_) => Cow::Borrowed(email),
    }
}

/// Why a text is not an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailError {
    /// Nothing but spaces.
    Empty,
    /// More than [`MAX_LENGTH`] octets.
    TooLong,
    /// More than [`MAX_LOCAL_LENGTH`] octets before the @ sign.
    LocalTooLong,
    /// No @ sign.
    NoAt,
    /// More than one @ sign in one word.
    SeveralAts,
    /// Several addresses, divided by commas, semicolons or spaces.
    List,
    /// Angle brackets, as in `Ana Costa <ana@x.io>`.
    DisplayName,
    /// Round brackets (RFC 5322 comments).
    Comment,
    /// Quotation marks (RFC 5321 quoted strings).
    Quoted,
    /// An IP address in place of a domain.
    IpAddress,
    /// Nothing before the @ sign.
    NoLocal,
    /// Nothing after the @ sign.
    NoDomain,
    /// A domain of a single label.
    NoDot,
    /// A comma on either side of the @ sign.
    Comma,
    /// White space inside.
    Space,
    /// A control, zero-width or bidirectional character.
    Invisible,
    /// A full stop at the start, at the end, or after another one.
    Dots,
    /// A character that is not allowed in the local part (RFC 5321 `atext` less `!` and `%`, ASCII only).
    LocalCharacter(char),
    /// The start of an encoded word (RFC 2047) before the @ sign.
    EncodedWord,
    /// An ASCII character that is not allowed in a domain (RFC 1123).
    DomainCharacter(char),
    /// Any other error of the domain: a label of the wrong length or form (RFC 1035, UTS 46).
    Domain,
}

/// Finds the two parts, and the errors that concern the whole text.
fn split_address(text: &str) -> Result<(&str, &str), EmailError> {
    if text.is_empty() {
        return Err(EmailError::Empty);
    }
    if text.len() > MAX_TYPED_LENGTH {
        return Err(EmailError::TooLong);
    }
    // UTS 46 drops most of these silently, so two different texts would be the same address; the two joiners are left
    // to its own rules.
    if text
        .chars()
        .any(|c| !c.is_whitespace() && !is_joiner(c) && is_invisible(c))
    {
        return Err(EmailError::Invisible);
    }
    let ats = text.matches('@').count();
    let divided = text.contains(|c: char| c == ',' || c == ';' || c.is_whitespace());
    if ats > 1 && divided {
        return Err(EmailError::List);
    }
    if text.contains(['<', '>']) {
        return Err(EmailError::DisplayName);
    }
    if text.contains(['(', ')']) {
        return Err(EmailError::Comment);
    }
    if text.contains('"') {
        return Err(EmailError::Quoted);
    }
    if ats > 1 {
        return Err(EmailError::SeveralAts);
    }
    let parts = text.split_once('@').ok_or(EmailError::NoAt)?;
    if text.contains(char::is_whitespace) {
        return Err(EmailError::Space);
    }
    if text.contains(',') {
        return Err(EmailError::Comma);
    }
    Ok(parts)
}

fn check_local(local: &str) -> Result<(), EmailError> {
    if local.is_empty() {
        return Err(EmailError::NoLocal);
    }
    if let Some(character) = local.chars().find(|&c| c != '.' && !is_allowed_in_local(c)) {
        return Err(EmailError::LocalCharacter(character));
    }
    // Servers that decode encoded words (RFC 2047) would read another address out of it.
    if local.contains("=?") {
        return Err(EmailError::EncodedWord);
    }
    if local.len() > MAX_LOCAL_LENGTH {
        return Err(EmailError::LocalTooLong);
    }
    check_dots(local)
}

/// The domain in lower-case ASCII (UTS 46, non-transitional, RFC 1123 letters, digits and hyphens).
fn ascii_domain(domain: &str) -> Result<String, EmailError> {
    if domain.is_empty() {
        return Err(EmailError::NoDomain);
    }
    if domain.starts_with('[') {
        return Err(EmailError::IpAddress);
    }
    if let Some(character) = domain
        .chars()
        .find(|&c| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
    {
        return Err(EmailError::DomainCharacter(character));
    }
    check_dots(domain)?;
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::Check,
            DnsLength::Verify,
        )
        .map_err(|_| EmailError::Domain)?;
    let (_, top) = ascii.rsplit_once('.').ok_or(EmailError::NoDot)?;
    if is_number(top) {
        return Err(EmailError::IpAddress);
    }
    Ok(ascii.into_owned())
}

fn check_dots(part: &str) -> Result<(), EmailError> {
    if part.split('.').any(str::is_empty) {
        return Err(EmailError::Dots);
    }
    Ok(())
}

/// Whether resolvers would take a host that ends so for an IP address, `0x7f` included (RFC 3696
/// section 2, `inet_aton`).
fn is_number(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_digit())
        || label
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// RFC 5322 `atext`, which RFC 5321 uses for local parts, without `!` and `%`: some servers read `b.io!a@c.io` and
/// `a%b.io@c.io` as a route to a mailbox of b.io (RFC 5321 section 4.5.5 and appendix C).
fn is_allowed_in_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || "#$&'*+-/=?^_`{|}~".contains(c)
}

#[cfg(test)]
mod tests;
