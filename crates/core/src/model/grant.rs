//! Grants of users to products.

text_enum! {
    /// Why a grant has ended.
    pub enum GrantEnd {
        /// A code was presented twice (RFC 6749 section 4.1.2).
        CodeReused = "code_reused",
        /// A refresh token was presented twice (RFC 9700 section 4.14.2).
        RefreshTokenReused = "refresh_token_reused",
        /// The product revoked its token (RFC 7009).
        Revoked = "revoked",
        /// The user ended it.
        EndedByUser = "ended_by_user",
    }
}
