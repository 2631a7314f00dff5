//! How much one client, person, account or address may ask for (security rule 10; docs/rate-limits.md).

use std::time::Duration;

use serde::Deserialize;

/// How much one client, person, account or address may ask for (security rule 10).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Off only for trials and measurements.
    pub enabled: bool,
    /// How many clients, people, accounts or addresses each limit remembers at most.
    pub max_keys: usize,
    /// Invitations per inviter in 10 minutes.
    pub invitations_per_10_minutes: u32,
    /// Trials (`dry_run`) per person in 10 minutes.
    pub trials_per_10_minutes: u32,
    /// Mails per account and day.
    pub mails_per_account_and_day: u32,
    /// The same while the account is younger than 7 days.
    pub mails_per_young_account_and_day: u32,
    /// Mails to one address and day from one account, person or client; further ones wait.
    pub mails_per_address_from_one_account: u32,
    /// Mails to one address and day that others cause, of all kinds; further ones wait.
    pub mails_per_address: u32,
    /// Mails per day and address that confirm it, beyond `mails_per_address`.
    pub confirmation_mails_per_address: u32,
    /// How long after a mail about changed roles the next one goes at the earliest.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub role_mail_interval: Duration,
    /// How long after a mail to an inviter about answers to invitations the next one goes at the earliest.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub answer_mail_interval: Duration,
    /// Failed sign-ins per client address and login before they are slowed.
    pub failed_sign_ins: u32,
    /// Failed sign-ins per client address and login per minute after that.
    pub failed_sign_ins_per_minute: u32,
    /// Failed sign-ins per client address in 10 minutes, whatever the login.
    pub failed_sign_ins_per_client: u32,
    /// Failed sign-ins per login and hour before unknown devices wait.
    pub failed_sign_ins_per_login: u32,
    /// How long they wait.
    #[serde(deserialize_with = "convoke_core::duration::deserialize")]
    pub failed_sign_in_delay: Duration,
    /// Failed authentications of a product per client address and client id in 10 minutes.
    pub failed_client_authentications: u32,
    /// Password reset mails per address before they wait for one another, 80 minutes each.
    pub password_resets: u32,
    /// Requests to reset a password per client address and hour.
    pub password_resets_per_client: u32,
    /// Changes of address per person and day.
    pub email_changes_per_person: u32,
    /// Registrations per client address, address and hour.
    pub registrations_per_address: u32,
    /// Registrations per client address and hour.
    pub registrations_per_client: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            max_keys: 100_000,
            invitations_per_10_minutes: 60,
            trials_per_10_minutes: 300,
            mails_per_account_and_day: 300,
            mails_per_young_account_and_day: 50,
            mails_per_address_from_one_account: 3,
            mails_per_address: 5,
            confirmation_mails_per_address: 2,
            role_mail_interval: Duration::from_mins(10),
            answer_mail_interval: Duration::from_hours(1),
            failed_sign_ins: 10,
            failed_sign_ins_per_minute: 3,
            failed_sign_ins_per_client: 100,
            failed_sign_ins_per_login: 300,
            failed_sign_in_delay: Duration::from_secs(2),
            failed_client_authentications: 100,
            password_resets: 3,
            password_resets_per_client: 60,
            email_changes_per_person: 10,
            registrations_per_address: 5,
            registrations_per_client: 120,
        }
    }
}

/// The longest `failed_sign_in_delay`: requests are answered within 30 seconds.
const MAX_FAILED_SIGN_IN_DELAY: Duration = Duration::from_secs(20);

impl Settings {
    /// What is wrong with the values, one sentence each.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let mut errors = Vec::new();
        if self.max_keys == 0 {
            errors.push("rate_limits.max_keys: must be at least 1".to_owned());
        }
        if self.failed_sign_in_delay > MAX_FAILED_SIGN_IN_DELAY {
            errors.push("rate_limits.failed_sign_in_delay: must be at most 20s".to_owned());
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_values_that_cannot_work() {
        assert_eq!(Settings::default().errors(), Vec::<String>::new());
        let limits = Settings {
            max_keys: 0,
            failed_sign_in_delay: Duration::from_secs(21),
            ..Settings::default()
        };
        assert_eq!(limits.errors().len(), 2);
        let slowest = Settings {
            failed_sign_in_delay: Duration::from_secs(20),
            ..Settings::default()
        };
        assert_eq!(slowest.errors(), Vec::<String>::new());
    }
}
