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
        /// The operator ended it on the command line.
        EndedByOperator = "ended_by_operator",
        /// Its session was ended, by its user or by another sign-in in the same browser.
        SessionEnded = "session_ended",
        /// Its session was unused for too long or is too old.
        SessionExpired = "session_expired",
        /// The user's password or address has changed.
        CredentialsChanged = "credentials_changed",
        /// The user may not sign in any more.
        UserDisabled = "user_disabled",
        /// The user was removed from the account.
        MemberRemoved = "member_removed",
        /// The user left the account.
        MemberLeft = "member_left",
        /// The user lost what admits them to the product, which is for holders of its roles.
        RoleLost = "role_lost",
        /// The user's roles or ownership have changed, and the product asks for another sign-in then.
        RolesChanged = "roles_changed",
        /// The user accepted a newer invitation to the product, which works in one account at a time.
        NewerInvitation = "newer_invitation",
        /// The catalogue does not let the user work with the product in the account any more.
        ProductChanged = "product_changed",
    }
}

text_enum! {
    /// What has become of a logout token for a product.
    pub enum LogoutDeliveryState {
        /// It is sent again until the product takes it.
        Pending = "pending",
        /// The product took it.
        Delivered = "delivered",
        /// The product did not take it in time.
        Failed = "failed",
    }
}
