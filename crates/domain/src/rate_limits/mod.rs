//! Rate limits (security rule 10), counted in the memory of each node. docs/rate-limits.md lists the key of each.
//!
//! Requests are limited per client first, then per client and what it names. Nothing is rejected by a key that another
//! client can use up: not by a login, not by an address. Emails are limited per recipient in the outbox worker; there an
//! email above the limit waits, and the request that caused it has succeeded.

mod key_counts;
mod keys;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::notification::NotificationKind;
use convoke_core::rate_limiter::{KeyedRateLimiter, Permits, Quota};

pub use keys::{Client, Confirmation, EmailCause, SignInAttempt};
pub use settings::Settings;

const MINUTE: Duration = Duration::from_mins(1);

const HOUR: Duration = Duration::from_hours(1);

const DAY: Duration = Duration::from_hours(24);

/// While an account is younger, it may send fewer mails.
const YOUNG: Duration = Duration::from_hours(7 * 24);

/// How long one more password reset email takes after the first few.
const RESET_INTERVAL: Duration = Duration::from_mins(80);

/// An attempt to sign in that may go on after `delay`; it counts as failed unless its permits are refunded.
#[derive(Debug, Default)]
pub struct SignInPermits {
    /// To be refunded when the password was right, or was not checked.
    pub permits: Permits,
    /// How long to wait before the password is checked.
    pub delay: Duration,
}

type Limiter = Arc<KeyedRateLimiter>;

/// All limits of this process.
#[derive(Debug)]
pub struct RateLimits {
    settings: Settings,
    inviter: Limiter,
    dry_run: Limiter,
    account: Limiter,
    young_account: Limiter,
    email_per_cause: Limiter,
    email: Limiter,
    confirmation_email: Limiter,
    confirmation_email_reserve: Limiter,
    role_email: Limiter,
    answer_email: Limiter,
    reset_email: Limiter,
    sign_in_per_client: Limiter,
    sign_in_per_client_and_login: Limiter,
    sign_in_per_device: Limiter,
    sign_in_per_login: Limiter,
    lock_entry: Limiter,
    client_authentication: Limiter,
    reset_per_client: Limiter,
    email_change: Limiter,
    registration_per_client: Limiter,
    registration_per_client_and_address: Limiter,
}

