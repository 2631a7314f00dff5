//! Problem responses (RFC 9457): one per code of the HTTP contract.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use convoke_domain::accounts::SeatUsage;
use convoke_domain::error::{
    AcceptRequirement, AdditionalActions, InvitationEnded, SeatLimitExceeded, UnregisteredEmails,
};
use convoke_domain::invitations::InvitationStatus;
use convoke_domain::{Error, FieldError};

/// A code of the contract: word, status, title.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The stable word.
    pub word: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What it means in a few words.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $status:literal $word:literal $title:literal;)+) => {
        $(pub(super) const $name: Code = Code { word: $word, status: $status, title: $title };)+
        /// Every code of a response.
        pub const CODES: &[Code] = &[$($name),+];
    };
}

codes! {
    MALFORMED_JSON = 400 "malformed-json" "The body is not JSON";
    SIGN_IN_REQUIRED = 401 "sign-in-required" "Sign in first";
    INVALID_CREDENTIALS = 401 "invalid-credentials" "The email or password is not right";
    PERMISSION_DENIED = 403 "permission-denied" "You may not do this";
    ROLE_NOT_GRANTABLE = 403 "role-not-grantable" "You may not grant these roles";
    OWNER_IS_PROTECTED = 403 "owner-is-protected" "The owner cannot be edited or removed by others";
    CANNOT_EDIT_OWN_ROLES = 403 "cannot-edit-own-roles" "Nobody edits their own roles";
    WRONG_PASSWORD = 403 "wrong-password" "The password is not right";
    FRESH_SIGN_IN_REQUIRED = 403 "fresh-sign-in-required" "Sign in again first";
    CROSS_SITE_REQUEST = 403 "cross-site-request" "The request comes from another site";
    PASSWORD_SIGN_IN_OFF = 403 "password-sign-in-off" "Passwords are not used here";
    SIGN_UP_CLOSED = 403 "sign-up-closed" "New users are not taken here";
    ADDITIONAL_ACTIONS = 403 "additional-actions-required" "Additional actions are required";
    NOT_FOUND = 404 "not-found" "There is no such thing";
    METHOD_NOT_ALLOWED = 405 "method-not-allowed" "This cannot be done here";
    USER_LIMIT_EXCEEDED = 409 "user-limit-exceeded" "Too few seats are left";
    REGISTERED_USERS_ONLY = 409 "registered-users-only" "Only registered users can be invited";
    ALREADY_ACCEPTED = 409 "invitation-already-accepted" "The invitation was accepted already";
    DECLINED = 409 "invitation-declined" "The invitation was declined";
    REVOKED = 409 "invitation-revoked" "The invitation was withdrawn";
    OWNER_CANNOT_LEAVE = 409 "owner-cannot-leave" "The owner cannot leave";
    CANNOT_REMOVE_SELF = 409 "cannot-remove-self" "Nobody removes themselves";
    LAST_SIGN_IN_METHOD = 409 "last-sign-in-method" "This is the last way to sign in";
    DEFAULT_ACCOUNT = 409 "default-account" "A user's own account cannot change hands";
    ACCOUNT_LIMIT_EXCEEDED = 409 "account-limit-exceeded" "No more accounts can be created";
    KEY_IN_USE = 409 "idempotency-key-in-use" "A request with this key is still running";
    EXPIRED = 410 "invitation-expired" "The invitation has expired";
    LINK_NO_LONGER_VALID = 410 "link-no-longer-valid" "The link works no longer";
    CHANGED_MEANWHILE = 412 "changed-meanwhile" "Somebody else changed this meanwhile";
    BODY_TOO_LARGE = 413 "body-too-large" "The body is too large";
    UNSUPPORTED_MEDIA_TYPE = 415 "unsupported-media-type" "The body is of another type";
    MISDIRECTED_REQUEST = 421 "misdirected-request" "This address is not ours";
    VALIDATION_FAILED = 422 "validation-failed" "The request has errors";
    KEY_REUSED = 422 "idempotency-key-reused" "The key came with another request before";
    RATE_LIMITED = 429 "rate-limited" "Too many requests";
    INTERNAL = 500 "internal-error" "Something broke on our side";
    UNAVAILABLE = 503 "unavailable" "The service is away for a moment";
}

/// How many errors one response lists, so that it is not many times as large as the body it is about.
const MAX_ERRORS: usize = 1_000;

