//! Members: lists, edits of roles, removal, leaving.

use serde_json::json;
use uuid::Uuid;

use super::accounts::{self, authorize, authorize_for_update};
use super::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use super::catalogue::USER_ADMIN;
use super::invitations::{self, SentInvitationsPolicy};
use super::notifications::{self, Notification};
use super::permissions::{Permission, not_grantable};
use super::{Caller, Error, FieldError, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::names;
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_store as store;
use convoke_store::members as table;

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

/// Role keys from their stored form.
#[must_use]
pub fn parse_roles(stored: &str) -> Vec<String> {
    stored
        .split(' ')
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect()
}

fn member(tx: &Tx<'_, '_>, row: table::Member) -> Member {
    let mut roles = parse_roles(&row.roles);
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

/// How members are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// The longest inactive first.
    LastActive,
}

/// What a list of members shows.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// A part of the name, address or login.
    pub text: String,
    /// A role they hold.
    pub role: String,
    /// Their order.
    pub sort: Sort,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// How many members one page of a filtered list looks at; bounds its work however many there are.
const MAX_SCAN: i64 = 2_000;

/// A page of members. With filters it may have fewer than `limit`, even none, and a cursor that leads further on.
///
/// # Errors
/// As [`require`], or an invalid cursor.
pub fn list(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    query: &Query,
    limit: PageLimit,
) -> Result<Page<Member>, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let filter = table::Filter {
        text: super::contains_pattern(&query.text.to_lowercase()),
        role: role_pattern(&query.role),
        limit: limit.fetch_limit(),
    };
    let is_filtered = !query.text.is_empty() || !query.role.is_empty();
    let (key, user) = match &query.cursor {
        None => (String::new(), Uuid::nil().into()),
        Some(cursor) => position(cursor).ok_or_else(super::invalid_cursor)?,
    };
    let (rows, end) = match query.sort {
        Sort::Name => {
            let after = (key, user);
            let end = if is_filtered {
                table::find_scan_end_by_name(tx.conn, account, &after, MAX_SCAN)?
            } else {
                None
            };
            let rows = table::list_by_name(tx.conn, account, &after, end.as_ref(), &filter)?;
            (rows, end)
        }
        Sort::LastActive => {
            let millis = match key.as_str() {
                "" => -1,
                digits => digits.parse().map_err(|_| super::invalid_cursor())?,
            };
            let after = (millis, user);
            let end = if is_filtered {
                table::find_scan_end_by_activity(tx.conn, account, after, MAX_SCAN)?
            } else {
                None
            };
            let rows = table::list_by_activity(tx.conn, account, after, end, &filter)?;
            (rows, end.map(|(millis, user)| (millis.to_string(), user)))
        }
    };
    let sort = query.sort;
    let mut page = Page::from_rows(rows, limit, |last| {
        let key = match sort {
            Sort::Name => last.name_key.clone(),
            Sort::LastActive => last.last_active_at.map_or(0, Timestamp::millis).to_string(),
        };
        cursor_after(&key, last.user)
    });
    if page.next.is_none() {
        page.next = end.map(|(key, user)| cursor_after(&key, user));
    }
    Ok(page.map(|row| member(tx, row)))
}

fn cursor_after(key: &str, user: UserId) -> String {
    Cursor::encode(&[key, &user.to_string()])
}

fn position(cursor: &str) -> Option<(String, UserId)> {
    let mut parts = Cursor::decode(cursor, 2)?.into_iter();
    Some((parts.next()?, parts.next()?.parse().ok()?))
}

/// A pattern that finds a role among those stored. Keys are in upper case; `like` would not mind that on SQLite,
/// and does on PostgreSQL.
pub(super) fn role_pattern(role: &str) -> String {
    if role.is_empty() {
        String::new()
    } else if role.chars().any(char::is_lowercase) {
        // Stored roles are matched between spaces, so this matches none.
        "-".to_owned()
    } else {
        super::contains_pattern(&format!(" {role} "))
    }
}

/// One member.
///
/// # Errors
/// As [`require`], or [`Error::NotFound`].
pub fn get(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
) -> Result<Member, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    find(tx, account, user)
}

