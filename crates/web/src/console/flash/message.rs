//! The closed list of flash messages, and their encoding in the cookie.

use super::bulk_counts::BulkCounts;
use convoke_core::ids::InvitationId;
use convoke_i18n::Arg;

/// What the page after a redirect reports: the result of the request that redirected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FlashMessage {
    /// An account was created.
    AccountCreated,
    /// The caller has left an account.
    AccountLeft,
    /// A service was connected.
    ServiceConnected,
    /// A service was disconnected.
    ServiceDisconnected,
    /// The caller's address was changed.
    EmailChanged,
    /// The inviter was asked to invite another address.
    AddressRequested,
    /// An invitation was declined.
    InvitationDeclined,
    /// The invitation had ended before the caller accepted or declined it.
    InvitationGone,
    /// An invitation got another address.
    InvitationReaddressed,
    /// An invitation was edited.
    InvitationEdited,
    /// The invitation had ended before the edit.
    InvitationNotEdited(InvitationId),
    /// The invitation had ended before a link was created.
    InvitationNotLinked(InvitationId),
    /// Invitations were sent again.
    InvitationsResent(BulkCounts),
    /// Invitations were revoked.
    InvitationsRevoked(BulkCounts),
    /// The addresses of ended invitations were invited again; others needed nothing.
    InvitedAgain(BulkCounts),
    /// The caller has joined an account.
    Joined,
    /// Invitations by email to the caller are allowed again.
    InvitationMailAllowed,
    /// The address of a sign-up has a user.
    SignUpHasUser,
    /// An email was sent again.
    MailSentAgain,
    /// The caller has signed up, but could not join the account.
    NotJoined,
    /// A member was removed.
    MemberRemoved,
    /// The member had left before the removal.
    MemberGone,
    /// All other sessions of the caller were ended.
    OtherSessionsEnded,
    /// The ownership of an account was offered.
    OwnershipOffered,
    /// The offer of the ownership was withdrawn.
    OwnershipOfferWithdrawn,
    /// The offer of the ownership was declined.
    OwnershipOfferDeclined,
    /// The offer of the ownership had ended before.
    OwnershipOfferGone,
    /// The caller owns the account now.
    OwnershipAccepted,
    /// The caller's password was changed.
    PasswordChanged,
    /// A forgotten password was reset.
    PasswordReset,
    /// The caller's picture was saved.
    PictureSaved,
    /// The caller's picture was removed.
    PictureRemoved,
    /// The caller has signed out of a product.
    ProductSignedOut,
    /// A member's roles were saved.
    RolesSaved,
    /// Settings were saved.
    Saved,
    /// A session of the caller was ended.
    SessionEnded,
    /// The caller's session had ended before a form was sent.
    SessionGone,
    /// The caller has signed out.
    SignedOut,
    /// The caller has signed up.
    SignedUp,
}

/// The messages without values.
const PLAIN: [FlashMessage; 34] = [
    FlashMessage::AccountCreated,
    FlashMessage::AccountLeft,
    FlashMessage::ServiceConnected,
    FlashMessage::ServiceDisconnected,
    FlashMessage::EmailChanged,
    FlashMessage::AddressRequested,
    FlashMessage::InvitationDeclined,
    FlashMessage::InvitationReaddressed,
    FlashMessage::InvitationMailAllowed,
    FlashMessage::SignUpHasUser,
    FlashMessage::MailSentAgain,
    FlashMessage::InvitationGone,
    FlashMessage::InvitationEdited,
    FlashMessage::Joined,
    FlashMessage::NotJoined,
    FlashMessage::MemberRemoved,
    FlashMessage::MemberGone,
    FlashMessage::OtherSessionsEnded,
    FlashMessage::OwnershipOffered,
    FlashMessage::OwnershipOfferWithdrawn,
    FlashMessage::OwnershipOfferDeclined,
    FlashMessage::OwnershipOfferGone,
    FlashMessage::OwnershipAccepted,
    FlashMessage::PasswordChanged,
    FlashMessage::PasswordReset,
    FlashMessage::PictureSaved,
    FlashMessage::PictureRemoved,
    FlashMessage::ProductSignedOut,
    FlashMessage::RolesSaved,
    FlashMessage::Saved,
    FlashMessage::SessionEnded,
    FlashMessage::SessionGone,
    FlashMessage::SignedOut,
    FlashMessage::SignedUp,
];

