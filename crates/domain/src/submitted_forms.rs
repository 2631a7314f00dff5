//! Forms that are sent without a session, such as that of a sign-up: the same form sent twice makes one thing, and both
//! responses lead to the same page. A form is known by the hash of a key: of a random one in the form and what was entered, or of
//! the token of a confirmation link. A stored result does not sign in: for that the password is compared again.
//!
//! Forms of signed-in users use [`crate::idempotency`].

use super::policy::IDEMPOTENCY_LIFETIME;
use super::{Error, Mode, Tx};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::submitted_form::FormOutcome;
use convoke_core::secret::{TokenKind, token_hash};
use convoke_store::submitted_forms::{self as table, SubmittedForm};

/// The hash of a form's key.
pub type FormKey = [u8; 32];

/// What a form led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormResult {
    /// An email is on its way, or would be if the address were known.
    Requested,
    /// A new user.
    SignedUp(UserId),
    /// A new user who joined an account.
    Joined(UserId, AccountId),
    /// A new user who could not join the account any more.
    NotJoined(UserId),
}

impl FormResult {
    /// The user whom the form created.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Requested => None,
            Self::SignedUp(user) | Self::Joined(user, _) | Self::NotJoined(user) => Some(user),
        }
    }

    const fn outcome(self) -> FormOutcome {
        match self {
            Self::Requested => FormOutcome::Requested,
            Self::SignedUp(_) => FormOutcome::SignedUp,
            Self::Joined(..) => FormOutcome::Joined,
            Self::NotJoined(_) => FormOutcome::NotJoined,
        }
    }

    fn to_stored(self) -> SubmittedForm {
        SubmittedForm {
            user: self.user(),
            outcome: self.outcome(),
            account: match self {
                Self::Joined(_, account) => Some(account),
                _ => None,
            },
        }
    }

    fn from_stored(form: &SubmittedForm) -> Result<Self, Error> {
        match (form.outcome, form.user, form.account) {
            (FormOutcome::Requested, None, None) => Ok(Self::Requested),
            (FormOutcome::SignedUp, Some(user), None) => Ok(Self::SignedUp(user)),
            (FormOutcome::Joined, Some(user), Some(account)) => Ok(Self::Joined(user, account)),
            (FormOutcome::NotJoined, Some(user), None) => Ok(Self::NotJoined(user)),
            _ => Err(Error::corrupt("result of a submitted form")),
        }
    }
}

/// The result of an earlier submission of a form.
///
/// # Errors
/// When the database is unavailable.
pub fn find(
    tx: &mut Tx<'_, '_, impl Mode>,
    key: Option<&FormKey>,
) -> Result<Option<FormResult>, Error> {
    let Some(key) = key else { return Ok(None) };
    let form = table::find(tx.conn, key, tx.now.minus(IDEMPOTENCY_LIFETIME))?;
    form.as_ref().map(FormResult::from_stored).transpose()
}

/// The result of the sign-up that a confirmation link has finished.
///
/// # Errors
/// When the database is unavailable.
pub fn find_confirmed(
    tx: &mut Tx<'_, '_, impl Mode>,
    token: &str,
) -> Result<Option<FormResult>, Error> {
    find(tx, token_hash(TokenKind::Confirmation, token).as_ref())
}

/// Reserves the key of a form in this transaction, as one that requests an email. Returns the result of an earlier submission,
/// after waiting for one that is under way; the form must not be processed again then. A form without a key is always processed.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn reserve(
    tx: &mut Tx<'_, '_>,
    key: Option<&FormKey>,
) -> Result<Option<FormResult>, Error> {
    let Some(key) = key else { return Ok(None) };
    let stored = FormResult::Requested.to_stored();
    let forgotten_before = tx.now.minus(IDEMPOTENCY_LIFETIME);
    if table::insert(tx.conn, key, &stored, tx.now, forgotten_before)? {
        return Ok(None);
    }
    find(tx, Some(key))?.map(Some).ok_or(Error::VersionConflict)
}

/// Stores the result of a form that created a user.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn record(
    tx: &mut Tx<'_, '_>,
    key: Option<&FormKey>,
    result: FormResult,
) -> Result<(), Error> {
    let Some(key) = key else { return Ok(()) };
    let stored = result.to_stored();
    let forgotten_before = tx.now.minus(IDEMPOTENCY_LIFETIME);
    if !table::insert(tx.conn, key, &stored, tx.now, forgotten_before)? {
        table::update(tx.conn, key, &stored)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_result_is_read_as_it_was() {
        let user = UserId::from(uuid::Uuid::nil());
        let account = AccountId::from(uuid::Uuid::nil());
        for result in [
            FormResult::Requested,
            FormResult::SignedUp(user),
            FormResult::Joined(user, account),
            FormResult::NotJoined(user),
        ] {
            assert_eq!(FormResult::from_stored(&result.to_stored()), Ok(result));
        }
    }

    #[test]
    fn a_result_that_no_form_leads_to_is_corrupt() {
        let user = UserId::from(uuid::Uuid::nil());
        let account = AccountId::from(uuid::Uuid::nil());
        for (outcome, user, account) in [
            (FormOutcome::Requested, Some(user), None),
            (FormOutcome::SignedUp, None, None),
            (FormOutcome::Joined, Some(user), None),
            (FormOutcome::NotJoined, Some(user), Some(account)),
        ] {
            let form = SubmittedForm {
                user,
                outcome,
                account,
            };
            assert!(FormResult::from_stored(&form).is_err(), "{form:?}");
        }
    }
}
