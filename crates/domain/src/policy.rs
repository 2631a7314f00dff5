//! The settings of an installation that rules depend on.

use std::time::Duration;

use serde::Deserialize;

use convoke_store::users::User;

/// The settings of an installation that rules depend on.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whether a customer runs the installation; decides remedies.
    pub on_premise: bool,
    /// Seats of an account without a limit of its own (rule A4).
    pub users_per_account: i64,
    /// Addresses in one request (rule I2).
    pub invitations_per_request: u32,
    /// How long an invitation is valid (rule I7).
    pub invitation_lifetime: Duration,
    /// How long before the end the reminder is sent; zero for none.
    pub reminder_before: Duration,
    /// Accounts one user may own (rule A1).
    pub accounts_per_user: u32,
    /// Whether only registered addresses can be invited anywhere (rule I6).
    pub registered_users_only: bool,
    /// The fewest characters of a password (rule U7).
    pub password_min_length: usize,
    /// Who may become a user.
    pub sign_up: SignUpPolicy,
    /// Whether passwords count, but for users for emergencies.
    pub password_sign_in: bool,
    /// The services that people sign in through.
    pub providers: Vec<ConfiguredProvider>,
    /// The installation's name, which no password may consist of.
    pub brand: String,
}

/// A service that people sign in through.
#[derive(Clone, Debug)]
pub struct ConfiguredProvider {
    /// Its id in the configuration.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Who runs the installation.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// The company that sells the products.
    #[default]
    Cloud,
    /// A customer.
    OnPremise,
}

impl Edition {
    /// The name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::OnPremise => "on-premise",
        }
    }
}

/// Who may become a user.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SignUpPolicy {
    /// Everybody.
    #[default]
    Open,
    /// People with an invitation.
    Invited,
    /// Only users whom the operator creates.
    Closed,
}

impl Policy {
    /// Whether a user can have a password: passwords are used here, or theirs is for emergencies.
    #[must_use]
    pub const fn can_have_password(&self, user: &User) -> bool {
        self.password_sign_in || user.break_glass
    }

    /// Whether a user's password counts: they have one, and can have one.
    #[must_use]
    pub const fn allows_password(&self, user: &User) -> bool {
        user.has_password && self.can_have_password(user)
    }

    /// Whether people can become users, with an invitation or without.
    #[must_use]
    pub const fn allows_sign_up(&self, is_invited: bool) -> bool {
        match self.sign_up {
            SignUpPolicy::Open => true,
            SignUpPolicy::Invited => is_invited,
            SignUpPolicy::Closed => false,
        }
    }

    /// The service with this id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&ConfiguredProvider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// Whether people can register with an address and a password, if only by invitation.
    #[must_use]
    pub fn allows_password_registration(&self) -> bool {
        self.password_sign_in && self.sign_up != SignUpPolicy::Closed
    }
}

/// Links that confirm a sign-up or a change of address (rule U9).
pub const CONFIRMATION_LIFETIME: Duration = Duration::from_hours(24);
/// How long an unfinished registration is kept after its link has ended, so that another link can be requested.
pub const REGISTRATION_RETENTION: Duration = Duration::from_hours(7 * 24);
/// How many emails of registrations of one address wait: a link of any of them finishes also the older registrations.
pub const MAX_UNSENT_REGISTRATIONS: i64 = 10;
/// Links that reset a password (rule U9).
pub const RESET_LIFETIME: Duration = Duration::from_hours(1);
/// How long the email of a request to reset a password may wait; longer than the rate limit makes it wait.
pub const RESET_EMAIL_WAIT: Duration = Duration::from_hours(2);
/// Offers of ownership (rule U9).
pub const OFFER_LIFETIME: Duration = Duration::from_hours(7 * 24);
/// How long a sign-in counts as recent (rule U8).
pub const REAUTHENTICATION_WINDOW: Duration = Duration::from_mins(10);
/// Sessions end after this long without use (security rule 8).
pub const SESSION_IDLE: Duration = Duration::from_hours(14 * 24);
/// Sessions end after this long in any case (security rule 8).
pub const SESSION_LIFETIME: Duration = Duration::from_hours(90 * 24);
/// Last-active and last-used times are kept to this (HTTP contract).
pub const ACTIVITY_RESOLUTION: Duration = Duration::from_mins(5);
/// How far the clocks of two nodes may be apart, and how far one clock may go back unnoticed.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_mins(2);
/// How long a response is stored under an idempotency key (HTTP contract).
pub const IDEMPOTENCY_LIFETIME: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(password_sign_in: bool, sign_up: SignUpPolicy) -> Policy {
        Policy {
            on_premise: false,
            users_per_account: 250,
            invitations_per_request: 20,
            invitation_lifetime: Duration::from_hours(7 * 24),
            reminder_before: Duration::ZERO,
            accounts_per_user: 10,
            registered_users_only: false,
            password_min_length: 12,
            sign_up,
            password_sign_in,
            providers: Vec::new(),
            brand: String::new(),
        }
    }

    #[test]
    fn people_register_with_a_password_where_passwords_count_and_sign_up_is_not_closed() {
        for (password_sign_in, sign_up, is_allowed) in [
            (true, SignUpPolicy::Open, true),
            (true, SignUpPolicy::Invited, true),
            (true, SignUpPolicy::Closed, false),
            (false, SignUpPolicy::Open, false),
            (false, SignUpPolicy::Invited, false),
            (false, SignUpPolicy::Closed, false),
        ] {
            let policy = policy(password_sign_in, sign_up);
            assert_eq!(
                policy.allows_password_registration(),
                is_allowed,
                "{password_sign_in} {sign_up:?}"
            );
        }
    }

    #[test]
    fn editions_have_the_names_that_the_configuration_reads() {
        for edition in [Edition::Cloud, Edition::OnPremise] {
            let read: Edition = serde_json::from_value(edition.as_str().into()).unwrap();
            assert_eq!(read, edition);
        }
    }
}
