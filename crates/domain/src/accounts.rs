//! Accounts: cards, settings, seats.

use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use super::permissions::{Membership, Permission, is_allowed, required_role};
use super::{Caller, ClientInfo, Error, FieldError, Tx, sessions};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::language::Locale;
use convoke_core::names;
use convoke_core::pagination::{Cursor, Page, PageLimit};
use convoke_core::text::clean_foreign;
use convoke_store as store;
use convoke_store::users::User;

pub use convoke_store::accounts::Account;

/// Seats of an account (rule A4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatUsage {
    /// The account's limit.
    pub limit: i64,
    /// Members, the owner among them.
    pub members: i64,
    /// Pending, unexpired invitations.
    pub pending: i64,
}

impl SeatUsage {
    /// Seats that are left; none when a lowered limit is exceeded.
    #[must_use]
    pub fn available(&self) -> i64 {
        (self.limit - self.members - self.pending).max(0)
    }
}

/// An account as one of its members sees it.
#[derive(Clone, Debug)]
pub struct AccountSummary {
    /// The account.
    pub account: Account,
    /// The viewer's place in it.
    pub membership: Membership,
    /// Seats, for those who may see them.
    pub usage: Option<SeatUsage>,
}

impl AccountSummary {
    /// Whether the viewer may see the settings: whoever may see people, since settings say who can be invited.
    #[must_use]
    pub fn shows_settings(&self) -> bool {
        is_allowed(&self.membership, Permission::ViewMembers)
    }
}

/// The account and the caller's standing in it, if they may do this.
///
/// # Errors
/// [`Error::NotFound`] for strangers, as for an account that does not exist; [`Error::PermissionDenied`]
/// for members who may not.
pub fn authorize(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
    act: Permission,
) -> Result<(Account, Membership), Error> {
    let stored = store::members::find_roles(tx.conn, id, caller.user.id)?;
    let account = store::accounts::find(tx.conn, id)?;
    let (Some(stored), Some(account)) = (stored, account) else {
        return Err(Error::NotFound);
    };
    let owner = account.owner == caller.user.id;
    let membership = Membership::from_stored(owner, &stored, &tx.ctx.catalogue);
    if !is_allowed(&membership, act) {
        return Err(Error::PermissionDenied(required_role(act)));
    }
    Ok((account, membership))
}

/// The same after locking the account, then the caller's user, for operations that change it. The caller was authenticated
/// before this transaction, and a request may take its time: their session may have ended meanwhile (rule V14).
///
/// # Errors
/// As [`require`], or [`Error::SignInRequired`].
pub fn authorize_for_update(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
    act: Permission,
) -> Result<(Account, Membership), Error> {
    tx.lock_account(id)?;
    sessions::lock(tx, caller)?;
    authorize(tx, caller, id, act)
}

/// An account's seats now.
///
/// # Errors
/// When the database is unavailable.
pub fn usage(tx: &mut Tx<'_, '_>, account: &Account) -> Result<SeatUsage, Error> {
    let (members, pending) = store::accounts::count_seats(tx.conn, account.id, tx.now)?;
    Ok(SeatUsage {
        limit: account
            .user_limit
            .unwrap_or(tx.ctx.policy.users_per_account),
        members,
        pending,
    })
}

fn summary(
    tx: &mut Tx<'_, '_>,
    account: Account,
    membership: Membership,
) -> Result<AccountSummary, Error> {
    let usage = if is_allowed(&membership, Permission::ViewUsage) {
        Some(usage(tx, &account)?)
    } else {
        None
    };
    Ok(AccountSummary {
        account,
        membership,
        usage,
    })
}

/// One account the caller is a member of.
///
/// # Errors
/// As [`require`].
pub fn get(tx: &mut Tx<'_, '_>, caller: &Caller, id: AccountId) -> Result<AccountSummary, Error> {
    let (account, membership) = authorize(tx, caller, id, Permission::ViewAccount)?;
    summary(tx, account, membership)
}

/// The summary of an account for a user who has just joined it.
///
/// # Errors
/// [`Error::NotFound`] when they are no member.
pub(super) fn get_for_user(
    tx: &mut Tx<'_, '_>,
    user: &User,
    id: AccountId,
) -> Result<AccountSummary, Error> {
    let account = store::accounts::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let membership = membership_of(tx, id, account.owner, user.id)?.ok_or(Error::NotFound)?;
    summary(tx, account, membership)
}

