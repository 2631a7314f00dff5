//! The viewer's accounts, pending invitations and offers of ownership.

use crate::console::catalogue_text;
use crate::console::components::{AccountMark, RelativeTime};
use crate::console::context::{PageContext, PageResult};
use crate::console::invitation::inviter;
use crate::console::page::{NavSection, Page, render_page};
use crate::console::roles::describe_membership;
use crate::console::urls;
use askama::Template;
use axum::http::StatusCode;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::pagination::PageLimit;
use convoke_domain::accounts::{self, AccountSummary, SeatUsage};
use convoke_domain::invitations::{self, Invitation};
use convoke_domain::ownership::{self, OwnershipOffer};

/// A pending invitation to the viewer.
struct InvitationRow {
    id: InvitationId,
    account: String,
    mark: AccountMark,
    invited_by: String,
    access: String,
    expires: RelativeTime,
}

impl InvitationRow {
    fn new(context: &PageContext, invitation: &Invitation) -> Self {
        let catalogue = &context.app.ctx.catalogue;
        let by = inviter(context, invitation);
        Self {
            id: invitation.id,
            account: invitation.account_name.clone(),
            mark: AccountMark::new(&invitation.account_name),
            invited_by: context.t_args("accounts-invited-by", &[("inviter", by.into())]),
            access: catalogue_text::describe_access(
                catalogue,
                context.locale,
                &invitation.product,
                &invitation.roles,
            ),
            expires: context.format_deadline(invitation.expires_at),
        }
    }
}

/// An account that is offered to the viewer.
struct OfferRow {
    account: AccountId,
    name: String,
    mark: AccountMark,
    from: String,
    expires_at: String,
    expires_in: String,
}

impl OfferRow {
    fn new(context: &PageContext, offer: &OwnershipOffer) -> Self {
        Self {
            account: offer.account,
            mark: AccountMark::new(&offer.account_name),
            name: offer.account_name.clone(),
            from: context.t_args("accounts-offered-by", &[("name", offer.from_name().into())]),
            expires_at: context.format_date_time(offer.expires_at),
            expires_in: context.format_relative(offer.expires_at),
        }
    }
}

/// An account the viewer is a member of.
struct AccountRow {
    id: AccountId,
    name: String,
    mark: AccountMark,
    managing: bool,
    /// Whether it came with its owner's user.
    personal: bool,
    roles: String,
    note: String,
}

impl AccountRow {
    fn new(context: &PageContext, summary: &AccountSummary) -> Self {
        let account = &summary.account;
        Self {
            id: account.id,
            name: account.name.clone(),
            mark: AccountMark::new(&account.name),
            managing: summary.membership.is_managing(),
            personal: account.is_default,
            roles: describe_membership(
                context,
                summary.membership.owner,
                &summary.membership.roles,
            ),
            note: match summary.usage {
                Some(usage) => seats(context, usage),
                None => {
                    context.t_args("accounts-member", &[("owner", account.owner_name().into())])
                }
            },
        }
    }
}

fn seats(context: &PageContext, usage: SeatUsage) -> String {
    let args = [
        ("members", usage.members.into()),
        ("pending", usage.pending.into()),
    ];
    context.t_args("accounts-seats", &args)
}

/// The number of accounts from which the list has a search field.
const MIN_SEARCHABLE: usize = 9;

/// Help for users without other accounts: how to be invited.
struct EmptyState {
    text: String,
    /// The address to pass on; none when one must be added first.
    email: Option<String>,
}

impl EmptyState {
    fn new(context: &PageContext, email: Option<String>) -> Self {
        let text = match &email {
            Some(email) => context.t_args("accounts-alone", &[("email", email.into())]),
            None => context.t("accounts-alone-no-email"),
        };
        Self { text, email }
    }
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct List<'a> {
    page: Page<'a>,
    received: Vec<InvitationRow>,
    offered: Vec<OfferRow>,
    mine: Vec<AccountRow>,
    /// Shown while the viewer has only their own account.
    empty_state: Option<EmptyState>,
    /// What is searched for, where there are enough accounts to search.
    search: Option<String>,
    no_match: Option<String>,
    next: Option<String>,
    /// The key of the forms of this page.
    form_key: String,
}

pub(super) async fn list(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    let email = caller.user.email.clone();
    let cursor = context.query.cursor();
    let text = context.query.text("q").trim().to_owned();
    let search = text.clone();
    let result = context
        .app
        .read_long(move |tx| {
            let received = invitations::list_received(tx, &caller, None, PageLimit::default())?;
            let offered = ownership::list(tx, &caller)?;
            let mine = if search.is_empty() {
                accounts::list(tx, &caller, cursor.as_deref(), PageLimit::default())?
            } else {
                accounts::search(tx, &caller, &search)?
            };
            Ok((received, offered, mine))
        })
        .await;
    let (received, offered, mine) = result.map_err(|error| context.error_page(error))?;
    let no_match = (mine.items.is_empty() && !text.is_empty())
        .then(|| context.t_args("accounts-no-match", &[("text", (&text).into())]));
    let is_empty = received.items.is_empty()
        && text.is_empty()
        && mine.items.iter().all(|summary| summary.account.is_default);
    let many = mine.items.len() >= MIN_SEARCHABLE || mine.next.is_some() || !text.is_empty();
    let title = context.t("layout-accounts");
    let mut page = context.page(title.clone()).crumb(title, None);
    page.section = NavSection::Accounts;
    let view = List {
        page,
        form_key: context.form_key(),
        received: received
            .items
            .iter()
            .map(|invitation| InvitationRow::new(&context, invitation))
            .collect(),
        offered: offered
            .iter()
            .map(|offer| OfferRow::new(&context, offer))
            .collect(),
        mine: mine
            .items
            .iter()
            .map(|summary| AccountRow::new(&context, summary))
            .collect(),
        empty_state: is_empty.then(|| EmptyState::new(&context, email)),
        search: many.then_some(text),
        no_match,
        next: mine
            .next
            .map(|cursor| urls::path_with_query(urls::ACCOUNTS, &[("cursor", &cursor)])),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}
