//! Addresses of pages and of the actions of their forms. Templates pass ids by reference, handlers by value.

#[cfg(test)]
mod tests;

use std::borrow::Borrow;

use convoke_core::ids::{AccountId, InvitationId, UserId};

/// The viewer's accounts.
pub(crate) const ACCOUNTS: &str = "/accounts";

/// The page that creates an account.
pub(crate) const NEW_ACCOUNT: &str = "/accounts/new";

/// The start page.
pub(crate) const HOME: &str = "/";

/// The viewer's profile, with its section of personal details.
pub(crate) const PROFILE: &str = "/profile";

/// The profile's section of the theme and the keyboard shortcuts.
pub(crate) const PROFILE_APPEARANCE: &str = "/profile/appearance";

/// The profile's section of language and time zone.
pub(crate) const PROFILE_LANGUAGE: &str = "/profile/language";

/// The profile's section of the password.
pub(crate) const PROFILE_PASSWORD: &str = "/profile/password";

/// The profile's section of the products that the user is signed in to.
pub(crate) const PROFILE_PRODUCTS: &str = "/profile/products";

/// The profile's section of connected services.
pub(crate) const PROFILE_SERVICES: &str = "/profile/services";

/// The profile's section of sessions.
pub(crate) const PROFILE_SESSIONS: &str = "/profile/sessions";

/// The viewer's own activity.
pub(crate) const PROFILE_ACTIVITY: &str = "/profile/activity";

/// The page that changes the viewer's address.
pub(crate) const PROFILE_EMAIL: &str = "/profile/email";

/// The page after a request to change the viewer's address.
pub(crate) const PROFILE_EMAIL_CHECK_MAIL: &str = "/profile/email/check-mail";

/// The page that requests the reset of a password.
pub(crate) const RESET: &str = "/reset";

/// The page after a request to reset a password.
pub(crate) const RESET_CHECK_MAIL: &str = "/reset/check-mail";

/// The sign-in page.
pub(crate) const SIGN_IN: &str = "/sign-in";

/// The sign-up page.
pub(crate) const SIGN_UP: &str = "/sign-up";

/// The page after a sign-up that has to be confirmed.
pub(crate) const SIGN_UP_CHECK_MAIL: &str = "/sign-up/check-mail";

/// The page that gives an invitation another address.
pub(crate) fn address_of_invitation(
    account: impl Borrow<AccountId>,
    invitation: impl Borrow<InvitationId>,
) -> String {
    format!(
        "/accounts/{}/invitations/{}/address",
        account.borrow(),
        invitation.borrow()
    )
}

/// The action that accepts an invitation by its link.
pub(crate) fn accept_invitation(token: &str) -> String {
    format!("/invitations/{token}/accept")
}

/// The action that accepts the ownership of an account.
pub(crate) fn accept_ownership(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/ownership-offer/accept", account.borrow())
}

/// The action that accepts an invitation to the viewer.
pub(crate) fn accept_received(invitation: impl Borrow<InvitationId>) -> String {
    format!("/accounts/invitations/{}/accept", invitation.borrow())
}

/// An account.
pub(crate) fn account(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}", account.borrow())
}

/// The account that a path belongs to.
pub(crate) fn account_of(path: &str) -> Option<AccountId> {
    let id = path.strip_prefix("/accounts/")?.split('/').next()?;
    id.parse().ok()
}

/// The activity of an account.
pub(crate) fn activity(account: AccountId) -> String {
    format!("/accounts/{account}/activity")
}

/// What a user did in an account, and what concerns them there.
pub(crate) fn activity_of(account: AccountId, user: UserId) -> String {
    path_with_query(&activity(account), &[("person", &user.to_string())])
}

/// The activity of an account in the API.
pub(crate) fn api_activity(account: AccountId) -> String {
    format!("/api/v1/accounts/{account}/activity")
}

/// The invitations of an account in the API.
pub(crate) fn api_invitations(account: AccountId) -> String {
    format!("/api/v1/accounts/{account}/invitations")
}

