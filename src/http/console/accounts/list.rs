//! One's accounts, and what waits for an answer.

use crate::core::ids::{AccountId, InvitationId};
use crate::core::pagination::PageLimit;
use crate::domain::Error;
use crate::domain::accounts::{self, AccountSummary, SeatUsage};
use crate::domain::invitations::{self, Invitation};
use crate::domain::ownership::{self, OwnershipOffer};
use crate::http::console::context::{PageContext, PageResult};
use crate::http::console::error_text;
use crate::http::console::form::{EmptyForm, Form};
use crate::http::console::invitations::inviter;
use crate::http::console::page::{NavSection, Page, SafeHtml, render};
use crate::http::console::roles::describe_membership;
use crate::http::extract::PathIds;
use askama::Template;
use axum::http::StatusCode;

/// An invitation that waits for the viewer.
struct InvitationRow {
    id: InvitationId,
    account: String,
    mark: SafeHtml,
    invited_by: String,
    access: String,
    expires: SafeHtml,
}

impl InvitationRow {
    fn new(visit: &PageContext, it: &Invitation) -> Self {
        let catalogue = &visit.app.catalogue;
        let by = inviter(visit, it);
        Self {
            id: it.id,
            account: it.account_name.clone(),
            mark: SafeHtml::account(&it.account_name),
            invited_by: visit.t_args("accounts-invited-by", &[("inviter", by.into())]),
            access: error_text::describe_access(catalogue, visit.locale, &it.product, &it.roles),
            expires: visit.format_deadline(it.expires_at),
        }
    }
}

/// An account that is offered to the viewer.
struct OfferRow {
    account: AccountId,
    name: String,
    mark: SafeHtml,
    from: String,
    expires_at: String,
    expires_in: String,
}

impl OfferRow {
    fn new(visit: &PageContext, it: OwnershipOffer) -> Self {
        Self {
            account: it.account,
            mark: SafeHtml::account(&it.account_name),
            name: it.account_name,
            from: visit.t_args("accounts-offered-by", &[("name", it.from_name.into())]),
            expires_at: visit.format_date_time(it.expires_at),
            expires_in: visit.format_relative(it.expires_at),
        }
    }
}

/// An account the viewer is a member of.
struct AccountRow {
    id: AccountId,
    name: String,
    mark: SafeHtml,
    managing: bool,
    roles: String,
    note: String,
}

impl AccountRow {
    fn new(visit: &PageContext, card: &AccountSummary) -> Self {
        let account = &card.account;
        Self {
            id: account.id,
            name: account.name.clone(),
            mark: SafeHtml::account(&account.name),
            managing: card.standing.is_managing(),
            roles: describe_membership(visit, card.standing.owner, &card.standing.roles),
            note: match card.usage {
                Some(usage) => seats(visit, usage),
                None => visit.t_args(
                    "accounts-member",
                    &[("owner", (&account.owner_name).into())],
                ),
            },
        }
    }
}

fn seats(visit: &PageContext, usage: SeatUsage) -> String {
    let args = [
        ("members", usage.members.into()),
        ("pending", usage.pending.into()),
    ];
    visit.t_args("accounts-seats", &args)
}

/// From so many accounts on they can be searched.
const SEARCHABLE: usize = 9;

/// What somebody without other accounts does to be invited.
struct EmptyState {
    text: String,
    /// The address to pass on; none when one must be added first.
    email: Option<String>,
}

impl EmptyState {
    fn new(visit: &PageContext, email: Option<String>) -> Self {
        let text = match &email {
            Some(email) => visit.t_args("accounts-alone", &[("email", email.into())]),
            None => visit.t("accounts-alone-no-email"),
        };
        Self { text, email }
    }
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct List<'a> {
    page: Page<'a>,
    waiting: Vec<InvitationRow>,
    offered: Vec<OfferRow>,
    mine: Vec<AccountRow>,
    /// What to do to be invited, while there is only one's own account.
    alone: Option<EmptyState>,
    /// What is searched for, where there are enough accounts to search.
    search: Option<String>,
    no_match: Option<String>,
    next: Option<String>,
}

