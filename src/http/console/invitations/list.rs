//! The list of an account's invitations, one state at a time.

use askama::Template;
use axum::response::Response;

use super::list_path;
use super::skipped::{self, Skipped};
use crate::core::ids::{AccountId, InvitationId};
use crate::core::pagination::PageLimit;
use crate::domain::accounts::AccountSummary;
use crate::domain::invitations::{self, Filter, Invitation, InvitationStatus, MAX_COUNTED};
use crate::domain::permissions::{Permission, is_allowed};
use crate::http::console::account_frame::{self, Frame, Tab};
use crate::http::console::form::{Line, Refused};
use crate::http::console::page::{Marked, Page, render};
use crate::http::console::pager::Pager;
use crate::http::console::roles::{self, Choosable};
use crate::http::console::visit::{Failure, Shown, Visit, query_of};
use crate::http::console::words;
use crate::http::extract::PathIds;
use crate::i18n::t_args;

/// A state as it can be chosen.
struct Segment {
    label: String,
    count: String,
    href: String,
    current: bool,
}

/// An invitation as listed.
struct Row {
    id: InvitationId,
    avatar: Marked,
    email: String,
    delivery: String,
    /// Whether the mail server has refused the mail for good.
    failed: bool,
    product: String,
    roles: Marked,
    invited_by: String,
    invited: String,
    end: Marked,
    select: String,
    chosen: bool,
    actions: String,
}

impl Row {
    fn of(visit: &Visit, it: &Invitation, chosen: &[InvitationId]) -> Self {
        let email = [("email", (&it.email).into())];
        Self {
            id: it.id,
            avatar: Marked::avatar(&it.email, None),
            email: it.email.clone(),
            delivery: delivery(visit, it),
            failed: it.is_pending() && it.delivery == "failed",
            product: words::product(&visit.app.catalogue, visit.locale, &it.product),
            roles: roles::chips_within(visit, &it.roles, &it.product),
            invited_by: it.inviter_name.clone(),
            invited: visit.short(it.created_at),
            end: match it.status {
                InvitationStatus::Pending | InvitationStatus::Expired => {
                    visit.deadline(it.expires_at)
                }
                _ => visit.when(it.ended_at.unwrap_or(it.expires_at)),
            },
            select: visit.say("manage-select", &email),
            chosen: chosen.contains(&it.id),
            actions: visit.say("manage-actions-for", &email),
        }
    }
}

/// What became of the mail, in words; nothing once the invitation has ended otherwise than by the clock.
fn delivery(visit: &Visit, it: &Invitation) -> String {
    match (it.is_pending(), it.delivery.as_str()) {
        (false, _) => String::new(),
        (true, "sent") => visit.t("delivery-sent"),
        (true, "failed") => words::mail_refused(visit.locale, it.delivery_detail.as_deref()),
        (true, _) => visit.t("delivery-queued"),
    }
}

#[derive(Template)]
#[template(path = "manage/list.html")]
struct List<'a> {
    page: Page<'a>,
    frame: Frame,
    segments: Vec<Segment>,
    status: InvitationStatus,
    text: String,
    products: Vec<Choosable>,
    roles: Vec<Choosable>,
    csv: String,
    /// The query that shows this part of the list again.
    here: String,
    all: String,
    manages: bool,
    rows: Vec<Row>,
    /// Why nothing is shown, if that is the filters.
    no_match: String,
    filtered: bool,
    empty: (String, String),
    lines: Vec<Line>,
    skipped: Vec<Skipped>,
    pager: Option<Pager>,
}

impl List<'_> {
    /// Where a search goes on that has found nothing so far.
    fn further(&self) -> Option<&str> {
        let pager = self.pager.as_ref().filter(|_| self.rows.is_empty());
        pager.and_then(|pager| pager.next.as_deref())
    }

    fn is_pending(&self) -> bool {
        self.status == InvitationStatus::Pending
    }

    /// Whoever is in needs no invitation.
    fn is_accepted(&self) -> bool {
        self.status == InvitationStatus::Accepted
    }

    /// The words of a button that is about several, for each form that a number can take: script puts in the number.
    fn plural(&self, key: &str) -> [(&'static str, String); 4] {
        [("one", 1), ("few", 2), ("many", 5), ("other", 5)].map(|(form, number): (_, i64)| {
            let words = t_args(self.page.locale, key, &[("count", number.into())]);
            (form, words.replace(&number.to_string(), "#"))
        })
    }

    fn end_label(&self) -> String {
        let key = match self.status {
            InvitationStatus::Pending | InvitationStatus::Expired => "fact-expires",
            _ => "manage-ended",
        };
        self.page.t(key)
    }
}

