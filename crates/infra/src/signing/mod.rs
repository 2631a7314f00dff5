//! Keys that sign tokens, and the key that seals them for the database.

mod key_pair;
mod sealing_key;

pub use key_pair::{KeyPair, SigningError};
pub use sealing_key::SealingKey;
