//! What stands above every page of an account: its name, its seats, its tabs; and what those see who may not see it.

use axum::http::StatusCode;

use super::context::{PageContext, PageError};
use super::notice::Notice;
use super::page::{NavSection, Page, SafeHtml, render};
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
    pub taken_of_limit: String,
    /// "4 invitations pending · 15 seats left".
    pub rest: String,
}

impl Seats {
    pub fn new(visit: &PageContext, usage: SeatUsage) -> Self {
        let args = [
            ("members", usage.members.into()),
            ("limit", usage.limit.into()),
            ("pending", usage.pending.into()),
            ("available", usage.available().into()),
        ];
        Self {
            taken: usage.members + usage.pending,
            limit: usage.limit,
            taken_of_limit: visit.t_args("seats-of", &args),
            rest: visit.t_args("seats-rest", &args),
        }
    }

    /// From where on the bar warns.
    pub fn high(&self) -> i64 {
        self.limit * 9 / 10
    }
}

/// A product that the viewer can open from an account.
pub(super) struct ProductLink {
    pub label: String,
    pub url: String,
}

/// What stands above every page of an account.
pub(super) struct AccountHeader {
    pub id: AccountId,
    pub name: String,
    pub mark: SafeHtml,
    pub managing: bool,
    pub owner: String,
    pub created: String,
    pub seats: Option<Seats>,
    pub may_invite: bool,
    pub products: Vec<ProductLink>,
    pub tabs: Vec<TabLink>,
}

impl AccountHeader {
    /// The head of an account as this viewer sees it, with one tab open.
    pub fn new(visit: &PageContext, card: &AccountSummary, open: Tab) -> Self {
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
            mark: SafeHtml::account(&account.name),
            managing: standing.is_managing(),
            owner: visit.t_args(
                "account-owned-by",
                &[("owner", (&account.owner_name).into())],
            ),
            created: visit.t_args(
                "account-created",
                &[(
                    "date",
                    date(account.created_at, visit.locale, visit.time_zone()).into(),
                )],
            ),
            seats: card.usage.map(|usage| Seats::new(visit, usage)),
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
    pub fn page<'a>(&self, visit: &'a PageContext, tab: Tab) -> Page<'a> {
        let title = format!("{} · {}", visit.t(tab.key()), self.name);
        let mut page = visit.page(title);
        page.place = NavSection::Accounts;
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
pub(super) fn subpage<'a>(
    visit: &'a PageContext,
    card: &AccountSummary,
    title: String,
) -> Page<'a> {
    let mut page = visit.page(title.clone());
    page.place = NavSection::Accounts;
    let href = format!("/accounts/{}", card.account.id);
    page.crumb(visit.t("layout-accounts"), Some("/accounts"))
        .crumb(card.account.name.clone(), Some(&href))
        .crumb(title, None)
}

/// The products that the viewer can open from an account.
pub(super) fn products(visit: &PageContext, card: &AccountSummary) -> Vec<ProductLink> {
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
        Some(ProductLink {
            label: visit.t_args("account-open", &[("product", name.into())]),
            url: product.url.clone()?,
        })
    })
    .collect()
}

/// Reads something of an account together with its card, in one transaction.
///
/// # Errors
/// The way to the sign-in page; a page that says whom to ask, for members who may not see it; or a problem.
pub(super) async fn load_with_account<T, F>(
    visit: &PageContext,
    account: AccountId,
    look: F,
) -> Result<(AccountSummary, T), PageError>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let look = with_summary(visit.require_user()?, account, look);
    summary_or_error(visit, visit.app.read(look).await)
}

/// The same for a list or a search, whose length depends on how much there is.
///
/// # Errors
/// As [`read`].
pub(super) async fn load_list_with_account<T, F>(
    visit: &PageContext,
    account: AccountId,
    look: F,
) -> Result<(AccountSummary, T), PageError>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let look = with_summary(visit.require_user()?, account, look);
    summary_or_error(visit, visit.app.read_long(look).await)
}

/// `look` after the account's card; nothing of it for members who may not see it.
fn with_summary<T, F>(
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

fn summary_or_error<T>(
    visit: &PageContext,
    found: Result<(AccountSummary, Option<T>), Error>,
) -> Result<(AccountSummary, T), PageError> {
    match found {
        Ok((card, Some(found))) => Ok((card, found)),
        Ok((card, None)) => Err(no_permission(visit, &card, None)),
        Err(refusal) => Err(visit.error_page(refusal)),
    }
}

/// The answer to a refused act in an account: members who may not do it learn whom to ask.
pub(super) async fn error_page(
    visit: &PageContext,
    account: AccountId,
    refusal: Error,
) -> PageError {
    error_page_with_input(visit, account, refusal, None).await
}

/// The same with what they typed, to be copied.
pub(super) async fn error_page_with_input(
    visit: &PageContext,
    account: AccountId,
    refusal: Error,
    kept: Option<String>,
) -> PageError {
    let (Error::PermissionDenied(_), Some(caller)) = (&refusal, visit.caller.clone()) else {
        return visit.error_page_with_input(refusal, kept);
    };
    let card = visit
        .app
        .read(move |tx| accounts::get(tx, &caller, account))
        .await;
    match card {
        Ok(card) => no_permission(visit, &card, kept),
        Err(refusal) => visit.error_page_with_input(refusal, kept),
    }
}

fn no_permission(visit: &PageContext, card: &AccountSummary, kept: Option<String>) -> PageError {
    let args = [
        ("account", (&card.account.name).into()),
        ("owner", (&card.account.owner_name).into()),
    ];
    let title = visit.t("no-permission-title");
    let mut notice = Notice::titled(
        visit,
        title.clone(),
        visit.t_args("no-permission-text", &args),
    );
    notice.page = subpage(visit, card, title);
    if kept.is_some() {
        notice = notice.paragraph(visit.t("problem-kept"));
        notice.unsaved_input = kept;
    }
    let href = format!("/accounts/{}", card.account.id);
    let notice = notice.link(visit.t_args("invitation-go-to", &args), href);
    PageError::page(render(StatusCode::FORBIDDEN, &notice))
}
