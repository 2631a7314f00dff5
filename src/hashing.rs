//! Passwords are hashed in a bounded pool, so that a flood of sign-ins slows sign-in only (security rule 9).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::core::random::Random;
use crate::core::secret::Secret;
use crate::domain::passwords::MAX_BYTES;

/// Memory of one hash in KiB: 19 MiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many hashes may wait for their turn; more are answered at once that the server is busy.
const WAITING: usize = 64;

/// Hashes and verifies passwords with argon2id, m = 19 MiB, t = 2, p = 1.
#[derive(Clone)]
pub struct Hashing {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    random: Arc<dyn Random>,
    /// What is verified where there is no user, so that the time tells nothing.
    dummy: Arc<str>,
}

/// Too many passwords wait to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooBusy;

impl Hashing {
    /// A pool that runs `parallel` hashes at a time.
    #[must_use]
    pub fn new(parallel: usize, random: Arc<dyn Random>) -> Self {
        let dummy = hash(b"nobody has this password", [0; 16]).unwrap_or_default();
        Self {
            running: Arc::new(Semaphore::new(parallel.max(1))),
            waiting: Arc::new(Semaphore::new(WAITING)),
            random,
            dummy: dummy.into(),
        }
    }

    /// Hashes a password that was checked before.
    ///
    /// # Errors
    /// [`TooBusy`].
    pub async fn hash(&self, password: Secret) -> Result<String, TooBusy> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let work = move || hash(capped(&password), salt);
        self.run(work).await?.ok_or(TooBusy)
    }

    /// Whether the password is the one that was hashed; without a hash the same work is done in vain.
    ///
    /// # Errors
    /// [`TooBusy`].
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, TooBusy> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.as_ref().to_owned());
        let work = move || {
            let parsed = PasswordHash::new(&hash).ok()?;
            let long = password.expose().len() > MAX_BYTES;
            let right = hasher()?
                .verify_password(capped(&password), &parsed)
                .is_ok();
            Some(right && !long)
        };
        Ok(self.run(work).await?.unwrap_or(false) && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TooBusy> {
        let _place = self.waiting.try_acquire().map_err(|_| TooBusy)?;
        let turn = self.running.clone().acquire_owned().await;
        let turn = turn.map_err(|_| TooBusy)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|_| TooBusy)
    }
}

/// Longer input is cut before hashing and never verified as right.
fn capped(password: &Secret) -> &[u8] {
    let bytes = password.expose().as_bytes();
    bytes.get(..MAX_BYTES).unwrap_or(bytes)
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8], salt: [u8; 16]) -> Option<String> {
    let hash = hasher()?.hash_password_with_salt(password, &salt).ok()?;
    Some(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::random::SeededRandom;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_verified_exactly_as_typed() {
        let hashing = Hashing::new(1, Arc::new(SeededRandom::new(1)));
        let hash = hashing.hash(secret("correct horse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = |text| hashing.verify(secret(text), Some(hash.clone()));
        assert_eq!(verify("correct horse").await, Ok(true));
        assert_eq!(verify("correct horse ").await, Ok(false));
        assert_eq!(
            hashing.verify(secret("correct horse"), None).await,
            Ok(false)
        );
    }
}
