//! Emails before they are rendered: the content of each, and its delivery outcome.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{AccountId, InvitationId};
use crate::language::Locale;
use crate::model::invitation::DeliveryReason;
use crate::secret::Secret;
use crate::text::ForeignText;

/// A person as emails name them.
#[derive(Clone, Debug)]
pub struct Person {
    /// First and last name.
    pub name: String,
    /// Their address, if they have one.
    pub email: Option<String>,
}

/// What an email is about; secrets are in the links alone.
#[derive(Clone, Debug)]
pub enum EmailContent {
    /// Finish the sign-up with the chosen password.
    ConfirmSignUp {
        /// The first name entered at sign-up, for the greeting.
        first_name: String,
        /// Opens the page that asks for the chosen password (rule U3).
        token: Secret,
        /// End of the link, 24 hours after the sign-up (rule U9).
        expires_at: Timestamp,
    },
    /// A sign-up with an address that has a user.
    AlreadyRegistered {
        /// First name of the user who has the address, for the greeting.
        first_name: String,
        /// The invitation that the sign-up was to accept, if it is to the same address and pending.
        invitation: Option<InvitationLink>,
    },
    /// Join an account; a reminder has the same content.
    Invitation(Box<InvitationEmail>),
    /// Reset the password.
    ResetPassword {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// Opens the page that sets a new password, once.
        token: Secret,
        /// End of the link, 1 hour after the email was prepared (rule U9).
        expires_at: Timestamp,
    },
    /// Verify the new mailbox.
    ConfirmEmail {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// Verifies the new mailbox and completes the change.
        token: Secret,
        /// End of the link, 24 hours after the request (rule U9).
        expires_at: Timestamp,
    },
    /// The wanted new address is another user's.
    EmailTaken {
        /// First name of the user who wanted the address, not of the one who has it.
        first_name: String,
    },
    /// The password was changed at this moment.
    PasswordChanged {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// When the email was enqueued, in the transaction of the change.
        at: Timestamp,
    },
    /// A user without a password has had one since this moment.
    PasswordAdded {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// When the email was enqueued, in the transaction of the change.
        at: Timestamp,
    },
    /// A service was connected to the user; `label` is what it calls them.
    ServiceConnected {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// The service's name in the configuration, or its id when it is no longer configured.
        service: String,
        /// None when the service disclosed none.
        label: Option<ForeignText>,
        /// When the service was connected.
        at: Timestamp,
    },
    /// A service was disconnected from the user.
    ServiceDisconnected {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// The service's name in the configuration, or its id when it is no longer configured.
        service: String,
        /// What the service called the user; none when it disclosed none.
        label: Option<ForeignText>,
        /// When the service was disconnected.
        at: Timestamp,
    },
    /// A break-glass user has signed in.
    BreakGlassSignIn {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// The client's address; none when it was unknown.
        ip: Option<String>,
        /// The client's `User-Agent` header, truncated; none when there was none.
        user_agent: Option<ForeignText>,
        /// When the user signed in.
        at: Timestamp,
    },
    /// The address was changed; `new_email` is masked.
    EmailChanged {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// The new address with most of its local part hidden, as this email goes to the old one.
        new_email: String,
        /// When the address was changed.
        at: Timestamp,
    },
    /// Roles in an account are these now.
    RolesChanged {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// The account whose page the email links to.
        account: AccountId,
        /// The account's name when the email is prepared.
        account_name: String,
        /// All roles held when the email is prepared; empty when none is left.
        roles: Vec<CatalogueEntry>,
    },
    /// No member of an account any more.
    Removed {
        /// The recipient's first name, for the greeting.
        first_name: String,
        /// The account's name when the email is prepared.
        account_name: String,
    },
    /// Invitees joined.
    Joined {
        /// The inviter's first name, for the greeting.
        first_name: String,
        /// The account whose members the email links to.
        account: AccountId,
        /// The account's name when the email is prepared.
        account_name: String,
        /// The users who accepted, in this order; at least one.
        joined: Vec<JoinedMember>,
    },
    /// Invitees declined.
    Declined {
        /// The inviter's first name, for the greeting.
        first_name: String,
        /// The account whose invitations the email links to.
        account: AccountId,
        /// The account's name when the email is prepared.
        account_name: String,
        /// The invited addresses as stored with the invitations, not masked; at least one.
        emails: Vec<String>,
    },
    /// The invitee asks for an invitation to another address.
    AddressRequested {
        /// The inviter's first name, for the greeting.
        first_name: String,
        /// The account that the email links to.
        account: AccountId,
        /// The invitation that is to be re-addressed.
        invitation: InvitationId,
        /// The account's name when the email is prepared.
        account_name: String,
        /// The invited address as stored with the invitation, not masked.
        email: String,
        /// The address that the invitee uses.
        requested_email: String,
    },
    /// Nothing but that mail is delivered; sent by `convoke check`.
    MailTest,
    /// Take over an account.
    OwnershipOffer {
        /// First name of the member to whom it is offered, for the greeting.
        first_name: String,
        /// The account's name when the email is prepared.
        account_name: String,
        /// The owner who offers it.
        from: Person,
        /// Until when it can be accepted, 7 days after the offer (rule U9).
        expires_at: Timestamp,
    },
}

