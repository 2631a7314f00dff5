//! Rate limits of password checks, which may delay a request between two transactions.

use convoke_domain::DatabaseError;
use std::time::Duration;

use super::App;
use convoke_core::ids::UserId;
use convoke_core::rate_limiter::Permits;
use convoke_domain::rate_limits::{Client, SignInAttempt};
use convoke_domain::{ClientInfo, Error, known_devices};

/// How many sign-ins one node delays at a time. More are not delayed, so that waiting requests cannot pile up.
pub(super) const MAX_DELAYED_SIGN_INS: usize = 256;

impl App {
    /// Counts a password check as failed, and delays it when the login is under attack. The permits are to be refunded
    /// when the password was right, or was not checked.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub(super) async fn acquire_sign_in(
        &self,
        client: &ClientInfo,
        login: &str,
        user: Option<UserId>,
    ) -> Result<Permits, Error> {
        let device = match client.device {
            Some(device) => {
                self.read_one(move |tx| known_devices::find(tx, user, device))
                    .await?
            }
            None => None,
        };
        let attempt = SignInAttempt {
            client: Client::from(client.ip),
            login,
            device,
        };
        let admitted = self
            .ctx
            .rate_limits
            .sign_in(&attempt, self.ctx.clock.now())?;
        self.delay(admitted.delay).await;
        Ok(admitted.permits)
    }

    async fn delay(&self, delay: Duration) {
        if delay.is_zero() {
            return;
        }
        if let Ok(_permit) = self.delayed_sign_ins.try_acquire() {
            tokio::time::sleep(delay).await;
        }
    }
}

/// The result of work that `permits` were acquired for; they are refunded when it failed: a rejected request has used
/// nothing. What costs a hash is validated before it, so rejections after it are rare.
pub(super) fn refund_unless_done<T>(
    permits: Permits,
    result: Result<T, Error>,
) -> Result<T, Error> {
    if result
        .as_ref()
        .is_err_and(|error| !matches!(error, Error::Database(DatabaseError::OutcomeUnknown(_))))
    {
        permits.refund();
    }
    result
}
