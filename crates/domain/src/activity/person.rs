//! The person whom a search of activity is about: the one who did it, or the one concerned.

use uuid::Uuid;

use super::Entry;
use crate::{Error, Mode, Tx, search, users};
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::search::{Words, readable_address};
use convoke_store as store;
use convoke_store::activity::Entries;

/// How many members whose names match are looked for by id too, and how many of the invitations that they accepted.
const MAX_MEMBERS: i64 = 100;

/// How many invitations that a person has accepted are looked for.
const MAX_INVITATIONS: i64 = 20;

/// Whose entries are wanted.
#[derive(Clone, Debug)]
pub(super) enum PersonFilter {
    /// A user or an invitation by id: read along indexes.
    ById(Vec<Entries>),
    /// Users with one of these ids, or with a name or an address with all of these words.
    ByText(Vec<Uuid>, Words),
}

impl PersonFilter {
    /// Reads an id, a name, an address or a part of one; none where the text is empty.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(super) fn find(
        tx: &mut Tx<'_, '_, impl Mode>,
        account: AccountId,
        text: &str,
    ) -> Result<Option<Self>, Error> {
        if let Ok(user) = text.trim().parse::<UserId>() {
            return Self::of_user(tx, account, user).map(Some);
        }
        if let Ok(invitation) = text.trim().parse::<InvitationId>() {
            let id = Uuid::from(invitation);
            return Ok(Some(Self::ById(vec![Entries::WithTarget(id)])));
        }
        let words = Words::parse(text);
        if words.is_empty() {
            return Ok(None);
        }
        let mut ids = matching_members(tx, account, &words)?;
        // A former address, or a login, of a user whom this account knows: no others are searched (rule V4).
        let login = users::canonical_login(text);
        if let Some(credentials) = store::users::find_credentials(tx.conn, &login)?
            && is_known(tx, account, credentials.user)?
        {
            ids.push(credentials.user.into());
        }
        if !ids.is_empty() {
            let accepted =
                store::invitations::list_accepted_by_any(tx.conn, account, &ids, MAX_MEMBERS)?;
            ids.extend(accepted.into_iter().map(Uuid::from));
        }
        Ok(Some(Self::ByText(ids, words)))
    }

    /// What a user did, what was done to them, their sign-ins, and the invitations that they accepted.
    fn of_user(
        tx: &mut Tx<'_, '_, impl Mode>,
        account: AccountId,
        user: UserId,
    ) -> Result<Self, Error> {
        let accepted =
            store::invitations::list_accepted_by(tx.conn, account, user, MAX_INVITATIONS)?;
        let mut entries = vec![
            Entries::ByActor(user),
            Entries::WithTarget(user.into()),
            Entries::OfMember(user),
        ];
        entries.extend(
            accepted
                .into_iter()
                .map(|id| Entries::WithTarget(id.into())),
        );
        Ok(Self::ById(entries))
    }

    /// Whether an entry is about them; those by id are read along indexes of theirs alone.
    pub(super) fn is_concerned(&self, entry: &Entry) -> bool {
        let Self::ByText(ids, words) = self else {
            return true;
        };
        let is_one_of = |id: Option<Uuid>| id.is_some_and(|id| ids.contains(&id));
        if is_one_of(entry.actor_id) || is_one_of(entry.target_id) {
            return true;
        }
        let actor = entry.actor_name.as_deref().unwrap_or_default();
        let target = entry.target_name.as_deref().unwrap_or_default();
        let readable = readable_address(target).unwrap_or_default();
        // Each of them alone, or the first name of one and the last name of another would match.
        words.match_any_of([actor]) || words.match_any_of([target, &readable])
    }
}

/// The members whose name, address or login the words match, of the first ones by name.
fn matching_members(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    words: &Words,
) -> Result<Vec<Uuid>, Error> {
    let start = (String::new(), Uuid::nil().into());
    let end = store::members::find_scan_end_by_name(tx.conn, account, &start, search::MAX_SCAN)?;
    let read = |after: &store::members::NamePosition, limit| {
        let filter = store::members::Filter {
            limit,
            ..store::members::Filter::default()
        };
        let end = end.as_ref();
        Ok(store::members::list_by_name(
            tx.conn, account, after, end, &filter,
        )?)
    };
    let position = |row: &store::members::Member| (row.name_key.clone(), row.user);
    let matches = |row: &store::members::Member| search::is_member_match(words, row);
    let members = search::collect(start, MAX_MEMBERS, read, position, matches)?;
    Ok(members.into_iter().map(|row| row.user.into()).collect())
}

/// Whether a user is a member of the account, or was one.
pub(super) fn is_known(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: AccountId,
    user: UserId,
) -> Result<bool, Error> {
    if store::members::find_roles(tx.conn, account, user)?.is_some() {
        return Ok(true);
    }
    let whole = (Uuid::max().into(), Uuid::nil().into());
    for entries in [Entries::ByActor(user), Entries::WithTarget(user.into())] {
        let any = store::activity::list_of_account(tx.conn, account, entries, whole, 1)?;
        if !any.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
