//! One's accounts, and what waits for an answer.

use crate::core::ids::{AccountId, InvitationId};
use crate::core::pagination::PageLimit;
use crate::domain::Error;
use crate::domain::accounts::{self, AccountSummary, SeatUsage};
use crate::domain::invitations::{self, Invitation};
use crate::domain::ownership::{self, OwnershipOffer};
use crate::http::console::form::{Form, Nothing};
use crate::http::console::invitations::inviter;
use crate::http::console::page::{Marked, Page, Place, render};
use crate::http::console::roles::standing;
use crate::http::console::visit::{Shown, Visit};
use crate::http::console::words;
use crate::http::extract::PathIds;
use askama::Template;
use axum::http::StatusCode;

/// An invitation that waits for the viewer.
struct Waiting {
    id: InvitationId,
    account: String,
    mark: Marked,
    invited_by: String,
    access: String,
    expires: Marked,
}

impl Waiting {
    fn of(visit: &Visit, it: &Invitation) -> Self {
        let catalogue = &visit.app.catalogue;
        let by = inviter(visit, it);
        Self {
            id: it.id,
            account: it.account_name.clone(),
            mark: Marked::account(&it.account_name),
            invited_by: visit.say("accounts-invited-by", &[("inviter", by.into())]),
            access: words::access(catalogue, visit.locale, &it.product, &it.roles),
            expires: visit.deadline(it.expires_at),
        }
    }
}

/// An account that is offered to the viewer.
struct Offered {
    account: AccountId,
    name: String,
    mark: Marked,
    from: String,
    expires_at: String,
    expires_in: String,
}

impl Offered {
    fn of(visit: &Visit, it: OwnershipOffer) -> Self {
        Self {
            account: it.account,
            mark: Marked::account(&it.account_name),
            name: it.account_name,
            from: visit.say("accounts-offered-by", &[("name", it.from_name.into())]),
            expires_at: visit.moment(it.expires_at),
            expires_in: visit.distance(it.expires_at),
        }
    }
}

/// An account the viewer is a member of.
struct Mine {
    id: AccountId,
    name: String,
    mark: Marked,
    managing: bool,
    roles: String,
    note: String,
}

impl Mine {
    fn of(visit: &Visit, card: &AccountSummary) -> Self {
        let account = &card.account;
        Self {
            id: account.id,
            name: account.name.clone(),
            mark: Marked::account(&account.name),
            managing: card.standing.is_managing(),
            roles: standing(visit, card.standing.owner, &card.standing.roles),
            note: match card.usage {
                Some(usage) => seats(visit, usage),
                None => visit.say(
                    "accounts-member",
                    &[("owner", (&account.owner_name).into())],
                ),
            },
        }
    }
}

fn seats(visit: &Visit, usage: SeatUsage) -> String {
    let args = [
        ("members", usage.members.into()),
        ("pending", usage.pending.into()),
    ];
    visit.say("accounts-seats", &args)
}

/// From so many accounts on they can be searched.
const SEARCHABLE: usize = 9;

/// What somebody without other accounts does to be invited.
struct Alone {
    text: String,
    /// The address to pass on; none when one must be added first.
    email: Option<String>,
}

impl Alone {
    fn of(visit: &Visit, email: Option<String>) -> Self {
        let text = match &email {
            Some(email) => visit.say("accounts-alone", &[("email", email.into())]),
            None => visit.t("accounts-alone-no-email"),
        };
        Self { text, email }
    }
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct List<'a> {
    page: Page<'a>,
    waiting: Vec<Waiting>,
    offered: Vec<Offered>,
    mine: Vec<Mine>,
    /// What to do to be invited, while there is only one's own account.
    alone: Option<Alone>,
    /// What is searched for, where there are enough accounts to search.
    search: Option<String>,
    no_match: Option<String>,
    next: Option<String>,
}

pub(super) async fn list(visit: Visit) -> Shown {
    let caller = visit.reader()?;
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
    let (waiting, offered, mine) = found.map_err(|refusal| visit.fail(refusal))?;
    let no_match = (mine.items.is_empty() && !text.is_empty())
        .then(|| visit.say("accounts-no-match", &[("text", (&text).into())]));
    let alone = waiting.items.is_empty()
        && text.is_empty()
        && mine.items.iter().all(|card| card.account.is_default);
    let many = mine.items.len() >= SEARCHABLE || mine.next.is_some() || !text.is_empty();
    let title = visit.t("layout-accounts");
    let mut page = visit.page(title.clone()).crumb(title, None);
    page.place = Place::Accounts;
    let view = List {
        page,
        waiting: waiting
            .items
            .iter()
            .map(|it| Waiting::of(&visit, it))
            .collect(),
        offered: offered
            .into_iter()
            .map(|it| Offered::of(&visit, it))
            .collect(),
        mine: mine
            .items
            .iter()
            .map(|card| Mine::of(&visit, card))
            .collect(),
        alone: alone.then(|| Alone::of(&visit, email)),
        search: many.then_some(text),
        no_match,
        next: mine.next.map(|cursor| format!("/accounts?cursor={cursor}")),
    };
    Ok(render(StatusCode::OK, &view))
}

pub(super) async fn accept(
    visit: Visit,
    PathIds((id,)): PathIds<(InvitationId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
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
        Err(other) => return Err(visit.fail(other)),
    };
    Ok(visit.flash(&format!("/accounts/{}?done=joined", joined.card.account.id)))
}

pub(super) async fn decline(
    visit: Visit,
    PathIds((id,)): PathIds<(InvitationId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| invitations::decline_by_id(tx, &caller, id))
        .await;
    match done {
        Ok(()) => Ok(visit.flash("/accounts?done=declined")),
        Err(Error::InvitationEnded(_) | Error::NotFound) => {
            Ok(visit.flash("/accounts?done=waiting-gone"))
        }
        Err(other) => Err(visit.fail(other)),
    }
}

pub(super) async fn take_over(
    visit: Visit,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| ownership::accept(tx, &caller, account))
        .await;
    match done {
        Ok(_) => Ok(visit.flash(&format!("/accounts/{account}?done=owner"))),
        Err(Error::NotFound) => Ok(visit.flash("/accounts?done=offer-gone")),
        Err(other) => Err(visit.fail(other)),
    }
}

pub(super) async fn refuse_offer(
    visit: Visit,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| ownership::decline(tx, &caller, account))
        .await;
    match done {
        Ok(()) => Ok(visit.flash("/accounts?done=offer-declined")),
        Err(Error::NotFound) => Ok(visit.flash("/accounts?done=offer-gone")),
        Err(other) => Err(visit.fail(other)),
    }
}
