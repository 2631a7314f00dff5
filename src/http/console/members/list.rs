//! The list of an account's users.

use askama::Template;
use axum::http::StatusCode;

use super::list_path;
use crate::core::ids::{AccountId, UserId};
use crate::core::pagination::PageLimit;
use crate::domain::accounts::AccountSummary;
use crate::domain::members::{self, Member, Query, Sort};
use crate::domain::permissions::{Permission, is_allowed};
use crate::http::console::account_layout::{self, AccountHeader, Tab};
use crate::http::console::context::{PageContext, PageResult, path_with_query};
use crate::http::console::page::{Page, SafeHtml, render};
use crate::http::console::pager::Pager;
use crate::http::console::roles::{self, SelectOption};
use crate::http::extract::PathIds;

/// A user as listed.
struct Row {
    avatar: SafeHtml,
    name: String,
    you: bool,
    address: String,
    roles: SafeHtml,
    seen: SafeHtml,
    /// Why there is nothing to do with them.
    note: Option<String>,
    edit: Option<String>,
    activity: String,
    remove: Option<String>,
    actions: String,
}

impl Row {
    fn new(visit: &PageContext, card: &AccountSummary, me: UserId, it: &Member) -> Self {
        let account = card.account.id;
        let you = it.user == me;
        let manages = is_allowed(&card.standing, Permission::ManageUsers);
        let (edits, removes) = match (it.owner, you) {
            (true, _) => (you, false),
            (false, true) => (false, false),
            (false, false) => (manages, manages),
        };
        let path = |verb: &str| format!("{}/{}/{verb}", list_path(account), it.user);
        Self {
            avatar: SafeHtml::avatar(&it.name, it.picture.as_deref()),
            name: it.name.clone(),
            you,
            address: it.email.clone().unwrap_or_else(|| it.login.clone()),
            roles: roles::chips(visit, &it.roles, it.owner),
            seen: match it.last_active_at {
                Some(at) => visit.relative_and_exact(at),
                None => SafeHtml::escape(&visit.t("users-never")),
            },
            note: (it.owner && !you).then(|| visit.t("users-owner-protected")),
            edit: edits.then(|| path("edit")),
            activity: format!("/accounts/{account}/activity?actor={}", it.user),
            remove: removes.then(|| path("remove")),
            actions: visit.t_args("users-actions", &[("name", (&it.name).into())]),
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
    /// Where the other order is.
    by_name_href: String,
    by_activity_href: String,
    csv: String,
    rows: Vec<Row>,
    /// "No users match 'zed'."
    no_match: Option<String>,
    all: String,
    pager: Option<Pager>,
    /// Where the search goes on when a part of a large account was searched.
    further: Option<String>,
}

pub(super) async fn list(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let by_activity = visit.query.get("sort") == Some("last_active_at");
    let query = Query {
        text: visit.query.text("q").trim().to_owned(),
        role: visit.query.text("role"),
        sort: if by_activity {
            Sort::LastActive
        } else {
            Sort::Name
        },
        cursor: visit.query.cursor(),
    };
    let asked = query.clone();
    let (card, found) =
        account_layout::load_list_with_account(&visit, account, move |tx, caller| {
            members::list(tx, caller, account, &asked, PageLimit::default())
        })
        .await?;
    let me = visit.require_user()?.user.id;
    let all = list_path(account);
    let (text, role) = (("q", query.text.as_str()), ("role", query.role.as_str()));
    let sorted = |sort: &str| path_with_query(&all, &[text, role, ("sort", sort)]);
    let filtered = !query.text.is_empty() || !query.role.is_empty();
    let path = sorted(if by_activity { "last_active_at" } else { "" });
    let total = card.usage.filter(|_| !filtered).map(|usage| usage.members);
    let frame = AccountHeader::new(&visit, &card, Tab::Users);
    let pager = Pager::new(
        &visit,
        &path,
        found.items.len(),
        total,
        found.next.as_deref(),
    );
    let is_full = found.items.len() >= usize::from(PageLimit::default().get());
    let further = pager.as_ref().and_then(|pager| pager.next.clone());
    let api = format!("/api/v1/accounts/{account}/members");
    let view = List {
        page: frame.page(&visit, Tab::Users),
        frame,
        roles: roles::options(&visit, &query.role),
        by_activity,
        by_name_href: sorted(""),
        by_activity_href: sorted("last_active_at"),
        csv: path_with_query(&api, &[("format", "csv"), text, role]),
        no_match: found.items.is_empty().then(|| no_match(&visit, &query)),
        further: further.filter(|_| !is_full),
        pager,
        rows: found
            .items
            .iter()
            .map(|it| Row::new(&visit, &card, me, it))
            .collect(),
        text: query.text.clone(),
        all: all.clone(),
    };
    Ok(render(StatusCode::OK, &view))
}

fn no_match(visit: &PageContext, query: &Query) -> String {
    if query.text.is_empty() {
        visit.t("users-no-match-role")
    } else {
        visit.t_args("users-no-match", &[("text", (&query.text).into())])
    }
}
