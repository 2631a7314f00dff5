//! Forms that are sent without a session, or that end it.

text_enum! {
    /// What a form led to.
    pub enum FormOutcome {
        /// An email was requested.
        Requested = "requested",
        /// A user was created.
        SignedUp = "signed_up",
        /// A user was created who joined an account.
        Joined = "joined",
        /// A user was created who could not join the account any more.
        NotJoined = "not_joined",
        /// A password was changed.
        PasswordChanged = "password_changed",
        /// An address was confirmed.
        EmailChanged = "email_changed",
    }
}