/// A page of the accounts the caller is a member of, the oldest first.
///
/// # Errors
/// An invalid cursor.
pub fn list(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    cursor: Option<&str>,
    limit: PageLimit,
) -> Result<Page<AccountSummary>, Error> {
    let after = super::cursor_id(cursor)?.unwrap_or_else(|| Uuid::nil().into());
    let rows = store::accounts::list_of_user(tx.conn, caller.user.id, after, limit.fetch_limit())?;
    let page = Page::from_rows(rows, limit, |(last, _)| {
        Cursor::encode(&[&last.id.to_string()])
    });
    let mut cards = Vec::with_capacity(page.items.len());
    for (account, roles) in page.items {
        let owner = account.owner == caller.user.id;
        let membership = Membership::from_stored(owner, &roles, &tx.ctx.catalogue);
        cards.push(summary(tx, account, membership)?);
    }
    Ok(Page {
        items: cards,
        next: page.next,
    })
}

/// The caller's accounts with `text` in their names; of the first thousand they are in.
///
/// # Errors
/// When the database is unavailable.
pub fn search(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    text: &str,
) -> Result<Page<AccountSummary>, Error> {
    // Names are compared here: only one of the databases knows the case of every letter.
    let text = text.to_lowercase();
    let first = store::accounts::list_of_user(tx.conn, caller.user.id, Uuid::nil().into(), 1000)?;
    let mut items = Vec::new();
    for (account, roles) in first {
        if account.name.to_lowercase().contains(&text) {
            let owner = account.owner == caller.user.id;
            let membership = Membership::from_stored(owner, &roles, &tx.ctx.catalogue);
            items.push(summary(tx, account, membership)?);
        }
    }
    Ok(Page { items, next: None })
}

/// The name of the account that comes with a user (rule A1): theirs, where it makes a name by the rules of names.
#[must_use]
pub fn default_name(user_name: &str, locale: Locale) -> String {
    let whole = match locale {
        Locale::En => format!("{user_name}'s account"),
        Locale::Ru => format!("Аккаунт: {user_name}"),
    };
    let neutral = match locale {
        Locale::En => "My account",
        Locale::Ru => "Мой аккаунт",
    };
    names::parse_name(&clean_foreign(&whole, names::MAX_LENGTH))
        .unwrap_or_else(|_| neutral.to_owned())
}

/// Adds an account with its owner as the first member.
///
/// # Errors
/// When the database is unavailable.
pub fn insert_account(
    tx: &mut Tx<'_, '_>,
    owner: &User,
    origin: &ClientInfo,
    name: &str,
    is_default: bool,
) -> Result<AccountSummary, Error> {
    let id: AccountId = tx.new_id();
    store::accounts::insert(tx.conn, id, name, owner.id, is_default, tx.now)?;
    store::members::insert(tx.conn, id, owner.id, &owner.name(), "", tx.now)?;
    let change = ActivityEvent {
        actor: Actor::User(owner.id, owner.name()),
        action: "account.created",
        target: Some(Target::Account(id, name.to_owned())),
        before: None,
        after: Some(json!({ "name": name })),
    };
    activity::record(tx, ActivityScope::Account(id), origin, change)?;
    let account = store::accounts::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let membership = Membership {
        owner: true,
        roles: Vec::new(),
    };
    summary(tx, account, membership)
}

/// Reads an account's name, naming the error at `pointer`.
///
/// # Errors
/// The error.
pub fn validate_name(pointer: &str, name: &str) -> Result<String, FieldError> {
    names::parse_name(name).map_err(|error| super::users::name_error(pointer, name, error))
}

/// Checks that a user may become the owner of one more account (rule A1), and locks the user, so that no other
/// transaction changes the count before this one ends. Whoever locks an account too locks it first.
///
/// # Errors
/// [`Error::AccountLimitExceeded`].
pub(super) fn ensure_can_own_another(tx: &mut Tx<'_, '_>, user: UserId) -> Result<(), Error> {
    tx.lock_user(user)?;
    let limit = tx.ctx.policy.accounts_per_user;
    if store::accounts::count_owned(tx.conn, user)? >= i64::from(limit) {
        return Err(Error::AccountLimitExceeded(limit));
    }
    Ok(())
}

