//! What activity entries are about.

text_enum! {
    /// What happened.
    pub enum Action {
        /// An address was invited.
        InvitationCreated = "invitation.created",
        /// Product, roles or sponsor of an invitation were changed.
        InvitationUpdated = "invitation.updated",
        /// An invitation got another address.
        InvitationReaddressed = "invitation.readdressed",
        /// An invitee asked to be invited at another address.
        InvitationAddressRequested = "invitation.address_requested",
        /// An invitation was sent again.
        InvitationResent = "invitation.resent",
        /// A link to hand over was created.
        InvitationLinkCreated = "invitation.link_created",
        /// An invitation was withdrawn.
        InvitationRevoked = "invitation.revoked",
        /// An invitee joined.
        InvitationAccepted = "invitation.accepted",
        /// An invitee declined.
        InvitationDeclined = "invitation.declined",
        /// An invitee declined all further mail.
        InvitationMailStopped = "invitation.mail_stopped",
        /// An invitee allowed further mail again.
        InvitationMailAllowed = "invitation.mail_allowed",
        /// The roles of a member were changed.
        MemberRolesChanged = "member.roles_changed",
        /// A member was removed.
        MemberRemoved = "member.removed",
        /// A member left.
        MemberLeft = "member.left",
        /// A member signed in: [`Action::SessionCreated`] as their accounts see it, never stored.
        MemberSignedIn = "member.signed_in",
        /// A member signed out: [`Action::SessionEnded`] as their accounts see it, never stored.
        MemberSignedOut = "member.signed_out",
        /// Sign-ins of a member failed; one entry per client and hour.
        MemberSignInFailed = "member.sign_in_failed",
        /// Sign-ins of a member are rejected for a while after too many failures; one entry per client and hour.
        MemberLocked = "member.locked",
        /// A member signed in to a product, for this account.
        ProductSignedIn = "product.signed_in",
        /// A member signed out at a product.
        ProductSignedOut = "product.signed_out",
        /// A member's grant to a product has ended, for a reason that is one of [`super::grant::GrantEnd`].
        GrantEnded = "grant.ended",
        /// An account was created.
        AccountCreated = "account.created",
        /// Name, settings or user limit of an account were changed.
        AccountUpdated = "account.updated",
        /// Ownership was offered to a member.
        OwnershipOffered = "account.ownership_offered",
        /// The offer was withdrawn, or ended by a reset, a removal or a change of password.
        OwnershipOfferWithdrawn = "account.ownership_offer_withdrawn",
        /// The member declined the offer.
        OwnershipOfferDeclined = "account.ownership_offer_declined",
        /// The member accepted the offer.
        OwnershipTransferred = "account.ownership_transferred",
        /// A user signed up.
        UserCreated = "user.created",
        /// The profile was changed.
        UserUpdated = "user.updated",
        /// The picture was changed.
        UserPictureChanged = "user.picture_changed",
        /// The picture was removed.
        UserPictureRemoved = "user.picture_removed",
        /// A change of address was requested.
        UserEmailChangeRequested = "user.email_change_requested",
        /// The address was changed.
        UserEmailChanged = "user.email_changed",
        /// The password was changed.
        UserPasswordChanged = "user.password_changed",
        /// The password was reset by a link.
        UserPasswordReset = "user.password_reset",
        /// Invitations by mail were allowed again.
        UserInvitationMailAllowed = "user.invitation_mail_allowed",
        /// A sign-in service was connected.
        UserIdentityConnected = "user.identity_connected",
        /// A sign-in service was disconnected.
        UserIdentityDisconnected = "user.identity_disconnected",
        /// The user may not sign in any more.
        UserDisabled = "user.disabled",
        /// The user may sign in again.
        UserEnabled = "user.enabled",
        /// A session began.
        SessionCreated = "session.created",
        /// A session was ended.
        SessionEnded = "session.ended",
        /// All other sessions were ended.
        SessionOthersEnded = "session.others_ended",
    }
}

impl Action {
    /// Whether accounts see it, and not its user alone.
    #[must_use]
    pub fn is_of_account(self) -> bool {
        !self.as_str().starts_with("user.") && !self.as_str().starts_with("session.")
    }

    /// The action as accounts see it, of what is recorded for a user alone; nothing where they do not see it.
    #[must_use]
    pub fn as_seen_by_accounts(self) -> Option<Self> {
        match self {
            Self::SessionCreated => Some(Self::MemberSignedIn),
            Self::SessionEnded => Some(Self::MemberSignedOut),
            Self::MemberSignInFailed | Self::MemberLocked => Some(self),
            _ => None,
        }
    }

    /// Whether it is about sign-ins, which are recorded once with the user and not with an account.
    #[must_use]
    pub fn is_of_sign_in(self) -> bool {
        matches!(
            self,
            Self::MemberSignedIn
                | Self::MemberSignedOut
                | Self::MemberSignInFailed
                | Self::MemberLocked
        )
    }
}

text_enum! {
    /// Who did it.
    pub enum ActorKind {
        /// A signed-in user.
        User = "user",
        /// The holder of an invitation's link.
        InvitationLink = "invitation_link",
        /// The program itself.
        System = "system",
    }
}

text_enum! {
    /// What it was done to.
    pub enum TargetKind {
        /// A user.
        User = "user",
        /// An account.
        Account = "account",
        /// An invitation.
        Invitation = "invitation",
    }
}
