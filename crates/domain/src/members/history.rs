//! How a user came into an account, and everything that concerns them there. Also of former members, as far as the activity
//! tells.

use super::{Member, member, table};
use crate::activity::{self, Entry};
use crate::authorization::authorize;
use crate::permissions::Permission;
use crate::{Caller, Error, Mode, Tx};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::pagination::{Page, PageLimit};
use convoke_store as store;
use convoke_store::activity::Entries;

/// How many entries about a user, or about their invitation, are looked through for what the history tells.
const MAX_ENTRIES: i64 = 100;

/// What an account knows about a user.
#[derive(Clone, Debug)]
pub struct History {
    /// Who.
    pub user: UserId,
    /// Their name now, or where they are no member any more the one they last had here.
    pub name: String,
    /// Their membership; none when it has ended or never was.
    pub member: Option<Member>,
    /// Who invited them, when and with which roles.
    pub invited: Option<Entry>,
    /// When and from where they accepted.
    pub accepted: Option<Entry>,
    /// The creation of the account, where they created it.
    pub created: Option<Entry>,
    /// How the membership ended, where it did.
    pub ended: Option<Entry>,
    /// Changes of their roles since they joined, newest first.
    pub role_changes: Vec<Entry>,
    /// A page of everything that concerns them, newest first.
    pub entries: Page<Entry>,
}

/// The history of a user in an account. A user whom the account does not know is not found, as one that does not exist
/// (rule V4).
///
/// # Errors
/// As [`authorize`]; [`Error::NotFound`], or an invalid cursor.
pub fn get_history(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<History, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let row = table::find(tx.conn, account, user)?;
    let member = row.map(|row| member(tx, row));
    let about = list(tx, account, Entries::WithTarget(user.into()))?;
    let name = match &member {
        Some(member) => member.name.clone(),
        None => former_name(tx, account, user, &about)?.ok_or(Error::NotFound)?,
    };
    let accepted = store::invitations::list_accepted_by(tx.conn, account, user, 1)?;
    let of_invitation = match accepted.first() {
        Some(id) => list(tx, account, Entries::WithTarget((*id).into()))?,
        None => Vec::new(),
    };
    let find =
        |entries: &[Entry], action| entries.iter().find(|entry| entry.action == action).cloned();
    let accepted = find(&of_invitation, Action::InvitationAccepted);
    let joined_at = accepted.as_ref().map(|entry| entry.at);
    let creations = list(tx, account, Entries::WithAction(Action::AccountCreated))?;
    let ends = [Action::MemberRemoved, Action::MemberLeft];
    let filter = activity::Filter {
        person: user.to_string(),
        ..activity::Filter::default()
    };
    Ok(History {
        user,
        name,
        invited: find(&of_invitation, Action::InvitationCreated),
        created: creations
            .into_iter()
            .find(|entry| entry.actor_id == Some(user.into())),
        ended: about
            .iter()
            .find(|entry| member.is_none() && ends.contains(&entry.action))
            .cloned(),
        role_changes: about
            .into_iter()
            .filter(|entry| entry.action == Action::MemberRolesChanged)
            .filter(|entry| joined_at.is_none_or(|joined_at| entry.at >= joined_at))
            .collect(),
        accepted,
        member,
        entries: activity::list_of_account(tx, caller, account, &filter, cursor, limit)?,
    })
}

/// The newest entries of one kind.
fn list(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    entries: Entries,
) -> Result<Vec<Entry>, Error> {
    activity::list_newest(tx, account, entries, MAX_ENTRIES)
}

/// The name that a former member last had; none where the account knows no such user.
fn former_name(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    user: UserId,
    about: &[Entry],
) -> Result<Option<String>, Error> {
    let done = activity::list_newest(tx, account, Entries::ByActor(user), 1)?;
    let newest_done = done
        .first()
        .map(|entry| (entry.at, entry.actor_name.clone()));
    let newest_about = about
        .first()
        .map(|entry| (entry.at, entry.target_name.clone()));
    let newest = newest_done
        .into_iter()
        .chain(newest_about)
        .max_by_key(|(at, _)| *at);
    Ok(newest.map(|(_, name)| name.unwrap_or_default()))
}