impl FlashMessage {
    /// The key of its text.
    pub(crate) const fn key(&self) -> &'static str {
        match self {
            Self::AccountCreated => "done-account-created",
            Self::AccountLeft => "done-left",
            Self::ServiceConnected => "done-connected",
            Self::ServiceDisconnected => "done-disconnected",
            Self::EmailChanged => "done-email-changed",
            Self::AddressRequested => "done-address-requested",
            Self::InvitationDeclined => "done-declined",
            Self::InvitationReaddressed => "done-readdressed",
            Self::InvitationMailAllowed => "done-mail-allowed",
            Self::SignUpHasUser => "done-has-user",
            Self::MailSentAgain => "done-mail-again",
            Self::InvitationGone => "done-invitation-gone",
            Self::InvitationEdited => "done-edited",
            Self::InvitationNotEdited(_) => "done-edited-none",
            Self::InvitationNotLinked(_) => "done-link-none",
            Self::InvitationsResent(counts) => {
                counts.key("done-resent-none", "done-resent", "done-resent-some")
            }
            Self::InvitationsRevoked(counts) => {
                counts.key("done-revoked-none", "done-revoked", "done-revoked-some")
            }
            Self::InvitedAgain(counts) => {
                counts.key("done-again-none", "done-again", "done-again-some")
            }
            Self::Joined => "done-joined",
            Self::NotJoined => "done-not-joined",
            Self::MemberRemoved => "done-user-removed",
            Self::MemberGone => "done-user-gone",
            Self::OtherSessionsEnded => "done-others-ended",
            Self::OwnershipOffered => "done-offered",
            Self::OwnershipOfferWithdrawn => "done-withdrawn",
            Self::OwnershipOfferDeclined => "done-offer-declined",
            Self::OwnershipOfferGone => "done-offer-gone",
            Self::OwnershipAccepted => "done-owner",
            Self::PasswordChanged => "done-password-changed",
            Self::PasswordReset => "done-password-reset",
            Self::PictureSaved => "done-picture",
            Self::PictureRemoved => "done-picture-removed",
            Self::ProductSignedOut => "done-product-signed-out",
            Self::RolesSaved => "done-roles-saved",
            Self::Saved => "done-saved",
            Self::SessionEnded => "done-session-ended",
            Self::SessionGone => "done-session-gone",
            Self::SignedOut => "done-signed-out",
            Self::SignedUp => "done-signed-up",
        }
    }

    /// The counts of its text: `n` done, `m` ended before.
    pub(crate) fn args(&self) -> [(&'static str, Arg<'static>); 2] {
        let (done, ended) = match self {
            Self::InvitationsResent(counts)
            | Self::InvitationsRevoked(counts)
            | Self::InvitedAgain(counts) => (counts.done, counts.ended),
            _ => (1, 1),
        };
        [("n", done.into()), ("m", ended.into())]
    }

    /// Whether something was not done.
    pub(crate) const fn is_warning(&self) -> bool {
        match self {
            Self::InvitationGone
            | Self::InvitationNotEdited(_)
            | Self::InvitationNotLinked(_)
            | Self::MemberGone
            | Self::SignUpHasUser
            | Self::OwnershipOfferGone
            | Self::SessionGone => true,
            Self::InvitedAgain(counts) => counts.done == 0,
            Self::InvitationsResent(counts) | Self::InvitationsRevoked(counts) => {
                counts.done == 0 || counts.ended > 0
            }
            _ => false,
        }
    }

    /// The invitations that had ended before, as far as the message names them.
    pub(crate) fn ended_invitations(&self) -> &[InvitationId] {
        match self {
            Self::InvitationNotEdited(id) | Self::InvitationNotLinked(id) => {
                std::slice::from_ref(id)
            }
            Self::InvitationsResent(counts) | Self::InvitationsRevoked(counts) => &counts.named,
            _ => &[],
        }
    }

    /// Its value in the cookie: a word, and after full stops its values.
    pub(in crate::console) fn encode(&self) -> String {
        match self {
            Self::InvitationNotEdited(id) => format!("edited-none.{id}"),
            Self::InvitationNotLinked(id) => format!("link-none.{id}"),
            Self::InvitationsResent(counts) => counts.encode("resent"),
            Self::InvitationsRevoked(counts) => counts.encode("revoked"),
            Self::InvitedAgain(counts) => counts.encode("again"),
            _ => self.word().to_owned(),
        }
    }

    /// The message of a cookie's value; none for a value that [`FlashMessage::encode`] does not write.
    pub(in crate::console) fn decode(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let word = parts.next()?;
        let mut id = || {
            let id = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(id)
        };
        match word {
            "edited-none" => id().map(Self::InvitationNotEdited),
            "link-none" => id().map(Self::InvitationNotLinked),
            "resent" => BulkCounts::decode(parts).map(Self::InvitationsResent),
            "revoked" => BulkCounts::decode(parts).map(Self::InvitationsRevoked),
            "again" => BulkCounts::decode(parts).map(Self::InvitedAgain),
            _ => PLAIN.into_iter().find(|message| message.word() == text),
        }
    }

    /// The word in the cookie of a message without values.
    fn word(&self) -> &'static str {
        self.key().trim_start_matches("done-")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::console::flash::bulk_counts::MAX_NAMED;
    use convoke_domain::invitations::BulkResult;

    fn counts(done: usize, ended: usize) -> BulkCounts {
        let named = vec![InvitationId::from(uuid::Uuid::nil()); ended];
        BulkResult {
            done,
            skipped: named,
        }
        .into()
    }

    fn with_values() -> Vec<FlashMessage> {
        let id = InvitationId::from(uuid::Uuid::nil());
        let mut messages = vec![
            FlashMessage::InvitationNotEdited(id),
            FlashMessage::InvitationNotLinked(id),
        ];
        for (done, ended) in [(1, 0), (0, 1), (3, 2), (99, 50)] {
            messages.push(FlashMessage::InvitationsResent(counts(done, ended)));
            messages.push(FlashMessage::InvitationsRevoked(counts(done, ended)));
            messages.push(FlashMessage::InvitedAgain(counts(done, ended)));
        }
        messages
    }

    #[test]
    fn every_text_belongs_to_a_message_and_every_message_has_a_text() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../i18n/locales/en");
        let mut texts = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let keys = text.lines().filter(|line| line.starts_with("done-"));
            texts.extend(keys.map(|line| line.split(' ').next().unwrap().to_owned()));
        }
        let messages = PLAIN.into_iter().chain(with_values());
        let keys: BTreeSet<String> = messages.map(|message| message.key().to_owned()).collect();
        assert_eq!(keys, texts);
    }

    #[test]
    fn the_cookie_holds_every_message() {
        for message in PLAIN.into_iter().chain(with_values()) {
            let text = message.encode();
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            assert!(text.len() < 1_000 && text.chars().all(is_plain), "{text}");
            assert_eq!(FlashMessage::decode(&text), Some(message), "{text}");
        }
    }

    #[test]
    fn rejects_values_that_are_no_message() {
        let many = format!(
            "resent.1.99{}",
            ".inv_00000000000000000000000000".repeat(21)
        );
        for text in [
            "",
            "done-saved",
            "saved.1",
            "resent",
            "resent.1",
            "resent.-1.0",
            "resent.1.0.inv_00000000000000000000000000",
            "resent.1.1.usr_00000000000000000000000000",
            "edited-none",
            "edited-none.x",
            "<b>",
            &many,
        ] {
            assert_eq!(FlashMessage::decode(text), None, "{text}");
        }
    }

    #[test]
    fn names_the_first_twenty_ended_invitations_and_counts_all() {
        let message = FlashMessage::InvitationsResent(counts(0, 50));
        assert_eq!(message.ended_invitations().len(), MAX_NAMED);
        assert_eq!(message.key(), "done-resent-none");
        assert!(message.is_warning());
        assert!(FlashMessage::InvitationsRevoked(counts(2, 1)).is_warning());
        assert!(!FlashMessage::InvitationsRevoked(counts(2, 0)).is_warning());
    }
}
