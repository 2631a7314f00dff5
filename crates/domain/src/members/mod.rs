//! Members: lists, edits of roles, removal, leaving.

mod add;
mod edit;
mod history;
mod list;
mod remove;

use convoke_core::model::activity::Action;
use serde_json::json;

use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::authorize;
use crate::permissions::{Membership, Permission};
use crate::{Caller, Error, Mode, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::email_address::to_readable;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::names;
use convoke_store as store;
use convoke_store::members as table;

pub(crate) use add::add_member;
pub use edit::{Edit, edit};
pub use history::{History, get_history};
pub use list::{Query, Sort, list};
pub use remove::{check_removable, leave, remove};

/// A user in an account.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Their login.
    pub login: String,
    /// Their address, if they have one.
    pub email: Option<String>,
    /// First and last name.
    pub name: String,
    /// Role keys in the catalogue's order, retired ones last.
    pub roles: Vec<String>,
    /// Whether they own the account.
    pub owner: bool,
    /// Since when.
    pub joined_at: Timestamp,
    /// When last seen, to five minutes.
    pub last_active_at: Option<Timestamp>,
    /// Grows with every edit; the `ETag`.
    pub version: i64,
    /// The id of their picture.
    pub picture: Option<String>,
}

impl Member {
    /// What they may do in the account.
    #[must_use]
    pub fn membership(&self) -> Membership {
        Membership {
            owner: self.owner,
            roles: self.roles.clone(),
        }
    }

    /// The address, or the login without one, as people read it.
    #[must_use]
    pub fn readable_address(&self) -> String {
        to_readable(self.email.as_deref().unwrap_or(&self.login)).into_owned()
    }
}

/// A member as stored, with roles in the order of the catalogue.
pub(crate) fn member(tx: &Tx<'_, '_, impl Mode>, row: table::Member) -> Member {
    let mut roles = row.roles.keys();
    tx.ctx.catalogue.sort_roles(&mut roles);
    Member {
        name: names::full_name(&row.first_name, row.last_name.as_deref()),
        user: row.user,
        login: row.login,
        email: row.email,
        roles,
        owner: row.owner,
        joined_at: row.joined_at,
        last_active_at: row.last_active_at,
        version: row.version,
        picture: row.picture,
    }
}

/// One member.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::NotFound`].
pub fn get(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
) -> Result<Member, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    find(tx, account, user)
}

/// One member, for operations that have checked the permission.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) fn find(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    user: UserId,
) -> Result<Member, Error> {
    let row = table::find(tx.conn, account, user)?.ok_or(Error::NotFound)?;
    Ok(member(tx, row))
}

/// Members of an account in the order of their ids; unknown ones are left out.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn find_many(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    users: &[UserId],
) -> Result<Vec<Member>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let mut rows = table::find_many(tx.conn, account, users)?;
    rows.sort_by_key(|row| users.iter().position(|user| *user == row.user));
    Ok(rows.into_iter().map(|row| member(tx, row)).collect())
}

/// The users who are members with one of some addresses, in the order of the addresses.
///
/// # Errors
/// As [`crate::authorization::authorize`].
pub fn find_many_by_email(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    emails: &[&str],
) -> Result<Vec<UserId>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let emails: Vec<String> = emails
        .iter()
        .map(|email| crate::users::canonical_login(email))
        .collect();
    let emails = || emails.iter().map(String::as_str);
    let pending = table::send_list_by_emails(tx.conn, account, emails())?;
    let mut rows = tx.conn.receive_rows(pending)?;
    rows.sort_by_key(|(email, _)| emails().position(|other| other == email));
    Ok(rows.into_iter().map(|(_, row)| row.user).collect())
}

/// The member with this address or login.
///
/// # Errors
/// As [`crate::authorization::authorize`], or [`Error::NotFound`].
pub fn find_by_login(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    text: &str,
) -> Result<Member, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let login = crate::users::canonical_login(text);
    let credentials = store::users::find_credentials(tx.conn, &login)?.ok_or(Error::NotFound)?;
    find(tx, account, credentials.user)
}

fn record(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    action: Action,
    member: &Member,
    (before, after): (Option<&Vec<String>>, Option<&Vec<String>>),
) -> Result<(), Error> {
    let roles = |keys: Option<&Vec<String>>| keys.map(|keys| json!({ "roles": keys }));
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action,
        target: Some(Target::User(member.user, member.name.clone())),
        before: roles(before),
        after: roles(after),
    };
    activity::record(tx, ActivityScope::Account(account), &caller.client, event)
}
