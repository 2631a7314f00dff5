//! One's accounts, and what waits for an answer.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::account_frame::{self, Frame, Tab};
use super::form::{Form, Nothing};
use super::invitations::{inviter, is_soon};
use super::page::{Marked, Page, Place, render};
use super::visit::{Shown, Visit, to};
use super::words;
use crate::app::App;
use crate::core::ids::{AccountId, InvitationId};
use crate::core::pages::PageLimit;
use crate::domain::accounts::{self, Card, Usage};
use crate::domain::invitations::{self, Invitation};
use crate::domain::ownership::{self, OwnershipOffer};
use crate::http::extract::Ids;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts", get(list))
        .route("/accounts/{account}", get(show))
        .route("/accounts/invitations/{invitation}/accept", post(accept))
        .route("/accounts/invitations/{invitation}/decline", post(decline))
        .route(
            "/accounts/{account}/ownership-offer/accept",
            post(take_over),
        )
        .route(
            "/accounts/{account}/ownership-offer/decline",
            post(refuse_offer),
        )
}

/// An invitation that waits for the viewer.
struct Waiting {
    id: InvitationId,
    account: String,
    mark: Marked,
    invited_by: String,
    product: String,
    roles: String,
    expires_at: String,
    expires_in: String,
    soon: bool,
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
            product: words::product(catalogue, visit.locale, &it.product),
            roles: words::roles(catalogue, visit.locale, &it.roles),
            expires_at: visit.moment(it.expires_at),
            expires_in: visit.distance(it.expires_at),
            soon: is_soon(visit, it),
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
    fn of(visit: &Visit, card: &Card) -> Self {
        let account = &card.account;
        Self {
            id: account.id,
            name: account.name.clone(),
            mark: Marked::account(&account.name),
            managing: card.standing.manages(),
            roles: standing(visit, card),
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

/// "Owner" and the names of one's roles.
fn standing(visit: &Visit, card: &Card) -> String {
    let roles = words::roles(&visit.app.catalogue, visit.locale, &card.standing.roles);
    match (card.standing.owner, roles.is_empty()) {
        (true, true) => visit.t("account-owner"),
        (true, false) => format!("{}, {roles}", visit.t("account-owner")),
        (false, true) => visit.t("account-no-roles"),
        (false, false) => roles,
    }
}

fn seats(visit: &Visit, usage: Usage) -> String {
    let args = [
        ("members", usage.members.into()),
        ("pending", usage.pending.into()),
    ];
    visit.say("accounts-seats", &args)
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct List<'a> {
    page: Page<'a>,
    waiting: Vec<Waiting>,
    offered: Vec<Offered>,
    mine: Vec<Mine>,
    /// What to do to be invited, while there is only one's own account.
    hint: Option<String>,
    next: Option<String>,
}

async fn list(visit: Visit) -> Shown {
    let caller = visit.reader()?;
    let email = caller.user.email.clone();
    let cursor = visit.query.cursor();
    let found = visit
        .app
        .read(move |tx| {
            let waiting = invitations::list_mine(tx, &caller, None, PageLimit::default())?;
            let offered = ownership::list(tx, &caller)?;
            let mine = accounts::list(tx, &caller, cursor.as_deref(), PageLimit::default())?;
            Ok((waiting, offered, mine))
        })
        .await;
    let (waiting, offered, mine) = found.map_err(|refusal| visit.fail(refusal))?;
    let alone = mine.items.iter().all(|card| card.account.is_default) && waiting.items.is_empty();
    let hint = alone.then(|| match &email {
        Some(email) => visit.say("accounts-alone", &[("email", email.into())]),
        None => visit.t("accounts-alone-no-email"),
    });
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
        hint,
        next: mine.next.map(|cursor| format!("/accounts?cursor={cursor}")),
    };
    Ok(render(StatusCode::OK, &view))
}

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show<'a> {
    page: Page<'a>,
    frame: Frame,
    roles: String,
}

/// The account as those see it who may not see its people; everybody else is led to its users.
async fn show(visit: Visit, Ids((account,)): Ids<(AccountId,)>) -> Shown {
    let (card, ()) = account_frame::read(&visit, account, |_, _| Ok(())).await?;
    let frame = Frame::of(&visit, &card, Tab::Overview);
    let view = Show {
        page: frame.page(&visit, Tab::Overview),
        frame,
        roles: standing(&visit, &card),
    };
    Ok(render(StatusCode::OK, &view))
}

async fn accept(
    visit: Visit,
    Ids((id,)): Ids<(InvitationId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| invitations::accept_mine(tx, &caller, id))
        .await;
    let joined = done.map_err(|refusal| visit.fail(refusal))?;
    Ok(to(&format!(
        "/accounts/{}?done=joined",
        joined.card.account.id
    )))
}

async fn decline(
    visit: Visit,
    Ids((id,)): Ids<(InvitationId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| invitations::decline_mine(tx, &caller, id))
        .await;
    done.map_err(|refusal| visit.fail(refusal))?;
    Ok(to("/accounts?done=declined"))
}

async fn take_over(
    visit: Visit,
    Ids((account,)): Ids<(AccountId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| ownership::accept(tx, &caller, account))
        .await;
    done.map_err(|refusal| visit.fail(refusal))?;
    Ok(to(&format!("/accounts/{account}?done=owner")))
}

async fn refuse_offer(
    visit: Visit,
    Ids((account,)): Ids<(AccountId,)>,
    Form(Nothing {}): Form<Nothing>,
) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let done = visit
        .app
        .write(move |tx| ownership::decline(tx, &caller, account))
        .await;
    done.map_err(|refusal| visit.fail(refusal))?;
    Ok(to("/accounts?done=offer-declined"))
}
