//! Keys that sign tokens, and the key that seals them for the database.

mod key_pair;
mod sealing_key;

pub use key_pair::{KeyPair, SigningError, verify_with_jwk};
pub use sealing_key::SealingKey;
