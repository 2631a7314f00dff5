//! Identities: sign-in, sign-up and connecting through third-party services (rule U5).

pub mod authorization_flow;
mod connect;
pub mod connect_intent;
mod sign_in;

use crate::core::email_address::EmailAddress;
use crate::core::names;
use crate::core::text::{ForeignText, clean_foreign};
use crate::domain::policy::Policy;
use crate::domain::sessions::User;

pub use crate::store::identities::Identity;
pub use connect::{ConnectOutcome, connect, disconnect, list};
pub use sign_in::{
    ExternalLogin, ExternalLoginOutcome, USED_STATE_RETENTION, sign_in_or_register, use_flow,
};

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

/// Which of a service's addresses a user takes (rule U5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChoice<'a> {
    /// This one.
    Take(&'a EmailAddress),
    /// The service discloses none.
    NoneDisclosed,
    /// The invited address is not among them.
    NotTheInvited,
}

/// The invited address where it is among the disclosed ones, the primary one where nobody is invited.
#[must_use]
pub fn choose_email<'a>(disclosed: &'a [EmailAddress], invited: Option<&str>) -> EmailChoice<'a> {
    match invited {
        Some(invited) => {
            let found = disclosed.iter().find(|it| it.canonical() == invited);
            match found {
                Some(email) => EmailChoice::Take(email),
                None if disclosed.is_empty() => EmailChoice::NoneDisclosed,
                None => EmailChoice::NotTheInvited,
            }
        }
        None => disclosed
            .first()
            .map_or(EmailChoice::NoneDisclosed, EmailChoice::Take),
    }
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
pub fn normalize_name(said: NameClaims<'_>) -> (String, Option<String>) {
    let fit = |text: Option<&str>| {
        let cleaned = clean_foreign(text?, names::MAX_LENGTH);
        names::parse_name(&cleaned).ok()
    };
    let (first, last) = if let Some(given) = fit(said.given) {
        (given, fit(said.family))
    } else if let Some(whole) = fit(said.whole) {
        match whole.split_once(' ') {
            Some((first, last)) => (first.to_owned(), Some(last.to_owned())),
            None => (whole, None),
        }
    } else if let Some(nickname) = fit(said.nickname) {
        (nickname, None)
    } else {
        ("User".to_owned(), None)
    };
    // Two harmless names may make a telephone number together.
    let whole = crate::store::users::full_name(&first, last.as_deref());
    if names::contains_link(&whole) {
        return (first, None);
    }
    (first, last)
}

/// Whether this user could sign in if all their identities were these (rule U6): by a password where passwords
/// count, or through a service that is configured.
#[must_use]
pub fn can_sign_in<'a>(
    user: &User,
    mut identities: impl Iterator<Item = &'a Identity>,
    rules: &Policy,
) -> bool {
    rules.allows_password(user)
        || identities.any(|identity| rules.providers.contains(&identity.provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emails(texts: &[&str]) -> Vec<EmailAddress> {
        texts
            .iter()
            .map(|text| EmailAddress::parse(text).unwrap())
            .collect()
    }

    #[test]
    fn the_invited_address_is_preferred_to_the_primary_one() {
        let all = emails(&["me@home.example", "Me@Work.Example"]);
        let taken = |choice| match choice {
            EmailChoice::Take(email) => Some(email.as_str().to_owned()),
            EmailChoice::NoneDisclosed | EmailChoice::NotTheInvited => None,
        };
        let invited = taken(choose_email(&all, Some("me@work.example")));
        assert_eq!(invited, Some(all[1].as_str().to_owned()));
        assert_eq!(
            taken(choose_email(&all, None)),
            Some("me@home.example".to_owned())
        );
    }

    #[test]
    fn nothing_is_taken_in_place_of_the_invited_address() {
        let all = emails(&["me@home.example"]);
        let invited = Some("me@work.example");
        assert_eq!(choose_email(&all, invited), EmailChoice::NotTheInvited);
        assert_eq!(choose_email(&[], invited), EmailChoice::NoneDisclosed);
        assert_eq!(choose_email(&[], None), EmailChoice::NoneDisclosed);
    }

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
