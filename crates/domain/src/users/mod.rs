//! Users: sign-up, profile, address, password.

mod administration;
mod create;
mod email;
mod password;
mod picture;
mod profile;
mod register;
mod validate;

use convoke_core::email_address::{self, EmailAddress};
use convoke_core::text::truncate;

pub use administration::{UserOverview, disable, enable, find_any, list_all};
pub use convoke_store::users::{Credentials, User};
pub(crate) use create::create;
pub use create::{SignUp, SignedUp, create_by_operator, create_confirmed};
pub use email::{can_confirm_email, confirm_email, pending_email, request_email, resend_email};
pub use password::{
    change_password, find_reset, request_reset, require_current_password, reset_password,
    validate_new_password,
};
pub use picture::{find_picture, remove_picture, set_picture};
pub use profile::{ProfileUpdate, THEMES, update_profile, validate_profile};
pub use register::{
    RegistrationOutcome, check_registration, check_registration_allowed, confirm, find_candidates,
    find_pending_registration, is_sign_up_allowed, register, resend_confirmation,
    resend_registration,
};
pub use validate::{NewUser, Registration, validate};

/// An address or login as typed, in the form it is looked up by: the canonical form of an address (rule I5), else ASCII
/// lower case. Every lookup of a user by login or address uses this.
#[must_use]
pub fn canonical_login(typed: &str) -> String {
    EmailAddress::parse(typed).map_or_else(
        // One character more than a login can have, so that a cut text equals none.
        |_| {
            truncate(
                &typed.trim().to_ascii_lowercase(),
                email_address::MAX_LENGTH + 1,
            )
        },
        |email| email.canonical().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn logins_are_found_by_ascii_case_only() {
        assert_eq!(canonical_login(" KIT "), "kit");
        assert_eq!(canonical_login("0123456789"), "0123456789");
        assert_eq!(canonical_login("Kit@X.io"), "kit@x.io");
        assert_ne!(canonical_login("\u{212a}it"), "kit");
        assert_ne!(canonical_login("\u{212a}it@x.io"), "kit@x.io");
        let longest = format!("{}@{}.example", "a".repeat(64), "b.".repeat(90) + "c");
        assert_eq!(longest.len(), 254);
        assert_ne!(canonical_login(&format!("{longest}, and more")), longest);
    }

    proptest! {
        /// What is found by a typed text is the very same text but for ASCII case, or the same address.
        #[test]
        fn no_other_text_finds_a_login(
            stored in "[a-z0-9.+-]{1,12}(@[a-z]{1,6}[.]io)?",
            swapped in proptest::collection::vec(prop_oneof![
                Just('\u{212a}'), Just('\u{130}'), Just('\u{131}'), Just('\u{17f}'), Just('ß'),
                Just('\u{ff41}'), Just('\u{200d}'), Just('K'), any::<char>(),
            ], 0..3),
            at in any::<proptest::sample::Index>(),
        ) {
            let mut typed: Vec<char> = stored.chars().collect();
            for c in swapped {
                let at = at.index(typed.len());
                typed[at] = c;
            }
            let typed: String = typed.into_iter().collect();
            if canonical_login(&typed) == stored {
                let same_address = || {
                    let (typed, stored) = (EmailAddress::parse(&typed).ok()?, EmailAddress::parse(&stored).ok()?);
                    Some(typed == stored)
                };
                prop_assert!(typed.trim().eq_ignore_ascii_case(&stored) || same_address() == Some(true));
            }
        }

        #[test]
        fn canonical_logins_are_their_own_canonical_form(typed in "\\PC{0,30}") {
            let once = canonical_login(&typed);
            prop_assert_eq!(canonical_login(&once), once.clone());
        }
    }
}
