//! The removal of a member.

use crate::console::catalogue_text;
use serde::Deserialize;

use super::{sent_invitations_choice, sent_invitations_question};
use crate::console::account_layout::{self, subpage};
use crate::console::confirm::Confirm;
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::FormErrors;
use crate::console::form_key;
use crate::console::once::{self, OnceForm, Target};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::invitations::SentInvitationsPolicy;
use convoke_domain::members;
use convoke_domain::permissions::Permission;
use convoke_domain::{Error, authorization, invitations};

pub(super) async fn show(
    context: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> PageResult {
    let (summary, (member, pending)) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
            let member = members::get(tx, caller, account, user)?;
            members::check_removable(caller, &member)?;
            let pending = invitations::count_sent(tx, caller, account, user)?;
            Ok((member, pending))
        })
        .await?;
    let args = [
        ("name", (&member.name).into()),
        ("account", (&summary.account.name).into()),
        ("address", member.readable_address().into()),
    ];
    let catalogue = &context.app.ctx.catalogue;
    let roles = member.roles.iter();
    let view = Confirm {
        page: subpage(&context, &summary, context.t("users-remove")),
        title: context.t_args("users-remove-title", &args),
        paragraphs: vec![
            context.t_args(
                if member.roles.is_empty() {
                    "users-remove-loses-access"
                } else {
                    "users-remove-loses"
                },
                &args,
            ),
            context.t_args("users-remove-keeps", &args),
        ],
        bullets: roles
            .map(|key| catalogue_text::role_of_product(catalogue, context.locale, key))
            .collect(),
        action: urls::remove_member(account, user),
        hidden: vec![(form_key::FIELD, context.form_key())],
        choices: sent_invitations_question(
            &context,
            &member,
            pending,
            SentInvitationsPolicy::Revoke,
        ),
        fields: Vec::new(),
        errors: Vec::new(),
        cancel: (context.t_args("users-keep", &args), urls::users(account)),
        button: context.t_args("users-remove-button", &args),
        danger: true,
    };
    Ok(view.show(FormErrors::none()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Decision {
    sent_invitations: String,
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    OnceForm { form, key }: OnceForm<Decision>,
) -> PageResult {
    let list = urls::users(account);
    let caller = context.require_user_or_redirect(&list)?;
    let policy = sent_invitations_choice(&form.sent_invitations);
    let path = list.clone();
    let result = once::run_once(
        &context,
        caller,
        account,
        key.as_ref(),
        move |tx, caller| {
            members::remove(tx, caller, account, user, policy)?;
            let message = FlashMessage::MemberRemoved;
            Ok(Target::with_message(path.clone(), &message))
        },
    );
    match result.await {
        Ok(target) => Ok(target.redirect(&context)),
        // Another user removed the member, or the member has left.
        Err(Error::NotFound) => Ok(context.flash(&list, &FlashMessage::MemberGone)),
        Err(other) => Err(account_layout::error_page(&context, account, other).await),
    }
}
