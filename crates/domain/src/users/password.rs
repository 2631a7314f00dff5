//! Change and reset of passwords (rules U7 to U9).

use crate::FieldErrorKind;
use convoke_core::model::activity::Action;
use uuid::Uuid;

use super::User;
use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::credentials::{self, Reauthentication};
use crate::notifications::{self, Notification};
use crate::policy::RESET_EMAIL_WAIT;
use crate::rate_limits::Client;
use crate::sessions::{self, SignedIn};
use crate::submitted_forms::{self, FormKey, FormResult};
use crate::validation::weak_password;
use crate::{Caller, ClientInfo, Context, Error, FieldError, Mode, Tx};
use convoke_core::secret::{TokenKind, token_hash};
use convoke_store as store;
use convoke_store::password_resets as table;

/// Rejects a weak new password of a user.
///
/// # Errors
/// All errors at once.
pub fn validate_new_password(
    ctx: &Context,
    user: &User,
    password: &str,
) -> Result<(), Vec<FieldError>> {
    let own_words = [
        user.first_name.as_str(),
        user.last_name.as_deref().unwrap_or_default(),
        user.email.as_deref().unwrap_or_default(),
    ];
    let errors = weak_password(ctx, "/password", password, &own_words);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// The error of an operation that needs the current password (rule U8) and got none.
#[must_use]
pub fn require_current_password(
    ctx: &Context,
    caller: &Caller,
    pointer: &str,
    given: &str,
) -> Option<FieldError> {
    let now = ctx.clock.now();
    let stands_in = sessions::replaces_password(&caller.user, &caller.session, &ctx.policy, now);
    let missing = given.is_empty() && ctx.policy.allows_password(&caller.user) && !stands_in;
    missing.then(|| FieldError::new(pointer, FieldErrorKind::MissingCurrentPassword))
}

/// Replaces the caller's password by one that was checked and hashed before: all sessions end, the current one
/// gets a new token, the address is notified. The result is stored for the form's key, so that a second submission, whose session
/// has ended, leads to the same page.
///
/// # Errors
/// As [`Reauthentication::redeem`].
pub fn change_password(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    proof: &Reauthentication,
    hash: &str,
    form: Option<&FormKey>,
) -> Result<SignedIn, Error> {
    let (user, session) = proof.redeem(tx, caller)?;
    submitted_forms::record(tx, form, FormResult::PasswordChanged(user.id))?;
    store::users::update_password(tx.conn, user.id, hash)?;
    credentials::invalidate(tx, &user, &caller.client)?;
    record_and_notify(tx, &user, &caller.client, Action::UserPasswordChanged)?;
    sessions::rotate(tx, user.id, &session, &caller.client)
}

fn record_and_notify(
    tx: &mut Tx<'_, '_>,
    user: &User,
    client: &ClientInfo,
    action: Action,
) -> Result<(), Error> {
    let event = ActivityEvent {
        actor: Actor::User(user.id, user.name()),
        action,
        target: None,
        before: None,
        after: None,
    };
    activity::record(tx, ActivityScope::Person(user.id), client, event)?;
    notifications::enqueue(tx, &Notification::password_set(user))
}

/// Begins a reset for an address, known or not: the mail worker finds out (rule V12).
///
/// # Errors
/// When the database is unavailable.
pub fn request_reset(
    tx: &mut Tx<'_, '_>,
    client: Client,
    canonical: &str,
    form: Option<&FormKey>,
) -> Result<(), Error> {
    if submitted_forms::reserve(tx, form)?.is_some() {
        return Ok(());
    }
    let reset = table::PasswordReset {
        id: tx.new_id::<Uuid>(),
        email_canonical: canonical.to_owned(),
        user: None,
        created_at: tx.now,
        expires_at: tx.now.plus(RESET_EMAIL_WAIT),
    };
    table::insert(tx.conn, &reset)?;
    notifications::enqueue(tx, &Notification::PasswordReset(reset.id, client))
}

/// The user whose password a link resets, while it is valid.
///
/// # Errors
/// [`Error::LinkNoLongerValid`].
pub fn find_reset(tx: &mut Tx<'_, '_, impl Mode>, token: &str) -> Result<User, Error> {
    find_reset_with_id(tx, token).map(|(user, _)| user)
}

fn find_reset_with_id(tx: &mut Tx<'_, '_, impl Mode>, token: &str) -> Result<(User, Uuid), Error> {
    let hash = token_hash(TokenKind::Reset, token).ok_or(Error::LinkNoLongerValid)?;
    let reset = table::find_by_token(tx.conn, &hash)?
        .filter(|reset| reset.expires_at > tx.now)
        .ok_or(Error::LinkNoLongerValid)?;
    let user = match reset.user {
        Some(user) => store::users::find(tx.conn, user)?,
        None => None,
    };
    // A link to a former address is invalid.
    user.filter(|user| user.email_canonical.as_ref() == Some(&reset.email_canonical))
        .map(|user| (user, reset.id))
        .ok_or(Error::LinkNoLongerValid)
}

/// Replaces the password by one that was checked and hashed before; all sessions end, none begins.
///
/// # Errors
/// [`Error::LinkNoLongerValid`].
pub fn reset_password(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    token: &str,
    hash: &str,
    form: Option<&FormKey>,
) -> Result<(), Error> {
    if submitted_forms::reserve(tx, form)?.is_some() {
        return Ok(());
    }
    let user = find_reset(tx, token)?;
    tx.lock_user(user.id)?;
    // Of two requests with the same link the second one fails.
    let (user, reset) = find_reset_with_id(tx, token)?;
    if !table::delete(tx.conn, reset)? {
        return Err(Error::LinkNoLongerValid);
    }
    store::users::update_password(tx.conn, user.id, hash)?;
    credentials::invalidate(tx, &user, client)?;
    record_and_notify(tx, &user, client, Action::UserPasswordReset)
}