/// One member, for operations that have asked for permission.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(tx: &mut Tx<'_, '_>, account: AccountId, user: UserId) -> Result<Member, Error> {
    let row = table::find(tx.conn, account, user)?.ok_or(Error::NotFound)?;
    Ok(member(tx, row))
}

/// The member with this address or login.
///
/// # Errors
/// As [`require`], or [`Error::NotFound`].
pub fn find_by_login(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    text: &str,
) -> Result<Member, Error> {
    authorize(tx, caller, account, Permission::ViewMembers)?;
    let login = super::users::canonical_login(text);
    let found = store::users::find_credentials(tx.conn, &login)?.ok_or(Error::NotFound)?;
    find(tx, account, found.user)
}

/// An edit of a member's roles.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The roles from now on.
    pub roles: Vec<String>,
    /// What becomes of invitations they sent if they lose `USER_ADMIN` (rule I13).
    pub sent_invitations: SentInvitationsPolicy,
    /// The version that the editor saw, if the request names it.
    pub version: Option<i64>,
}

/// Errors of wanted role keys: all that are neither in the catalogue nor `held` as retired ones.
pub(super) fn unknown_roles(
    tx: &Tx<'_, '_>,
    wanted: &[String],
    held: &[String],
) -> Vec<FieldError> {
    wanted
        .iter()
        .enumerate()
        .filter(|(_, key)| tx.ctx.catalogue.role(key).is_none() && !held.contains(key))
        .map(|(index, key)| {
            FieldError::new(
                format!("/roles/{index}"),
                "unknown-role",
                format!("There is no role {key}. GET /products lists the roles."),
            )
            .with_value(key)
        })
        .collect()
}

/// The wanted roles once each, in the catalogue's order, without retired ones (rule P5).
pub(super) fn normalize_roles(tx: &Tx<'_, '_>, wanted: &[String]) -> Vec<String> {
    let mut roles: Vec<String> = Vec::with_capacity(wanted.len());
    for key in wanted {
        if tx.ctx.catalogue.role(key).is_some() && !roles.contains(key) {
            roles.push(key.clone());
        }
    }
    tx.ctx.catalogue.sort_roles(&mut roles);
    roles
}

/// Replaces a member's roles.
///
/// # Errors
/// As [`require`]; [`Error::OwnerIsProtected`], [`Error::CannotEditOwnRoles`], [`Error::Invalid`],
/// [`Error::RoleNotGrantable`], [`Error::VersionConflict`].
pub fn edit(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    edit: &Edit,
) -> Result<Member, Error> {
    let (_, membership) = authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let before = find(tx, account, user)?;
    let myself = user == caller.user.id;
    if before.owner && !myself {
        return Err(Error::OwnerIsProtected);
    }
    if myself && !membership.owner {
        return Err(Error::CannotEditOwnRoles);
    }
    let errors = unknown_roles(tx, &edit.roles, &before.roles);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let roles = normalize_roles(tx, &edit.roles);
    let added: Vec<String> = roles
        .iter()
        .filter(|key| !before.roles.contains(key))
        .cloned()
        .collect();
    let refused = not_grantable(&membership, &added, &tx.ctx.catalogue);
    if !refused.is_empty() {
        return Err(Error::RoleNotGrantable(refused));
    }
    if edit.version.is_some_and(|seen| seen != before.version) {
        return Err(Error::VersionConflict);
    }
    if roles == before.roles {
        return Ok(before);
    }
    if !table::update_roles(tx.conn, account, user, &roles.join(" "), before.version)? {
        return Err(Error::VersionConflict);
    }
    record(
        tx,
        caller,
        account,
        "member.roles_changed",
        &before,
        (Some(&before.roles), Some(&roles)),
    )?;
    let held = |roles: &[String]| roles.iter().any(|key| key == USER_ADMIN);
    if held(&before.roles) && !held(&roles) && !before.owner {
        invitations::reassign_or_revoke_sent(tx, caller, account, user, edit.sent_invitations)?;
    }
    if !myself {
        notifications::enqueue(tx, &Notification::RolesChanged(account, user))?;
    }
    find(tx, account, user)
}

