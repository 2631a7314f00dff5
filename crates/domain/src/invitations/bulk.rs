//! Acts on several invitations of an account in one transaction; those that have ended meanwhile are left out.

use super::{
    CreateRequest, Invitation, InvitationStatus, Outcome, Recipient, RecipientGroup, count_trial,
    create::create_authorized, find, is_registered_only, resend, revoke, validate,
};
use crate::authorization::authorize_for_update;
use crate::permissions::Permission;
use crate::{Caller, Error, FieldError, FieldErrorKind, Tx};
use convoke_core::ids::{AccountId, InvitationId};

/// The results of a bulk operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkResult {
    /// How many were done.
    pub done: usize,
    /// Those that had ended before; of [`invite_again_all`] those that needed nothing.
    pub skipped: Vec<InvitationId>,
}

/// Sends several again; see [`resend`].
///
/// # Errors
/// As [`resend`], and then none is sent; but an invitation that has ended is only reported.
pub fn resend_all(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<BulkResult, Error> {
    for_each_invitation(ids, |id| resend(tx, caller, account, id).map(drop))
}

/// Revokes several; see [`revoke`].
///
/// # Errors
/// As [`revoke`], and then none is revoked; but an invitation that has ended is only reported.
pub fn revoke_all(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<BulkResult, Error> {
    for_each_invitation(ids, |id| revoke(tx, caller, account, id).map(drop))
}

/// Invites the addresses of invitations that have ended again, with the same product, roles and language; roles that have left
/// the catalogue are dropped. Pending and accepted invitations need nothing, and neither do addresses that are members or
/// invited already.
///
/// # Errors
/// As [`super::create`], and then no one is invited; [`Error::Invalid`] for more addresses than one request may have, or where no
/// role is left.
pub fn invite_again_all(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<BulkResult, Error> {
    let granted = authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    if is_registered_only(tx, &granted.0) {
        count_trial(tx, caller)?;
    }
    let mut result = BulkResult::default();
    let mut ended: Vec<Invitation> = Vec::new();
    for id in ids {
        let invitation = find(tx, account, *id)?;
        let is_first = ended
            .iter()
            .all(|other| other.email_canonical != invitation.email_canonical);
        match invitation.status {
            InvitationStatus::Pending | InvitationStatus::Accepted => result.skipped.push(*id),
            _ if is_first => ended.push(invitation),
            _ => result.skipped.push(*id),
        }
    }
    let limit = tx.ctx.policy.invitations_per_request;
    let count = ended.len();
    if count > usize::try_from(limit).unwrap_or(usize::MAX) {
        let kind = FieldErrorKind::TooManyEmails { count, limit };
        return Err(Error::Invalid(vec![FieldError::new("/emails", kind)]));
    }
    while let Some(first) = ended.first().cloned() {
        let is_same = |other: &Invitation| {
            other.product == first.product
                && other.roles == first.roles
                && other.locale == first.locale
        };
        let (group, others): (Vec<_>, Vec<_>) = ended.into_iter().partition(is_same);
        ended = others;
        let roles = first.roles.iter();
        let request = CreateRequest {
            product: first.product,
            groups: vec![RecipientGroup {
                roles: roles
                    .filter(|key| tx.ctx.catalogue.role(key).is_some())
                    .cloned()
                    .collect(),
                // Their names have ended with the invitations (rule I17).
                recipients: group
                    .iter()
                    .map(|invitation| Recipient::Email(invitation.email.clone()))
                    .collect(),
            }],
            is_grouped: false,
            locale: Some(first.locale.to_string()),
        };
        let request = validate(tx.ctx, &request).map_err(Error::Invalid)?;
        let invited = count_of(result.done);
        let others = count_of(ended.len());
        let created = create_authorized(tx, caller, &granted, &request)
            .map_err(|error| of_all_groups(error, invited, others))?;
        // The addresses of a group differ, so there is one outcome for each, in this order.
        for (invitation, (_, outcome, _)) in group.iter().zip(created.results) {
            match outcome {
                Outcome::Invited => result.done += 1,
                Outcome::AlreadyMember | Outcome::AlreadyInvited => {
                    result.skipped.push(invitation.id);
                }
            }
        }
    }
    Ok(result)
}

fn count_of(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The error of one group as that of all: no one is invited, so the seats are those from before.
fn of_all_groups(error: Error, invited: i64, others: i64) -> Error {
    match error {
        Error::UserLimitExceeded(mut exceeded) => {
            exceeded.usage.pending -= invited;
            exceeded.requested += invited + others;
            Error::UserLimitExceeded(exceeded)
        }
        other => other,
    }
}

fn for_each_invitation(
    ids: &[InvitationId],
    mut act: impl FnMut(InvitationId) -> Result<(), Error>,
) -> Result<BulkResult, Error> {
    let mut batch = BulkResult::default();
    for id in ids {
        match act(*id) {
            Ok(()) => batch.done += 1,
            Err(Error::InvitationEnded(_)) => batch.skipped.push(*id),
            Err(other) => return Err(other),
        }
    }
    Ok(batch)
}
