//! The list of an account's users.

use askama::Template;
use axum::http::StatusCode;

use super::allowed_actions;
use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::components::{Avatar, RelativeTime, RoleChips};
use crate::console::context::{PageContext, PageResult};
use crate::console::page::{Page, render_page};
use crate::console::pager::Pager;
use crate::console::roles::{self, SelectOption};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::pagination::PageLimit;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::members::{self, Member, Query, Sort};

/// A row of the list.
struct Row {
    avatar: Avatar,
    name: String,
    you: bool,
    address: String,
    roles: RoleChips,
    /// When they were last active; none if never.
    seen: Option<RelativeTime>,
    /// Why the row has no actions.
    note: Option<String>,
    /// Their page.
    href: String,
    edit: Option<String>,
    activity: String,
    remove: Option<String>,
    actions: String,
}

impl Row {
    fn new(
        context: &PageContext,
        summary: &AccountSummary,
        viewer: UserId,
        member: &Member,
    ) -> Self {
        let account = summary.account.id;
        let is_viewer = member.user == viewer;
        let (edits, removes) = allowed_actions(summary, viewer, member);
        Self {
            avatar: Avatar::new(&member.name, member.picture.as_deref()),
            name: member.name.clone(),
            you: is_viewer,
            address: member.readable_address(),
            roles: roles::chips(context, &member.roles, member.owner),
            seen: member
                .last_active_at
                .map(|at| context.relative_and_exact(at)),
            note: (member.owner && !is_viewer).then(|| context.t("users-owner-protected")),
            href: urls::member(account, member.user),
            edit: edits.then(|| urls::edit_member(account, member.user)),
            activity: urls::activity_of(account, member.user),
            remove: removes.then(|| urls::remove_member(account, member.user)),
            actions: context.t_args("users-actions", &[("name", (&member.name).into())]),
        }
    }
}

#[derive(Template)]
#[template(path = "members/list.html")]
struct List<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    text: String,
    roles: Vec<SelectOption>,
    by_activity: bool,
    /// The links that change the order.
    by_name_href: String,
    by_activity_href: String,
    exports: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    /// "No users match 'zed'."
    no_match: Option<String>,
    all: String,
    pager: Option<Pager>,
    /// Continues a search of a large account that stopped before the page was full.
    further: Option<String>,
}

pub(super) async fn list(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let by_activity = context.query.get("sort") == Some("last_active_at");
    let query = Query {
        text: context.query.text("q").trim().to_owned(),
        role: context.query.text("role"),
        sort: if by_activity {
            Sort::LastActive
        } else {
            Sort::Name
        },
        cursor: context.query.cursor(),
    };
    let list_query = query.clone();
    let (summary, page) =
        account_layout::load_list_with_account(&context, account, move |tx, caller| {
            members::list(tx, caller, account, &list_query, PageLimit::default())
        })
        .await?;
    let viewer = context.require_user()?.user.id;
    let all = urls::users(account);
    let (text, role) = (("q", query.text.as_str()), ("role", query.role.as_str()));
    let sorted = |sort: &str| urls::path_with_query(&all, &[text, role, ("sort", sort)]);
    let filtered = !query.text.is_empty() || !query.role.is_empty();
    let path = sorted(if by_activity { "last_active_at" } else { "" });
    let total = summary
        .usage
        .filter(|_| !filtered)
        .map(|usage| usage.members);
    let frame = AccountHeader::new(&context, &summary, Tab::Users);
    let pager = Pager::new(
        &context,
        &path,
        page.items.len(),
        total,
        page.next.as_deref(),
    );
    let is_full = page.items.len() >= usize::from(PageLimit::default().get());
    let further = pager.as_ref().and_then(|pager| pager.next.clone());
    let api = urls::api_members(account);
    let view = List {
        page: frame.page(&context, Tab::Users),
        frame,
        roles: roles::options(&context, &query.role),
        by_activity,
        by_name_href: sorted(""),
        by_activity_href: sorted("last_active_at"),
        exports: urls::exports(&api, &[text, role]),
        no_match: page.items.is_empty().then(|| no_match(&context, &query)),
        further: further.filter(|_| !is_full),
        pager,
        rows: page
            .items
            .iter()
            .map(|member| Row::new(&context, &summary, viewer, member))
            .collect(),
        text: query.text.clone(),
        all: all.clone(),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

fn no_match(context: &PageContext, query: &Query) -> String {
    if query.text.is_empty() {
        context.t("users-no-match-role")
    } else {
        context.t_args("users-no-match", &[("text", (&query.text).into())])
    }
}
