//! Leaving an account.

use crate::console::catalogue_text;
use axum::http::StatusCode;

use crate::console::account_layout::{self, subpage};
use crate::console::confirm::Confirm;
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, Form, FormErrors};
use crate::console::notice::Notice;
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::ids::AccountId;
use convoke_domain::{Error, invitations, members};

pub(super) async fn show(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let (summary, pending) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            invitations::count_sent(tx, caller, account, caller.user.id)
        })
        .await?;
    let path = urls::account(account);
    let args = [("account", (&summary.account.name).into())];
    if summary.membership.owner {
        let title = context.t("leave-owner-title");
        let mut notice = Notice::titled(&context, title.clone(), context.t("leave-owner-text"));
        notice.page = subpage(&context, &summary, title);
        let notice = notice.link(context.t("transfer-start"), urls::transfer(account));
        return Ok(notice.show(StatusCode::CONFLICT));
    }
    let mut paragraphs = vec![context.t("leave-loses"), context.t("leave-keeps")];
    if pending > 0 {
        paragraphs.push(context.t_args("leave-sent", &[("count", pending.into())]));
    }
    let roles = summary.membership.roles.iter();
    let view = Confirm {
        page: subpage(&context, &summary, context.t("leave-title")),
        title: context.t_args("leave-question", &args),
        paragraphs,
        bullets: roles
            .map(|key| {
                catalogue_text::role_of_product(&context.app.ctx.catalogue, context.locale, key)
            })
            .collect(),
        action: urls::leave(account),
        hidden: Vec::new(),
        choices: None,
        fields: Vec::new(),
        errors: Vec::new(),
        cancel: (context.t("leave-stay"), path),
        button: context.t_args("leave-button", &args),
        danger: true,
    };
    Ok(view.show(FormErrors::none()))
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::ACCOUNTS)?;
    let result = context
        .app
        .write_in_account(account, caller.user.id, move |tx| {
            members::leave(tx, &caller, account)
        })
        .await;
    match result {
        // Another user removed the caller meanwhile: the result is the same.
        Ok(()) | Err(Error::NotFound) => {
            Ok(context.flash(urls::ACCOUNTS, &FlashMessage::AccountLeft))
        }
        Err(Error::OwnerCannotLeave) => Ok(see_other(&urls::leave(account))),
        Err(other) => Err(context.error_page(other)),
    }
}
