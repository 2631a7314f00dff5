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
        /// Waits to be sent, for the first time or after a resend.
        Queued = "queued",
        /// Was not sent yet for a [`DeliveryReason`], and is tried again.
        Waiting = "waiting",
        /// The mail server took it.
        Sent = "sent",
        /// The mail server rejected it for good, or the recipient has unsubscribed.
        Failed = "failed",
    }
}

text_enum! {
    /// Why an email was not sent.
    pub enum DeliveryReason {
        /// The mail server replied with an error.
        ServerReply = "server_reply",
        /// The mail server allows no more connections for now.
        ServerBusy = "server_busy",
        /// There was no connection to the mail server, or it broke.
        Connection = "connection",
        /// The mail server did not reply in time.
        Timeout = "timeout",
        /// A rate limit of this installation is used up.
        RateLimited = "rate_limited",
        /// The recipient has unsubscribed.
        Suppressed = "suppressed",
        /// No message can be made of it, such as of an invalid address.
        InvalidMessage = "invalid_message",
    }
}
