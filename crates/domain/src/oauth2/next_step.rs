//! What happens with an authorization request next: a pure function of the request, the session and the accounts.

use std::time::Duration;

use super::access::Access;
use super::authorization_request::{
    AccountHint, AuthorizationError, AuthorizationRequest, ErrorCode,
};
use crate::accounts::Account;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};

/// How far the clock of the node that asks for a sign-in may be ahead of the clock of the one that takes it.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(10);

/// What happens with an authorization request next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// The user chooses an account.
    SelectAccount {
        /// Whether the client asked for an account that cannot be used.
        is_unavailable: bool,
    },
    /// The user confirms that they go on in this account.
    Confirm(AccountId),
    /// The user may use the product in no account.
    NoAccess,
    /// The client gets a code for this account.
    Issue(AccountId),
}

/// Who is signed in, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Authentication {
    /// The user.
    pub user: UserId,
    /// When they last authenticated.
    pub at: Timestamp,
}

/// Whether the session counts for the request; without one, or where the request asks for a newer one or another user, the user
/// has to sign in (OpenID Connect Core section 3.1.2.3). `expected` is the user of `id_token_hint`.
///
/// # Errors
/// The response to a request with `prompt=none`.
pub fn is_signed_in(
    request: &AuthorizationRequest,
    authentication: Option<Authentication>,
    expected: Option<UserId>,
    now: Timestamp,
) -> Result<bool, AuthorizationError> {
    let is_enough = authentication.is_some_and(|Authentication { user, at }| {
        let is_expected = expected.is_none_or(|expected| expected == user);
        let is_recent = request.max_age.is_none_or(|age| at.plus(age) >= now)
            // The node that asked for the sign-in may have another clock.
            && request
                .authenticated_since
                .is_none_or(|since| at.plus(CLOCK_TOLERANCE) >= since);
        is_expected && is_recent && !request.prompt.login
    });
    if !is_enough && request.prompt.none {
        return Err(request.error(ErrorCode::LoginRequired, "the user has to sign in"));
    }
    Ok(is_enough)
}

/// What happens with the request of a user who is signed in and may work in `accounts` with the product. An account that the
/// client asks for comes first, then the only possible one; what was used before never decides.
///
/// # Errors
/// The response to a request with `prompt=none`.
pub fn next_step(
    request: &AuthorizationRequest,
    accounts: &[(Account, Access)],
) -> Result<NextStep, AuthorizationError> {
    let fail = |code, description| Err(request.error(code, description));
    let asked = match request.account {
        None => None,
        Some(AccountHint::Unknown) => Some(None),
        Some(AccountHint::Account(id)) => {
            Some(Some(id).filter(|id| accounts.iter().any(|(account, _)| account.id == *id)))
        }
    };
    let chosen = match (asked, accounts) {
        (_, []) | (Some(None), _) if request.prompt.none => {
            return fail(
                ErrorCode::AccessDenied,
                "the user may not use the product in this account",
            );
        }
        (_, []) => return Ok(NextStep::NoAccess),
        (Some(None), _) => {
            return Ok(NextStep::SelectAccount {
                is_unavailable: true,
            });
        }
        (Some(Some(id)), _) => Some(id),
        (None, [(account, _)]) => Some(account.id),
        (None, _) => None,
    };
    match chosen {
        None if request.prompt.none => fail(
            ErrorCode::AccountSelectionRequired,
            "the user has to choose an account",
        ),
        Some(id) if !request.prompt.select_account => Ok(if request.prompt.consent {
            NextStep::Confirm(id)
        } else {
            NextStep::Issue(id)
        }),
        _ => Ok(NextStep::SelectAccount {
            is_unavailable: false,
        }),
    }
}
