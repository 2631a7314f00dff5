//! How many keys the limits hold, for metrics.

use super::RateLimits;

impl RateLimits {
    /// How many keys each limit holds at present, by the limit's name.
    #[must_use]
    pub fn keys(&self) -> Vec<(&'static str, usize)> {
        [
            ("inviter", &self.inviter),
            ("dry_run", &self.dry_run),
            ("account", &self.account),
            ("young_account", &self.young_account),
            ("email_per_cause", &self.email_per_cause),
            ("email", &self.email),
            ("confirmation_email", &self.confirmation_email),
            (
                "confirmation_email_reserve",
                &self.confirmation_email_reserve,
            ),
            ("role_email", &self.role_email),
            ("answer_email", &self.answer_email),
            ("reset_email", &self.reset_email),
            ("sign_in_per_client", &self.sign_in_per_client),
            (
                "sign_in_per_client_and_login",
                &self.sign_in_per_client_and_login,
            ),
            ("sign_in_per_device", &self.sign_in_per_device),
            ("sign_in_per_login", &self.sign_in_per_login),
            ("lock_entry", &self.lock_entry),
            ("reset_per_client", &self.reset_per_client),
            ("email_change", &self.email_change),
            ("registration_per_client", &self.registration_per_client),
            (
                "registration_per_client_and_address",
                &self.registration_per_client_and_address,
            ),
            ("client_authentication", &self.client_authentication),
        ]
        .map(|(name, limiter)| (name, limiter.keys()))
        .to_vec()
    }
}
