//! Invitations that ended while somebody was about to do something with them: named above the list, with a way on.

use axum::response::Response;

use super::list_path;
use crate::console::context::PageContext;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::invitations::{self, Invitation, InvitationStatus};
use convoke_domain::{Caller, Error, Mode, Tx};

/// More are only counted.
const MAX_LISTED: usize = 20;

/// One that had ended.
pub(super) struct AlreadyEnded {
    pub text: String,
    /// Where the address is invited again; whoever is in needs no invitation.
    pub again: Option<String>,
}

/// The part of the list's address that names them.
pub(super) fn query(ids: &[InvitationId]) -> String {
    let names = ids.iter().take(MAX_LISTED).map(|id| format!("&ended={id}"));
    names.collect()
}

/// The way back to the list when the only one had ended.
pub(super) fn back(
    context: &PageContext,
    account: AccountId,
    word: &str,
    id: InvitationId,
) -> Response {
    context.flash(&format!(
        "{}?done={word}{}",
        list_path(account),
        query(&[id])
    ))
}

/// Those that the address of the list names.
pub(super) fn ended_ids(context: &PageContext) -> Vec<InvitationId> {
    if !context.has_flash() {
        return Vec::new();
    }
    let ids = context.query.all("ended").filter_map(|id| id.parse().ok());
    ids.take(MAX_LISTED).collect()
}

/// Reads them; what is not of this account or has not ended is left out.
///
/// # Errors
/// As [`invitations::show`].
pub(super) fn find(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, Error> {
    let mut found = Vec::new();
    for id in ids {
        match invitations::get(tx, caller, account, *id) {
            Ok(it) if !it.is_pending() => found.push(it),
            Ok(_) | Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

impl AlreadyEnded {
    /// This one.
    pub fn new(context: &PageContext, invitation: &Invitation, manages: bool) -> Self {
        let ago = context.format_relative(invitation.ended_at.unwrap_or(invitation.expires_at));
        let key = format!("skipped-{}", invitation.status.as_str());
        let args = [("email", (&invitation.email).into()), ("ago", ago.into())];
        let again = manages && invitation.status != InvitationStatus::Accepted;
        Self {
            text: context.t_args(&key, &args),
            again: again.then(|| {
                format!(
                    "/accounts/{}/invite?again={}",
                    invitation.account, invitation.id
                )
            }),
        }
    }
}
