//! The picture of one's profile (rule U6).

use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::{Caller, Error, Mode, Tx, sessions};
use convoke_core::model::activity::Action;
use convoke_core::model::picture::Picture;
use convoke_store as store;

/// Puts a picture in place of the caller's earlier one. Its address is new, so that no browser shows the old one.
///
/// # Errors
/// When the database is unavailable.
pub fn set_picture(tx: &mut Tx<'_, '_>, caller: &Caller, picture: &Picture) -> Result<(), Error> {
    let mut bytes = [0; 16];
    tx.ctx.random.fill(&mut bytes);
    // Every client with the URL can load the picture, as with any avatar; so it cannot be guessed.
    let id = format!("{:032x}", u128::from_be_bytes(bytes));
    let user = caller.user.id;
    sessions::lock(tx, caller)?;
    store::pictures::replace(
        tx.conn,
        &id,
        user,
        picture.media_type,
        &picture.content,
        tx.now,
    )?;
    store::users::update_picture(tx.conn, user, Some(&id), tx.now)?;
    record(tx, caller, Action::UserPictureChanged)
}

/// Removes the caller's picture, if they have one.
///
/// # Errors
/// When the database is unavailable.
pub fn remove_picture(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<(), Error> {
    let user = caller.user.id;
    sessions::lock(tx, caller)?;
    if !store::pictures::delete_of_user(tx.conn, user)? {
        return Ok(());
    }
    store::users::update_picture(tx.conn, user, None, tx.now)?;
    record(tx, caller, Action::UserPictureRemoved)
}

/// A picture by the last part of its address: its media type and content.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find_picture(tx: &mut Tx<'_, '_, impl Mode>, id: &str) -> Result<(String, Vec<u8>), Error> {
    store::pictures::find(tx.conn, id)?.ok_or(Error::NotFound)
}

fn record(tx: &mut Tx<'_, '_>, caller: &Caller, action: Action) -> Result<(), Error> {
    let event = ActivityEvent {
        actor: Actor::from_caller(caller),
        action,
        target: None,
        before: None,
        after: None,
    };
    activity::record(
        tx,
        ActivityScope::Person(caller.user.id),
        &caller.client,
        event,
    )
}
