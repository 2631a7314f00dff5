//! Lists of entries, newest first.
//!
//! Every list walks along indexes: of the account, of an action, of a person. What no index decides is compared in the
//! program, for at most [`MAX_SCAN`] entries per page; a page that ends there has a cursor that leads further back.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::Entry;
use super::person::PersonFilter;
use crate::catalogue::Catalogue;
use crate::permissions::Permission;
use crate::search::{self, MAX_SCAN};
use crate::{Caller, Error, Mode, Tx, authorization};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, ActivityId, UserId};
use convoke_core::language::Locale;
use convoke_core::model::activity::Action;
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_core::search::{Words, readable_address};
use convoke_store as store;
use convoke_store::activity::Entries;

/// What entries are filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what this user did.
    pub actor: Option<UserId>,
    /// Only what this person did, or what concerns them: an id, or words of a name or an address; empty for all.
    pub person: String,
    /// Words that an entry must have; empty for all.
    pub text: String,
    /// Only this dotted name.
    pub action: Option<String>,
    /// Only what names this product or a role of it; empty for all.
    pub product: String,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// An entry's id is as old as the entry, give or take this.
const ID_TOLERANCE: Duration = Duration::from_mins(1);

/// A page of the entries that an account sees, newest first. With filters it may have fewer entries than `limit`, even
/// none, and a cursor that leads further back.
///
/// # Errors
/// [`Error::NotFound`], [`Error::PermissionDenied`], or an invalid cursor.
pub fn list_of_account(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    filter: &Filter,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<Entry>, Error> {
    authorization::authorize(tx, caller, account, Permission::ViewMembers)?;
    let before = cursor_before(cursor)?;
    let Some(search) = Search::new(tx, account, filter)? else {
        return Ok(page(Vec::new(), limit));
    };
    let before = match filter.to {
        Some(to) => before.min(first_id(to.plus(ID_TOLERANCE))),
        None => before,
    };
    let first = filter.from.map_or_else(
        || Uuid::nil().into(),
        |from| first_id(from.minus(ID_TOLERANCE)),
    );
    if !search.is_filtered() {
        let range = (before, first);
        let entries = read_part(tx, account, &search.entries, range, limit.fetch_limit())?;
        return Ok(page(entries, limit));
    }
    let (mut scanned, mut stopped_at) = (0, None);
    let ctx = tx.ctx;
    let read = |before: &ActivityId, count: i64| {
        let count = count.min(MAX_SCAN - scanned);
        let entries = read_part(tx, account, &search.entries, (*before, first), count)?;
        scanned += count;
        if scanned >= MAX_SCAN && i64::try_from(entries.len()) == Ok(count) {
            stopped_at = entries.last().map(|entry| entry.id).or(stopped_at);
        }
        Ok(entries)
    };
    let matches = |entry: &Entry| search.is_match(entry, &ctx.catalogue);
    let entries = search::collect(before, limit.fetch_limit(), read, |entry| entry.id, matches)?;
    let mut page = page(entries, limit);
    if page.next.is_none() {
        page.next = stopped_at.map(cursor_after);
    }
    Ok(page)
}

/// A filter with its person looked up, and the entries to read for it.
struct Search<'f> {
    filter: &'f Filter,
    person: Option<PersonFilter>,
    words: Words,
    action: Option<Action>,
    entries: Vec<Entries>,
}

impl<'f> Search<'f> {
    /// Nothing where no entry can match.
    fn new(
        tx: &mut Tx<'_, '_, impl Mode>,
        account: AccountId,
        filter: &'f Filter,
    ) -> Result<Option<Self>, Error> {
        let action = match filter.action.as_deref().map(Action::parse) {
            // Not the name of an action.
            Some(None) => return Ok(None),
            Some(action) => action,
            None => None,
        };
        let person = PersonFilter::find(tx, account, &filter.person)?;
        let entries = match (&person, filter.actor, action) {
            (Some(PersonFilter::ById(entries)), ..) => entries.clone(),
            (_, Some(actor), _) => vec![Entries::ByActor(actor), Entries::OfMember(actor)],
            (_, None, Some(action)) if action.is_of_sign_in() => vec![Entries::OfMembers],
            (_, None, Some(action)) => vec![Entries::WithAction(action)],
            (_, None, None) => vec![Entries::OfAccount, Entries::OfMembers],
        };
        Ok(Some(Self {
            filter,
            person,
            words: Words::parse(&filter.text),
            action,
            entries,
        }))
    }

    /// Whether entries are compared, and not only read.
    fn is_filtered(&self) -> bool {
        let Filter {
            actor,
            product,
            from,
            to,
            ..
        } = self.filter;
        // Those by id are read along indexes of theirs alone.
        matches!(self.person, Some(PersonFilter::ByText(..)))
            || self.action.is_some()
            || actor.is_some()
            || !product.is_empty()
            || !self.words.is_empty()
            || from.is_some()
            || to.is_some()
    }

