//! States of invitations.

text_enum! {
    /// The status of an invitation. All but `Pending` are final (rule V2).
    pub enum InvitationStatus {
        /// Waits for the invitee's decision.
        Pending = "pending",
        /// The invitee joined.
        Accepted = "accepted",
        /// The invitee declined.
        Declined = "declined",
        /// Taken back.
        Revoked = "revoked",
        /// Ended by the clock.
        Expired = "expired",
    }
}

impl InvitationStatus {
    /// Every state in the order in which lists offer them.
    pub const ALL_AS_SHOWN: [Self; 5] = [
        Self::Pending,
        Self::Expired,
        Self::Accepted,
        Self::Declined,
        Self::Revoked,
    ];
}

text_enum! {
    /// What became of the last email of an invitation.
    pub enum DeliveryStatus {
        /// Waits to be sent, for the first time or again.
        Queued = "queued",
        /// The mail server took it.
        Sent = "sent",
        /// The mail server rejected it for good, or the recipient has unsubscribed.
        Failed = "failed",
    }
}
