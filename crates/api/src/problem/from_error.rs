//! Maps errors of the domain to problems. Details say what happened, then what to do.

use serde_json::json;

use super::{self as problem, Problem, internal};
use convoke_domain::accounts::SeatUsage;
use convoke_domain::error::{
    AcceptRequirement, AdditionalActions, InvitationEnded, SeatLimitExceeded, UnregisteredEmails,
};
use convoke_domain::invitations::InvitationStatus;
use convoke_domain::{DatabaseError, Error};

pub(super) fn from_error(error: Error) -> Problem {
    match error {
        Error::SignInRequired => Problem::new(
            problem::SIGN_IN_REQUIRED,
            "You are not signed in, or the session has ended. Sign in and try again.",
        ),
        Error::InvalidCredentials => Problem::new(
            problem::INVALID_CREDENTIALS,
            "The email or password is not right. Try again, or reset your password.",
        ),
        Error::PermissionDenied(needed) => {
            Problem::new(problem::PERMISSION_DENIED, permission_denied_detail(needed))
                .with("permission", needed)
        }
        Error::RoleNotGrantable(roles) => Problem::new(
            problem::ROLE_NOT_GRANTABLE,
            "Only the owner grants these roles. Leave them out, or ask the owner.",
        )
        .with("roles", roles),
        Error::OwnerIsProtected => Problem::new(
            problem::OWNER_IS_PROTECTED,
            "The owner holds every permission and cannot be edited or removed by anyone else.",
        ),
        Error::CannotEditOwnRoles => Problem::new(
            problem::CANNOT_EDIT_OWN_ROLES,
            "You cannot edit your own roles. Ask the owner or another user administrator.",
        ),
        Error::CannotRemoveSelf => Problem::new(
            problem::CANNOT_REMOVE_SELF,
            "You cannot remove yourself. Leave the account instead.",
        ),
        Error::WrongPassword => Problem::new(
            problem::WRONG_PASSWORD,
            "The password is not right. Type it again.",
        ),
        Error::ReauthenticationRequired => Problem::new(
            problem::FRESH_SIGN_IN_REQUIRED,
            "This asks for a sign-in within the last 10 minutes. Sign in again and repeat it.",
        ),
        Error::AdditionalActions(actions) => additional_actions(&actions),
        Error::NotFound => Problem::not_found(),
        Error::UserLimitExceeded(exceeded) => user_limit_exceeded(exceeded),
        Error::RegisteredUsersOnly(unregistered) => registered_users_only(unregistered),
        Error::InvitationEnded(ended) => invitation_ended(ended),
        Error::AlreadyMember => Problem::new(
            problem::ALREADY_MEMBER,
            "This address belongs to a user here of the account. Revoke the invitation, or give it another address.",
        ),
        Error::AlreadyInvited => Problem::new(
            problem::ALREADY_INVITED,
            "This address has another pending invitation to the account. Revoke one of them, or give this one another address.",
        ),
        Error::OwnerCannotLeave => Problem::new(
            problem::OWNER_CANNOT_LEAVE,
            "The owner cannot leave. Transfer the ownership to another member first.",
        ),
        Error::LastSignInMethod => Problem::new(
            problem::LAST_SIGN_IN_METHOD,
            "You could not sign in any more without it. Set a password or connect another service first.",
        ),
        Error::PasswordSignInDisabled => Problem::new(
            problem::PASSWORD_SIGN_IN_OFF,
            "Nobody signs in by password here. Sign in through one of the services that GET /api/v1/providers lists.",
        ),
        Error::SignUpClosed { by_invitation } => sign_up_closed(by_invitation),
        Error::DefaultAccount => Problem::new(
            problem::DEFAULT_ACCOUNT,
            "This account came with its user and stays theirs. Create another account and transfer that one.",
        ),
        Error::AccountLimitExceeded(limit) => Problem::new(
            problem::ACCOUNT_LIMIT_EXCEEDED,
            format!(
                "You own {limit} accounts, as many as one may. Transfer one to somebody else first."
            ),
        )
        .with("limit", limit),
        Error::IdempotencyKeyInUse => Problem::new(
            problem::KEY_IN_USE,
            "A request with this Idempotency-Key is still running. Wait for its answer and repeat the request.",
        ),
        Error::IdempotencyKeyReused => Problem::new(
            problem::KEY_REUSED,
            "This Idempotency-Key came with another request within 24 hours. Use a new key.",
        ),
        Error::LinkNoLongerValid => Problem::new(
            problem::LINK_NO_LONGER_VALID,
            "This link was used, is too old, or was replaced by a newer one. Ask for another.",
        ),
        Error::VersionConflict => Problem::new(
            problem::CHANGED_MEANWHILE,
            "Somebody else changed this meanwhile. Load it again and repeat your change.",
        ),
        Error::Invalid(errors) => Problem::invalid(&errors),
        Error::RateLimited(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail = format!("That was too much at once. Try again in {seconds} seconds.");
            Problem::new(problem::RATE_LIMITED, detail).after(seconds.max(1))
        }
        Error::Database(error) => from_database_error(&error),
    }
}

/// Names the missing permission and who can grant it.
fn permission_denied_detail(needed: &str) -> String {
    if needed == "owner" {
        "Only the owner of this account may do this. Ask them.".to_owned()
    } else {
        format!(
            "This needs the role {needed} in this account. Ask the owner or a user administrator."
        )
    }
}

