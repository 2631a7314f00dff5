//! Rate limits (security rule 10), counted in the memory of each node.

use std::net::IpAddr;
use std::time::Duration;

use crate::config::RateLimits;
use crate::core::buckets::{Buckets, Quota};
use crate::core::clock::Timestamp;
use crate::core::ids::{AccountId, UserId};
use crate::domain::Refusal;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// While an account is younger, it may send fewer mails.
const YOUNG: Duration = Duration::from_secs(7 * DAY);

/// What is counted, by whom or what it is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Inviter(UserId),
    Trials(UserId),
    AccountMails(AccountId),
    Recipient(String),
    RecipientFrom(AccountId, String),
    SignInClient(Client),
    SignInLogin(String),
    Reset(String),
    Registration(String),
    RegistrationClient(Client),
}

/// A client as limits see it: an IPv4 address, an IPv6 /64, or nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(Option<IpAddr>);

impl From<Option<IpAddr>> for Client {
    fn from(ip: Option<IpAddr>) -> Self {
        Self(ip.map(|ip| match ip.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }
}

/// All buckets of this process.
#[derive(Debug)]
pub struct Limits {
    config: RateLimits,
    buckets: Buckets<Key>,
}

const fn quota(capacity: u32, refill_seconds: u64) -> Quota {
    Quota {
        capacity,
        refill: Duration::from_secs(refill_seconds),
    }
}

impl Limits {
    /// Full buckets of the configured sizes.
    #[must_use]
    pub fn new(config: RateLimits) -> Self {
        Self {
            config,
            buckets: Buckets::default(),
        }
    }

    fn take(&self, key: Key, count: u32, quota: Quota, now: Timestamp) -> Result<(), Duration> {
        if self.config.enabled {
            self.buckets.take(key, count, quota, now)
        } else {
            Ok(())
        }
    }

    /// Counts `count` invitations of an inviter in an account.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]; then nothing was counted.
    pub fn invitations(
        &self,
        inviter: UserId,
        account: AccountId,
        account_created: Timestamp,
        count: u32,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let per_inviter = quota(self.config.invitations_per_10_minutes, 10 * MINUTE);
        let young = now < account_created.plus(YOUNG);
        let per_account = if young {
            self.config.mails_per_young_account_and_day
        } else {
            self.config.mails_per_account_and_day
        };
        self.take(Key::Inviter(inviter), count, per_inviter, now)
            .map_err(Refusal::RateLimited)?;
        self.take(
            Key::AccountMails(account),
            count,
            quota(per_account, DAY),
            now,
        )
        .map_err(|wait| {
            self.buckets
                .give_back(&Key::Inviter(inviter), count, per_inviter);
            Refusal::RateLimited(wait)
        })
    }

    /// Counts a trial (`dry_run`), whose answer tells who is registered (rule I6).
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn trial(&self, inviter: UserId, now: Timestamp) -> Result<(), Refusal> {
        let quota = quota(self.config.trials_per_10_minutes, 10 * MINUTE);
        self.take(Key::Trials(inviter), 1, quota, now)
            .map_err(Refusal::RateLimited)
    }

    /// Counts a mail to an address; gives how long it must wait when there were too many.
    ///
    /// # Errors
    /// The wait.
    pub fn mail(
        &self,
        recipient: &str,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let one = quota(self.config.mails_per_address_from_one_account, DAY);
        let key = Key::RecipientFrom(account, recipient.to_owned());
        self.take(key.clone(), 1, one, now)?;
        let all = quota(self.config.mails_per_address, DAY);
        self.take(Key::Recipient(recipient.to_owned()), 1, all, now)
            .inspect_err(|_| self.buckets.give_back(&key, 1, one))
    }

    /// Counts a sign-in as failed until [`Limits::signed_in`] takes it back.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn sign_in(&self, client: Client, login: &str, now: Timestamp) -> Result<(), Refusal> {
        let (per_client, per_login) = self.sign_in_quotas();
        self.take(Key::SignInClient(client), 1, per_client, now)
            .map_err(Refusal::RateLimited)?;
        self.take(Key::SignInLogin(login.to_owned()), 1, per_login, now)
            .map_err(|wait| {
                self.buckets
                    .give_back(&Key::SignInClient(client), 1, per_client);
                Refusal::RateLimited(wait)
            })
    }

    /// Takes a sign-in that succeeded out of the count: an office shares one address.
    pub fn signed_in(&self, client: Client, login: &str) {
        let (per_client, per_login) = self.sign_in_quotas();
        self.buckets
            .give_back(&Key::SignInClient(client), 1, per_client);
        self.buckets
            .give_back(&Key::SignInLogin(login.to_owned()), 1, per_login);
    }

    /// Counts a return from a service as failed until [`Limits::vouched_for`] takes it back: each makes requests of
    /// ours.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn third_party(&self, client: Client, now: Timestamp) -> Result<(), Refusal> {
        let (per_client, _) = self.sign_in_quotas();
        self.take(Key::SignInClient(client), 1, per_client, now)
            .map_err(Refusal::RateLimited)
    }

    /// Takes a return that succeeded out of the count.
    pub fn vouched_for(&self, client: Client) {
        let (per_client, _) = self.sign_in_quotas();
        self.buckets
            .give_back(&Key::SignInClient(client), 1, per_client);
    }

    /// Ten at once, then three a minute: the bucket takes as long to fill as that rate needs.
    fn sign_in_quotas(&self) -> (Quota, Quota) {
        let capacity = self.config.failed_sign_ins;
        let per_minute = self.config.failed_sign_ins_per_minute.max(1);
        let refill = u64::from(capacity) * MINUTE / u64::from(per_minute);
        (
            quota(capacity, refill),
            quota(self.config.failed_sign_ins_per_login, HOUR),
        )
    }

    /// Counts a request to reset the password of an address.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn reset(&self, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let capacity = self.config.password_resets;
        let quota = quota(capacity, u64::from(capacity) * 80 * MINUTE);
        self.take(Key::Reset(email.to_owned()), 1, quota, now)
            .map_err(Refusal::RateLimited)
    }

    /// Counts a registration.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn registration(&self, client: Client, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let per_client = quota(self.config.registrations_per_client, HOUR);
        self.take(Key::RegistrationClient(client), 1, per_client, now)
            .map_err(Refusal::RateLimited)?;
        let per_address = quota(self.config.registrations_per_address, HOUR);
        self.take(Key::Registration(email.to_owned()), 1, per_address, now)
            .map_err(Refusal::RateLimited)
    }
}
