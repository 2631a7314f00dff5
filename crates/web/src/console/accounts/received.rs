//! What the viewer accepts or declines in the list of accounts: invitations, and offers of ownership.

use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, Form};
use crate::console::urls;
use crate::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::{Caller, Error, Tx, invitations, ownership};

/// Makes a change and redirects to the page of its result; to the list with the message `gone`, where the invitation or the
/// offer ended while the page was open.
async fn change<T, F>(
    context: PageContext,
    mut operation: F,
    target: impl FnOnce(T) -> (String, FlashMessage),
    gone: FlashMessage,
) -> PageResult
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let caller = context.require_user_or_redirect(urls::ACCOUNTS)?;
    let result = context.app.write(move |tx| operation(tx, &caller)).await;
    match result {
        Ok(value) => {
            let (path, message) = target(value);
            Ok(context.flash(&path, &message))
        }
        Err(Error::InvitationEnded(_) | Error::NotFound) => {
            Ok(context.flash(urls::ACCOUNTS, &gone))
        }
        Err(other) => Err(context.error_page(other)),
    }
}

/// The list with a message.
fn list_with(message: FlashMessage) -> (String, FlashMessage) {
    (urls::ACCOUNTS.to_owned(), message)
}

pub(super) async fn accept_invitation(
    context: PageContext,
    PathIds((id,)): PathIds<(InvitationId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    change(
        context,
        move |tx, caller| invitations::accept_by_id(tx, caller, id),
        |acceptance| {
            let account = acceptance.summary.account.id;
            (urls::account(account), FlashMessage::Joined)
        },
        FlashMessage::InvitationGone,
    )
    .await
}

pub(super) async fn decline_invitation(
    context: PageContext,
    PathIds((id,)): PathIds<(InvitationId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    change(
        context,
        move |tx, caller| invitations::decline_by_id(tx, caller, id),
        |()| list_with(FlashMessage::InvitationDeclined),
        FlashMessage::InvitationGone,
    )
    .await
}

pub(super) async fn accept_ownership(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    change(
        context,
        move |tx, caller| ownership::accept(tx, caller, account),
        |_| (urls::account(account), FlashMessage::OwnershipAccepted),
        FlashMessage::OwnershipOfferGone,
    )
    .await
}

pub(super) async fn decline_ownership(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    change(
        context,
        move |tx, caller| ownership::decline(tx, caller, account),
        |()| list_with(FlashMessage::OwnershipOfferDeclined),
        FlashMessage::OwnershipOfferGone,
    )
    .await
}
