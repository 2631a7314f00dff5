//! The key that seals private keys for the database: AES-256-GCM with a key that HKDF derives from the operator's secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use convoke_core::random::Random;

/// The length of the operator's secret, in bytes.
const KEY_LENGTH: usize = 32;

/// Binds the derived key to its purpose.
const PURPOSE: &[u8] = b"convoke signing keys 1";

/// Seals and opens what the database stores of private keys.
pub struct SealingKey(LessSafeKey);

impl SealingKey {
    /// The key derived from the operator's 32 bytes; none where the library cannot.
    #[must_use]
    pub fn new(secret: &[u8; KEY_LENGTH]) -> Option<Self> {
        let derived = Salt::new(HKDF_SHA256, &[]).extract(secret);
        let key = UnboundKey::from(derived.expand(&[PURPOSE], &AES_256_GCM).ok()?);
        Some(Self(LessSafeKey::new(key)))
    }

    /// Reads the operator's secret: 32 bytes as base64 or hex, or as they are.
    ///
    /// # Errors
    /// What is wrong and what to do, without the secret.
    pub fn parse(secret: &[u8]) -> Result<Self, &'static str> {
        let as_text = std::str::from_utf8(secret)
            .map(str::trim)
            .unwrap_or_default();
        let decoded = decode_hex(as_text)
            .or_else(|| STANDARD.decode(as_text).ok())
            .filter(|bytes| bytes.len() == KEY_LENGTH);
        let bytes = decoded.unwrap_or_else(|| secret.to_vec());
        let Ok(bytes) = <[u8; KEY_LENGTH]>::try_from(bytes.as_slice()) else {
            return Err(
                "must be 32 bytes, as base64 or hex or as they are; make one with `convoke keys init FILE`",
            );
        };
        Self::new(&bytes).ok_or("cannot be used as a key")
    }

    /// Makes a secret for [`SealingKey::parse`], as base64.
    #[must_use]
    pub fn generate(random: &dyn Random) -> String {
        let mut bytes = [0; KEY_LENGTH];
        random.fill(&mut bytes);
        STANDARD.encode(bytes)
    }

    /// Seals a text for the row with this name: nonce, ciphertext and tag. None where the library cannot.
    #[must_use]
    pub fn seal(&self, row: &str, text: &[u8], random: &dyn Random) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = text.to_vec();
        let additional = Aad::from(row.as_bytes());
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), additional, &mut sealed)
            .ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the row with this name; none where it was sealed with another key, for another row, or
    /// changed since.
    #[must_use]
    pub fn open(&self, row: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = ciphertext.to_vec();
        let additional = Aad::from(row.as_bytes());
        let text = self.0.open_in_place(nonce, additional, &mut buffer).ok()?;
        Some(text.to_vec())
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY_LENGTH || !text.is_ascii() {
        return None;
    }
    let pairs = (0..KEY_LENGTH).map(|at| text.get(2 * at..2 * at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_core::random::SystemRandom;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_row_alone() {
        let key = SealingKey::new(&[7; 32]).unwrap();
        let sealed = key.seal("kid-1", b"private", &SystemRandom).unwrap();
        assert_eq!(key.open("kid-1", &sealed).unwrap(), b"private");
        assert_ne!(
            sealed,
            key.seal("kid-1", b"private", &SystemRandom).unwrap()
        );
        assert!(!sealed.windows(7).any(|part| part == b"private"));
        assert_eq!(key.open("kid-2", &sealed), None);
        assert_eq!(
            SealingKey::new(&[8; 32]).unwrap().open("kid-1", &sealed),
            None
        );
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("kid-1", &changed), None, "{at}");
            assert_eq!(key.open("kid-1", &sealed[..at]), None, "{at}");
        }
    }

    #[test]
    fn the_secret_is_read_as_base64_as_hex_and_as_bytes() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7).unwrap());
        let sealed = SealingKey::new(&bytes)
            .unwrap()
            .seal("k", b"x", &SystemRandom)
            .unwrap();
        let value = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap());
        let hex = format!("{:032x}{:032x}", value(&bytes[..16]), value(&bytes[16..]));
        let base64 = format!("{}\n", STANDARD.encode(bytes));
        for secret in [
            hex.as_bytes(),
            hex.to_uppercase().as_bytes(),
            base64.as_bytes(),
            &bytes,
        ] {
            let key = SealingKey::parse(secret).unwrap();
            assert_eq!(key.open("k", &sealed).unwrap(), b"x");
        }
        assert!(SealingKey::parse(SealingKey::generate(&SystemRandom).as_bytes()).is_ok());
        for bad in [
            "",
            "short",
            &"a".repeat(63),
            &"g".repeat(64),
            &STANDARD.encode([1; 31]),
        ] {
            let error = SealingKey::parse(bad.as_bytes()).err().unwrap();
            assert!(error.contains("convoke keys init"), "{bad}");
        }
    }
}
