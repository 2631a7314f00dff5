//! An account as those see it who may not see its people.

use askama::Template;
use axum::http::StatusCode;

use crate::core::ids::AccountId;
use crate::domain::permissions::{Permission, is_allowed};
use crate::http::console::account_layout::{self, AccountHeader, Tab};
use crate::http::console::context::{PageContext, PageResult, path_with_query, see_other};
use crate::http::console::page::{Page, render};
use crate::http::console::roles;
use crate::http::extract::PathIds;

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    roles: Vec<roles::RoleChoice>,
    owner: String,
    leaves: bool,
}

/// Whoever sees the people is led to them; everybody else sees their own roles.
pub(super) async fn show(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let (card, ()) = account_layout::load_with_account(&visit, account, |_, _| Ok(())).await?;
    if is_allowed(&card.standing, Permission::ViewMembers) {
        let users = format!("/accounts/{account}/users");
        let done = visit.query.get("done").filter(|_| visit.has_flash());
        return Ok(match done {
            Some(done) => visit.flash(&path_with_query(&users, &[("done", done)])),
            None => see_other(&users),
        });
    }
    let frame = AccountHeader::new(&visit, &card, Tab::Overview);
    let view = Show {
        page: frame.page(&visit, Tab::Overview),
        roles: roles::describe_roles(&visit, &card.standing.roles),
        owner: visit.t_args(
            "overview-ask",
            &[("owner", (&card.account.owner_name).into())],
        ),
        leaves: !card.standing.owner,
        frame,
    };
    Ok(render(StatusCode::OK, &view))
}
