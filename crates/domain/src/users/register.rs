//! Sign-up by email and password (rules U3 and U4).
//!
//! A request stores a registration with the chosen password's hash, whether or not the address has a user, and enqueues an
//! email; the response is the same. The worker makes the link's token when it sends, or writes to the user who has the address.
//! The link together with the password creates the user, the session and the default account in one transaction, and deletes all
//! registrations of the address. Nothing else is stored when the link is never opened: the registration is deleted eight
//! days later.
//!
//! With the mailed link of a pending invitation to the same address the mailbox is verified, and the user is created at once.
//! Registrations of one address do not replace each other (rule V15): the password typed after opening a link selects the one it
//! belongs to.

use uuid::Uuid;

use super::create::{SignUp, SignedUp, create};
use super::validate::NewUser;
use crate::credentials::{self, VerifiedRegistration};
use crate::invitations::{self};
use crate::notifications::{self, Notification};
use crate::policy::CONFIRMATION_LIFETIME;
use crate::rate_limits::Client;
use crate::submitted_forms::{self, FormKey, FormResult};
use crate::{ClientInfo, Context, Error, Mode, Tx, known_devices};
use convoke_core::ids::InvitationId;
use convoke_core::secret::{TokenHash, TokenKind, token_hash};
use convoke_store as store;
use convoke_store::registrations as table;

/// How many registrations besides its own a confirmation link tries the password of: each costs a hash.
const MAX_CANDIDATES: usize = 10;

/// The result of a sign-up.
#[derive(Debug)]
pub enum RegistrationOutcome {
    /// A mail is on its way; the same whether the address is known or not. The id of the registration sends it again.
    ConfirmationSent(Uuid),
    /// The mailbox was verified by an invitation's mailed link.
    SignedUp(Box<SignedUp>),
    /// The form was sent before, with this result.
    Repeated(FormResult),
}

/// Rejects a sign-up that [`register`] would reject, before its password is hashed.
///
/// # Errors
/// [`Error::NotFound`] when the invitation's link is unknown, [`Error::LinkNoLongerValid`] when the invitation has another
/// address since, [`Error::PasswordSignInDisabled`], [`Error::SignUpClosed`].
pub fn check_registration(tx: &mut Tx<'_, '_, impl Mode>, new: &NewUser) -> Result<(), Error> {
    let Some(token) = &new.invitation_token else {
        return check_registration_allowed(tx.ctx, false);
    };
    let (invitation, _) = invitations::find_by_token(tx, token)?;
    let is_invited = invitation.is_pending() && invitation.email_canonical == new.email.canonical();
    check_registration_allowed(tx.ctx, is_invited)
}

/// Begins a sign-up whose password was hashed before.
///
/// # Errors
/// As [`check_registration`].
pub fn register(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    new: &NewUser,
    password_hash: &str,
) -> Result<RegistrationOutcome, Error> {
    let form = new.form_key();
    if let Some(result) = submitted_forms::reserve(tx, form)? {
        return Ok(RegistrationOutcome::Repeated(result));
    }
    let mut invitation_id: Option<InvitationId> = None;
    let mut is_invited = false;
    if let Some(token) = &new.invitation_token {
        // What the link allows depends on its being pending, which only the account's lock keeps so (rule V13).
        let (invitation, proves_mailbox) = invitations::lock_by_token(tx, token)?;
        is_invited = invitation.is_pending() && invitation.email_canonical == new.email.canonical();
        invitation_id = new.accept_invitation.then_some(invitation.id);
        check_registration_allowed(tx.ctx, is_invited)?;
        // An ended invitation's link verifies no mailbox (rule U4).
        if is_invited
            && proves_mailbox
            && store::users::find_by_email(tx.conn, new.email.canonical())?.is_none()
        {
            let sign_up = SignUp::from_new_user(new, password_hash);
            let mut signed_up = create(tx, client, &sign_up, invitation_id)?;
            signed_up.signed_in.device =
                known_devices::register_device(tx, client, signed_up.signed_in.user.id)?;
            submitted_forms::record(tx, form, signed_up.form_result())?;
            return Ok(RegistrationOutcome::SignedUp(Box::new(signed_up)));
        }
    }
    check_registration_allowed(tx.ctx, is_invited)?;
    let registration = table::Registration {
        id: tx.new_id::<Uuid>(),
        email: new.email.as_str().to_owned(),
        email_canonical: new.email.canonical().to_owned(),
        password_hash: password_hash.to_owned(),
        first_name: new.first_name.clone(),
        last_name: new.last_name.clone(),
        locale: new.locale,
        time_zone: new.time_zone.clone(),
        invitation: invitation_id,
        client: Client::from(client.ip).to_string(),
        created_at: tx.now,
        expires_at: tx.now.plus(CONFIRMATION_LIFETIME),
    };
    insert_registration(tx, client, &registration)?;
    Ok(RegistrationOutcome::ConfirmationSent(registration.id))
}

