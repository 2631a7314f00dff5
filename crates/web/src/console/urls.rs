//! Paths of pages.

use convoke_core::ids::{AccountId, InvitationId, UserId};

/// An account.
pub(crate) fn account(account: AccountId) -> String {
    format!("/accounts/{account}")
}

/// The activity of an account.
pub(crate) fn activity(account: AccountId) -> String {
    format!("/accounts/{account}/activity")
}

/// The page that finishes a sign-up.
pub(crate) fn confirm(token: &str) -> String {
    format!("/confirm/{token}")
}

/// The address that resends the link of a sign-up.
pub(crate) fn confirm_again(token: &str) -> String {
    format!("/confirm/{token}/again")
}

/// The page that finishes a change of address.
pub(crate) fn confirm_email(token: &str) -> String {
    format!("/confirm-email/{token}")
}

/// The page that connects a service.
pub(crate) fn connect(provider: &str) -> String {
    format!("/connect/{provider}")
}

/// The page that edits an invitation.
pub(crate) fn edit_invitation(account: AccountId, invitation: InvitationId) -> String {
    format!("/accounts/{account}/invitations/{invitation}/edit")
}

/// The page that edits a member's roles.
pub(crate) fn edit_member(account: AccountId, user: UserId) -> String {
    format!("/accounts/{account}/users/{user}/edit")
}

/// The page of an invitation's link.
pub(crate) fn invitation(token: &str) -> String {
    format!("/invitations/{token}")
}

/// The invitations of an account.
pub(crate) fn invitations(account: AccountId) -> String {
    format!("/accounts/{account}/invitations")
}

/// The wizard that invites.
pub(crate) fn invite(account: AccountId) -> String {
    format!("/accounts/{account}/invite")
}

/// The page to leave an account.
pub(crate) fn leave(account: AccountId) -> String {
    format!("/accounts/{account}/leave")
}

/// The page that resends invitations.
pub(crate) fn resend_invitations(account: AccountId) -> String {
    format!("/accounts/{account}/invitations/resend")
}

/// The page that resets a password.
pub(crate) fn reset(token: &str) -> String {
    format!("/reset/{token}")
}

/// The settings of an account.
pub(crate) fn settings(account: AccountId) -> String {
    format!("/accounts/{account}/settings")
}

/// The page of a failed sign-in through a service.
pub(crate) fn sign_in_ended(provider: &str) -> String {
    format!("/sign-in/{provider}/ended")
}

/// The address that starts a sign-in through a service.
pub(crate) fn sign_in_through(provider: &str) -> String {
    format!("/sign-in/{provider}")
}

/// The page that offers the ownership of an account.
pub(crate) fn transfer(account: AccountId) -> String {
    format!("/accounts/{account}/transfer")
}

/// The page that stops invitations by email.
pub(crate) fn unsubscribe(token: &str) -> String {
    format!("/invitations/{token}/unsubscribe")
}

/// The users of an account.
pub(crate) fn users(account: AccountId) -> String {
    format!("/accounts/{account}/users")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_tokens_are_parts_of_the_path() {
        let account = AccountId::from(uuid::Uuid::nil());
        let path = edit_member(account, UserId::from(uuid::Uuid::nil()));
        assert!(
            path.starts_with("/accounts/acc_") && path.ends_with("/edit"),
            "{path}"
        );
        assert_eq!(invitation("cvi_x"), "/invitations/cvi_x");
    }
}
