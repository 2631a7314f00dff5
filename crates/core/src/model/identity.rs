//! What services disclose about the people who sign in through them.

use crate::email_address::EmailAddress;
use crate::names;
use crate::secret::Secret;
use crate::text::{ForeignText, clean_foreign};

/// The verified profile that a service has disclosed. The identity is (provider, issuer, subject) and nothing else.
#[derive(Clone, Debug, Default)]
pub struct ExternalProfile {
    /// The service's id in the configuration.
    pub provider: String,
    /// Who authenticates the subject.
    pub issuer: String,
    /// What the issuer calls the person, for ever.
    pub subject: String,
    /// Addresses that the service authenticates, the primary one first (security rule 7).
    pub emails: Vec<EmailAddress>,
    /// First name, fit for our pages.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// What people know the person by at the service.
    pub label: Option<ForeignText>,
}

/// The claims about a person's name.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameClaims<'a> {
    /// First name.
    pub given: Option<&'a str>,
    /// Last name.
    pub family: Option<&'a str>,
    /// Both in one.
    pub whole: Option<&'a str>,
    /// What they call themselves there.
    pub nickname: Option<&'a str>,
}

/// First and last name as our own rules allow them; never nothing.
#[must_use]
pub fn normalize_name(claims: NameClaims<'_>) -> (String, Option<String>) {
    let parse = |text: Option<&str>| {
        let cleaned = clean_foreign(text?, names::MAX_LENGTH);
        names::parse_name(&cleaned).ok()
    };
    let (first, last) = if let Some(given) = parse(claims.given) {
        (given, parse(claims.family))
    } else if let Some(whole) = parse(claims.whole) {
        match whole.split_once(' ') {
            Some((first, last)) => (first.to_owned(), Some(last.to_owned())),
            None => (whole, None),
        }
    } else if let Some(nickname) = parse(claims.nickname) {
        (nickname, None)
    } else {
        ("User".to_owned(), None)
    };
    // Two harmless names may make a telephone number together.
    let whole = names::full_name(&first, last.as_deref());
    if names::contains_link(&whole) {
        return (first, None);
    }
    (first, last)
}

/// What an authorization request and the request for its token have in common (RFC 6749, RFC 7636).
#[derive(Clone, Debug)]
pub struct AuthorizationParameters {
    /// The `state` parameter.
    pub state: String,
    /// The nonce that an OpenID Connect provider puts into the ID token.
    pub nonce: String,
    /// The PKCE code verifier.
    pub code_verifier: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services_become_names_of_ours() {
        let named = |given, family, whole, nickname| {
            normalize_name(NameClaims {
                given,
                family,
                whole,
                nickname,
            })
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            named(Some("Ada"), Some("Lovelace"), None, None),
            ("Ada".to_owned(), some("Lovelace"))
        );
        assert_eq!(
            named(None, None, Some("Ada King Lovelace"), None),
            ("Ada".to_owned(), some("King Lovelace"))
        );
        assert_eq!(
            named(None, None, None, Some("ada")),
            ("ada".to_owned(), None)
        );
        assert_eq!(
            named(Some("http://evil.example"), None, None, Some("eve")),
            ("eve".to_owned(), None)
        );
        assert_eq!(named(None, None, None, None), ("User".to_owned(), None));
        let long = "x".repeat(200);
        assert_eq!(named(Some(&long), None, None, None).0.len(), 64);
    }
}
