//! What the viewer accepts or declines in the list of accounts: invitations, and offers of ownership.

use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::EmptyForm;
use crate::console::form_key::SubmissionKey;
use crate::console::once::{self, OnceForm, Target};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::{Caller, Error, Tx, invitations, ownership};

/// Makes a change and redirects to the page of its result; to the list with the message `gone`, where the invitation or the
/// offer ended while the page was open.
async fn change<F>(
    context: PageContext,
    key: Option<SubmissionKey>,
    operation: F,
    gone: FlashMessage,
) -> PageResult
where
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<Target, Error> + Send + 'static,
{
    let caller = context.require_user_or_redirect(urls::ACCOUNTS)?;
    match once::run_once(&context, caller, None, key.as_ref(), operation).await {
        Ok(target) => Ok(target.redirect(&context)),
        Err(Error::InvitationEnded(_) | Error::NotFound) => {
            Ok(context.flash(urls::ACCOUNTS, &gone))
        }
        Err(other) => Err(context.error_page(other)),
    }
}

/// The list with a message.
fn list_with(message: &FlashMessage) -> Target {
    Target::with_message(urls::ACCOUNTS.to_owned(), message)
}

pub(super) async fn accept_invitation(
    context: PageContext,
    PathIds((id,)): PathIds<(InvitationId,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let operation = move |tx: &mut Tx<'_, '_>, caller: &Caller| {
        let acceptance = invitations::accept_by_id(tx, caller, id)?;
        let path = urls::account(acceptance.summary.account.id);
        Ok(Target::with_message(path, &FlashMessage::Joined))
    };
    change(context, key, operation, FlashMessage::InvitationGone).await
}

pub(super) async fn decline_invitation(
    context: PageContext,
    PathIds((id,)): PathIds<(InvitationId,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let operation = move |tx: &mut Tx<'_, '_>, caller: &Caller| {
        invitations::decline_by_id(tx, caller, id)?;
        Ok(list_with(&FlashMessage::InvitationDeclined))
    };
    change(context, key, operation, FlashMessage::InvitationGone).await
}

pub(super) async fn accept_ownership(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let operation = move |tx: &mut Tx<'_, '_>, caller: &Caller| {
        ownership::accept(tx, caller, account)?;
        let path = urls::account(account);
        Ok(Target::with_message(path, &FlashMessage::OwnershipAccepted))
    };
    change(context, key, operation, FlashMessage::OwnershipOfferGone).await
}

pub(super) async fn decline_ownership(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let operation = move |tx: &mut Tx<'_, '_>, caller: &Caller| {
        ownership::decline(tx, caller, account)?;
        Ok(list_with(&FlashMessage::OwnershipOfferDeclined))
    };
    change(context, key, operation, FlashMessage::OwnershipOfferGone).await
}
