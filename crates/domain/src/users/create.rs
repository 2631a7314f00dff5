//! Creates a user, authenticated by a mailbox, a service, or the operator.

use crate::accounts::AccountSummary;
use crate::invitations::Acceptance;
use convoke_core::model::activity::Action;
use serde_json::json;

use super::User;
use super::validate::NewUser;
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::sessions::{self, SignedIn};
use crate::submitted_forms::FormResult;
use crate::{ClientInfo, Error, Tx, accounts, invitations};
use convoke_core::ids::{InvitationId, UserId};
use convoke_core::language::Locale;
use convoke_store as store;

/// A new user with session and account.
#[derive(Debug)]
pub struct SignedUp {
    /// The session that has begun.
    pub signed_in: SignedIn,
    /// The user's own account.
    pub account: AccountSummary,
    /// The result of accepting the invitation, if requested.
    pub joined: Option<Result<Acceptance, Error>>,
}

impl SignedUp {
    /// What the form of the sign-up led to.
    #[must_use]
    pub fn form_result(&self) -> FormResult {
        let user = self.signed_in.user.id;
        match &self.joined {
            None => FormResult::SignedUp(user),
            Some(Ok(acceptance)) => FormResult::Joined(user, acceptance.summary.account.id),
            Some(Err(_)) => FormResult::NotJoined(user),
        }
    }
}

/// A person whose mailbox is verified, or whom a service has authenticated.
#[derive(Clone, Debug, Default)]
pub struct SignUp<'a> {
    /// The verified address as stored and for comparing.
    pub email: Option<(&'a str, &'a str)>,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: Option<&'a str>,
    /// Interface language.
    pub locale: Locale,
    /// IANA time zone.
    pub time_zone: &'a str,
    /// argon2id; none for a user of a service.
    pub password_hash: Option<&'a str>,
    /// The service they signed up through.
    pub provider: Option<&'a str>,
    /// Whether the password counts although password sign-in is disabled.
    pub break_glass: bool,
    /// Whether the operator creates the user, on the command line.
    pub by_operator: bool,
}

impl<'a> SignUp<'a> {
    pub(super) fn from_new_user(new: &'a NewUser, password_hash: &'a str) -> Self {
        Self {
            email: Some((new.email.as_str(), new.email.canonical())),
            first_name: &new.first_name,
            last_name: new.last_name.as_deref(),
            locale: new.locale,
            time_zone: &new.time_zone,
            password_hash: Some(password_hash),
            ..Self::default()
        }
    }
}

/// Creates a user with their own account, signs them in, and accepts the invitation they chose.
pub(crate) fn create(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    person: &SignUp<'_>,
    invitation: Option<InvitationId>,
) -> Result<SignedUp, Error> {
    let id: UserId = tx.new_id();
    let digits;
    let (login, login_canonical) = if let Some(address) = login(tx, person)? {
        address
    } else {
        digits = random_login(tx)?;
        (digits.as_str(), digits.as_str())
    };
    let (email, email_canonical) = person.email.unzip();
    let new = store::users::NewUser {
        id,
        login,
        login_canonical,
        email,
        email_canonical,
        first_name: person.first_name,
        last_name: person.last_name,
        password_hash: person.password_hash,
        locale: person.locale,
        time_zone: person.time_zone,
        created_at: tx.now,
        break_glass: person.break_glass,
    };
    if !store::users::insert(tx.conn, &new)? {
        return Err(Error::LinkNoLongerValid);
    }
    if let Some(canonical) = email_canonical {
        store::registrations::delete_of_email(tx.conn, canonical)?;
    }
    let user: User = store::users::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let event = ActivityEvent {
        actor: if person.by_operator {
            Actor::System
        } else {
            Actor::User(id, user.name())
        },
        action: Action::UserCreated,
        target: Some(Target::User(id, user.name())),
        before: None,
        after: Some(match person.provider {
            Some(provider) => {
                json!({ "login": user.login, "email": user.email, "provider": provider })
            }
            None => json!({ "login": user.login, "email": user.email }),
        }),
    };
    activity::record(tx, ActivityScope::Person(id), client, event)?;
    let name = accounts::default_name(&user.name(), user.locale);
    let account = accounts::insert_account(tx, &user, client, &name, true)?;
    let joined = match invitation {
        Some(invitation) => Some(invitations::accept_after_sign_up(
            tx, &user, client, invitation,
        )?),
        None => None,
    };
    let signed_in = sessions::create(tx, user, client, person.provider)?;
    Ok(SignedUp {
        signed_in,
        account,
        joined,
    })
}

/// The address as login, but for users of a service (rule U1) and where it is another user's old login
/// (rule U9).
fn login<'a>(
    tx: &mut Tx<'_, '_>,
    person: &SignUp<'a>,
) -> Result<Option<(&'a str, &'a str)>, Error> {
    match person.email.filter(|_| person.provider.is_none()) {
        Some((_, canonical)) if store::users::is_login_taken(tx.conn, canonical)? => Ok(None),
        address => Ok(address),
    }
}

/// Creates a user whose address the operator confirms, without a session.
///
/// # Errors
/// [`Error::LinkNoLongerValid`] when another user has the address.
pub fn create_by_operator(
    tx: &mut Tx<'_, '_>,
    new: &NewUser,
    password_hash: &str,
    break_glass: bool,
) -> Result<User, Error> {
    let person = SignUp {
        break_glass,
        by_operator: true,
        ..SignUp::from_new_user(new, password_hash)
    };
    let signed_up = create(tx, &ClientInfo::default(), &person, None)?;
    let user = signed_up.signed_in.user;
    // Its token was not handed out.
    sessions::discard(tx, user.id, signed_up.signed_in.session.id)?;
    Ok(user)
}

/// Creates a user with a trusted address: the demo's users.
///
/// # Errors
/// [`Error::LinkNoLongerValid`] when another user has the address.
pub fn create_confirmed(
    tx: &mut Tx<'_, '_>,
    client: &ClientInfo,
    new: &NewUser,
    password_hash: &str,
) -> Result<SignedIn, Error> {
    let signed_up = create(tx, client, &SignUp::from_new_user(new, password_hash), None)?;
    Ok(signed_up.signed_in)
}

/// Ten random digits that are no user's login (rule U1).
fn random_login(tx: &mut Tx<'_, '_>) -> Result<String, Error> {
    for _ in 0..20 {
        let mut bytes = [0; 8];
        tx.ctx.random.fill(&mut bytes);
        let login = format!("{:010}", u64::from_be_bytes(bytes) % 10_000_000_000);
        if !store::users::is_login_taken(tx.conn, &login)? {
            return Ok(login);
        }
    }
    Err(Error::VersionConflict)
}