pub(super) async fn list(visit: PageContext) -> PageResult {
    let caller = visit.require_user()?;
    let email = caller.user.email.clone();
    let cursor = visit.query.cursor();
    let text = visit.query.text("q").trim().to_owned();
    let wanted = text.clone();
    let found = visit
        .app
        .read_long(move |tx| {
            let waiting = invitations::list_received(tx, &caller, None, PageLimit::default())?;
            let offered = ownership::list(tx, &caller)?;
            let mine = if wanted.is_empty() {
                accounts::list(tx, &caller, cursor.as_deref(), PageLimit::default())?
            } else {
                accounts::search(tx, &caller, &wanted)?
            };
            Ok((waiting, offered, mine))
        })
        .await;
    let (waiting, offered, mine) = found.map_err(|refusal| visit.error_page(refusal))?;
    let no_match = (mine.items.is_empty() && !text.is_empty())
        .then(|| visit.t_args("accounts-no-match", &[("text", (&text).into())]));
    let alone = waiting.items.is_empty()
        && text.is_empty()
        && mine.items.iter().all(|card| card.account.is_default);
    let many = mine.items.len() >= SEARCHABLE || mine.next.is_some() || !text.is_empty();
    let title = visit.t("layout-accounts");
    let mut page = visit.page(title.clone()).crumb(title, None);
    page.place = NavSection::Accounts;
    let view = List {
        page,
        waiting: waiting
            .items
            .iter()
            .map(|it| InvitationRow::new(&visit, it))
            .collect(),
        offered: offered
            .into_iter()
            .map(|it| OfferRow::new(&visit, it))
            .collect(),
        mine: mine
            .items
            .iter()
            .map(|card| AccountRow::new(&visit, card))
            .collect(),
        alone: alone.then(|| EmptyState::new(&visit, email)),
        search: many.then_some(text),
        no_match,
        next: mine.next.map(|cursor| format!("/accounts?cursor={cursor}")),
    };
    Ok(render(StatusCode::OK, &view))
}

pub(super) async fn accept(
    visit: PageContext,
    PathIds((id,)): PathIds<(InvitationId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = visit.require_user_or_redirect("/accounts")?;
    let done = visit
        .app
        .write(move |tx| invitations::accept_by_id(tx, &caller, id))
        .await;
    let joined = match done {
        Ok(joined) => joined,
        // It ended while the page was open.
        Err(Error::InvitationEnded(_) | Error::NotFound) => {
            return Ok(visit.flash("/accounts?done=waiting-gone"));
        }
        Err(other) => return Err(visit.error_page(other)),
    };
    Ok(visit.flash(&format!("/accounts/{}?done=joined", joined.card.account.id)))
}

pub(super) async fn decline(
    visit: PageContext,
    PathIds((id,)): PathIds<(InvitationId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = visit.require_user_or_redirect("/accounts")?;
    let done = visit
        .app
        .write(move |tx| invitations::decline_by_id(tx, &caller, id))
        .await;
    match done {
        Ok(()) => Ok(visit.flash("/accounts?done=declined")),
        Err(Error::InvitationEnded(_) | Error::NotFound) => {
            Ok(visit.flash("/accounts?done=waiting-gone"))
        }
        Err(other) => Err(visit.error_page(other)),
    }
}

pub(super) async fn take_over(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = visit.require_user_or_redirect("/accounts")?;
    let done = visit
        .app
        .write(move |tx| ownership::accept(tx, &caller, account))
        .await;
    match done {
        Ok(_) => Ok(visit.flash(&format!("/accounts/{account}?done=owner"))),
        Err(Error::NotFound) => Ok(visit.flash("/accounts?done=offer-gone")),
        Err(other) => Err(visit.error_page(other)),
    }
}

pub(super) async fn refuse_offer(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = visit.require_user_or_redirect("/accounts")?;
    let done = visit
        .app
        .write(move |tx| ownership::decline(tx, &caller, account))
        .await;
    match done {
        Ok(()) => Ok(visit.flash("/accounts?done=offer-declined")),
        Err(Error::NotFound) => Ok(visit.flash("/accounts?done=offer-gone")),
        Err(other) => Err(visit.error_page(other)),
    }
}
