//! Identities: sign-in, sign-up and connecting through third-party services (rule U5).
//!
//! An identity is provider, issuer and subject, and belongs to one user for ever; addresses never decide whose it is. A
//! redirect to a service and its callback (`authorization_flow`) are stored in a cookie alone, until its state is used:
//! `use_flow` stores the state, so that it counts once. The callback
//!
//! - signs the user of the identity in;
//! - or creates a user with one of the verified addresses, or none, when no user has the identity;
//! - or connects the identity to the signed-in user, for an intent to connect made within the last minutes (`connect_intent`).
//!
//! A service is disconnected only while the user could still sign in in another way (rule U6).

pub mod authorization_flow;
mod connect;
pub mod connect_intent;
mod sign_in;

use crate::policy::Policy;
use crate::sessions::User;
use convoke_core::email_address::EmailAddress;

pub use connect::{ConnectOutcome, connect, disconnect, list};
pub use convoke_store::identities::Identity;
pub use sign_in::{
    ExternalLogin, ExternalLoginOutcome, USED_STATE_RETENTION, sign_in_or_register, use_flow,
};

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

/// The invited address where it is among the disclosed ones, the primary one without an invitation.
#[must_use]
pub fn choose_email<'a>(emails: &'a [EmailAddress], invited: Option<&str>) -> EmailChoice<'a> {
    match invited {
        Some(invited) => {
            let matching = emails.iter().find(|email| email.canonical() == invited);
            match matching {
                Some(email) => EmailChoice::Take(email),
                None if emails.is_empty() => EmailChoice::NoneDisclosed,
                None => EmailChoice::NotTheInvited,
            }
        }
        None => emails
            .first()
            .map_or(EmailChoice::NoneDisclosed, EmailChoice::Take),
    }
}

/// Whether this user could sign in if all their identities were these (rule U6): by a password where passwords
/// count, or through a service that is configured.
#[must_use]
pub fn can_sign_in<'a>(
    user: &User,
    mut identities: impl Iterator<Item = &'a Identity>,
    policy: &Policy,
) -> bool {
    policy.allows_password(user)
        || identities.any(|identity| policy.provider(&identity.provider).is_some())
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
}