/// The link of an invitation in another email to the invitee.
#[derive(Clone, Debug)]
pub struct InvitationLink {
    /// Who invites.
    pub inviter_name: String,
    /// To which account.
    pub account_name: String,
    /// Opens the invitation and verifies the mailbox.
    pub token: Secret,
}

/// A user who accepted an invitation.
#[derive(Clone, Debug)]
pub struct JoinedMember {
    /// The user, as named in their profile.
    pub person: Person,
    /// The roles that they hold in the account when the email is prepared.
    pub roles: Vec<CatalogueEntry>,
}

/// The content of an invitation's email.
#[derive(Clone, Debug)]
pub struct InvitationEmail {
    /// Whether it reminds of an earlier one.
    pub reminder: bool,
    /// The invitee's own first name, or the one that the inviter gave with the address (rule I17), for the greeting.
    pub first_name: Option<String>,
    /// Who invites.
    pub inviter: Person,
    /// To which account.
    pub account_name: String,
    /// The product.
    pub product: CatalogueEntry,
    /// The roles in the catalogue's order.
    pub roles: Vec<CatalogueEntry>,
    /// The invited address.
    pub email: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Opens the invitation and verifies the mailbox.
    pub token: Secret,
}

/// One mail, ready to be rendered and sent.
#[derive(Clone, Debug)]
pub struct Email {
    /// The recipient, as stored.
    pub to: String,
    /// Its language.
    pub locale: Locale,
    /// IANA name of the zone its times are shown in.
    pub time_zone: String,
    /// What it is about.
    pub content: EmailContent,
}

/// A product or role in the language of an email.
#[derive(Clone, Debug)]
pub struct CatalogueEntry {
    /// The stable key.
    pub key: String,
    /// Name and description; none when the catalogue has it no longer.
    pub text: Option<CatalogueText>,
}

/// How people call a product or role, and what it is for.
#[derive(Clone, Debug)]
pub struct CatalogueText {
    /// The name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
}

/// The longest stored text of a mail server, in characters.
const MAX_ERROR_CHARS: usize = 300;

/// Why an email was not sent, and the text of the mail server or of the connection where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    /// The reason.
    pub reason: DeliveryReason,
    /// A reply of the mail server, or a network error.
    pub text: Option<ForeignText>,
}

impl DeliveryError {
    /// An error with the text of another system, cleaned and cut to 300 characters.
    #[must_use]
    pub fn new(reason: DeliveryReason, text: &str) -> Self {
        Self {
            reason,
            text: Some(ForeignText::new(text, MAX_ERROR_CHARS)),
        }
    }

    /// The reply of a mail server.
    #[must_use]
    pub fn reply(text: &str) -> Self {
        Self::new(DeliveryReason::ServerReply, text)
    }

    /// The text; empty where there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

impl From<DeliveryReason> for DeliveryError {
    fn from(reason: DeliveryReason) -> Self {
        Self { reason, text: None }
    }
}

/// The delivery outcome of an email.
#[derive(Clone, Debug)]
pub enum DeliveryOutcome {
    /// The server took it.
    Sent,
    /// The server rejected it permanently (5xx).
    Rejected(DeliveryError),
    /// A temporary failure of this email (4xx, no connection); each one doubles the delay before the next attempt.
    Deferred(DeliveryError),
    /// The server takes no email at present, whichever it is; to be tried again after this time. Not counted as a failure
    /// of the email.
    Throttled(DeliveryError, Duration),
}
