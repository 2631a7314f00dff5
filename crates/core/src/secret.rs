//! Secrets: made once, shown once, stored only as SHA-256 (security rule 1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize as _, Deserializer};
use sha2::{Digest, Sha256};

use super::random::Random;

/// Text that must not reach logs, responses or the database: it is neither displayed nor serialised, and overwritten in memory
/// when it is dropped.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a received secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that must have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What a token opens; one kind is unknown to every other endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An invitation's link.
    Invitation,
    /// Confirms a sign-up or a change of address.
    Confirmation,
    /// Resets a password.
    Reset,
    /// A session's cookie.
    Session,
    /// The cookie of a device that a user has signed in with.
    Device,
    /// An authorization code of a product.
    Code,
    /// A refresh token of a product.
    Refresh,
    /// A form of a page, so that it counts once however often it is sent.
    Form,
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Invitation => "cvi_",
            Self::Confirmation => "cvc_",
            Self::Reset => "cvr_",
            Self::Session => "cvs_",
            Self::Device => "cvd_",
            Self::Code => "cva_",
            Self::Refresh => "cvt_",
            Self::Form => "cvf_",
        }
    }
}

/// SHA-256 of a token: all that the database stores of it.
pub type TokenHash = [u8; 32];

const TOKEN_BYTES: usize = 32;

/// Makes a token of 256 random bits in base64url behind its kind's prefix.
#[must_use]
pub fn new_token(kind: TokenKind, random: &dyn Random) -> (Secret, TokenHash) {
    let mut bytes = [0; TOKEN_BYTES];
    random.fill(&mut bytes);
    let text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes));
    let hash = sha256(text.as_bytes());
    (Secret::new(text), hash)
}

/// Derives the token of a form and a stored salt: the same for both, and unknown to everyone who has only one of them.
#[must_use]
pub fn derive_token(kind: TokenKind, salt: &[u8], form: &Secret) -> (Secret, TokenHash) {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(form.expose());
    let text = format!(
        "{}{}",
        kind.prefix(),
        URL_SAFE_NO_PAD.encode(hasher.finalize())
    );
    let hash = sha256(text.as_bytes());
    (Secret::new(text), hash)
}

/// The hash to look a presented token up by; nothing when it cannot be a token of this kind.
#[must_use]
pub fn token_hash(kind: TokenKind, presented: &str) -> Option<TokenHash> {
    let body = presented.strip_prefix(kind.prefix())?;
    let decoded = URL_SAFE_NO_PAD.decode(body).ok()?;
    (decoded.len() == TOKEN_BYTES).then(|| sha256(presented.as_bytes()))
}

/// A hash as text in base64url, for an address.
#[must_use]
pub fn hash_to_text(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

/// The hash of such a text.
#[must_use]
pub fn hash_from_text(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Reads a secret, for `deserialize_with`.
///
/// # Errors
/// When it is no text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

/// Reads a secret that may be empty, which is none.
///
/// # Errors
/// When it is no text.
pub fn deserialize_optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_token_is_known_only_to_its_own_kind() {
        let (token, hash) = new_token(TokenKind::Invitation, &SeededRandom::new(1));
        assert_eq!(
            token_hash(TokenKind::Invitation, token.expose()),
            Some(hash)
        );
        assert_eq!(token_hash(TokenKind::Reset, token.expose()), None);
        assert_eq!(token_hash(TokenKind::Invitation, "cvi_short"), None);
    }

    #[test]
    fn a_derived_token_depends_on_salt_and_form() {
        let derive = |salt: &[u8], form: &str| {
            let form = Secret::new(form.to_owned());
            let (token, hash) = derive_token(TokenKind::Invitation, salt, &form);
            assert_eq!(
                token_hash(TokenKind::Invitation, token.expose()),
                Some(hash)
            );
            hash
        };
        let token = derive(&[1; 32], "cvf_a");
        assert_eq!(token, derive(&[1; 32], "cvf_a"));
        assert_ne!(token, derive(&[2; 32], "cvf_a"));
        assert_ne!(token, derive(&[1; 32], "cvf_b"));
    }

    #[test]
    fn a_hash_is_read_from_its_text() {
        let hash = sha256(b"a");
        assert_eq!(hash_from_text(&hash_to_text(&hash)), Some(hash));
        for text in ["", "a", "%%%%", "AAAA"] {
            assert_eq!(hash_from_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("cvi_abc".to_owned());
        assert!(!format!("{secret:?}").contains("abc"));
    }
}