pub(super) async fn list(visit: Visit, PathIds((account,)): PathIds<(AccountId,)>) -> Shown {
    page(&visit, account, Refused::not_yet(), &[]).await
}

/// The list with what was refused above it, and those still chosen that it was about.
pub(super) async fn page(
    visit: &Visit,
    account: AccountId,
    refused: Refused,
    chosen: &[InvitationId],
) -> Result<Response, Failure> {
    let status = visit.query.get("status").and_then(InvitationStatus::parse);
    let status = status.unwrap_or(InvitationStatus::Pending);
    let filter = Filter {
        status: vec![status],
        product: visit.query.text("product"),
        role: visit.query.text("role"),
        text: visit.query.text("q").trim().to_owned(),
    };
    let (asked, cursor) = (filter.clone(), visit.query.cursor());
    let ended = skipped::named(visit);
    let (card, (found, counts, ended)) =
        account_frame::read_list(visit, account, move |tx, caller| {
            let limit = PageLimit::default();
            let found = invitations::list(tx, caller, account, &asked, cursor.as_deref(), limit)?;
            let counts = invitations::count_by_status(tx, caller, account)?;
            let ended = skipped::find(tx, caller, account, &ended)?;
            Ok((found, counts, ended))
        })
        .await?;
    let rows = found
        .items
        .iter()
        .map(|it| Row::of(visit, it, chosen))
        .collect();
    let mut view = view(visit, &card, status, &filter, rows);
    view.skipped = ended
        .iter()
        .map(|it| Skipped::of(visit, it, view.manages))
        .collect();
    view.segments = counts
        .iter()
        .map(|(it, count)| Segment {
            label: visit.t(&format!("status-{}", it.as_str())),
            count: match *count {
                more if more > MAX_COUNTED => format!("{MAX_COUNTED}+"),
                count => count.to_string(),
            },
            href: segment(account, *it),
            current: *it == status,
        })
        .collect();
    let total = counts.iter().find(|(it, count)| {
        let known = !view.filtered && *count <= MAX_COUNTED;
        known && *it == status
    });
    let total = total.map(|(_, count)| *count);
    let shown = view.rows.len();
    view.pager = Pager::of(
        visit,
        &view.all_filtered(&filter),
        shown,
        total,
        found.next.as_deref(),
    );
    view.page.failed = !refused.lines.is_empty();
    view.lines.clone_from(&refused.lines);
    Ok(refused.dress(render(refused.status, &view)))
}

fn segment(account: AccountId, status: InvitationStatus) -> String {
    let word = match status {
        InvitationStatus::Pending => "",
        other => other.as_str(),
    };
    query_of(&list_path(account), &[("status", word)])
}

impl List<'_> {
    fn all_filtered(&self, filter: &Filter) -> String {
        query_of(
            &list_path(self.frame.id),
            &[
                ("status", self.status.as_str()),
                ("product", &filter.product),
                ("role", &filter.role),
                ("q", &filter.text),
            ],
        )
    }
}

fn view<'a>(
    visit: &'a Visit,
    card: &AccountSummary,
    status: InvitationStatus,
    filter: &Filter,
    rows: Vec<Row>,
) -> List<'a> {
    let account = card.account.id;
    let frame = Frame::of(visit, card, Tab::Invitations);
    let word = status.as_str();
    let api = format!("/api/v1/accounts/{account}/invitations");
    let filters = [
        ("format", "csv"),
        ("status", word),
        ("product", &filter.product),
        ("role", &filter.role),
        ("q", &filter.text),
    ];
    List {
        page: frame.page(visit, Tab::Invitations),
        frame,
        segments: Vec::new(),
        status,
        text: filter.text.clone(),
        products: roles::product_options(visit, &filter.product),
        roles: roles::options(visit, &filter.role),
        csv: query_of(&api, &filters),
        here: query_of(
            "",
            &[
                ("product", &filter.product),
                ("role", &filter.role),
                ("q", &filter.text),
                ("cursor", visit.query.get("cursor").unwrap_or_default()),
                ("after", visit.query.get("after").unwrap_or_default()),
            ],
        ),
        all: segment(account, status),
        manages: is_allowed(&card.standing, Permission::ManageUsers),
        rows,
        no_match: match filter.text.as_str() {
            "" => visit.t("manage-no-match-filter"),
            text => visit.say("manage-no-match", &[("text", text.into())]),
        },
        filtered: !(filter.text.is_empty() && filter.role.is_empty() && filter.product.is_empty()),
        empty: (
            visit.t(&format!("manage-none-{word}")),
            visit.t(&format!("manage-none-{word}-text")),
        ),
        lines: Vec::new(),
        skipped: Vec::new(),
        pager: None,
    }
}
