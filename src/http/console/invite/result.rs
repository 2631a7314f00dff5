//! The third step: what became of each address. It is read anew, so that loading it again sends nothing. Only the browser
//! that sent the list gets it, for its last list.

use askama::Template;
use axum::http::StatusCode;

use super::{Step, path, steps};
use crate::core::ids::{AccountId, InvitationId, UserId};
use crate::domain::invitations::{self, Invitation};
use crate::domain::members::{self, Member};
use crate::domain::permissions::Permission;
use crate::domain::{Caller, Error, Tx, accounts};
use crate::http::console::account_layout::{self, subpage};
use crate::http::console::context::{PageContext, PageResult, path_with_query, see_other};
use crate::http::console::error_text;
use crate::http::console::invitations::list_path;
use crate::http::console::page::{Page, render};
use crate::http::console::roles::describe_membership;
use crate::http::extract::PathIds;

/// What became of one address.
struct Row {
    /// `green`, `blue` or `red`, and its icon.
    kind: &'static str,
    icon: &'static str,
    email: String,
    what: String,
    more: String,
    link: Option<(String, String)>,
    resend: Option<InvitationId>,
    copy: Option<InvitationId>,
}

#[derive(Template)]
#[template(path = "invite/result.html")]
struct ResultPage<'a> {
    page: Page<'a>,
    steps: Vec<Step>,
    heading: String,
    about: String,
    account: AccountId,
    rows: Vec<Row>,
    more: String,
    later: Option<(String, String)>,
}

struct Found {
    sent: Vec<Invitation>,
    had: Vec<Invitation>,
    members: Vec<Member>,
}

fn invitation_list(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, Error> {
    let mut found = Vec::new();
    for id in ids {
        match invitations::get(tx, caller, account, *id) {
            Ok(it) => found.push(it),
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

fn load(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    (sent, had, users): (&[InvitationId], &[InvitationId], &[UserId]),
) -> Result<Found, Error> {
    accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
    let mut members = Vec::new();
    for user in users {
        match members::get(tx, caller, account, *user) {
            Ok(it) => members.push(it),
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(Found {
        sent: invitation_list(tx, caller, account, sent)?,
        had: invitation_list(tx, caller, account, had)?,
        members,
    })
}

/// Ids of the query; what is none is left out, and no more are read than one request may have.
fn ids<Id: std::str::FromStr>(visit: &PageContext, name: &str) -> Vec<Id> {
    let most = usize::try_from(visit.app.policy.invitations_per_request).unwrap_or(usize::MAX);
    let texts = visit.query.all(name);
    texts
        .filter_map(|text| text.parse().ok())
        .take(most)
        .collect()
}

pub(super) async fn show(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    // A link from elsewhere could say that something was sent.
    if !visit.has_result() {
        return Ok(see_other(&list_path(account)));
    }
    let (sent, had) = (ids(&visit, "sent"), ids(&visit, "had"));
    let users: Vec<UserId> = ids(&visit, "member");
    let (card, found) = account_layout::load_with_account(&visit, account, move |tx, caller| {
        load(tx, caller, account, (&sent, &had, &users))
    })
    .await?;
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let args = [
        ("sent", count(found.sent.len()).into()),
        (
            "nothing",
            count(found.had.len() + found.members.len()).into(),
        ),
    ];
    let heading = match (found.sent.is_empty(), found.had.len() + found.members.len()) {
        (true, _) => visit.t_args("result-nothing", &args),
        (false, 0) => visit.t_args("result-sent", &args),
        (false, _) => visit.t_args("result-both", &args),
    };
    let product = visit.query.text("product");
    let roles: Vec<String> = visit.query.all("roles").map(str::to_owned).collect();
    let mut again = vec![("product", product.as_str())];
    again.extend(roles.iter().map(|role| ("roles", role.as_str())));
    let later = visit.query.text("later");
    let waiting = count(crate::core::email_list::parse(&later).entries.len());
    let next = (waiting > 0).then(|| {
        let mut params = again.clone();
        params.push(("emails", &later));
        let label = visit.t_args("result-next", &[("count", waiting.into())]);
        (label, path_with_query(&path(account), &params))
    });
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(found.sent.iter().map(|it| sent_row(&visit, account, it)));
    rows.extend(found.had.iter().map(|it| had_row(&visit, account, it)));
    rows.extend(
        found
            .members
            .iter()
            .map(|it| member_row(&visit, account, it)),
    );
    let view = ResultPage {
        page: subpage(&visit, &card, heading.clone()),
        steps: steps(&visit, 3),
        about: error_text::describe_access(&visit.app.catalogue, visit.locale, &product, &roles),
        heading,
        account,
        rows,
        more: path_with_query(&path(account), &again),
        later: next,
    };
    Ok(render(StatusCode::OK, &view))
}

fn edit_path(account: AccountId, it: &Invitation) -> String {
    format!("/accounts/{account}/invitations/{}/edit", it.id)
}

fn sent_row(visit: &PageContext, account: AccountId, it: &Invitation) -> Row {
    let until = [("until", visit.format_date_time(it.expires_at).into())];
    let failed = it.is_pending() && it.delivery == "failed";
    let (kind, icon) = match (it.is_pending(), failed) {
        (false, _) => ("blue", "info"),
        (true, true) => ("red", "circle-alert"),
        (true, false) => ("green", "circle-check"),
    };
    let again = path_with_query(&path(account), &[("again", &it.id.to_string())]);
    let (what, more) = if !it.is_pending() {
        let status = format!("status-{}", it.status.as_str());
        (visit.t(&status), String::new())
    } else if failed {
        (
            error_text::delivery_error_text(visit.locale, it.delivery_detail.as_deref()),
            visit.t("result-failed-text"),
        )
    } else if it.delivery == "queued" {
        (
            visit.t("result-queued"),
            visit.t_args("result-until", &until),
        )
    } else {
        (
            visit.t("result-invited"),
            visit.t_args("result-until", &until),
        )
    };
    Row {
        kind,
        icon,
        email: it.email.clone(),
        what,
        more,
        link: failed.then(|| (visit.t("result-fix"), again)),
        resend: None,
        copy: (it.is_pending() && !failed).then_some(it.id),
    }
}

fn had_row(visit: &PageContext, account: AccountId, it: &Invitation) -> Row {
    let day = visit.format_day(it.created_at);
    let args = [("date", day.into()), ("inviter", (&it.inviter_name).into())];
    Row {
        kind: "blue",
        icon: "info",
        email: it.email.clone(),
        what: visit.t_args("result-had", &args),
        more: visit.t("result-had-text"),
        link: it
            .is_pending()
            .then(|| (visit.t("users-edit"), edit_path(account, it))),
        resend: it.is_pending().then_some(it.id),
        copy: None,
    }
}

fn member_row(visit: &PageContext, account: AccountId, it: &Member) -> Row {
    let holds = it.owner || !it.roles.is_empty();
    let standing = describe_membership(visit, it.owner, &it.roles);
    Row {
        kind: "blue",
        icon: "info",
        email: it.email.clone().unwrap_or_else(|| it.login.clone()),
        what: visit.t_args("result-member", &[("name", (&it.name).into())]),
        more: if holds {
            visit.t_args("result-roles", &[("roles", standing.into())])
        } else {
            standing
        },
        link: (!it.owner).then(|| {
            (
                visit.t("users-edit"),
                format!("/accounts/{account}/users/{}/edit", it.user),
            )
        }),
        resend: None,
        copy: None,
    }
}