    fn is_match(&self, entry: &Entry, catalogue: &Catalogue) -> bool {
        let filter = self.filter;
        let actor = filter.actor.map(Uuid::from);
        (actor.is_none() || entry.actor_id == actor)
            && self.action.is_none_or(|action| entry.action == action)
            && filter.from.is_none_or(|from| entry.at >= from)
            && filter.to.is_none_or(|to| entry.at < to)
            && (filter.product.is_empty() || names_product(entry, &filter.product, catalogue))
            && self
                .person
                .as_ref()
                .is_none_or(|person| person.is_concerned(entry))
            && (self.words.is_empty() || has_words(entry, &self.words, catalogue))
    }
}

/// Reads entries along several indexes at once.
fn read_part(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    entries: &[Entries],
    range: (ActivityId, ActivityId),
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let mut part = Vec::new();
    for entries in entries {
        let read = store::activity::list_of_account(tx.conn, account, *entries, range, limit)?;
        part.extend(read);
    }
    if entries.len() > 1 {
        part.sort_by_key(|entry| std::cmp::Reverse(entry.id));
        part.dedup_by_key(|entry| entry.id);
        part.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(part.into_iter().map(as_seen_by_account).collect())
}

/// The newest entries of one kind, for operations that have checked the permission.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn list_newest(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    entries: Entries,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let whole = (Uuid::max().into(), Uuid::nil().into());
    Ok(store::activity::list_of_account(
        tx.conn, account, entries, whole, limit,
    )?)
}

/// An entry about a person alone as their accounts see it: without the id of the session.
fn as_seen_by_account(mut entry: Entry) -> Entry {
    if entry.account.is_some() {
        return entry;
    }
    entry.action = entry.action.as_seen_by_accounts().unwrap_or(entry.action);
    entry.after = entry.after.as_deref().and_then(|after| {
        let after: Value = serde_json::from_str(after).ok()?;
        let provider = after.get("provider")?;
        Some(serde_json::json!({ "provider": provider }).to_string())
    });
    entry
}

/// The values that an entry has before and after, as JSON objects.
fn values(entry: &Entry) -> impl Iterator<Item = Value> {
    let texts = [entry.before.as_deref(), entry.after.as_deref()];
    let values = texts.map(|text| text.and_then(|text| serde_json::from_str(text).ok()));
    values.into_iter().flatten()
}

/// The keys of roles that a value lists.
fn roles_of(value: &Value) -> impl Iterator<Item = &str> {
    let lists = [value.get("roles"), value.get("dropped_roles")];
    let keys = lists.into_iter().flatten().filter_map(Value::as_array);
    keys.flatten().filter_map(Value::as_str)
}

/// Whether an entry names the product or one of its roles.
fn names_product(entry: &Entry, product: &str, catalogue: &Catalogue) -> bool {
    let is_role = |key: &str| {
        let product = catalogue.product(product);
        product.is_some_and(|product| product.roles.iter().any(|role| role.key == key))
    };
    values(entry).any(|value| {
        value.get("product").and_then(Value::as_str) == Some(product)
            || roles_of(&value).any(is_role)
    })
}

/// Whether an entry has each word in its names, its action, its values with the names of products and roles, or its client.
fn has_words(entry: &Entry, words: &Words, catalogue: &Catalogue) -> bool {
    let mut texts = vec![entry.action.as_str().to_owned()];
    let target = entry.target_name.as_deref();
    texts.extend(target.and_then(readable_address));
    let own = [
        entry.actor_name.as_deref(),
        target,
        entry.before.as_deref(),
        entry.after.as_deref(),
        entry.ip.as_deref(),
        entry.user_agent.as_deref(),
    ];
    texts.extend(own.into_iter().flatten().map(str::to_owned));
    for value in values(entry) {
        let product = value.get("product").and_then(Value::as_str);
        let product = product.and_then(|key| catalogue.product(key));
        let roles = roles_of(&value).filter_map(|key| catalogue.role(key));
        let names = product.map(|product| &product.name).into_iter();
        for name in names.chain(roles.map(|role| &role.name)) {
            texts.extend(Locale::ALL.map(|locale| name.get(locale.as_str()).to_owned()));
        }
    }
    words.match_any_of(texts.iter().map(String::as_str))
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
    tx: &mut Tx<'_, '_, impl Mode>,
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
    crate::cursor_id(cursor).map(|id| id.unwrap_or_else(|| Uuid::max().into()))
}

fn page(entries: Vec<Entry>, limit: PageLimit) -> Page<Entry> {
    Page::from_rows(entries, limit, |last| cursor_after(last.id))
}

fn cursor_after(id: ActivityId) -> String {
    Cursor::encode(&[&id.to_string()])
}
