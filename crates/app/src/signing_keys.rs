//! The keys that sign tokens, opened: what `convoke serve` signs with and publishes.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde_json::{Value, json};

use super::App;
use super::config::Config;
use convoke_core::clock::Timestamp;
use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::random::{Random, SystemRandom};
use convoke_domain::Error;
use convoke_domain::signing_keys::{self, NewKey, SigningKey};
use convoke_infra::signing::{KeyPair, SealingKey};

/// A key as it is stored, and opened.
struct OpenedKey {
    stored: SigningKey,
    pair: KeyPair,
}

/// The published keys.
#[derive(Default)]
pub struct KeySet {
    stored: Vec<SigningKey>,
    opened: Vec<OpenedKey>,
}

impl KeySet {
    /// The key of an algorithm that signs now.
    #[must_use]
    pub fn signer(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Option<&KeyPair> {
        let signer = signing_keys::signer(&self.stored, algorithm, now)?;
        let opened = self.opened.iter().find(|key| key.stored.kid == signer.kid);
        opened.map(|key| &key.pair)
    }

    /// The public keys as a JSON Web Key Set (RFC 7517 section 5).
    #[must_use]
    pub fn public_keys(&self, now: Timestamp) -> Value {
        let published = self
            .opened
            .iter()
            .filter(|key| signing_keys::is_published(&key.stored, &self.stored, now));
        let keys: Vec<&Value> = published.map(|key| key.pair.public_jwk()).collect();
        json!({ "keys": keys })
    }

    /// The media type and the claims of a token that one of the keys has signed, whether it has expired or not.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<(String, Value)> {
        self.opened.iter().find_map(|key| key.pair.verify(token))
    }
}

/// The keys of a running server.
#[derive(Default)]
pub struct SigningKeys {
    sealing_key: OnceLock<SealingKey>,
    current: RwLock<Arc<KeySet>>,
}

impl SigningKeys {
    /// The keys as they were read last.
    #[must_use]
    pub fn current(&self) -> Arc<KeySet> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operator has to do something first; a sentence.
    #[error("{0}")]
    Configuration(String),
    /// The database.
    #[error("{0:?}")]
    Operation(Error),
    /// A key cannot be made.
    #[error("a signing key cannot be made")]
    Generation,
}

impl App {
    /// Whether users sign in to any product through this installation.
    #[must_use]
    pub fn has_clients(&self) -> bool {
        self.ctx.catalogue.has_clients()
    }

    /// The algorithms that products ask for.
    #[must_use]
    pub fn algorithms(&self) -> Vec<SigningAlgorithm> {
        let products = &self.ctx.catalogue.products;
        let clients = products
            .iter()
            .filter_map(|product| product.sign_in.as_ref());
        let asked: Vec<SigningAlgorithm> = clients.map(|client| client.alg).collect();
        let all = SigningAlgorithm::ALL.iter().copied();
        all.filter(|algorithm| asked.contains(algorithm)).collect()
    }

    /// Makes the keys that are missing or due, deletes those whose tokens have ended, and reads all others. Does nothing
    /// where no product has a sign-in.
    ///
    /// # Errors
    /// [`KeyError`]; the keys that were read before stay in use.
    pub async fn refresh_signing_keys(&self) -> Result<(), KeyError> {
        if !self.has_clients() {
            return Ok(());
        }
        let known = self.read(signing_keys::list).await;
        let known = known.map_err(KeyError::Operation)?;
        for algorithm in self.algorithms() {
            let now = self.ctx.clock.now();
            let rotation = self.config.oidc.key_rotation;
            let signs_from = signing_keys::next_signs_from(&known, algorithm, now, rotation);
            if let Some(signs_from) = signs_from {
                // Where another node was faster its key is used.
                self.add_signing_key(algorithm, signs_from, known.clone())
                    .await?;
            }
        }
        let stored = self.write(signing_keys::delete_ended).await;
        let stored = stored.map_err(KeyError::Operation)?;
        let opened = self.open_keys(&stored)?;
        let mut current = self
            .signing_keys
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let kids = |keys: &[SigningKey]| -> Vec<String> {
            keys.iter().map(|key| key.kid.clone()).collect()
        };
        if kids(&stored) != kids(&current.stored) {
            self.verified_tokens.clear();
        }
        *current = Arc::new(KeySet { stored, opened });
        Ok(())
    }

