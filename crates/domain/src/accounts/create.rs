//! New accounts (rule A1).

use convoke_core::model::activity::Action;
use serde_json::json;

use super::{Account, AccountSummary, seat_usage};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::permissions::Membership;
use crate::validation::validate_name;
use crate::{Caller, ClientInfo, Error, Tx, sessions};
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_core::names;
use convoke_core::text::clean_foreign;
use convoke_store as store;
use convoke_store::accounts::SeatCounts;
use convoke_store::users::User;

/// The name of the account that comes with a user (rule A1): made of theirs, where that is a name by the rules of names.
/// Russian names would have to be inflected to say whose the account is, so it has the user's name alone.
#[must_use]
pub fn default_name(user_name: &str, locale: Locale) -> String {
    let whole = match locale {
        Locale::En => format!("{user_name}'s account"),
        Locale::Ru => user_name.to_owned(),
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
    client: &ClientInfo,
    name: &str,
    is_default: bool,
) -> Result<AccountSummary, Error> {
    let account = Account {
        id: tx.new_id(),
        name: name.to_owned(),
        owner: owner.id,
        is_default,
        user_limit: None,
        registered_users_only: false,
        created_at: tx.now,
        owner_first_name: owner.first_name.clone(),
        owner_last_name: owner.last_name.clone(),
    };
    let (id, now) = (account.id, tx.now);
    store::accounts::insert_later(tx.conn, id, name, owner.id, is_default, now)?;
    store::members::insert_owner_later(tx.conn, id, owner.id, &owner.name(), now)?;
    let event = ActivityEvent {
        actor: Actor::User(owner.id, owner.name()),
        action: Action::AccountCreated,
        target: Some(Target::Account(id, name.to_owned())),
        before: None,
        after: Some(json!({ "name": name })),
    };
    activity::record(tx, ActivityScope::Account(id), client, event)?;
    let counts = SeatCounts {
        members: 1,
        pending: 0,
    };
    Ok(AccountSummary {
        usage: Some(seat_usage(tx.ctx, &account, counts)),
        account,
        membership: Membership {
            owner: true,
            roles: Vec::new(),
        },
    })
}

/// Checks that a user may become the owner of one more account (rule A1), and locks the user, so that no other
/// transaction changes the count before this one ends. A transaction that locks an account too locks it first.
///
/// # Errors
/// [`Error::AccountLimitExceeded`].
pub(crate) fn ensure_can_own_another(tx: &mut Tx<'_, '_>, user: UserId) -> Result<(), Error> {
    tx.lock_user(user)?;
    ensure_below_limit(tx, user)
}

fn ensure_below_limit(tx: &mut Tx<'_, '_>, user: UserId) -> Result<(), Error> {
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
    let (owner, _) = sessions::lock(tx, caller)?;
    ensure_below_limit(tx, owner.id)?;
    insert_account(tx, &owner, &caller.client, &name, false)
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
}
