//! The overview of an account: where to go on, who is here, and the viewer's own roles.

use askama::Template;
use axum::http::StatusCode;

use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::components::Avatar;
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::page::{Page, render_page};
use crate::console::{roles, urls};
use convoke_api::extract::PathIds;
use convoke_core::ids::AccountId;
use convoke_core::pagination::PageLimit;
use convoke_domain::members::{self, Query};
use convoke_domain::permissions::{Permission, is_allowed};

/// How many members are shown.
const MAX_PEOPLE: usize = 6;

/// A member as shown.
struct Person {
    avatar: Avatar,
    name: String,
    note: String,
}

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    /// The products whose address the catalogue does not have, each with whom to ask.
    elsewhere: Vec<String>,
    people: Vec<Person>,
    /// The page with all members, for viewers who may see it.
    all_people: Option<String>,
    roles: Vec<roles::RoleChoice>,
    owner: String,
}

/// Redirects viewers who may see the users to their list, unless they have just joined.
pub(super) async fn show(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let (summary, members) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            let (_, membership) = convoke_domain::authorization::authorize(
                tx,
                caller,
                account,
                Permission::ViewAccount,
            )?;
            if !is_allowed(&membership, Permission::ViewMembers) {
                return Ok(Vec::new());
            }
            let limit = PageLimit::default();
            Ok(members::list(tx, caller, account, &Query::default(), limit)?.items)
        })
        .await?;
    let shows_members = is_allowed(&summary.membership, Permission::ViewMembers);
    if shows_members && context.flash_message() != Some(&FlashMessage::Joined) {
        return Ok(see_other(&urls::users(account)));
    }
    let frame = AccountHeader::new(&context, &summary, Tab::Overview);
    let owner = summary.account.owner_name();
    let mut people = vec![Person {
        avatar: Avatar::new(&owner, None),
        name: owner.clone(),
        note: context.t("account-owner"),
    }];
    let viewer = context.caller.as_ref().map(|caller| caller.user.id);
    people.extend(
        members
            .iter()
            .filter(|member| !member.owner && Some(member.user) != viewer)
            .take(MAX_PEOPLE)
            .map(|member| Person {
                avatar: Avatar::new(&member.name, member.picture.as_deref()),
                name: member.name.clone(),
                note: roles::describe_membership(&context, false, &member.roles),
            }),
    );
    let elsewhere = account_layout::products_without_address(&context, &summary);
    let view = Show {
        page: frame.page(&context, Tab::Overview),
        elsewhere: elsewhere
            .into_iter()
            .map(|product| {
                let args = [
                    ("product", product.into()),
                    ("owner", owner.as_str().into()),
                ];
                context.t_args("account-product-elsewhere", &args)
            })
            .collect(),
        people,
        all_people: shows_members.then(|| urls::users(account)),
        roles: roles::describe_roles(&context, &summary.membership.roles),
        owner: context.t_args("overview-ask", &[("owner", owner.into())]),
        frame,
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}