/// The members of an account in the API.
pub(crate) fn api_members(account: AccountId) -> String {
    format!("/api/v1/accounts/{account}/members")
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

/// The address that connects a service, with an intent token.
pub(crate) fn connect_with_intent(provider: &str, intent: &str) -> String {
    path_with_query(&connect(provider), &[("intent", intent)])
}

/// The action that declines an invitation by its link.
pub(crate) fn decline_invitation(token: &str) -> String {
    format!("/invitations/{token}/decline")
}

/// The action that declines the ownership of an account.
pub(crate) fn decline_ownership(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/ownership-offer/decline", account.borrow())
}

/// The action that declines an invitation to the viewer.
pub(crate) fn decline_received(invitation: impl Borrow<InvitationId>) -> String {
    format!("/accounts/invitations/{}/decline", invitation.borrow())
}

/// The page that edits an invitation.
pub(crate) fn edit_invitation(
    account: impl Borrow<AccountId>,
    invitation: impl Borrow<InvitationId>,
) -> String {
    format!(
        "/accounts/{}/invitations/{}/edit",
        account.borrow(),
        invitation.borrow()
    )
}

/// The page that edits a member's roles.
pub(crate) fn edit_member(account: AccountId, user: UserId) -> String {
    format!("/accounts/{account}/users/{user}/edit")
}

/// The links that export a list of the API as a file, each with the name of its format.
pub(crate) fn exports(api: &str, params: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let link = |format: &str| {
        let format = [("format", format)];
        path_with_query(api, &[&format, params].concat())
    };
    [
        ("CSV", "csv"),
        ("Excel (XLSX)", "xlsx"),
        ("NDJSON", "ndjson"),
    ]
    .map(|(label, format)| (label, link(format)))
    .to_vec()
}

/// The page of an invitation's link.
pub(crate) fn invitation(token: &str) -> String {
    format!("/invitations/{token}")
}

/// The action that creates a link of an invitation.
pub(crate) fn invitation_link(
    account: impl Borrow<AccountId>,
    invitation: impl Borrow<InvitationId>,
) -> String {
    format!(
        "/accounts/{}/invitations/{}/link",
        account.borrow(),
        invitation.borrow()
    )
}

/// The token of a path to an invitation's page.
pub(crate) fn invitation_token(path: &str) -> Option<&str> {
    path.strip_prefix("/invitations/")
}

/// The invitations of an account.
pub(crate) fn invitations(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/invitations", account.borrow())
}

/// The wizard that invites.
pub(crate) fn invite(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/invite", account.borrow())
}

/// The wizard with the choices of an ended invitation.
pub(crate) fn invite_again(
    account: impl Borrow<AccountId>,
    invitation: impl Borrow<InvitationId>,
) -> String {
    path_with_query(
        &invite(account),
        &[("again", &invitation.borrow().to_string())],
    )
}

/// The address that checks the wizard's addresses while they are entered.
pub(crate) fn invite_check(account: AccountId) -> String {
    format!("/accounts/{account}/invite/state")
}

/// The wizard's last step.
pub(crate) fn invite_result(account: AccountId) -> String {
    format!("/accounts/{account}/invite/result")
}

/// The action that signs up and accepts an invitation.
pub(crate) fn join_invitation(token: &str) -> String {
    format!("/invitations/{token}/join")
}

/// The page to leave an account.
pub(crate) fn leave(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/leave", account.borrow())
}

/// The page of a user in an account.
pub(crate) fn member(account: AccountId, user: UserId) -> String {
    format!("/accounts/{account}/users/{user}")
}

/// The address that opens a product in an account.
pub(crate) fn go(product: &str, account: impl Borrow<AccountId>) -> String {
    let path = format!("/go/{product}");
    path_with_query(&path, &[("account", &account.borrow().to_string())])
}

/// A user's picture.
pub(crate) fn picture(picture: &str) -> String {
    format!("/pictures/{picture}")
}

/// The page that removes a member.
pub(crate) fn remove_member(account: AccountId, user: UserId) -> String {
    format!("/accounts/{account}/users/{user}/remove")
}

/// The action that renames an account.
pub(crate) fn rename_account(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/settings/name", account.borrow())
}

/// The page that asks the inviter to invite another address.
pub(crate) fn request_address(token: &str) -> String {
    format!("/invitations/{token}/address")
}

/// The page that requests the reset of a password and returns to a page after the sign-in that follows.
pub(crate) fn reset_returning(path: &str) -> String {
    path_with_query(RESET, &[("return_to", path)])
}

/// The action that invites the addresses of ended invitations again.
pub(crate) fn reinvite(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/invitations/again", account.borrow())
}

/// The page that resends invitations.
pub(crate) fn resend_invitations(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/invitations/resend", account.borrow())
}

/// The page that resets a password.
pub(crate) fn reset(token: &str) -> String {
    format!("/reset/{token}")
}

/// The action that restricts an account to registered users.
pub(crate) fn restrict_account(account: impl Borrow<AccountId>) -> String {
    format!(
        "/accounts/{}/settings/registered-users-only",
        account.borrow()
    )
}

/// The page that revokes one invitation.
pub(crate) fn revoke_invitation(
    account: impl Borrow<AccountId>,
    invitation: impl Borrow<InvitationId>,
) -> String {
    path_with_query(
        &revoke_invitations(account),
        &[("id", &invitation.borrow().to_string())],
    )
}

/// The page that revokes invitations.
pub(crate) fn revoke_invitations(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/invitations/revoke", account.borrow())
}

/// The settings of an account.
pub(crate) fn settings(account: AccountId) -> String {
    format!("/accounts/{account}/settings")
}

/// The page of a failed sign-in through a service.
pub(crate) fn sign_in_ended(provider: &str) -> String {
    format!("/sign-in/{provider}/ended")
}

/// A path to the sign-in page with an empty field for the login, for a user whose address is not the invited one.
pub(crate) fn sign_in_as_other(sign_in: &str) -> String {
    format!("{sign_in}&login=other")
}

/// The address that starts a sign-in through a service.
pub(crate) fn sign_in_through(provider: &str) -> String {
    format!("/sign-in/{provider}")
}

/// The sign-up page of an invitation.
pub(crate) fn sign_up_invited(token: &str) -> String {
    path_with_query(SIGN_UP, &[("invitation", token)])
}

/// The page that offers the ownership of an account.
pub(crate) fn transfer(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/transfer", account.borrow())
}

/// The action that allows invitations by email again.
pub(crate) fn resubscribe(token: &str) -> String {
    format!("/invitations/{token}/resubscribe")
}

/// The page that stops invitations by email.
pub(crate) fn unsubscribe(token: &str) -> String {
    format!("/invitations/{token}/unsubscribe")
}

/// The users of an account.
pub(crate) fn users(account: AccountId) -> String {
    format!("/accounts/{account}/users")
}

/// The users of an account, those first who have not been active for longest.
pub(crate) fn users_by_activity(account: AccountId) -> String {
    path_with_query(&users(account), &[("sort", "last_active_at")])
}

/// The action that withdraws the offer of an account's ownership.
pub(crate) fn withdraw_ownership(account: impl Borrow<AccountId>) -> String {
    format!("/accounts/{}/transfer/withdraw", account.borrow())
}

/// A path with a query of the parameters that have a value.
pub(crate) fn path_with_query(path: &str, params: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        none if none.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
