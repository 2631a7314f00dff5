//! Refresh tokens. Those that replace each other are a family: they begin alike, so that one that was replaced is known without a
//! record of it.

use super::random::Random;
use super::secret::{Secret, TokenHash, TokenKind, new_token, sha256, token_hash};

/// The prefix and 96 bits in base64url, which a family has in common. The other 160 bits are new in each token, as RFC 6749 section
/// 10.10 asks.
const FAMILY_CHARS: usize = 4 + 16;

/// What the database stores of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokenHashes {
    /// SHA-256 of the token.
    pub token: TokenHash,
    /// SHA-256 of what its family has in common, which only those know who have had a token of it.
    pub family: TokenHash,
}

impl RefreshTokenHashes {
    /// The hashes to look a presented token up by; nothing when it cannot be a refresh token.
    #[must_use]
    pub fn from_presented(presented: &str) -> Option<Self> {
        let token = token_hash(TokenKind::Refresh, presented)?;
        let (family, _) = presented.split_at_checked(FAMILY_CHARS)?;
        let family = sha256(family.as_bytes());
        Some(Self { token, family })
    }
}

/// Makes a refresh token: the next one of the family of the token that it replaces, or the first one of a new family.
#[must_use]
pub fn new_refresh_token(
    replaced: Option<&str>,
    random: &dyn Random,
) -> (Secret, RefreshTokenHashes) {
    let (fresh, _) = new_token(TokenKind::Refresh, random);
    let (first, rest) = split(fresh.expose());
    let (family, _) = replaced.map_or((first, rest), split);
    let token = Secret::new(format!("{family}{rest}"));
    let hashes = RefreshTokenHashes {
        token: sha256(token.expose().as_bytes()),
        family: sha256(family.as_bytes()),
    };
    (token, hashes)
}

fn split(token: &str) -> (&str, &str) {
    token.split_at_checked(FAMILY_CHARS).unwrap_or((token, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn tokens_that_replace_each_other_are_a_family() {
        let random = SeededRandom::new(1);
        let (first, of_first) = new_refresh_token(None, &random);
        let (second, of_second) = new_refresh_token(Some(first.expose()), &random);
        let (other, of_other) = new_refresh_token(None, &random);
        for (token, hashes) in [(&first, of_first), (&second, of_second), (&other, of_other)] {
            let presented = RefreshTokenHashes::from_presented(token.expose());
            assert_eq!(presented, Some(hashes));
        }
        assert_eq!(of_first.family, of_second.family);
        assert_ne!(of_first.token, of_second.token);
        assert_ne!(of_first.family, of_other.family);
        // All that a family has in common is its beginning.
        let rest = |token: &Secret| token.expose()[FAMILY_CHARS..].to_owned();
        assert_eq!(rest(&first).len(), 27);
        assert_ne!(rest(&first), rest(&second));
    }

    #[test]
    fn other_tokens_are_no_refresh_tokens() {
        let (code, _) = new_token(TokenKind::Code, &SeededRandom::new(1));
        for text in ["", "cvt_", "cvt_short", code.expose()] {
            assert_eq!(RefreshTokenHashes::from_presented(text), None, "{text}");
        }
    }
}