fn insert_registration(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    registration: &table::Registration,
) -> Result<(), Error> {
    table::insert(tx.conn, registration)?;
    let client_key = Client::from(client.ip);
    notifications::enqueue(tx, &Notification::Registration(registration.id, client_key))
}

/// Rejects a sign-up by password where it is disabled. Whether an address is invited is disclosed only to
/// those who hold the link of its invitation (rule V12).
///
/// # Errors
/// [`Error::PasswordSignInDisabled`], [`Error::SignUpClosed`].
pub fn check_registration_allowed(ctx: &Context, is_invited: bool) -> Result<(), Error> {
    let policy = &ctx.policy;
    if !policy.allows_sign_up(is_invited) {
        let by_invitation = policy.allows_sign_up(true);
        return Err(Error::SignUpClosed { by_invitation });
    }
    if !policy.password_sign_in {
        return Err(Error::PasswordSignInDisabled);
    }
    Ok(())
}

/// Whether the holder of this verified address may become a user.
///
/// # Errors
/// When the database is unavailable.
pub fn is_sign_up_allowed(tx: &mut Tx<'_, '_>, email: Option<&str>) -> Result<bool, Error> {
    let policy = &tx.ctx.policy;
    if policy.allows_sign_up(false) || !policy.allows_sign_up(true) {
        return Ok(policy.allows_sign_up(false));
    }
    match email {
        Some(email) => Ok(store::invitations::is_invited(tx.conn, email, tx.now)?),
        None => Ok(false),
    }
}

/// The registration of a confirmation link that has not expired.
///
/// # Errors
/// [`Error::LinkNoLongerValid`].
pub fn find_pending_registration(
    tx: &mut Tx<'_, '_, impl Mode>,
    token: &str,
) -> Result<table::Registration, Error> {
    let hash: TokenHash =
        token_hash(TokenKind::Confirmation, token).ok_or(Error::LinkNoLongerValid)?;
    let registration = table::find_by_token(tx.conn, &hash)?
        .filter(|registration| registration.expires_at > tx.now)
        .ok_or(Error::LinkNoLongerValid)?;
    // A user got the address in another way in the meantime.
    if store::users::find_by_email(tx.conn, &registration.email_canonical)?.is_some() {
        return Err(Error::LinkNoLongerValid);
    }
    Ok(registration)
}

/// The registrations that a confirmation link can finish: its own, then those of the same address whose own email still
/// waits, first those of the confirming client, then the newest. The link verifies the mailbox for all of them, and the
/// password selects the registration. A client has at most as many registrations of one address in an hour as its rate
/// limit admits, so those of others cannot push its own out (rule V15).
///
/// # Errors
/// [`Error::LinkNoLongerValid`].
pub fn find_candidates(
    tx: &mut Tx<'_, '_, impl Mode>,
    client_key: Client,
    token: &str,
) -> Result<Vec<table::Registration>, Error> {
    let own = find_pending_registration(tx, token)?;
    let others = table::list_unsent_others(
        tx.conn,
        &own,
        &client_key.to_string(),
        tx.now,
        MAX_CANDIDATES,
    )?;
    Ok(std::iter::once(own).chain(others).collect())
}

