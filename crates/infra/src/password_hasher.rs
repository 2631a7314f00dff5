//! Passwords are hashed in a bounded pool, so that a flood of sign-ins slows sign-in only (security rule 9).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use crossbeam_channel::{Sender, bounded};
use tokio::sync::oneshot;

use convoke_core::model::password::{MAX_PASSWORD_BYTES, StoredPassword, Verified};
use convoke_core::random::Random;
use convoke_core::secret::Secret;

/// Memory of one hash in KiB: 19 MiB.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const LENGTH: usize = 32;

/// Verified where there is no user, so that the time discloses nothing; no password matches it.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How many hashes may wait; more are rejected at once as busy.
const QUEUE_CAPACITY: usize = 64;

/// Hashes and verifies passwords with argon2id, m = 19 MiB, t = 2, p = 1.
#[derive(Clone)]
pub struct PasswordHasher {
    queue: Sender<HashTask>,
    random: Arc<dyn Random>,
    hash_count: Arc<AtomicU64>,
}

/// The memory of one hash, which its thread keeps: allocating it for each hash makes the process grow.
type Memory = Vec<Block>;

type HashTask = Box<dyn FnOnce(&mut Memory) + Send>;

/// Too many passwords wait to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFull;

impl PasswordHasher {
    /// A pool that runs `parallel` hashes at a time, on threads that end with its last clone.
    #[must_use]
    pub fn new(parallel: usize, random: Arc<dyn Random>) -> Self {
        let (queue, works) = bounded::<HashTask>(QUEUE_CAPACITY);
        for _ in 0..parallel.max(1) {
            let works = works.clone();
            let started = thread::Builder::new()
                .name("hashing".to_owned())
                .spawn(move || {
                    let mut memory = Memory::new();
                    for work in works {
                        // A panic fails its own request, and not the thread.
                        drop(catch_unwind(AssertUnwindSafe(|| work(&mut memory))));
                    }
                });
            if let Err(error) = started {
                tracing::error!(%error, "password hashing thread not started");
            }
        }
        Self {
            queue,
            random,
            hash_count: Arc::default(),
        }
    }

    /// How many passwords were hashed or verified since the start.
    #[must_use]
    pub fn hash_count(&self) -> u64 {
        self.hash_count.load(Ordering::Relaxed)
    }

    /// Hashes a password that was checked before.
    ///
    /// # Errors
    /// [`PoolFull`].
    pub async fn hash(&self, password: Secret) -> Result<String, PoolFull> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let work = move |memory: &mut Memory| hash(truncate(&password), salt, memory);
        self.run(work).await?.ok_or(PoolFull)
    }

    /// The verified password, when it matches; without a hash the same work is done for equal timing.
    ///
    /// # Errors
    /// [`PoolFull`].
    pub async fn verify<S: Send + 'static>(
        &self,
        password: Secret,
        stored: Option<StoredPassword<S>>,
    ) -> Result<Option<Verified<S>>, PoolFull> {
        let work = move |memory: &mut Memory| {
            let fits = password.expose().len() <= MAX_PASSWORD_BYTES;
            let mut matches =
                |hash: &str| verify_hash(truncate(&password), hash, memory) == Some(true) && fits;
            let Some(stored) = stored else {
                matches(DUMMY_HASH);
                return None;
            };
            stored.verify(matches)
        };
        self.run(work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PoolFull> {
        let (reply, response) = oneshot::channel();
        self.hash_count.fetch_add(1, Ordering::Relaxed);
        let work = Box::new(move |memory: &mut Memory| {
            // The receiver is gone when the request was dropped.
            if !reply.is_closed() {
                drop(reply.send(work(memory)));
            }
        });
        self.queue.try_send(work).map_err(|_| PoolFull)?;
        response.await.map_err(|_| PoolFull)
    }
}

/// Longer input is cut before hashing and never verified as right.
fn truncate(password: &Secret) -> &[u8] {
    let bytes = password.expose().as_bytes();
    bytes.get(..MAX_PASSWORD_BYTES).unwrap_or(bytes)
}

fn hash(password: &[u8], salt: [u8; 16], memory: &mut Memory) -> Option<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(Salt::new(&salt).ok()?),
        hash: Some(digest(password, &salt, LENGTH, params, memory)?),
    };
    Some(hash.to_string())
}

/// Nothing when `stored` is no argon2id hash.
fn verify_hash(password: &[u8], stored: &str, memory: &mut Memory) -> Option<bool> {
    let stored = PasswordHash::new(stored).ok()?;
    if stored.algorithm != Algorithm::Argon2id.ident()
        || stored.version != Some(Version::V0x13.into())
    {
        return None;
    }
    let params = Params::try_from(&stored).ok()?;
    let expected = stored.hash?;
    let computed = digest(password, &stored.salt?, expected.len(), params, memory)?;
    // Outputs compare in constant time.
    Some(computed == expected)
}

fn digest(
    password: &[u8],
    salt: &[u8],
    length: usize,
    params: Params,
    memory: &mut Memory,
) -> Option<Output> {
    memory.resize(params.block_count(), Block::default());
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut buffer = [0; Output::MAX_LENGTH];
    let out = buffer.get_mut(..length)?;
    hasher
        .hash_password_into_with_memory(password, salt, out, memory)
        .ok()?;
    Output::new(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_core::random::SeededRandom;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_verified_exactly_as_typed() {
        let hashing = PasswordHasher::new(1, Arc::new(SeededRandom::new(1)));
        let hash = hashing.hash(secret("correct horse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let stored = StoredPassword::new(7, hash);
        let verify = |text, stored| hashing.verify(secret(text), stored);
        assert_eq!(
            verify("correct horse", Some(stored.clone())).await,
            Ok(stored.clone().verify(|_| true))
        );
        assert_eq!(verify("correct horse ", Some(stored)).await, Ok(None));
        assert_eq!(verify("correct horse", None).await, Ok(None));
    }

    #[test]
    fn dummy_verification_costs_as_much_as_any_other() {
        let dummy = PasswordHash::new(DUMMY_HASH).unwrap();
        let computed = hash(b"correct horse", [1; 16], &mut Memory::new()).unwrap();
        let computed = PasswordHash::new(&computed).unwrap();
        assert_eq!(dummy.params, computed.params);
        assert_eq!(dummy.salt.unwrap().len(), computed.salt.unwrap().len());
        assert_eq!(dummy.hash.unwrap().len(), computed.hash.unwrap().len());
        assert_eq!(
            verify_hash(b"", DUMMY_HASH, &mut Memory::new()),
            Some(false)
        );
    }

    #[test]
    fn a_hash_made_by_the_library_itself_is_verified() {
        use argon2::password_hash::PasswordHasher as _;
        let params = Params::new(64, 3, 1, Some(16)).unwrap();
        let library = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let stored = library
            .hash_password_with_salt(b"correct horse", &[7; 16])
            .unwrap()
            .to_string();
        let mut memory = Memory::new();
        assert_eq!(
            verify_hash(b"correct horse", &stored, &mut memory),
            Some(true)
        );
        assert_eq!(
            verify_hash(b"correct hors", &stored, &mut memory),
            Some(false)
        );
        assert_eq!(verify_hash(b"correct horse", "none", &mut memory), None);
    }
}
