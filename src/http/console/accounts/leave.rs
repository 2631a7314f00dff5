//! The way out of an account.

use axum::http::StatusCode;

use crate::core::ids::AccountId;
use crate::domain::{Error, invitations, members};
use crate::http::console::account_frame::{self, page_below};
use crate::http::console::confirm::Confirm;
use crate::http::console::form::{Form, Nothing, Refused};
use crate::http::console::notice::Notice;
use crate::http::console::visit::{Shown, Visit, to};
use crate::http::console::words;
use crate::http::extract::PathIds;

pub(super) async fn show(visit: Visit, PathIds((account,)): PathIds<(AccountId,)>) -> Shown {
    let (card, pending) = account_frame::read(&visit, account, move |tx, caller| {
        invitations::count_sent(tx, account, caller.user.id)
    })
    .await?;
    let path = format!("/accounts/{account}");
    let args = [("account", (&card.account.name).into())];
    if card.standing.owner {
        let title = visit.t("leave-owner-title");
        let mut notice = Notice::titled(&visit, title.clone(), visit.t("leave-owner-text"));
        notice.page = page_below(&visit, &card, title);
        let notice = notice.way(visit.t("transfer-start"), format!("{path}/transfer"));
        return Ok(notice.show(StatusCode::CONFLICT));
    }
    let mut paragraphs = vec![visit.t("leave-loses"), visit.t("leave-keeps")];
    if pending > 0 {
        let count = i64::try_from(pending).unwrap_or(i64::MAX);
        paragraphs.push(visit.say("leave-sent", &[("count", count.into())]));
    }
    let roles = card.standing.roles.iter();
    let view = Confirm {
        page: page_below(&visit, &card, visit.t("leave-title")),
        title: visit.say("leave-question", &args),
        paragraphs,
        bullets: roles
            .map(|key| words::role_of_product(&visit.app.catalogue, visit.locale, key))
            .collect(),
        action: format!("{path}/leave"),
        hidden: Vec::new(),
        choices: None,
        fields: Vec::new(),
        lines: Vec::new(),
        keep: (visit.t("leave-stay"), path),
        button: visit.say("leave-button", &args),
        danger: true,
    };
    Ok(view.show(Refused::not_yet()))
}

pub(super) async fn submit(
    visit: Visit,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| members::leave(tx, &caller, account))
        .await;
    match done {
        // Removed by somebody else meanwhile is left as well.
        Ok(()) | Err(Error::NotFound) => Ok(visit.flash("/accounts?done=left")),
        Err(Error::OwnerCannotLeave) => Ok(to(&format!("/accounts/{account}/leave"))),
        Err(other) => Err(visit.fail(other)),
    }
}
