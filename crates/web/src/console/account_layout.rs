//! The header of an account's pages (name, seats, tabs), and the page for members without permission.

use axum::http::StatusCode;

use super::components::AccountMark;
use super::context::{PageContext, PageError};
use super::notice::Notice;
use super::page::{NavSection, Page, render_page};
use crate::console::urls;
use convoke_core::ids::AccountId;
use convoke_domain::accounts::{self, AccountSummary, SeatUsage};
use convoke_domain::catalogue::Product;
use convoke_domain::permissions::{Permission, is_allowed};
use convoke_domain::{Caller, Error, ReadTx};
use convoke_i18n::date;

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

/// Seats as text and as a meter.
pub(super) struct Seats {
    pub taken: i64,
    pub limit: i64,
    /// Members only: "231 of 250".
    pub members_of_limit: String,
    /// With pending invitations: "235 of 250".
    pub taken_of_limit: String,
    /// "4 invitations pending · 15 seats left".
    pub rest: String,
}

impl Seats {
    pub(super) fn new(context: &PageContext, usage: SeatUsage) -> Self {
        let args = [
            ("members", usage.members.into()),
            ("limit", usage.limit.into()),
            ("pending", usage.pending.into()),
            ("available", usage.available().into()),
        ];
        let taken = usage.members + usage.pending;
        let taken_args = [("members", taken.into()), ("limit", usage.limit.into())];
        Self {
            taken,
            limit: usage.limit,
            members_of_limit: context.t_args("seats-of", &args),
            taken_of_limit: context.t_args("seats-of", &taken_args),
            rest: context.t_args("seats-rest", &args),
        }
    }

    /// Whether more seats are taken than there are, such as after the limit was lowered.
    pub(super) fn is_over(&self) -> bool {
        self.taken > self.limit
    }

    /// The threshold from which the meter warns.
    pub(super) fn high(&self) -> i64 {
        self.limit * 9 / 10
    }
}

/// A product that the viewer can open from an account.
pub(super) struct ProductLink {
    pub label: String,
    pub url: String,
}

/// The header of an account's pages.
pub(super) struct AccountHeader {
    pub id: AccountId,
    pub name: String,
    /// The name of the open tab, which the heading says to those who do not see the tabs.
    pub tab: String,
    pub mark: AccountMark,
    pub managing: bool,
    /// Whether it came with its owner's user.
    pub personal: bool,
    pub owner: String,
    pub created: String,
    pub seats: Option<Seats>,
    pub may_invite: bool,
    pub products: Vec<ProductLink>,
    pub tabs: Vec<TabLink>,
}

impl AccountHeader {
    /// The header for this viewer, with one tab open.
    pub(super) fn new(context: &PageContext, summary: &AccountSummary, open: Tab) -> Self {
        let account = &summary.account;
        let membership = &summary.membership;
        let usage = summary
            .usage
            .filter(|_| is_allowed(membership, Permission::ViewMembers));
        let shows_members = is_allowed(membership, Permission::ViewMembers);
        let all = [
            (
                Tab::Overview,
                urls::account(account.id),
                "box",
                !shows_members,
                None,
            ),
            (
                Tab::Users,
                urls::users(account.id),
                "users",
                shows_members,
                usage.map(|usage| usage.members),
            ),
            (
                Tab::Invitations,
                urls::invitations(account.id),
                "mail",
                shows_members,
                usage.map(|usage| usage.pending),
            ),
            (
                Tab::Activity,
                urls::activity(account.id),
                "activity",
                shows_members,
                None,
            ),
            (
                Tab::Settings,
                urls::settings(account.id),
                "settings",
                true,
                None,
            ),
        ];
        let tabs = all.into_iter().filter(|(.., visible, _)| *visible);
        Self {
            id: account.id,
            name: account.name.clone(),
            tab: context.t(open.key()),
            mark: AccountMark::new(&account.name),
            managing: membership.is_managing(),
            personal: account.is_default,
            owner: context.t_args(
                "account-owned-by",
                &[("owner", account.owner_name().into())],
            ),
            created: context.t_args(
                "account-created",
                &[(
                    "date",
                    date(account.created_at, context.locale, context.time_zone()).into(),
                )],
            ),
            seats: summary.usage.map(|usage| Seats::new(context, usage)),
            may_invite: is_allowed(membership, Permission::ManageUsers),
            products: products(context, summary),
            tabs: tabs
                .map(|(tab, href, icon, _, count)| TabLink {
                    href,
                    icon,
                    label: context.t(tab.key()),
                    count,
                    current: tab == open,
                })
                .collect(),
        }
    }

    /// The page around a tab, with its title and breadcrumbs.
    pub(super) fn page<'a>(&self, context: &'a PageContext, tab: Tab) -> Page<'a> {
        let title = format!("{} · {}", context.t(tab.key()), self.name);
        let mut page = context.page(title);
        page.section = NavSection::Accounts;
        page.banner_in_content = true;
        page.crumb(context.t("layout-accounts"), Some(urls::ACCOUNTS))
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

/// The page of something below an account, such as one of its forms, with its title and breadcrumbs.
pub(super) fn subpage<'a>(
    context: &'a PageContext,
    summary: &AccountSummary,
    title: String,
) -> Page<'a> {
    let mut page = context.page(title.clone());
    page.section = NavSection::Accounts;
    let href = urls::account(summary.account.id);
    page.crumb(context.t("layout-accounts"), Some(urls::ACCOUNTS))
        .crumb(summary.account.name.clone(), Some(&href))
        .crumb(title, None)
}

