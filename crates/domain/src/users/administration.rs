//! What the system administrator does with users, on the command line.

use convoke_core::model::activity::Action;
use convoke_core::model::grant::GrantEnd;

use super::{User, canonical_login};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::oauth2::EndCause;
use crate::{ClientInfo, Error, Mode, Tx, credentials};
use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_store as store;

/// A user, and whether they may sign in.
#[derive(Clone, Debug)]
pub struct UserOverview {
    /// The user.
    pub user: User,
    /// Since when they are disabled; nothing for those who may sign in.
    pub disabled_at: Option<Timestamp>,
}

/// Up to `limit` users of the whole installation from after `after` on, the oldest first.
///
/// # Errors
/// When the database is unavailable.
pub fn list_all(
    tx: &mut Tx<'_, '_, impl Mode>,
    after: UserId,
    limit: i64,
) -> Result<Vec<UserOverview>, Error> {
    let rows = store::users::list(tx.conn, after, limit)?;
    let overview = |(user, disabled_at)| UserOverview { user, disabled_at };
    Ok(rows.into_iter().map(overview).collect())
}

/// The user with this id, address or login, looked for in this order (rule U9).
///
/// # Errors
/// [`Error::NotFound`].
pub fn find_any(tx: &mut Tx<'_, '_, impl Mode>, typed: &str) -> Result<UserOverview, Error> {
    let id = if let Ok(id) = typed.trim().parse::<UserId>() {
        id
    } else {
        let login = canonical_login(typed);
        let credentials = store::users::find_credentials(tx.conn, &login)?;
        credentials.ok_or(Error::NotFound)?.user
    };
    get(tx, id)
}

fn get(tx: &mut Tx<'_, '_, impl Mode>, id: UserId) -> Result<UserOverview, Error> {
    let user = store::users::find(tx.conn, id)?.ok_or(Error::NotFound)?;
    let disabled_at = store::users::find_disabled_at(tx.conn, id)?;
    Ok(UserOverview { user, disabled_at })
}

/// Disables a user: ends their sessions and voids what was prepared with their credentials (rule V14). They stay a member
/// of their accounts. Nothing changes for those who are disabled already.
///
/// # Errors
/// [`Error::NotFound`].
pub fn disable(tx: &mut Tx<'_, '_>, id: UserId) -> Result<UserOverview, Error> {
    tx.lock_user(id)?;
    if store::users::mark_disabled(tx.conn, id, tx.now)? {
        let UserOverview { user, .. } = get(tx, id)?;
        let cause = EndCause::by_system(GrantEnd::UserDisabled);
        credentials::invalidate_by(tx, &user, cause)?;
        record(tx, &user, Action::UserDisabled)?;
    }
    get(tx, id)
}

/// Lets a disabled user sign in again. Nothing changes for those who are not disabled.
///
/// # Errors
/// [`Error::NotFound`].
pub fn enable(tx: &mut Tx<'_, '_>, id: UserId) -> Result<UserOverview, Error> {
    tx.lock_user(id)?;
    if store::users::mark_enabled(tx.conn, id)? {
        let UserOverview { user, .. } = get(tx, id)?;
        record(tx, &user, Action::UserEnabled)?;
    }
    get(tx, id)
}

fn record(tx: &mut Tx<'_, '_>, user: &User, action: Action) -> Result<(), Error> {
    let event = ActivityEvent {
        actor: Actor::System,
        action,
        target: Some(Target::User(user.id, user.name())),
        before: None,
        after: None,
    };
    activity::record(
        tx,
        ActivityScope::Person(user.id),
        &ClientInfo::default(),
        event,
    )
}
