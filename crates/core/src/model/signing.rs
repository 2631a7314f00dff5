//! Keys that sign tokens.

text_enum! {
    /// A signature algorithm of tokens (RFC 7518 section 3.1).
    pub enum SigningAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
    }
}

/// RS256, which every client reads (OpenID Connect Core section 15.1).
impl Default for SigningAlgorithm {
    fn default() -> Self {
        Self::Rs256
    }
}
