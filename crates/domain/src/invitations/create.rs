//! Invite: one product, one to twenty addresses in groups of the same roles; all or nothing (rules I1 to I6 and I18).

use convoke_core::model::activity::Action;
use convoke_core::model::roles::StoredRoles;
use serde_json::json;

use super::known_recipients::{KnownRecipients, find_unregistered};
use super::validate::{NewInvitations, NewRecipient};
use super::{
    DeliveryStatus, Invitation, InvitationStatus, count_sent_now, count_trial, is_registered_only,
    renewed_times, table,
};
use crate::accounts::{self, Account, SeatUsage};
use crate::activity::{self, ActivityEvent, ActivityScope, Actor, Target};
use crate::authorization::{authorize, authorize_for_update};
use crate::error::{SeatLimitExceeded, UnregisteredEmails};
use crate::notifications;
use crate::permissions::{Membership, Permission, not_grantable};
use crate::roles::normalize_roles;
use crate::{Caller, Error, FieldError, Mode, ReadTx, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::email_address::EmailAddress;
use convoke_core::ids::AccountId;

/// The outcome for one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Invited, or would be.
    Invited,
    /// A member already; needs nothing (rule I4).
    AlreadyMember,
    /// Has a live invitation; gets no second mail (rule I4).
    AlreadyInvited,
}

/// The outcome of a request: one result per address in the order given, and the seats after it.
#[derive(Clone, Debug)]
pub struct Created {
    /// Address as given, its outcome, its invitation.
    pub results: Vec<(String, Outcome, Option<Invitation>)>,
    /// Seats now.
    pub usage: SeatUsage,
}

/// Returns what [`create`] would do, and changes nothing.
///
/// # Errors
/// As [`create`].
pub fn dry_run(
    tx: &mut ReadTx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    request: &Result<NewInvitations, Vec<FieldError>>,
) -> Result<Created, Error> {
    let granted = authorize(tx, caller, account, Permission::ManageUsers)?;
    let request = valid(request)?;
    count_trial(tx, caller)?;
    let plan = plan(tx, &granted, request)?;
    let results = plan.recipients.into_iter();
    let results = results
        .map(|(new, outcome, invitation)| (new.email.as_str().to_owned(), outcome, invitation));
    Ok(Created {
        results: results.collect(),
        usage: plan.usage,
    })
}

/// Invites.
///
/// # Errors
/// As [`authorize_for_update`], then in this order the errors of `request`, [`Error::RoleNotGrantable`],
/// [`Error::RegisteredUsersOnly`], [`Error::UserLimitExceeded`], [`Error::RateLimited`].
pub fn create(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    request: &Result<NewInvitations, Vec<FieldError>>,
) -> Result<Created, Error> {
    let granted = authorize_for_update(tx, caller, account, Permission::ManageUsers)?;
    let request = valid(request)?;
    if is_registered_only(tx, &granted.0) {
        count_trial(tx, caller)?;
    }
    create_authorized(tx, caller, &granted, request)
}

/// The same for a caller who was authorized and counted.
pub(super) fn create_authorized(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    granted: &(Account, Membership),
    request: &NewInvitations,
) -> Result<Created, Error> {
    let (account, _) = granted;
    let mut plan = plan(tx, granted, request)?;
    if plan.count > 0 {
        count_sent_now(tx, caller, account, plan.count)?;
    }
    let (expires_at, remind_at) = renewed_times(tx);
    let new_row = |new: &NewRecipient| new_row(tx, caller, account, request, new, expires_at);
    let recipients = plan.recipients.iter();
    let rows: Vec<table::NamedInvitation> = recipients
        .filter(|(_, outcome, _)| *outcome == Outcome::Invited)
        .map(|(new, ..)| new_row(new))
        .collect();
    insert_invitations(tx, caller, account, &rows, remind_at)?;
    let now = tx.now;
    let mut rows = rows.into_iter();
    let results = plan.recipients.into_iter();
    let results = results.map(|(new, outcome, invitation)| {
        let invitation = match outcome {
            Outcome::Invited => rows.next().map(|row| Invitation::from_stored(row, now)),
            Outcome::AlreadyMember | Outcome::AlreadyInvited => invitation,
        };
        (new.email.as_str().to_owned(), outcome, invitation)
    });
    let results = results.collect();
    plan.usage.pending += i64::from(plan.count);
    Ok(Created {
        results,
        usage: plan.usage,
    })
}

fn valid(request: &Result<NewInvitations, Vec<FieldError>>) -> Result<&NewInvitations, Error> {
    request
        .as_ref()
        .map_err(|errors| Error::Invalid(errors.clone()))
}

/// The outcome for each recipient of an allowed request.
struct Plan<'e> {
    recipients: Vec<Known<'e>>,
    /// How many are invited.
    count: u32,
    /// The seats before that.
    usage: SeatUsage,
}