fn sign_up_closed(by_invitation: bool) -> Problem {
    let detail = if by_invitation {
        "Only who is invited can sign up here. Follow the link of your invitation, and use the address it was sent to."
    } else {
        "No new users are taken here. Ask the system administrator to create one for you."
    };
    Problem::new(problem::SIGN_UP_CLOSED, detail)
}

fn from_database_error(error: &DatabaseError) -> Problem {
    match error {
        DatabaseError::Busy | DatabaseError::Unavailable(_) | DatabaseError::OutcomeUnknown(_) => {
            tracing::warn!(%error, "request failed: database unavailable");
            Problem::new(
                problem::UNAVAILABLE,
                "The database is unavailable or busy, and nothing was acknowledged. Try again in a moment.",
            )
            .after(2)
        }
        DatabaseError::Corrupt(_) | DatabaseError::Internal(_) => {
            tracing::error!(%error, "request failed: internal error");
            internal()
        }
    }
}

fn additional_actions(actions: &AdditionalActions) -> Problem {
    Problem::new(
        problem::ADDITIONAL_ACTIONS,
        format!(
            "The invitation was sent to {}. Additional actions are required before you can accept it.",
            actions.invited_email
        ),
    )
    .with("reason", actions.requirement.as_str())
    .with(
        "remedies",
        remedies(
            actions.requirement,
            &actions.invited_email,
            actions.own_email.as_deref(),
            actions.by_password,
        ),
    )
    .with("invited_email", actions.invited_email.clone())
    .with("provider", actions.provider.clone())
}

/// What a user has to do (product rules, *Additional actions required*).
#[must_use]
pub fn remedies(
    requirement: AcceptRequirement,
    invited: &str,
    own: Option<&str>,
    by_password: bool,
) -> Vec<String> {
    let (register, mut remedies) = match requirement {
        AcceptRequirement::SignIn => (
            format!("Create a user with {invited} and a password."),
            vec![format!("Sign in with {invited}.")],
        ),
        AcceptRequirement::OtherEmail => (
            format!("Register with {invited} and a password."),
            vec![
                format!("Sign out and come back with {invited}."),
                format!(
                    "Ask the inviter for an invitation to {}, the address you use.",
                    own.unwrap_or_default()
                ),
            ],
        ),
        AcceptRequirement::NoEmail => (
            format!("Follow the link again and register with {invited} and a password."),
            vec![
                "Make the address available at the service you sign in with (for GitHub: Settings, Public profile, \
                 Public email, or allow the user:email permission) and follow the link again."
                    .to_owned(),
                "Add and confirm the address in your profile, then follow the link again.".to_owned(),
            ],
        ),
    };
    if by_password {
        // Registration comes first without an address, else second.
        let index = usize::from(requirement != AcceptRequirement::NoEmail);
        remedies.insert(index, register);
    }
    remedies
}

fn user_limit_exceeded(exceeded: SeatLimitExceeded) -> Problem {
    let SeatUsage {
        limit,
        members,
        pending,
    } = exceeded.usage;
    let available = exceeded.usage.available();
    let requested = exceeded.requested;
    let mut remedies = vec![
        "Revoke sent invitations that are no longer needed.".to_owned(),
        "Remove inactive users.".to_owned(),
    ];
    if exceeded.on_premise {
        remedies.push("Ask the system administrator to raise the limit.".to_owned());
    }
    Problem::new(
        problem::USER_LIMIT_EXCEEDED,
        format!("{available} seats are left and you are inviting {requested}. Nobody was invited."),
    )
    .with("limit", limit)
    .with("members", members)
    .with("pending_invitations", pending)
    .with("available", available)
    .with("requested", requested)
    .with("remedies", remedies)
}

fn registered_users_only(unregistered: UnregisteredEmails) -> Problem {
    let mut remedies = vec!["Ask them to register, then invite again.".to_owned()];
    if unregistered.by_account {
        remedies.push("Ask the owner to allow new users in the account's settings.".to_owned());
    }
    if unregistered.by_installation && unregistered.on_premise {
        remedies.push("Ask the system administrator to allow new users.".to_owned());
    }
    let list = unregistered.emails.join(", ");
    Problem::new(
        problem::REGISTERED_USERS_ONLY,
        format!("Only registered users can be invited to this account; these are not: {list}. Nobody was invited."),
    )
    .with("emails", unregistered.emails)
    .with("remedies", remedies)
}

fn invitation_ended(ended: InvitationEnded) -> Problem {
    let at = ended.at;
    match ended.status {
        InvitationStatus::Accepted if ended.by_caller => Problem::new(
            problem::ALREADY_ACCEPTED,
            format!("You accepted this invitation at {at}. Go to the account."),
        ),
        InvitationStatus::Accepted => Problem::new(
            problem::ALREADY_ACCEPTED,
            format!("This invitation was accepted at {at}."),
        ),
        InvitationStatus::Declined => Problem::new(
            problem::DECLINED,
            format!("This invitation was declined at {at}. A new one must be sent."),
        ),
        InvitationStatus::Expired => Problem::new(
            problem::EXPIRED,
            format!("This invitation expired at {at}. A new one must be sent."),
        )
        .with("expired_at", json!(at)),
        // Pending invitations are not rejected as ended; this arm only makes the match exhaustive.
        InvitationStatus::Revoked | InvitationStatus::Pending => Problem::new(
            problem::REVOKED,
            format!("This invitation was withdrawn at {at}. A new one must be sent."),
        ),
    }
    .with("ended_at", json!(at))
}
