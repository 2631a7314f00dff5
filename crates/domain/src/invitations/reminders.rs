//! Reminders of invitations that end soon.

use super::table;
use crate::notifications::{self, Notification};
use crate::{Error, Tx};

/// How many reminders one transaction puts into the outbox.
const BATCH: i64 = 100;

/// Puts due reminders into the outbox and returns how many; call again while that is a full batch.
///
/// # Errors
/// When the database is unavailable.
pub fn remind(tx: &mut Tx<'_, '_>) -> Result<bool, Error> {
    let due = table::list_due_reminders(tx.conn, tx.now, BATCH)?;
    let full = i64::try_from(due.len()).is_ok_and(|count| count == BATCH);
    for (id, account, expires_at) in due {
        table::clear_reminder(tx.conn, id)?;
        if expires_at > tx.now {
            notifications::enqueue(tx, &Notification::Reminder(account, id))?;
        }
    }
    Ok(full)
}