fn plan<'e>(
    tx: &mut Tx<'_, '_, impl Mode>,
    (account, membership): &(Account, Membership),
    request: &'e NewInvitations,
) -> Result<Plan<'e>, Error> {
    let roles = normalize_roles(&tx.ctx.catalogue, &request.groups.concat());
    let not_granted = not_grantable(membership, &roles, &tx.ctx.catalogue);
    if !not_granted.is_empty() {
        return Err(Error::RoleNotGrantable(not_granted));
    }
    let usage = accounts::send_usage(tx, account)?;
    let recipients = classify_recipients(tx, account, &request.recipients)?;
    let usage = accounts::receive_usage(tx, account, usage)?;
    let invited: Vec<&EmailAddress> = recipients
        .iter()
        .filter(|(_, outcome, _)| *outcome == Outcome::Invited)
        .map(|(new, ..)| &new.email)
        .collect();
    let count = u32::try_from(invited.len()).unwrap_or(u32::MAX);
    check_registered(tx, (account, membership), &invited)?;
    let requested = i64::from(count);
    if requested > usage.available() {
        return Err(Error::UserLimitExceeded(SeatLimitExceeded {
            usage,
            requested,
            on_premise: tx.ctx.policy.on_premise,
        }));
    }
    Ok(Plan {
        recipients,
        count,
        usage,
    })
}

type Known<'e> = (&'e NewRecipient, Outcome, Option<Invitation>);

fn classify_recipients<'e>(
    tx: &mut Tx<'_, '_, impl Mode>,
    account: &Account,
    recipients: &'e [NewRecipient],
) -> Result<Vec<Known<'e>>, Error> {
    let emails = recipients.iter().map(|new| &new.email);
    let canonical: Vec<&str> = emails.map(EmailAddress::canonical).collect();
    let known = KnownRecipients::load(tx, account.id, &canonical)?;
    let classify = |new: &'e NewRecipient| {
        let canonical = new.email.canonical();
        match known.invitation(canonical) {
            _ if known.member(canonical).is_some() => (new, Outcome::AlreadyMember, None),
            Some(invitation) => (new, Outcome::AlreadyInvited, Some(invitation.clone())),
            None => (new, Outcome::Invited, None),
        }
    };
    Ok(recipients.iter().map(classify).collect())
}

/// Rule I6: in registered-only mode every new address must belong to a user.
///
/// # Errors
/// [`Error::RegisteredUsersOnly`], with the addresses that belong to no user.
pub(super) fn check_registered(
    tx: &mut Tx<'_, '_, impl Mode>,
    (account, membership): (&Account, &Membership),
    emails: &[&EmailAddress],
) -> Result<(), Error> {
    if !is_registered_only(tx, account) {
        return Ok(());
    }
    let canonical: Vec<&str> = emails.iter().map(|email| email.canonical()).collect();
    let unregistered = find_unregistered(tx, &canonical)?;
    let emails: Vec<String> = emails
        .iter()
        .filter(|email| unregistered.contains(email.canonical()))
        .map(|email| email.as_str().to_owned())
        .collect();
    if emails.is_empty() {
        return Ok(());
    }
    Err(Error::RegisteredUsersOnly(UnregisteredEmails {
        emails,
        by_account: account.registered_users_only,
        by_installation: tx.ctx.policy.registered_users_only,
        on_premise: tx.ctx.policy.on_premise,
        is_owner: membership.owner,
    }))
}

fn new_row(
    tx: &Tx<'_, '_>,
    caller: &Caller,
    account: &Account,
    request: &NewInvitations,
    new: &NewRecipient,
    expires_at: Timestamp,
) -> table::NamedInvitation {
    let names = table::Names {
        account_name: account.name.clone(),
        inviter_first_name: caller.user.first_name.clone(),
        inviter_last_name: caller.user.last_name.clone(),
        inviter_email: caller.user.email.clone(),
        inviter_time_zone: caller.user.time_zone.clone(),
    };
    let invitation = table::Invitation {
        id: tx.new_id(),
        account: account.id,
        email: new.email.as_str().to_owned(),
        email_canonical: new.email.canonical().to_owned(),
        name: new.name.clone(),
        product: request.product.clone(),
        roles: StoredRoles::from_keys(request.roles(new)),
        locale: request.locale.unwrap_or(caller.user.locale),
        status: InvitationStatus::Pending,
        invited_by: caller.user.id,
        sponsor: caller.user.id,
        created_at: tx.now,
        sent_at: None,
        expires_at,
        ended_at: None,
        accepted_by: None,
        delivery: DeliveryStatus::Queued,
        delivery_reason: None,
        delivery_detail: None,
        address_version: 0,
        requested_email: None,
        next_attempt_at: None,
    };
    table::NamedInvitation { invitation, names }
}

/// Stores new invitations of an account that is locked, with their activity and emails.
fn insert_invitations(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: &Account,
    rows: &[table::NamedInvitation],
    remind_at: Option<Timestamp>,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let invitations = || rows.iter().map(|row| &row.invitation);
    let mut added = table::insert(tx.conn, rows, remind_at)?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    if added < count {
        // The account is locked, so conflicts can only be with invitations that have expired.
        let emails = invitations().map(|row| row.email_canonical.as_str());
        table::mark_expired(tx.conn, account.id, emails, tx.now)?;
        added += table::insert(tx.conn, rows, remind_at)?;
        if added < count {
            return Err(Error::VersionConflict);
        }
    }
    let events = invitations().map(|row| ActivityEvent {
        actor: Actor::from_caller(caller),
        action: Action::InvitationCreated,
        target: Some(Target::Invitation(row.id, row.email.clone())),
        before: None,
        after: Some(json!({ "product": row.product, "roles": row.roles.keys() })),
    });
    let scope = ActivityScope::Account(account.id);
    activity::record_all(tx, scope, &caller.client, events)?;
    let ids = invitations().map(|row| row.id);
    notifications::enqueue_new_invitations(tx, account.id, ids)
}