    /// Makes the next key of every algorithm in use, which signs once clients have read it or at once.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn rotate_signing_keys(&self, at_once: bool) -> Result<(), KeyError> {
        for algorithm in self.algorithms() {
            // A node that adds a key of its own at the same time has made it before this one was asked for.
            loop {
                let known = self.read(signing_keys::list).await;
                let known = known.map_err(KeyError::Operation)?;
                self.open_keys(&known)?;
                let signs_from = signing_keys::rotated_signs_from(self.ctx.clock.now(), at_once);
                if self.add_signing_key(algorithm, signs_from, known).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Makes a key and adds it; false when another node has added one meanwhile.
    async fn add_signing_key(
        &self,
        algorithm: SigningAlgorithm,
        signs_from: Timestamp,
        known: Vec<SigningKey>,
    ) -> Result<bool, KeyError> {
        let app = self.clone();
        // An RSA key takes about a second of a processor.
        let made = tokio::task::spawn_blocking(move || app.make_key(algorithm, signs_from));
        let new = made.await.map_err(|_| KeyError::Generation)??;
        let added = self
            .write(move |tx| signing_keys::add(tx, &new, &known))
            .await;
        added.map_err(KeyError::Operation)
    }

    fn make_key(
        &self,
        algorithm: SigningAlgorithm,
        signs_from: Timestamp,
    ) -> Result<NewKey, KeyError> {
        let random = self.ctx.random.as_ref();
        let sealing_key = self.sealing_key()?;
        let der = KeyPair::generate(algorithm, random).map_err(|_| KeyError::Generation)?;
        let pair = KeyPair::from_pkcs8(algorithm, &der).map_err(|_| KeyError::Generation)?;
        let kid = pair.kid().to_owned();
        let sealed = sealing_key.seal(&kid, &der, random);
        Ok(NewKey {
            sealed: sealed.ok_or(KeyError::Generation)?,
            kid,
            algorithm,
            signs_from,
        })
    }

    fn open_keys(&self, stored: &[SigningKey]) -> Result<Vec<OpenedKey>, KeyError> {
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let sealing_key = self.sealing_key()?;
        let open = |key: &SigningKey| {
            let der = sealing_key.open(&key.kid, &key.sealed);
            let pair = der.and_then(|der| KeyPair::from_pkcs8(key.algorithm, &der).ok());
            let pair = pair.ok_or_else(|| {
                KeyError::Configuration(format!(
                    "secrets.key: the signing key {} was sealed with another key; set the one with which it was made, on every node",
                    key.kid
                ))
            })?;
            let stored = key.clone();
            Ok(OpenedKey { stored, pair })
        };
        stored.iter().map(open).collect()
    }

    fn sealing_key(&self) -> Result<&SealingKey, KeyError> {
        let cell = &self.signing_keys.sealing_key;
        if let Some(key) = cell.get() {
            return Ok(key);
        }
        let key = load_sealing_key(&self.config, self.ctx.random.as_ref());
        let key = key.map_err(KeyError::Configuration)?;
        Ok(cell.get_or_init(|| key))
    }
}

/// The key with which signing keys are sealed: that of the configuration, or on SQLite that of the file beside the database,
/// which is made where there is none.
///
/// # Errors
/// A sentence that begins with the configuration key.
pub fn load_sealing_key(config: &Config, random: &dyn Random) -> Result<SealingKey, String> {
    let parse = |name: &str, secret: &[u8]| {
        SealingKey::parse(secret).map_err(|remedy| format!("{name}: {remedy}"))
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| {
            format!(
                "secrets.key_file: {} cannot be read: {error}",
                path.display()
            )
        })
    };
    match (&config.secrets.key, &config.secrets.key_file) {
        (Some(_), Some(_)) => {
            Err("secrets.key and secrets.key_file: both are set; remove one of them".to_owned())
        }
        (Some(key), None) => parse("secrets.key", key.expose().as_bytes()),
        (None, Some(path)) => parse("secrets.key_file", &read(Path::new(path))?),
        (None, None) => match sqlite_key_file(config) {
            None => Err(
                "secrets.key_file: is not set, and products sign in through this installation, whose signing keys \
                 are sealed with it; run `convoke keys init FILE` and set it on every node"
                    .to_owned(),
            ),
            Some(path) => {
                if !path.exists() {
                    write_sealing_key(&path, random)?;
                }
                parse("secrets.key_file", &read(&path)?)
            }
        },
    }
}

/// Checks the key with which signing keys are sealed, and says where it is; makes none.
///
/// # Errors
/// As [`load_sealing_key`].
pub fn check_sealing_key(config: &Config) -> Result<String, String> {
    if config.secrets.key.is_none()
        && config.secrets.key_file.is_none()
        && let Some(path) = sqlite_key_file(config)
        && !path.exists()
    {
        return Ok(format!("{} is made at the first start", path.display()));
    }
    load_sealing_key(config, &SystemRandom)?;
    Ok(match (&config.secrets.key_file, sqlite_key_file(config)) {
        (Some(path), _) => format!("sealed with {path}"),
        (None, Some(path)) if config.secrets.key.is_none() => {
            format!("sealed with {}", path.display())
        }
        _ => "sealed with secrets.key".to_owned(),
    })
}

/// The file beside a SQLite database.
fn sqlite_key_file(config: &Config) -> Option<PathBuf> {
    let path = config.database.url.expose().strip_prefix("sqlite://")?;
    Some(Path::new(path).with_extension("key"))
}

/// Makes a key in a new file that its owner alone can read.
///
/// # Errors
/// A sentence; an existing file is never replaced.
pub fn write_sealing_key(path: &Path, random: &dyn Random) -> Result<(), String> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let text = format!("{}\n", SealingKey::generate(random));
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_core::secret::Secret;
    use std::os::unix::fs::PermissionsExt as _;