fn record(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    action: &'static str,
    member: &Member,
    (before, after): (Option<&Vec<String>>, Option<&Vec<String>>),
) -> Result<(), Error> {
    let roles = |keys: Option<&Vec<String>>| keys.map(|keys| json!({ "roles": keys }));
    let change = ActivityEvent {
        actor: Actor::from_caller(caller),
        action,
        target: Some(Target::User(member.user, member.name.clone())),
        before: roles(before),
        after: roles(after),
    };
    activity::record(tx, ActivityScope::Account(account), &caller.origin, change)
}

/// Removes a member.
///
/// # Errors
/// As [`require`]; [`Error::CannotRemoveSelf`], [`Error::OwnerIsProtected`], [`Error::NotFound`].
pub fn remove(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    user: UserId,
    sent_invitations: SentInvitationsPolicy,
) -> Result<(), Error> {
    authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    if user == caller.user.id {
        return Err(Error::CannotRemoveSelf);
    }
    let member = find(tx, account, user)?;
    check_removable(caller, &member)?;
    end_membership(tx, caller, account, &member, "member.removed")?;
    invitations::reassign_or_revoke_sent(tx, caller, account, user, sent_invitations)?;
    notifications::enqueue(tx, &Notification::Removed(account, user))
}

/// Whether the caller could remove this member, if they may remove any.
///
/// # Errors
/// [`Error::CannotRemoveSelf`], [`Error::OwnerIsProtected`] (rule A3).
pub fn check_removable(caller: &Caller, member: &Member) -> Result<(), Error> {
    if member.user == caller.user.id {
        return Err(Error::CannotRemoveSelf);
    }
    if member.owner {
        return Err(Error::OwnerIsProtected);
    }
    Ok(())
}

/// Leaves an account (rule A5).
///
/// # Errors
/// [`Error::NotFound`] for strangers, [`Error::OwnerCannotLeave`].
pub fn leave(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<(), Error> {
    let (_, membership) = authorize_for_update(tx, caller, account, Permission::ViewAccount)?;
    if membership.owner {
        return Err(Error::OwnerCannotLeave);
    }
    let member = find(tx, account, caller.user.id)?;
    end_membership(tx, caller, account, &member, "member.left")?;
    invitations::reassign_or_revoke_sent(
        tx,
        caller,
        account,
        caller.user.id,
        SentInvitationsPolicy::Revoke,
    )
}

fn end_membership(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    member: &Member,
    action: &'static str,
) -> Result<(), Error> {
    if !table::delete(tx.conn, account, member.user)? {
        return Err(Error::NotFound);
    }
    let offer = store::ownership_offers::find_live(tx.conn, account, tx.now)?;
    store::ownership_offers::delete_to(tx.conn, account, member.user)?;
    if let Some(offer) = offer.filter(|offer| offer.to == member.user) {
        let event = ActivityEvent {
            actor: Actor::from_caller(caller),
            action: "account.ownership_offer_withdrawn",
            target: Some(Target::Account(account, offer.account_name)),
            before: None,
            after: None,
        };
        activity::record(tx, ActivityScope::Account(account), &caller.origin, event)?;
    }
    record(
        tx,
        caller,
        account,
        action,
        member,
        (Some(&member.roles), None),
    )
}

/// Makes a user a member, or adds roles to the member they are; gives the member.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn add_member(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    user: &store::users::User,
    roles: &[String],
) -> Result<Member, Error> {
    if !table::insert(
        tx.conn,
        account,
        user.id,
        &user.name(),
        &roles.join(" "),
        tx.now,
    )? {
        let held = find(tx, account, user.id)?;
        let mut all = held.roles.clone();
        all.extend(roles.iter().cloned());
        let all = normalize_roles(tx, &all);
        table::update_roles(tx.conn, account, user.id, &all.join(" "), held.version)?;
    }
    find(tx, account, user.id)
}

/// The membership of an invitation's sponsor.
pub(super) fn sponsor_membership(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    sponsor: UserId,
) -> Result<Option<super::permissions::Membership>, Error> {
    let owner = store::accounts::find(tx.conn, account)?
        .ok_or(Error::NotFound)?
        .owner;
    accounts::membership_of(tx, account, owner, sponsor)
}
