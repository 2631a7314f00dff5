//! The removal of a member.

use serde::Deserialize;

use super::{list_path, sent_choice, sent_question};
use crate::core::ids::{AccountId, UserId};
use crate::domain::invitations::SentInvitationsPolicy;
use crate::domain::members::{self, Member};
use crate::domain::permissions::Permission;
use crate::domain::{Error, accounts, invitations};
use crate::http::console::account_frame::{self, page_below};
use crate::http::console::confirm::Confirm;
use crate::http::console::form::{Form, Refused};
use crate::http::console::visit::{Shown, Visit};
use crate::http::console::words;
use crate::http::extract::PathIds;

pub(super) async fn show(
    visit: Visit,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> Shown {
    let (card, (member, pending)) = account_frame::read(&visit, account, move |tx, caller| {
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
        page: page_below(&visit, &card, visit.t("users-remove")),
        title: visit.say("users-remove-title", &names),
        paragraphs: vec![
            visit.say(
                if member.roles.is_empty() {
                    "users-remove-loses-access"
                } else {
                    "users-remove-loses"
                },
                &names,
            ),
            visit.say("users-remove-keeps", &names),
        ],
        bullets: roles
            .map(|key| words::role_of_product(catalogue, visit.locale, key))
            .collect(),
        action: format!("{}/{user}/remove", list_path(account)),
        hidden: Vec::new(),
        choices: sent_question(&visit, &member, pending, SentInvitationsPolicy::Revoke),
        fields: Vec::new(),
        lines: Vec::new(),
        keep: (visit.say("users-keep", &names), list_path(account)),
        button: visit.say("users-remove-button", &names),
        danger: true,
    };
    Ok(view.show(Refused::not_yet()))
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
    visit: Visit,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    Form(form): Form<Decision>,
) -> Shown {
    let list = list_path(account);
    let caller = visit.signed_in(&list)?;
    let choice = sent_choice(&form.sent_invitations);
    let done = visit
        .app
        .write(move |tx| members::remove(tx, &caller, account, user, choice))
        .await;
    match done {
        Ok(()) => Ok(visit.flash(&format!("{list}?done=user-removed"))),
        // Somebody else was faster, or they have left.
        Err(Error::NotFound) => Ok(visit.flash(&format!("{list}?done=user-gone"))),
        Err(other) => Err(account_frame::refused(&visit, account, other).await),
    }
}