impl RateLimits {
    /// Full buckets of the configured sizes.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let limiter = |capacity: u32, refill: Duration| {
            KeyedRateLimiter::new(Quota { capacity, refill }, settings.max_keys)
        };
        // Ten at once, then three a minute: the bucket takes as long to fill as that rate needs.
        let failures = settings.failed_sign_ins;
        let failures_refill = MINUTE * failures / settings.failed_sign_ins_per_minute.max(1);
        let resets = settings.password_resets;
        Self {
            inviter: limiter(settings.invitations_per_10_minutes, 10 * MINUTE),
            dry_run: limiter(settings.trials_per_10_minutes, 10 * MINUTE),
            account: limiter(settings.mails_per_account_and_day, DAY),
            young_account: limiter(settings.mails_per_young_account_and_day, DAY),
            email_per_cause: limiter(settings.mails_per_address_from_one_account, DAY),
            email: limiter(settings.mails_per_address, DAY),
            confirmation_email: limiter(settings.mails_per_address, DAY),
            confirmation_email_reserve: limiter(settings.confirmation_mails_per_address, DAY),
            role_email: limiter(1, settings.role_mail_interval),
            answer_email: limiter(1, settings.answer_mail_interval),
            reset_email: limiter(resets, RESET_INTERVAL * resets),
            sign_in_per_client: limiter(settings.failed_sign_ins_per_client, 10 * MINUTE),
            sign_in_per_client_and_login: limiter(failures, failures_refill),
            sign_in_per_device: limiter(failures, failures_refill),
            sign_in_per_login: limiter(settings.failed_sign_ins_per_login, HOUR),
            lock_entry: limiter(1, HOUR),
            client_authentication: limiter(settings.failed_client_authentications, 10 * MINUTE),
            reset_per_client: limiter(settings.password_resets_per_client, HOUR),
            email_change: limiter(settings.email_changes_per_person, DAY),
            registration_per_client: limiter(settings.registrations_per_client, HOUR),
            registration_per_client_and_address: limiter(settings.registrations_per_address, HOUR),
            settings,
        }
    }

    /// Runs `acquire` unless limits are off.
    fn when_enabled<E>(
        &self,
        acquire: impl FnOnce(Permits) -> Result<Permits, E>,
    ) -> Result<Permits, E> {
        if self.settings.enabled {
            acquire(Permits::default())
        } else {
            Ok(Permits::default())
        }
    }

    /// Counts `count` invitations of an inviter in an account.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; then nothing was counted.
    pub fn invitations(
        &self,
        inviter: UserId,
        account: AccountId,
        account_created: Timestamp,
        count: u32,
        now: Timestamp,
    ) -> Result<Permits, Error> {
        let young = now < account_created.plus(YOUNG);
        let per_account = if young {
            &self.young_account
        } else {
            &self.account
        };
        let acquired = self.when_enabled(|permits| {
            permits
                .and(&self.inviter, &inviter, count, now)?
                .and(per_account, &account, count, now)
        });
        acquired.map_err(Error::RateLimited)
    }

    /// Counts a link to hand over among the invitations of its maker: each is a row that is kept with its invitation.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn invitation_link(&self, inviter: UserId, now: Timestamp) -> Result<Permits, Error> {
        self.when_enabled(|permits| permits.and(&self.inviter, &inviter, 1, now))
            .map_err(Error::RateLimited)
    }

    /// Counts a trial (`dry_run`), whose response discloses who is registered (rule I6).
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn dry_run(&self, inviter: UserId, now: Timestamp) -> Result<Permits, Error> {
        self.when_enabled(|permits| permits.and(&self.dry_run, &inviter, 1, now))
            .map_err(Error::RateLimited)
    }

    /// Counts an email to an address that another user causes.
    ///
    /// # Errors
    /// How long it must wait.
    pub fn email(
        &self,
        cause: &EmailCause,
        recipient: &str,
        now: Timestamp,
    ) -> Result<Permits, Duration> {
        self.when_enabled(|permits| {
            permits
                .and(&self.email_per_cause, &(cause, recipient), 1, now)?
                .and(&self.email, &recipient, 1, now)
        })
    }

    /// Counts an email that confirms an address. The common tokens of the address come first; emails of other kinds cannot
    /// use up the few that are reserved for each kind of confirmation, and of one kind there are never more than of all.
    ///
    /// # Errors
    /// How long it must wait.
    pub fn confirmation_email(
        &self,
        kind: Confirmation,
        cause: &EmailCause,
        recipient: &str,
        now: Timestamp,
    ) -> Result<Permits, Duration> {
        let key = (kind, recipient);
        let of_kind =
            self.when_enabled(|permits| permits.and(&self.confirmation_email, &key, 1, now))?;
        let acquired = self.email(cause, recipient, now).or_else(|_| {
            self.when_enabled(|permits| {
                permits
                    .and(&self.email_per_cause, &(cause, recipient), 1, now)?
                    .and(&self.confirmation_email_reserve, &key, 1, now)
            })
        });
        both(of_kind, acquired)
    }

    /// Counts an email about a member's changed roles.
    ///
    /// # Errors
    /// How long it must wait.
    pub fn role_email(
        &self,
        account: AccountId,
        member: UserId,
        recipient: &str,
        now: Timestamp,
    ) -> Result<Permits, Duration> {
        let recent =
            self.when_enabled(|permits| permits.and(&self.role_email, &(account, member), 1, now))?;
        let acquired = self.email(&EmailCause::Account(account), recipient, now);
        both(recent, acquired)
    }

    /// Counts an email about answers to an inviter's invitations in an account, also among all emails to the address. Those
    /// never delay it, since the inviter has caused it.
    ///
    /// # Errors
    /// How long it must wait.
    pub fn answer_email(
        &self,
        kind: NotificationKind,
        account: AccountId,
        inviter: UserId,
        recipient: &str,
        now: Timestamp,
    ) -> Result<Permits, Duration> {
        let key = (kind, account, inviter);
        let permits = self.when_enabled(|permits| permits.and(&self.answer_email, &key, 1, now))?;
        Ok(self.and_recipient(permits, recipient, now))
    }

    /// The same permits, and one of all emails to the address where there is one left.
    fn and_recipient(&self, mut permits: Permits, recipient: &str, now: Timestamp) -> Permits {
        let common = self.when_enabled(|permits| permits.and(&self.email, &recipient, 1, now));
        permits.extend(common.unwrap_or_default());
        permits
    }

    /// Counts an email that resets a password, also among all emails to the address. These never delay it, so that no
    /// other client can keep the holder of the address from a reset.
    ///
    /// # Errors
    /// How long it must wait.
    pub fn reset_email(&self, recipient: &str, now: Timestamp) -> Result<Permits, Duration> {
        let permits =
            self.when_enabled(|permits| permits.and(&self.reset_email, &recipient, 1, now))?;
        Ok(self.and_recipient(permits, recipient, now))
    }

    /// Counts a sign-in as failed: per device where the user has used it before, else per client, then per client and
    /// login. Too many failures of one login delay unknown devices and reject no one.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn sign_in(
        &self,
        attempt: &SignInAttempt<'_>,
        now: Timestamp,
    ) -> Result<SignInPermits, Error> {
        let SignInAttempt {
            client,
            login,
            device,
        } = attempt;
        let mut delay = Duration::ZERO;
        let acquired = self.when_enabled(|permits| {
            if let Some(device) = device {
                return permits.and(&self.sign_in_per_device, device, 1, now);
            }
            let mut permits = permits.and(&self.sign_in_per_client, client, 1, now)?.and(
                &self.sign_in_per_client_and_login,
                &(client, login),
                1,
                now,
            )?;
            match self.sign_in_per_login.try_acquire(login, 1, now) {
                Ok(permit) => permits.push(permit),
                Err(_) => delay = self.settings.failed_sign_in_delay,
            }
            Ok(permits)
        });
        let permits = acquired.map_err(Error::RateLimited)?;
        Ok(SignInPermits { permits, delay })
    }

    /// Counts a rejected sign-in as recorded: once per client, login and hour, whether or not the login has a user. Returns whether
    /// it is to be recorded.
    #[must_use]
    pub fn try_record_lock(&self, client: Client, login: &str, now: Timestamp) -> bool {
        self.lock_entry
            .try_acquire(&(client, login), 1, now)
            .is_ok()
    }

    /// Counts a callback from a service as failed: each is stored and causes outbound requests.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn external_login(&self, client: Client, now: Timestamp) -> Result<Permits, Error> {
        self.when_enabled(|permits| permits.and(&self.sign_in_per_client, &client, 1, now))
            .map_err(Error::RateLimited)
    }

    /// Counts an authentication of a product as failed; permits are refunded when it succeeds. By source address and client id
    /// together, so that no third party shuts a product out.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn client_authentication(
        &self,
        client: Client,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Permits, Error> {
        let key = (client, client_id);
        self.when_enabled(|permits| permits.and(&self.client_authentication, &key, 1, now))
            .map_err(Error::RateLimited)
    }

    /// Counts a request to reset a password.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn reset(&self, client: Client, now: Timestamp) -> Result<Permits, Error> {
        self.when_enabled(|permits| permits.and(&self.reset_per_client, &client, 1, now))
            .map_err(Error::RateLimited)
    }

    /// Counts a request to change an address.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn email_change(&self, user: UserId, now: Timestamp) -> Result<Permits, Error> {
        self.when_enabled(|permits| permits.and(&self.email_change, &user, 1, now))
            .map_err(Error::RateLimited)
    }

    /// Counts a registration.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn registration(
        &self,
        client: Client,
        email: &str,
        now: Timestamp,
    ) -> Result<Permits, Error> {
        let acquired = self.when_enabled(|permits| {
            permits
                .and(&self.registration_per_client, &client, 1, now)?
                .and(
                    &self.registration_per_client_and_address,
                    &(client, email),
                    1,
                    now,
                )
        });
        acquired.map_err(Error::RateLimited)
    }
}

/// The permits of both, or none: the first ones are refunded when the second ones must wait.
fn both(first: Permits, second: Result<Permits, Duration>) -> Result<Permits, Duration> {
    match second {
        Ok(mut permits) => {
            permits.extend(first);
            Ok(permits)
        }
        Err(wait) => {
            first.refund();
            Err(wait)
        }
    }
}

#[cfg(test)]
mod tests;
