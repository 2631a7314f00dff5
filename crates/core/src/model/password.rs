//! Stored passwords, and verified ones.

/// The most bytes of a password; longer ones are never hashed.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// What a typed password is compared with: the hash, and whose it is.
#[derive(Clone, Debug)]
pub struct StoredPassword<S> {
    subject: S,
    hash: String,
}

impl<S> StoredPassword<S> {
    /// The password of a subject by its hash.
    pub const fn new(subject: S, hash: String) -> Self {
        Self { subject, hash }
    }

    /// The hash, as a PHC string.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whose password it is, if `matches` finds that the typed one has this hash.
    pub fn verify(self, matches: impl FnOnce(&str) -> bool) -> Option<Verified<S>> {
        matches(&self.hash).then_some(Verified(self.subject))
    }
}

/// Whose password was typed and matched. There is none without a comparison by [`StoredPassword::verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<S>(S);

impl<S> Verified<S> {
    /// Whose password it is.
    pub const fn subject(&self) -> &S {
        &self.0
    }
}
