//! What stands above every page of an account: its name, its seats, its tabs; and what those see who may not see it.

use axum::http::StatusCode;

use super::notice::Notice;
use super::page::{Marked, Page, Place, render};
use super::visit::{Failure, Visit};
use crate::core::ids::AccountId;
use crate::domain::accounts::{self, AccountSummary, SeatUsage};
use crate::domain::permissions::{Permission, is_allowed};
use crate::domain::{Caller, Error, Tx};
use crate::i18n::date;

/// The tabs of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Users,
    Invitations,
    Activity,
    Settings,
}

/// A link to one of an account's pages.
pub(super) struct TabLink {
    pub href: String,
    pub icon: &'static str,
    pub label: String,
    pub count: Option<i64>,
    pub current: bool,
}

/// Seats in words and as a bar.
pub(super) struct Seats {
    pub taken: i64,
    pub limit: i64,
    /// "231 of 250".
    pub of: String,
    /// "4 invitations pending · 15 seats left".
    pub rest: String,
}

impl Seats {
    pub fn of(visit: &Visit, usage: SeatUsage) -> Self {
        let args = [
            ("members", usage.members.into()),
            ("limit", usage.limit.into()),
            ("pending", usage.pending.into()),
            ("available", usage.available().into()),
        ];
        Self {
            taken: usage.members + usage.pending,
            limit: usage.limit,
            of: visit.say("seats-of", &args),
            rest: visit.say("seats-rest", &args),
        }
    }

    /// From where on the bar warns.
    pub fn high(&self) -> i64 {
        self.limit * 9 / 10
    }
}

/// A product that the viewer can open from an account.
pub(super) struct Open {
    pub label: String,
    pub url: String,
}

/// What stands above every page of an account.
pub(super) struct Frame {
    pub id: AccountId,
    pub name: String,
    pub mark: Marked,
    pub managing: bool,
    pub owner: String,
    pub created: String,
    pub seats: Option<Seats>,
    pub may_invite: bool,
    pub products: Vec<Open>,
    pub tabs: Vec<TabLink>,
}

impl Frame {
    /// The head of an account as this viewer sees it, with one tab open.
    pub fn of(visit: &Visit, card: &AccountSummary, open: Tab) -> Self {
        let account = &card.account;
        let standing = &card.standing;
        let usage = card
            .usage
            .filter(|_| is_allowed(standing, Permission::ViewMembers));
        let people = is_allowed(standing, Permission::ViewMembers);
        let all = [
            (Tab::Overview, "", "box", !people, None),
            (
                Tab::Users,
                "/users",
                "users",
                people,
                usage.map(|usage| usage.members),
            ),
            (
                Tab::Invitations,
                "/invitations",
                "mail",
                people,
                usage.map(|usage| usage.pending),
            ),
            (Tab::Activity, "/activity", "activity", people, None),
            (
                Tab::Settings,
                "/settings",
                "settings",
                is_allowed(standing, Permission::ViewUsage),
                None,
            ),
        ];
        let tabs = all.into_iter().filter(|(.., shown, _)| *shown);
        Self {
            id: account.id,
            name: account.name.clone(),
            mark: Marked::account(&account.name),
            managing: standing.is_managing(),
            owner: visit.say(
                "account-owned-by",
                &[("owner", (&account.owner_name).into())],
            ),
            created: visit.say(
                "account-created",
                &[(
                    "date",
                    date(account.created_at, visit.locale, visit.zone()).into(),
                )],
            ),
            seats: card.usage.map(|usage| Seats::of(visit, usage)),
            may_invite: is_allowed(standing, Permission::ManageUsers),
            products: products(visit, card),
            tabs: tabs
                .map(|(tab, path, icon, _, count)| TabLink {
                    href: format!("/accounts/{}{path}", account.id),
                    icon,
                    label: visit.t(tab.key()),
                    count,
                    current: tab == open,
                })
                .collect(),
        }
    }

    /// The page around a tab: its title, and the way to it.
    pub fn page<'a>(&self, visit: &'a Visit, tab: Tab) -> Page<'a> {
        let title = format!("{} · {}", visit.t(tab.key()), self.name);
        let mut page = visit.page(title);
        page.place = Place::Accounts;
        page.crumb(visit.t("layout-accounts"), Some("/accounts"))
            .crumb(self.name.clone(), None)
    }
}

