//! An account as those see it who may not see its people.

use askama::Template;
use axum::http::StatusCode;

use crate::core::ids::AccountId;
use crate::domain::permissions::{Permission, is_allowed};
use crate::http::console::account_frame::{self, Frame, Tab};
use crate::http::console::page::{Page, render};
use crate::http::console::roles;
use crate::http::console::visit::{Shown, Visit, query_of, to};
use crate::http::extract::PathIds;

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show<'a> {
    page: Page<'a>,
    frame: Frame,
    roles: Vec<roles::RoleChoice>,
    owner: String,
    leaves: bool,
}

/// Whoever sees the people is led to them; everybody else sees their own roles.
pub(super) async fn show(visit: Visit, PathIds((account,)): PathIds<(AccountId,)>) -> Shown {
    let (card, ()) = account_frame::read(&visit, account, |_, _| Ok(())).await?;
    if is_allowed(&card.standing, Permission::ViewMembers) {
        let users = format!("/accounts/{account}/users");
        let done = visit.query.get("done").filter(|_| visit.has_flash());
        return Ok(match done {
            Some(done) => visit.flash(&query_of(&users, &[("done", done)])),
            None => to(&users),
        });
    }
    let frame = Frame::of(&visit, &card, Tab::Overview);
    let view = Show {
        page: frame.page(&visit, Tab::Overview),
        roles: roles::held(&visit, &card.standing.roles),
        owner: visit.say(
            "overview-ask",
            &[("owner", (&card.account.owner_name).into())],
        ),
        leaves: !card.standing.owner,
        frame,
    };
    Ok(render(StatusCode::OK, &view))
}
