//! One's accounts, and what waits for an answer.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::form::{Form, Nothing};
use super::invitations::{inviter, is_soon};
use super::page::{Page, initials, render, tint};
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
        // Mail leads here; until these have pages of their own, the account's stands in.
        .route("/accounts/{account}/users", get(to_account))
        .route("/accounts/{account}/invitations", get(to_account))
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
    initials: String,
    tint: u32,
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
            initials: initials(&it.account_name),
            tint: tint(&it.account_name),
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
    initials: String,
    tint: u32,
    from: String,
    expires_at: String,
    expires_in: String,
}

impl Offered {
    fn of(visit: &Visit, it: OwnershipOffer) -> Self {
        Self {
            account: it.account,
            initials: initials(&it.account_name),
            tint: tint(&it.account_name),
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
    initials: String,
    tint: u32,
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
            initials: initials(&account.name),
            tint: tint(&account.name),
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
    let view = List {
        page: visit.page(title.clone()).crumb(title, None),
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

/// A product that the viewer can open from an account.
struct Open {
    label: String,
    url: String,
}

fn products(visit: &Visit, card: &Card) -> Vec<Open> {
    let holds = |key: &str| card.standing.roles.iter().any(|role| role == key);
    let own = card.standing.owner && card.account.is_default;
    let all = visit.app.catalogue.products.iter();
    all.filter(|product| {
        // Single-user products live in the account that came with its owner (rule A1).
        let reachable = product.roles.iter().any(|role| holds(&role.key));
        reachable || (own && !product.multi_user)
    })
    .filter_map(|product| {
        let name = product.name.get(visit.locale.as_str());
        Some(Open {
            label: visit.say("account-open", &[("product", name.into())]),
            url: product.url.clone()?,
        })
    })
    .collect()
}

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show<'a> {
    page: Page<'a>,
    id: AccountId,
    initials: String,
    tint: u32,
    managing: bool,
    owner: &'a str,
    roles: String,
    usage: Option<String>,
    products: Vec<Open>,
}

async fn show(visit: Visit, Ids((account,)): Ids<(AccountId,)>) -> Shown {
    let caller = visit.reader()?;
    let found = visit
        .app
        .read(move |tx| accounts::show(tx, &caller, account))
        .await;
    let card = found.map_err(|refusal| visit.fail(refusal))?;
    let name = &card.account.name;
    let page = visit.page(name.clone());
    let page = page.crumb(visit.t("layout-accounts"), Some("/accounts"));
    let view = Show {
        page: page.crumb(name.clone(), None),
        id: card.account.id,
        initials: initials(name),
        tint: tint(name),
        managing: card.standing.manages(),
        owner: &card.account.owner_name,
        roles: standing(&visit, &card),
        usage: card.usage.map(|usage| usage_in_words(&visit, usage)),
        products: products(&visit, &card),
    };
    Ok(render(StatusCode::OK, &view))
}

fn usage_in_words(visit: &Visit, usage: Usage) -> String {
    let args = [
        ("members", usage.members.into()),
        ("limit", usage.limit.into()),
        ("pending", usage.pending.into()),
        ("available", usage.available().into()),
    ];
    visit.say("account-usage", &args)
}

async fn to_account(visit: Visit, Ids((account,)): Ids<(AccountId,)>) -> Shown {
    visit.reader()?;
    Ok(to(&format!("/accounts/{account}")))
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
