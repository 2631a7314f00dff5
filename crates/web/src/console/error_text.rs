//! Texts of errors of operations in the viewer's language.

use std::time::Duration;

use super::format::relative_time;
use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;
use convoke_domain::Error;
use convoke_i18n::{t, t_args};

/// The text of an error that a form shows at its main field.
pub(super) fn error_text(locale: Locale, error: &Error) -> String {
    match error {
        Error::InvalidCredentials => t(locale, "error-invalid-credentials"),
        Error::WrongPassword => t(locale, "error-wrong-password"),
        Error::PasswordSignInDisabled => t(locale, "error-password-sign-in-off"),
        Error::SignUpClosed {
            by_invitation: true,
        } => t(locale, "error-sign-up-by-invitation"),
        Error::SignUpClosed {
            by_invitation: false,
        } => t(locale, "error-sign-up-closed"),
        Error::AlreadyMember => t(locale, "error-already-member"),
        Error::AlreadyInvited => t(locale, "error-already-invited"),
        Error::RegisteredUsersOnly(unregistered) => {
            let args = [("email", unregistered.emails.join(", ").into())];
            t_args(locale, "error-not-registered", &args)
        }
        Error::AccountLimitExceeded(limit) => {
            let args = [("limit", i64::from(*limit).into())];
            t_args(locale, "error-account-limit", &args)
        }
        Error::RateLimited(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let now = Timestamp::from_millis(0);
            let when = relative_time(locale, now, now.plus(Duration::from_secs(seconds)));
            t_args(locale, "error-rate-limited", &[("when", when.into())])
        }
        _ => t(locale, "error-other"),
    }
}