/// Mails another link for a sign-up whose link has ended; does nothing without a registration, so that the response
/// discloses nothing.
///
/// # Errors
/// [`Error::RateLimited`].
pub fn resend_confirmation(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    token: &str,
    form: Option<&FormKey>,
) -> Result<(), Error> {
    if submitted_forms::find(tx, form)?.is_some() {
        return Ok(());
    }
    let Some(hash) = token_hash(TokenKind::Confirmation, token) else {
        return Ok(());
    };
    match table::find_by_token(tx.conn, &hash)? {
        Some(expired) => repeat_registration(tx, client, expired, form),
        None => Ok(()),
    }
}

/// Mails a link for the sign-up with this id again, which only the browser that began it knows; does nothing without a
/// registration, so that the response discloses nothing. The links that were mailed before keep working.
///
/// # Errors
/// [`Error::RateLimited`].
pub fn resend_registration(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    id: Uuid,
    form: Option<&FormKey>,
) -> Result<(), Error> {
    if submitted_forms::find(tx, form)?.is_some() {
        return Ok(());
    }
    match table::find(tx.conn, id)? {
        Some(registration) => repeat_registration(tx, client, registration, form),
        None => Ok(()),
    }
}

fn repeat_registration(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    earlier: table::Registration,
    form: Option<&FormKey>,
) -> Result<(), Error> {
    let is_invited = store::invitations::is_invited(tx.conn, &earlier.email_canonical, tx.now)?;
    check_registration_allowed(tx.ctx, is_invited)?;
    let client_key = Client::from(client.ip);
    let limits = &tx.ctx.rate_limits;
    let permits = limits.registration(client_key, &earlier.email_canonical, tx.now)?;
    tx.reserve_attempt(permits);
    // Only now, so that the rate limit bounds the stored keys.
    if submitted_forms::reserve(tx, form)?.is_some() {
        return Ok(());
    }
    let registration = table::Registration {
        id: tx.new_id::<Uuid>(),
        client: client_key.to_string(),
        created_at: tx.now,
        expires_at: tx.now.plus(CONFIRMATION_LIFETIME),
        ..earlier
    };
    insert_registration(tx, client, &registration)
}

/// Finishes the sign-up whose password matched, by a link to its address. The result is stored for the link, so that a second
/// submission leads to the same page.
///
/// # Errors
/// [`Error::LinkNoLongerValid`].
pub fn confirm(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    password: VerifiedRegistration,
    token: &str,
) -> Result<SignedUp, Error> {
    let mailed = find_pending_registration(tx, token)?;
    let registration = credentials::redeem_registration(tx, password, &mailed.email_canonical)?;
    // A registration from before sign-up was closed is rejected too.
    let is_invited =
        store::invitations::is_invited(tx.conn, &registration.email_canonical, tx.now)?;
    check_registration_allowed(tx.ctx, is_invited)?;
    let sign_up = SignUp {
        email: Some((&registration.email, &registration.email_canonical)),
        first_name: &registration.first_name,
        last_name: registration.last_name.as_deref(),
        locale: registration.locale,
        time_zone: &registration.time_zone,
        password_hash: Some(&registration.password_hash),
        ..SignUp::default()
    };
    let mut signed_up = create(tx, client, &sign_up, registration.invitation)?;
    signed_up.signed_in.device =
        known_devices::register_device(tx, client, signed_up.signed_in.user.id)?;
    let form = token_hash(TokenKind::Confirmation, token);
    submitted_forms::record(tx, form.as_ref(), signed_up.form_result())?;
    Ok(signed_up)
}
