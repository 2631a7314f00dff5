//! The overview of an account for members who may not see its users.

use askama::Template;
use axum::http::StatusCode;

use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::page::{Page, render};
use crate::console::{roles, urls};
use crate::extract::PathIds;
use convoke_core::ids::AccountId;
use convoke_domain::permissions::{Permission, is_allowed};

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    roles: Vec<roles::RoleChoice>,
    owner: String,
    leaves: bool,
}

/// Redirects viewers who may see the users to their list; shows others their own roles.
pub(super) async fn show(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let (summary, ()) = account_layout::load_with_account(&context, account, |_, _| Ok(())).await?;
    if is_allowed(&summary.membership, Permission::ViewMembers) {
        return Ok(see_other(&urls::users(account)));
    }
    let frame = AccountHeader::new(&context, &summary, Tab::Overview);
    let view = Show {
        page: frame.page(&context, Tab::Overview),
        roles: roles::describe_roles(&context, &summary.membership.roles),
        owner: context.t_args(
            "overview-ask",
            &[("owner", summary.account.owner_name().into())],
        ),
        leaves: !summary.membership.owner,
        frame,
    };
    Ok(render(StatusCode::OK, &view))
}