impl Tab {
    const fn key(self) -> &'static str {
        match self {
            Self::Overview => "tab-overview",
            Self::Users => "tab-users",
            Self::Invitations => "tab-invitations",
            Self::Activity => "tab-activity",
            Self::Settings => "tab-settings",
        }
    }
}

/// The page of something below an account, such as one of its forms: its title, and the way to it.
pub(super) fn page_below<'a>(visit: &'a Visit, card: &AccountSummary, title: String) -> Page<'a> {
    let mut page = visit.page(title.clone());
    page.place = Place::Accounts;
    let href = format!("/accounts/{}", card.account.id);
    page.crumb(visit.t("layout-accounts"), Some("/accounts"))
        .crumb(card.account.name.clone(), Some(&href))
        .crumb(title, None)
}

/// The products that the viewer can open from an account.
pub(super) fn products(visit: &Visit, card: &AccountSummary) -> Vec<Open> {
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

/// Reads something of an account together with its card, in one transaction.
///
/// # Errors
/// The way to the sign-in page; a page that says whom to ask, for members who may not see it; or a problem.
pub(super) async fn read<T, F>(
    visit: &Visit,
    account: AccountId,
    look: F,
) -> Result<(AccountSummary, T), Failure>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let look = with_card(visit.reader()?, account, look);
    card_or_failure(visit, visit.app.read(look).await)
}

/// The same for a list or a search, whose length depends on how much there is.
///
/// # Errors
/// As [`read`].
pub(super) async fn read_list<T, F>(
    visit: &Visit,
    account: AccountId,
    look: F,
) -> Result<(AccountSummary, T), Failure>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let look = with_card(visit.reader()?, account, look);
    card_or_failure(visit, visit.app.read_long(look).await)
}

/// `look` after the account's card; nothing of it for members who may not see it.
fn with_card<T, F>(
    caller: Caller,
    account: AccountId,
    mut look: F,
) -> impl FnMut(&mut Tx<'_, '_>) -> Result<(AccountSummary, Option<T>), Error> + Send + 'static
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    move |tx| {
        let card = accounts::get(tx, &caller, account)?;
        match look(tx, &caller) {
            Ok(found) => Ok((card, Some(found))),
            Err(Error::PermissionDenied(_)) => Ok((card, None)),
            Err(other) => Err(other),
        }
    }
}

fn card_or_failure<T>(
    visit: &Visit,
    found: Result<(AccountSummary, Option<T>), Error>,
) -> Result<(AccountSummary, T), Failure> {
    match found {
        Ok((card, Some(found))) => Ok((card, found)),
        Ok((card, None)) => Err(no_permission(visit, &card, None)),
        Err(refusal) => Err(visit.fail(refusal)),
    }
}

/// The answer to a refused act in an account: members who may not do it learn whom to ask.
pub(super) async fn refused(visit: &Visit, account: AccountId, refusal: Error) -> Failure {
    refused_keeping(visit, account, refusal, None).await
}

/// The same with what they typed, to be copied.
pub(super) async fn refused_keeping(
    visit: &Visit,
    account: AccountId,
    refusal: Error,
    kept: Option<String>,
) -> Failure {
    let (Error::PermissionDenied(_), Some(caller)) = (&refusal, visit.caller.clone()) else {
        return visit.fail_keeping(refusal, kept);
    };
    let card = visit
        .app
        .read(move |tx| accounts::get(tx, &caller, account))
        .await;
    match card {
        Ok(card) => no_permission(visit, &card, kept),
        Err(refusal) => visit.fail_keeping(refusal, kept),
    }
}

fn no_permission(visit: &Visit, card: &AccountSummary, kept: Option<String>) -> Failure {
    let args = [
        ("account", (&card.account.name).into()),
        ("owner", (&card.account.owner_name).into()),
    ];
    let title = visit.t("no-permission-title");
    let mut notice = Notice::titled(visit, title.clone(), visit.say("no-permission-text", &args));
    notice.page = page_below(visit, card, title);
    if kept.is_some() {
        notice = notice.say(visit.t("problem-kept"));
        notice.kept = kept;
    }
    let href = format!("/accounts/{}", card.account.id);
    let notice = notice.way(visit.say("invitation-go-to", &args), href);
    Failure::page(render(StatusCode::FORBIDDEN, &notice))
}