/// Whether the viewer can use a product in an account: with one of its roles there; a single-user product belongs to the
/// owner's default account (rule A1).
pub(super) fn is_open_to(product: &Product, summary: &AccountSummary) -> bool {
    let holds = |key: &str| summary.membership.roles.iter().any(|role| role == key);
    let own = summary.membership.owner && summary.account.is_default;
    product.roles.iter().any(|role| holds(&role.key)) || (own && !product.is_multi_user())
}

/// The products that the viewer works with in an account.
fn reachable_products<'a>(
    context: &'a PageContext,
    summary: &AccountSummary,
) -> impl Iterator<Item = &'a Product> {
    let all = context.app.ctx.catalogue.products.iter();
    all.filter(move |product| is_open_to(product, summary))
}

/// The products that the viewer can open from an account.
fn products(context: &PageContext, summary: &AccountSummary) -> Vec<ProductLink> {
    reachable_products(context, summary)
        .filter_map(|product| {
            let name = product.name.get(context.locale.as_str());
            let begins_sign_in = product.begins_sign_in();
            let to_sign_in = begins_sign_in.then(|| urls::go(&product.key, summary.account.id));
            Some(ProductLink {
                label: context.t_args("account-open", &[("product", name.into())]),
                url: to_sign_in.or_else(|| product.url.clone())?,
            })
        })
        .collect()
}

/// The names of the products that the viewer works with and whose address the catalogue does not have.
pub(super) fn products_without_address(
    context: &PageContext,
    summary: &AccountSummary,
) -> Vec<String> {
    reachable_products(context, summary)
        .filter(|product| product.url.is_none() && !product.begins_sign_in())
        .map(|product| product.name.get(context.locale.as_str()).to_owned())
        .collect()
}

/// Reads something of an account together with its summary, in one transaction.
///
/// # Errors
/// A redirect to the sign-in page; a page that names the owner, for members without permission; or an error page.
pub(super) async fn load_with_account<T, F>(
    context: &PageContext,
    account: AccountId,
    read: F,
) -> Result<(AccountSummary, T), PageError>
where
    T: Send + 'static,
    F: FnMut(&mut ReadTx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let read = with_summary(context.require_user()?, account, read);
    summary_or_error(context, context.app.read(read).await)
}

/// The same for a list or a search, with the longer time limit of such reads.
///
/// # Errors
/// As [`load_with_account`].
pub(super) async fn load_list_with_account<T, F>(
    context: &PageContext,
    account: AccountId,
    read: F,
) -> Result<(AccountSummary, T), PageError>
where
    T: Send + 'static,
    F: FnMut(&mut ReadTx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let read = with_summary(context.require_user()?, account, read);
    summary_or_error(context, context.app.read_long(read).await)
}

/// Runs `read` after loading the account's summary; no value for members without permission.
fn with_summary<T, F>(
    caller: Caller,
    account: AccountId,
    mut read: F,
) -> impl FnMut(&mut ReadTx<'_, '_>) -> Result<(AccountSummary, Option<T>), Error> + Send + 'static
where
    T: Send + 'static,
    F: FnMut(&mut ReadTx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    move |tx| {
        let summary = accounts::get(tx, &caller, account)?;
        match read(tx, &caller) {
            Ok(value) => Ok((summary, Some(value))),
            Err(Error::PermissionDenied(_)) => Ok((summary, None)),
            Err(error) => Err(error),
        }
    }
}

fn summary_or_error<T>(
    context: &PageContext,
    result: Result<(AccountSummary, Option<T>), Error>,
) -> Result<(AccountSummary, T), PageError> {
    match result {
        Ok((summary, Some(value))) => Ok((summary, value)),
        Ok((summary, None)) => Err(no_permission(context, &summary, None)),
        Err(error) => Err(context.error_page(error)),
    }
}

/// The page for an error in an account; it names the owner to members without permission.
pub(super) async fn error_page(
    context: &PageContext,
    account: AccountId,
    error: Error,
) -> PageError {
    error_page_with_input(context, account, error, None).await
}

/// The same with unsaved input, to be copied.
pub(super) async fn error_page_with_input(
    context: &PageContext,
    account: AccountId,
    error: Error,
    input: Option<String>,
) -> PageError {
    let (Error::PermissionDenied(_), Some(caller)) = (&error, context.caller.clone()) else {
        return context.error_page_with_input(error, input);
    };
    let summary = context
        .app
        .read(move |tx| accounts::get(tx, &caller, account))
        .await;
    match summary {
        Ok(summary) => no_permission(context, &summary, input),
        Err(error) => context.error_page_with_input(error, input),
    }
}

fn no_permission(
    context: &PageContext,
    summary: &AccountSummary,
    input: Option<String>,
) -> PageError {
    let args = [
        ("account", (&summary.account.name).into()),
        ("owner", summary.account.owner_name().into()),
    ];
    let title = context.t("no-permission-title");
    let mut notice = Notice::titled(
        context,
        title.clone(),
        context.t_args("no-permission-text", &args),
    );
    notice.page = subpage(context, summary, title);
    if input.is_some() {
        notice = notice.paragraph(context.t("problem-unsaved-input"));
        notice.unsaved_input = input;
    }
    let href = urls::account(summary.account.id);
    let notice = notice.link(context.t_args("invitation-go-to", &args), href);
    PageError::page(render_page(StatusCode::FORBIDDEN, &notice.page, &notice))
}
