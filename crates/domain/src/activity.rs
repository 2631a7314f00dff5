//! Activity: exactly one entry per change, in its transaction, never altered (rule V8).

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::permissions::Permission;
use super::{Caller, ClientInfo, Error, Tx, accounts};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, ActivityId, InvitationId, UserId};
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_store as store;

pub use convoke_store::activity::Entry;

/// Who did it.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A signed-in user, by id and name.
    User(UserId, String),
    /// Whoever holds an invitation's link.
    InvitationLink,
    /// The program itself.
    System,
}

impl Actor {
    /// A signed-in caller.
    #[must_use]
    pub fn from_caller(caller: &Caller) -> Self {
        Self::User(caller.user.id, caller.user.name())
    }
}

/// Whom it was done to.
#[derive(Clone, Debug)]
pub enum Target {
    /// A user, by id and name.
    User(UserId, String),
    /// An account, by id and name.
    Account(AccountId, String),
    /// An invitation, by id and address.
    Invitation(InvitationId, String),
}

/// A change to write down.
#[derive(Clone, Debug)]
pub struct ActivityEvent {
    /// Who did it.
    pub actor: Actor,
    /// The dotted name of what happened.
    pub action: &'static str,
    /// Whom it was done to.
    pub target: Option<Target>,
    /// The changed things before.
    pub before: Option<Value>,
    /// The changed things after.
    pub after: Option<Value>,
}

/// Where an entry belongs.
#[derive(Clone, Copy, Debug)]
pub enum ActivityScope {
    /// To an account.
    Account(AccountId),
    /// To a person alone.
    Person(UserId),
}

/// Writes one entry.
///
/// # Errors
/// When the database is unavailable.
pub fn record(
    tx: &mut Tx<'_, '_>,
    book: ActivityScope,
    origin: &ClientInfo,
    change: ActivityEvent,
) -> Result<(), Error> {
    tx.has_changes = true;
    let (account, user) = match book {
        ActivityScope::Account(id) => (Some(id), None),
        ActivityScope::Person(id) => (None, Some(id)),
    };
    let (actor_kind, actor_id, actor_name) = match change.actor {
        Actor::User(id, name) => ("user", Some(Uuid::from(id)), Some(name)),
        Actor::InvitationLink => ("invitation_link", None, None),
        Actor::System => ("system", None, None),
    };
    let (target_kind, target_id, target_name) = match change.target {
        Some(Target::User(id, name)) => (Some("user"), Some(Uuid::from(id)), Some(name)),
        Some(Target::Account(id, name)) => (Some("account"), Some(Uuid::from(id)), Some(name)),
        Some(Target::Invitation(id, email)) => {
            (Some("invitation"), Some(Uuid::from(id)), Some(email))
        }
        None => (None, None, None),
    };
    let entry = Entry {
        id: tx.new_id(),
        at: tx.now,
        account,
        user,
        actor_kind: actor_kind.to_owned(),
        actor_id,
        actor_name,
        action: change.action.to_owned(),
        target_kind: target_kind.map(str::to_owned),
        target_id,
        target_name,
        before: change.before.map(|value| value.to_string()),
        after: change.after.map(|value| value.to_string()),
        ip: origin.ip.map(|ip| ip.to_string()),
        user_agent: origin.user_agent.clone(),
    };
    store::activity::insert(tx.conn, &entry)?;
    Ok(())
}

/// What entries are filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what this user did.
    pub actor: Option<UserId>,
    /// Only this dotted name.
    pub action: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// How many entries one page of a filtered list looks at; bounds its work whatever the length of the history is.
const MAX_SCAN: i64 = 2_000;

/// An entry's id is as old as the entry, give or take this.
const ID_TOLERANCE: Duration = Duration::from_mins(1);

/// A page of an account's entries, newest first. With filters it may have fewer entries than `limit`, even none, and a
/// cursor that leads further back.
///
/// # Errors
/// [`Error::NotFound`], [`Error::PermissionDenied`], or an invalid cursor.
pub fn list_of_account(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    filter: &Filter,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Entry>, Error> {
    accounts::authorize(tx, caller, account, Permission::ViewMembers)?;
    let mut before = cursor_before(cursor)?;
    if let Some(to) = filter.to {
        before = before.min(first_id(to.plus(ID_TOLERANCE)));
    }
    let from = filter.from.unwrap_or(Timestamp::from_millis(0));
    let mut wanted = store::activity::Filter {
        actor: filter.actor.map(Uuid::from),
        action: filter.action.clone().unwrap_or_default(),
        from,
        to: filter.to.unwrap_or(Timestamp::from_millis(i64::MAX)),
        first: first_id(from.minus(ID_TOLERANCE)),
        limit: limit.fetch_limit(),
    };
    let is_filtered = filter.actor.is_some()
        || filter.action.is_some()
        || filter.from.is_some()
        || filter.to.is_some();
    let end = if is_filtered {
        store::activity::find_scan_end(tx.conn, account, before, &wanted, MAX_SCAN)?
    } else {
        None
    };
    if let Some(end) = end {
        wanted.first = end;
    }
    let entries = store::activity::list_of_account(tx.conn, account, before, &wanted)?;
    let mut page = page(entries, limit);
    if page.next.is_none() {
        page.next = end.map(cursor_after);
    }
    Ok(page)
}

/// The lowest id of an entry of this moment.
fn first_id(at: Timestamp) -> ActivityId {
    let millis = u128::from(at.millis().max(0).unsigned_abs());
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80).into()
}

/// A page of entries about the caller, newest first.
///
/// # Errors
/// An invalid cursor.
pub fn list_of_caller(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Entry>, Error> {
    let before = cursor_before(cursor)?;
    let entries =
        store::activity::list_of_user(tx.conn, caller.user.id, before, limit.fetch_limit())?;
    Ok(page(entries, limit))
}

fn cursor_before(cursor: Option<&str>) -> Result<ActivityId, Error> {
    super::cursor_id(cursor).map(|id| id.unwrap_or_else(|| Uuid::max().into()))
}

fn page(entries: Vec<Entry>, limit: PageLimit) -> Page<Entry> {
    Page::from_rows(entries, limit, |last| cursor_after(last.id))
}

fn cursor_after(id: ActivityId) -> String {
    Cursor::encode(&[&id.to_string()])
}
