//! The removal of a member.

use serde::Deserialize;

use super::{list_path, sent_invitations_choice, sent_invitations_question};
use crate::core::ids::{AccountId, UserId};
use crate::domain::invitations::SentInvitationsPolicy;
use crate::domain::members::{self, Member};
use crate::domain::permissions::Permission;
use crate::domain::{Error, accounts, invitations};
use crate::http::console::account_layout::{self, subpage};
use crate::http::console::confirm::Confirm;
use crate::http::console::context::{PageContext, PageResult};
use crate::http::console::error_text;
use crate::http::console::form::{Form, FormErrors};
use crate::http::extract::PathIds;

pub(super) async fn show(
    visit: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> PageResult {
    let (card, (member, pending)) =
        account_layout::load_with_account(&visit, account, move |tx, caller| {
            accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
            let member = members::get(tx, caller, account, user)?;
            members::check_removable(caller, &member)?;
            let pending = invitations::count_sent(tx, account, user)?;
            Ok((member, pending))
        })
        .await?;
    let names = [
        ("name", (&member.name).into()),
        ("account", (&card.account.name).into()),
        ("address", address(&member).into()),
    ];
    let catalogue = &visit.app.catalogue;
    let roles = member.roles.iter();
    let view = Confirm {
        page: subpage(&visit, &card, visit.t("users-remove")),
        title: visit.t_args("users-remove-title", &names),
        paragraphs: vec![
            visit.t_args(
                if member.roles.is_empty() {
                    "users-remove-loses-access"
                } else {
                    "users-remove-loses"
                },
                &names,
            ),
            visit.t_args("users-remove-keeps", &names),
        ],
        bullets: roles
            .map(|key| error_text::role_of_product(catalogue, visit.locale, key))
            .collect(),
        action: format!("{}/{user}/remove", list_path(account)),
        hidden: Vec::new(),
        choices: sent_invitations_question(&visit, &member, pending, SentInvitationsPolicy::Revoke),
        fields: Vec::new(),
        errors: Vec::new(),
        cancel: (visit.t_args("users-keep", &names), list_path(account)),
        button: visit.t_args("users-remove-button", &names),
        danger: true,
    };
    Ok(view.show(FormErrors::none()))
}

fn address(member: &Member) -> &str {
    member.email.as_deref().unwrap_or(&member.login)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Decision {
    sent_invitations: String,
}

pub(super) async fn submit(
    visit: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    Form(form): Form<Decision>,
) -> PageResult {
    let list = list_path(account);
    let caller = visit.require_user_or_redirect(&list)?;
    let choice = sent_invitations_choice(&form.sent_invitations);
    let done = visit
        .app
        .write(move |tx| members::remove(tx, &caller, account, user, choice))
        .await;
    match done {
        Ok(()) => Ok(visit.flash(&format!("{list}?done=user-removed"))),
        // Somebody else was faster, or they have left.
        Err(Error::NotFound) => Ok(visit.flash(&format!("{list}?done=user-gone"))),
        Err(other) => Err(account_layout::error_page(&visit, account, other).await),
    }
}