/// Creates an account for the caller.
///
/// # Errors
/// [`Error::Invalid`], or [`Error::AccountLimitExceeded`] (rule A1).
pub fn create(tx: &mut Tx<'_, '_>, caller: &Caller, name: &str) -> Result<AccountSummary, Error> {
    let name = validate_name("/name", name).map_err(|error| Error::Invalid(vec![error]))?;
    sessions::lock(tx, caller)?;
    ensure_can_own_another(tx, caller.user.id)?;
    insert_account(tx, &caller.user, &caller.origin, &name, false)
}

/// What an owner wants changed.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// A new name.
    pub name: Option<String>,
    /// Whether only registered addresses can be invited (rule I6).
    pub registered_users_only: Option<bool>,
}

/// Renames an account or changes its settings.
///
/// # Errors
/// As [`require`], or [`Error::Invalid`].
pub fn update(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    id: AccountId,
    update: &Update,
) -> Result<AccountSummary, Error> {
    let (account, membership) = authorize_for_update(tx, caller, id, Permission::Own)?;
    let name = match &update.name {
        Some(name) => validate_name("/name", name).map_err(|error| Error::Invalid(vec![error]))?,
        None => account.name.clone(),
    };
    let registered = update
        .registered_users_only
        .unwrap_or(account.registered_users_only);
    if name == account.name && registered == account.registered_users_only {
        return summary(tx, account, membership);
    }
    store::accounts::update(tx.conn, id, &name, registered)?;
    let state = |name: &str, registered: bool| -> Value {
        json!({ "name": name, "registered_users_only": registered })
    };
    let change = ActivityEvent {
        actor: Actor::from_caller(caller),
        action: "account.updated",
        target: Some(Target::Account(id, name.clone())),
        before: Some(state(&account.name, account.registered_users_only)),
        after: Some(state(&name, registered)),
    };
    activity::record(tx, ActivityScope::Account(id), &caller.origin, change)?;
    let account = Account {
        name,
        registered_users_only: registered,
        ..account
    };
    summary(tx, account, membership)
}

/// The standing of any user in an account, for checks at acceptance; nothing for strangers.
///
/// # Errors
/// When the database is unavailable.
pub fn membership_of(
    tx: &mut Tx<'_, '_>,
    account: AccountId,
    owner: UserId,
    user: UserId,
) -> Result<Option<Membership>, Error> {
    let stored = store::members::find_roles(tx.conn, account, user)?;
    Ok(stored.map(|stored| Membership::from_stored(owner == user, &stored, &tx.ctx.catalogue)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_default_account_is_named_after_its_user_and_cut_to_64_characters() {
        assert_eq!(
            default_name("Ada Lovelace", Locale::En),
            "Ada Lovelace's account"
        );
        let long = "Я".repeat(70);
        assert_eq!(default_name(&long, Locale::Ru).chars().count(), 64);
    }

    #[test]
    fn a_name_that_accounts_may_not_have_gives_a_neutral_one() {
        for name in ["evil.com/win", "+49 30 1234567", "www.evil", "ana@x.io"] {
            assert_eq!(default_name(name, Locale::En), "My account");
            assert_eq!(default_name(name, Locale::Ru), "Мой аккаунт");
        }
        assert_eq!(default_name("evil.com", Locale::En), "evil.com's account");
    }

    proptest! {
        #[test]
        fn the_default_name_is_always_one_that_accounts_may_have(
            first in prop_oneof!["[\\PC\u{200d}\u{200c}.]{1,70}", "[0-9 .a]{1,64}", "(👩\u{200d}💻|می\u{200c}خ){1,25}", any::<String>()],
            last in proptest::option::of("[\\PC.0-9]{1,64}"),
        ) {
            let whole = names::full_name(&first, last.as_deref());
            for locale in [Locale::En, Locale::Ru] {
                let name = default_name(&whole, locale);
                prop_assert_eq!(names::parse_name(&name), Ok(name));
            }
        }
    }

    #[test]
    fn a_lowered_limit_leaves_no_seats_but_no_negative_ones() {
        let usage = SeatUsage {
            limit: 3,
            members: 4,
            pending: 1,
        };
        assert_eq!(usage.available(), 0);
    }
}
