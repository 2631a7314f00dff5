//! Kinds of emails in the outbox.

text_enum! {
    /// What an email is about.
    pub enum NotificationKind {
        /// Finish a sign-up.
        Registration = "registration",
        /// Reset a password.
        PasswordReset = "password_reset",
        /// Confirm a new address.
        EmailChange = "email_change",
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// A user without a password has one now.
        PasswordAdded = "password_added",
        /// A service was connected.
        ServiceConnected = "service_connected",
        /// A service was disconnected.
        ServiceDisconnected = "service_disconnected",
        /// A break-glass user has signed in.
        BreakGlassSignIn = "break_glass_sign_in",
        /// The address was changed; sent to the old one.
        EmailChanged = "email_changed",
        /// Join an account.
        Invitation = "invitation",
        /// An invitation ends soon.
        Reminder = "reminder",
        /// An invitee joined.
        Joined = "joined",
        /// An invitee declined.
        Declined = "declined",
        /// An invitee asks to be invited at another address.
        AddressRequested = "address_requested",
        /// Roles in an account were changed.
        RolesChanged = "roles_changed",
        /// Removed from an account.
        Removed = "removed",
        /// Take over an account.
        OwnershipOffer = "ownership_offer",
    }
}