    fn config(folder: &Path) -> Config {
        let mut config = Config::default();
        let url = format!("sqlite://{}", folder.join("accounts.db").display());
        config.database.url = Secret::new(url);
        config
    }

    #[test]
    fn sqlite_makes_a_key_file_beside_the_database_once() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let sealed = load_sealing_key(&config, &SystemRandom)
            .unwrap()
            .seal("k", b"x", &SystemRandom)
            .unwrap();
        let file = folder.path().join("accounts.key");
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = load_sealing_key(&config, &SystemRandom).unwrap();
        assert_eq!(again.open("k", &sealed).unwrap(), b"x");
        assert!(write_sealing_key(&file, &SystemRandom).is_err());
    }

    #[test]
    fn errors_name_the_key_and_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let with = |key: Option<&str>, file: Option<&str>, url: &str| {
            let mut config = config(folder.path());
            config.secrets.key = key.map(|key| Secret::new(key.to_owned()));
            config.secrets.key_file = file.map(str::to_owned);
            if !url.is_empty() {
                config.database.url = Secret::new(url.to_owned());
            }
            load_sealing_key(&config, &SystemRandom).err().unwrap()
        };
        let postgres = "postgres://accounts@db/accounts";
        assert!(with(None, None, postgres).contains("convoke keys init FILE"));
        assert!(with(Some("short"), None, "").starts_with("secrets.key: must be 32 bytes"));
        assert!(with(None, Some("/nowhere"), "").contains("/nowhere cannot be read"));
        assert!(with(Some("a"), Some("b"), "").contains("both are set"));
    }
}