/// A problem on its way out; [`super::frame`] gives it its form, since only there request and address are known.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which one.
    pub code: Code,
    /// What happened, then what to do.
    pub detail: String,
    /// Members named per code.
    pub members: Map<String, Value>,
    /// Seconds after which to try again.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem without further members.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            members: Map::new(),
            retry_after: None,
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            NOT_FOUND,
            "There is nothing here, or nothing that you may know of. Check the address.",
        )
    }

    pub(super) fn invalid(errors: &[FieldError]) -> Self {
        let count = errors.len();
        let detail = match errors {
            [one] => one.detail.clone(),
            _ if count > MAX_ERRORS => {
                format!("{count} things need mending; errors lists the first {MAX_ERRORS}.")
            }
            _ => format!("{count} things need mending; errors lists them."),
        };
        let listed = errors.iter().take(MAX_ERRORS).map(field_error_json);
        Self::new(VALIDATION_FAILED, detail).with("errors", listed.collect::<Vec<_>>())
    }

    /// As JSON, with the request's id and the absolute type.
    pub(super) fn to_json(&self, public_origin: &str, request_id: &str) -> Value {
        let mut body = Map::new();
        let kind = format!("{public_origin}/problems/{}", self.code.word);
        body.insert("type".to_owned(), kind.into());
        body.insert("title".to_owned(), self.code.title.into());
        body.insert("status".to_owned(), self.code.status.into());
        body.insert("detail".to_owned(), self.detail.clone().into());
        body.insert("code".to_owned(), self.code.word.into());
        body.insert("request_id".to_owned(), request_id.into());
        body.extend(self.members.clone());
        Value::Object(body)
    }
}

fn field_error_json(error: &FieldError) -> Value {
    let mut body = Map::new();
    body.insert("pointer".to_owned(), error.pointer.clone().into());
    body.insert("code".to_owned(), error.code.into());
    body.insert("detail".to_owned(), error.detail.clone().into());
    if let Some(value) = &error.value {
        body.insert("value".to_owned(), value.clone().into());
    }
    if let Some(limit) = error.limit {
        body.insert("limit".to_owned(), limit.into());
    }
    Value::Object(body)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        from_error(error)
    }
}

fn from_error(error: Error) -> Problem {
    match error {
        Error::SignInRequired => Problem::new(
            SIGN_IN_REQUIRED,
            "Nobody is signed in here, or the session has ended. Sign in and try again.",
        ),
        Error::InvalidCredentials => Problem::new(
            INVALID_CREDENTIALS,
            "The email or password is not right. Try again, or reset your password.",
        ),
        Error::PermissionDenied(needed) => Problem::new(
            PERMISSION_DENIED,
            format!("This needs {needed} in this account. Ask the owner or a user administrator."),
        )
        .with("permission", needed),
        Error::RoleNotGrantable(roles) => Problem::new(
            ROLE_NOT_GRANTABLE,
            "Only the owner grants these roles. Leave them out, or ask the owner.",
        )
        .with("roles", roles),
        Error::OwnerIsProtected => Problem::new(
            OWNER_IS_PROTECTED,
            "The owner holds every permission and cannot be edited or removed by anyone else.",
        ),
        Error::CannotEditOwnRoles => Problem::new(
            CANNOT_EDIT_OWN_ROLES,
            "You cannot edit your own roles. Ask the owner or another user administrator.",
        ),
        Error::CannotRemoveSelf => Problem::new(
            CANNOT_REMOVE_SELF,
            "You cannot remove yourself. Leave the account instead.",
        ),
        Error::WrongPassword => {
            Problem::new(WRONG_PASSWORD, "The password is not right. Type it again.")
        }
        Error::ReauthenticationRequired => Problem::new(
            FRESH_SIGN_IN_REQUIRED,
            "This asks for a sign-in within the last 10 minutes. Sign in again and repeat it.",
        ),
        Error::AdditionalActions(actions) => additional_actions(&actions),
        Error::NotFound => Problem::not_found(),
        Error::UserLimitExceeded(shortage) => user_limit_exceeded(shortage),
        Error::RegisteredUsersOnly(unregistered) => registered_users_only(unregistered),
        Error::InvitationEnded(ending) => invitation_ended(ending),
        Error::OwnerCannotLeave => Problem::new(
            OWNER_CANNOT_LEAVE,
            "The owner cannot leave. Transfer the ownership to another member first.",
        ),
        Error::LastSignInMethod => Problem::new(
            LAST_SIGN_IN_METHOD,
            "You could not sign in any more without it. Set a password or connect another service first.",
        ),
        Error::PasswordSignInDisabled => Problem::new(
            PASSWORD_SIGN_IN_OFF,
            "Nobody signs in by password here. Sign in through one of the services that GET /api/v1/providers lists.",
        ),
        Error::SignUpClosed { by_invitation } => sign_up_closed(by_invitation),
        Error::DefaultAccount => Problem::new(
            DEFAULT_ACCOUNT,
            "This account came with its user and stays theirs. Create another account and transfer that one.",
        ),
        Error::AccountLimitExceeded(limit) => Problem::new(
            ACCOUNT_LIMIT_EXCEEDED,
            format!(
                "You own {limit} accounts, as many as one may. Transfer one to somebody else first."
            ),
        )
        .with("limit", limit),
        Error::IdempotencyKeyInUse => Problem::new(
            KEY_IN_USE,
            "A request with this Idempotency-Key is still running. Wait for its answer and repeat the request.",
        ),
        Error::IdempotencyKeyReused => Problem::new(
            KEY_REUSED,
            "This Idempotency-Key came with another request within 24 hours. Use a new key.",
        ),
        Error::LinkNoLongerValid => Problem::new(
            LINK_NO_LONGER_VALID,
            "This link was used, is too old, or was replaced by a newer one. Ask for another.",
        ),
        Error::VersionConflict => Problem::new(
            CHANGED_MEANWHILE,
            "Somebody else changed this meanwhile. Load it again and repeat your change.",
        ),
        Error::Invalid(errors) => Problem::invalid(&errors),
        Error::RateLimited(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail = format!("That was too much at once. Try again in {seconds} seconds.");
            Problem::new(RATE_LIMITED, detail).after(seconds.max(1))
        }
        Error::Store(error) => from_store_error(&error),
    }
}

