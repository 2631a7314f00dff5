//! Emails before they are rendered: the content of each, and its delivery outcome.

use crate::clock::Timestamp;
use crate::ids::AccountId;
use crate::language::Locale;
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
        first_name: String,
        token: Secret,
        expires_at: Timestamp,
    },
    /// A sign-up with an address that has a user.
    AlreadyRegistered { first_name: String },
    /// Join an account; a reminder has the same content.
    Invitation(Box<InvitationEmail>),
    /// Reset the password.
    ResetPassword {
        first_name: String,
        token: Secret,
        expires_at: Timestamp,
    },
    /// Verify the new mailbox.
    ConfirmEmail {
        first_name: String,
        token: Secret,
        expires_at: Timestamp,
    },
    /// The wanted new address is another user's.
    EmailTaken { first_name: String },
    /// The password was changed at this moment.
    PasswordChanged { first_name: String, at: Timestamp },
    /// A user without a password has had one since this moment.
    PasswordAdded { first_name: String, at: Timestamp },
    /// A service was connected to the user; `label` is what it calls them.
    ServiceConnected {
        first_name: String,
        service: String,
        label: Option<ForeignText>,
        at: Timestamp,
    },
    /// A service was disconnected from the user.
    ServiceDisconnected {
        first_name: String,
        service: String,
        label: Option<ForeignText>,
        at: Timestamp,
    },
    /// A break-glass user has signed in.
    BreakGlassSignIn {
        first_name: String,
        ip: Option<String>,
        user_agent: Option<ForeignText>,
        at: Timestamp,
    },
    /// The address was changed; `new_email` is masked.
    EmailChanged {
        first_name: String,
        new_email: String,
        at: Timestamp,
    },
    /// Roles in an account are these now.
    RolesChanged {
        first_name: String,
        account: AccountId,
        account_name: String,
        roles: Vec<CatalogueEntry>,
    },
    /// No member of an account any more.
    Removed {
        first_name: String,
        account_name: String,
    },
    /// The invitee joined.
    Joined {
        first_name: String,
        account: AccountId,
        account_name: String,
        invitee: Person,
    },
    /// The invitee declined.
    Declined {
        first_name: String,
        account: AccountId,
        account_name: String,
        email: String,
    },
    /// Take over an account.
    OwnershipOffer {
        first_name: String,
        account_name: String,
        from: Person,
        expires_at: Timestamp,
    },
}

/// The content of an invitation's email.
#[derive(Clone, Debug)]
pub struct InvitationEmail {
    /// Whether it reminds of an earlier one.
    pub reminder: bool,
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

/// The delivery outcome of an email.
#[derive(Clone, Debug)]
pub enum DeliveryOutcome {
    /// The server took it.
    Sent,
    /// The server rejected it permanently (5xx), with this reply.
    Rejected(String),
    /// A temporary failure (4xx, no connection), with this reply; to be retried.
    Deferred(String),
}
