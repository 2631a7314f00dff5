//! What is known of some addresses in an account: loaded by a fixed number of queries, whatever their number.

use std::collections::{HashMap, HashSet};

use super::{Invitation, table};
use crate::members::{self, Member};
use crate::{Error, Mode, Tx};
use convoke_core::ids::AccountId;
use convoke_store as store;

/// What is known of addresses; all keys are canonical addresses.
#[derive(Debug)]
pub(super) struct KnownRecipients {
    members: HashMap<String, Member>,
    invited: HashMap<String, Invitation>,
}

impl KnownRecipients {
    /// Loads members and live invitations.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(super) fn load(
        tx: &mut Tx<'_, '_, impl Mode>,
        account: AccountId,
        emails: &[&str],
    ) -> Result<Self, Error> {
        let emails = || emails.iter().copied();
        let members = store::members::send_list_by_emails(tx.conn, account, emails())?;
        let invited = table::list_live_by_emails(tx.conn, account, emails(), tx.now)?;
        let members = tx.conn.receive_rows(members)?;
        Ok(Self {
            members: members
                .into_iter()
                .map(|(email, row)| (email, members::member(tx, row)))
                .collect(),
            invited: invited
                .into_iter()
                .map(|row| {
                    (
                        row.invitation.email_canonical.clone(),
                        Invitation::from_stored(row, tx.now),
                    )
                })
                .collect(),
        })
    }

    /// The member with this address.
    pub(super) fn member(&self, email: &str) -> Option<&Member> {
        self.members.get(email)
    }

    /// The live invitation of this address.
    pub(super) fn invitation(&self, email: &str) -> Option<&Invitation> {
        self.invited.get(email)
    }
}

/// Those of the canonical addresses that belong to no user (rule I6).
///
/// # Errors
/// When the database is unavailable.
pub(super) fn find_unregistered<'a>(
    tx: &mut Tx<'_, '_, impl Mode>,
    emails: &[&'a str],
) -> Result<HashSet<&'a str>, Error> {
    let known = store::users::list_known_emails(tx.conn, emails.iter().copied())?;
    let known: HashSet<String> = known.into_iter().collect();
    let unregistered = emails
        .iter()
        .copied()
        .filter(|email| !known.contains(*email));
    Ok(unregistered.collect())
}