fn sign_up_closed(by_invitation: bool) -> Problem {
    let detail = if by_invitation {
        "Only who is invited can sign up here. Follow the link of your invitation, and use the address it was sent to."
    } else {
        "No new users are taken here. Ask the system administrator to create one for you."
    };
    Problem::new(SIGN_UP_CLOSED, detail)
}

fn from_store_error(error: &convoke_domain::StoreError) -> Problem {
    use convoke_domain::StoreError as E;
    match error {
        E::Busy | E::Unavailable(_) | E::Unknown(_) => {
            tracing::warn!(%error, "request failed: database unavailable");
            Problem::new(
                UNAVAILABLE,
                "The database is away or busy, and nothing was acknowledged. Try again in a moment.",
            )
            .after(2)
        }
        E::Refused(_) | E::Panicked => {
            tracing::error!(%error, "request failed: internal error");
            internal()
        }
    }
}

pub(super) fn internal() -> Problem {
    Problem::new(
        INTERNAL,
        "Something broke on our side and nothing was changed. Try again, and tell us the request id if it stays.",
    )
}

fn additional_actions(actions: &AdditionalActions) -> Problem {
    Problem::new(
        ADDITIONAL_ACTIONS,
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
pub(super) fn remedies(
    need: AcceptRequirement,
    invited: &str,
    own: Option<&str>,
    by_password: bool,
) -> Vec<String> {
    let (register, mut all) = match need {
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
        // Without an address registering is the shortest way; with one, coming back with it is.
        let place = usize::from(need != AcceptRequirement::NoEmail);
        all.insert(place, register);
    }
    all
}

fn user_limit_exceeded(shortage: SeatLimitExceeded) -> Problem {
    let SeatUsage {
        limit,
        members,
        pending,
    } = shortage.usage;
    let available = shortage.usage.available();
    let requested = shortage.requested;
    let mut remedies = vec![
        "Revoke sent invitations that are no longer needed.".to_owned(),
        "Remove inactive users.".to_owned(),
    ];
    if shortage.on_premise {
        remedies.push("Ask the system administrator to raise the limit.".to_owned());
    }
    Problem::new(
        USER_LIMIT_EXCEEDED,
        format!("{available} seats are left and you are inviting {requested}. Nobody was invited."),
    )
    .with("limit", limit)
    .with("members", members)
    .with("pending_invitations", pending)
    .with("available", available)
    .with("requested", requested)
    .with("remedies", remedies)
}

fn registered_users_only(found: UnregisteredEmails) -> Problem {
    let mut remedies = vec!["Ask them to register, then invite again.".to_owned()];
    if found.by_account {
        remedies.push("Ask the owner to allow new users in the account's settings.".to_owned());
    }
    if found.by_installation && found.on_premise {
        remedies.push("Ask the system administrator to allow new users.".to_owned());
    }
    let list = found.emails.join(", ");
    Problem::new(
        REGISTERED_USERS_ONLY,
        format!("Only registered users can be invited to this account; these are not: {list}. Nobody was invited."),
    )
    .with("emails", found.emails)
    .with("remedies", remedies)
}

fn invitation_ended(ending: InvitationEnded) -> Problem {
    let at = ending.at;
    match ending.status {
        InvitationStatus::Accepted if ending.by_caller => Problem::new(
            ALREADY_ACCEPTED,
            format!("You accepted this invitation at {at}. Go to the account."),
        ),
        InvitationStatus::Accepted => Problem::new(
            ALREADY_ACCEPTED,
            format!("This invitation was accepted at {at}."),
        ),
        InvitationStatus::Declined => Problem::new(
            DECLINED,
            format!("This invitation was declined at {at}. A new one must be sent."),
        ),
        InvitationStatus::Expired => Problem::new(
            EXPIRED,
            format!("This invitation expired at {at}. A new one must be sent."),
        )
        .with("expired_at", json!(at)),
        // A pending one is never rejected as ended; were it so, the safe answer is that it cannot be used.
        InvitationStatus::Revoked | InvitationStatus::Pending => Problem::new(
            REVOKED,
            format!("This invitation was withdrawn at {at}. A new one must be sent."),
        ),
    }
    .with("ended_at", json!(at))
}
