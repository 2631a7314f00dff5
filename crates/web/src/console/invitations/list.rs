//! The list of an account's invitations, filtered by status.

use crate::console::catalogue_text;
use askama::Template;
use axum::response::Response;

use super::already_ended::{self, AlreadyEnded};
use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::components::{Avatar, RelativeTime, RoleChips};
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::form::{ErrorSummaryItem, FormErrors};
use crate::console::page::{Page, render};
use crate::console::pager::Pager;
use crate::console::roles::{self, SelectOption};
use crate::console::{error_text, urls};
use crate::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::pagination::PageLimit;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::invitations::DeliveryStatus;
use convoke_domain::invitations::{self, Filter, Invitation, InvitationStatus, MAX_COUNTED};
use convoke_domain::permissions::{Permission, is_allowed};
use convoke_i18n::t_args;

/// A status that can be selected.
struct Segment {
    label: String,
    count: String,
    href: String,
    current: bool,
}

/// A row of the list.
struct Row {
    id: InvitationId,
    avatar: Avatar,
    /// The name that was given with the address.
    name: Option<String>,
    email: String,
    delivery: String,
    /// Whether delivery has failed permanently.
    failed: bool,
    product: String,
    roles: RoleChips,
    invited_by: String,
    invited: String,
    end: RelativeTime,
    select: String,
    chosen: bool,
    actions: String,
}

impl Row {
    fn new(context: &PageContext, invitation: &Invitation, chosen: &[InvitationId]) -> Self {
        let readable = invitation.readable_email();
        let email = [("email", (&readable).into())];
        Self {
            id: invitation.id,
            avatar: Avatar::new(invitation.name.as_ref().unwrap_or(&readable), None),
            name: invitation.name.clone(),
            email: readable.clone(),
            delivery: delivery(context, invitation),
            failed: invitation.is_pending() && invitation.delivery == DeliveryStatus::Failed,
            product: catalogue_text::product_name(
                &context.app.ctx.catalogue,
                context.locale,
                &invitation.product,
            ),
            roles: roles::chips_within(context, &invitation.roles, &invitation.product),
            invited_by: invitation.inviter_name.clone(),
            invited: context.format_short(invitation.created_at),
            end: match invitation.status {
                InvitationStatus::Pending | InvitationStatus::Expired => {
                    context.format_deadline(invitation.expires_at)
                }
                _ => {
                    context.relative_and_exact(invitation.ended_at.unwrap_or(invitation.expires_at))
                }
            },
            select: context.t_args("invitations-select", &email),
            chosen: chosen.contains(&invitation.id),
            actions: context.t_args("invitations-actions-for", &email),
        }
    }
}

/// The delivery status of a pending invitation as text; empty for others.
fn delivery(context: &PageContext, invitation: &Invitation) -> String {
    if !invitation.is_pending() {
        return String::new();
    }
    match invitation.delivery {
        DeliveryStatus::Sent => context.t("delivery-sent"),
        DeliveryStatus::Queued => context.t("delivery-queued"),
        DeliveryStatus::Failed => {
            error_text::delivery_error_text(context.locale, invitation.delivery_detail.as_deref())
        }
    }
}

#[derive(Template)]
#[template(path = "invitations/list.html")]
struct List<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    segments: Vec<Segment>,
    status: InvitationStatus,
    text: String,
    products: Vec<SelectOption>,
    roles: Vec<SelectOption>,
    csv: String,
    /// The query that shows this page of the list again.
    here: String,
    all: String,
    manages: bool,
    rows: Vec<Row>,
    /// The text where the filters match nothing.
    no_match: String,
    filtered: bool,
    empty: (String, String),
    errors: Vec<ErrorSummaryItem>,
    skipped: Vec<AlreadyEnded>,
    pager: Option<Pager>,
}

impl List<'_> {
    /// Continues a search that has matched nothing so far.
    fn further(&self) -> Option<&str> {
        let pager = self.pager.as_ref().filter(|_| self.rows.is_empty());
        pager.and_then(|pager| pager.next.as_deref())
    }

    fn is_pending(&self) -> bool {
        self.status == InvitationStatus::Pending
    }

    /// Whether accepted invitations are listed, which offer no actions.
    fn is_accepted(&self) -> bool {
        self.status == InvitationStatus::Accepted
    }

    /// The label of a bulk button for each plural category (CLDR); script replaces `#` by the number.
    fn plural(&self, key: &str) -> [(&'static str, String); 4] {
        [("one", 1), ("few", 2), ("many", 5), ("other", 5)].map(|(form, number): (_, i64)| {
            let label = t_args(self.page.locale, key, &[("count", number.into())]);
            (form, label.replace(&number.to_string(), "#"))
        })
    }

    fn end_label(&self) -> String {
        let key = match self.status {
            InvitationStatus::Pending | InvitationStatus::Expired => "fact-expires",
            _ => "invitations-ended",
        };
        self.page.t(key)
    }
}

pub(super) async fn list(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    page(&context, account, FormErrors::none(), &[]).await
}

/// The list with errors above it, and the invitations that stay selected.
pub(super) async fn page(
    context: &PageContext,
    account: AccountId,
    errors: FormErrors,
    chosen: &[InvitationId],
) -> Result<Response, PageError> {
    let status = context
        .query
        .get("status")
        .and_then(InvitationStatus::parse);
    let status = status.unwrap_or(InvitationStatus::Pending);
    let filter = Filter {
        status: vec![status],
        product: context.query.text("product"),
        role: context.query.text("role"),
        text: context.query.text("q").trim().to_owned(),
    };
    let (query_filter, cursor) = (filter.clone(), context.query.cursor());
    let ended = context
        .flash_message()
        .map_or_else(Vec::new, |message| message.ended_invitations().to_vec());
    let (summary, (page, counts, ended)) =
        account_layout::load_list_with_account(context, account, move |tx, caller| {
            let limit = PageLimit::default();
            let page =
                invitations::list(tx, caller, account, &query_filter, cursor.as_deref(), limit)?;
            let counts = invitations::count_by_status(tx, caller, account)?;
            let ended = already_ended::find(tx, caller, account, &ended)?;
            Ok((page, counts, ended))
        })
        .await?;
    let rows = page
        .items
        .iter()
        .map(|invitation| Row::new(context, invitation, chosen))
        .collect();
    let mut view = view(context, &summary, status, &filter, rows);
    view.skipped = ended
        .iter()
        .map(|invitation| AlreadyEnded::new(context, invitation, view.manages))
        .collect();
    view.segments = counts
        .iter()
        .map(|(segment_status, count)| Segment {
            label: context.t(&format!("status-{}", segment_status.as_str())),
            count: match *count {
                count if count > MAX_COUNTED => format!("{MAX_COUNTED}+"),
                count => count.to_string(),
            },
            href: segment(account, *segment_status),
            current: *segment_status == status,
        })
        .collect();
    let total = counts.iter().find(|(counted, count)| {
        let is_known = !view.filtered && *count <= MAX_COUNTED;
        is_known && *counted == status
    });
    let total = total.map(|(_, count)| *count);
    let row_count = view.rows.len();
    view.pager = Pager::new(
        context,
        &view.all_filtered(&filter),
        row_count,
        total,
        page.next.as_deref(),
    );
    view.page.failed = !errors.items.is_empty();
    view.errors.clone_from(&errors.items);
    Ok(errors.add_retry_after(render(errors.status, &view)))
}

fn segment(account: AccountId, status: InvitationStatus) -> String {
    let value = match status {
        InvitationStatus::Pending => "",
        other => other.as_str(),
    };
    urls::path_with_query(&urls::invitations(account), &[("status", value)])
}

impl List<'_> {
    fn all_filtered(&self, filter: &Filter) -> String {
        urls::path_with_query(
            &urls::invitations(self.frame.id),
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
    context: &'a PageContext,
    summary: &AccountSummary,
    status: InvitationStatus,
    filter: &Filter,
    rows: Vec<Row>,
) -> List<'a> {
    let account = summary.account.id;
    let frame = AccountHeader::new(context, summary, Tab::Invitations);
    let status_value = status.as_str();
    let api = urls::api_invitations(account);
    let filters = [
        ("format", "csv"),
        ("status", status_value),
        ("product", &filter.product),
        ("role", &filter.role),
        ("q", &filter.text),
    ];
    List {
        page: frame.page(context, Tab::Invitations),
        frame,
        segments: Vec::new(),
        status,
        text: filter.text.clone(),
        products: roles::product_options(context, &filter.product),
        roles: roles::options(context, &filter.role),
        csv: urls::path_with_query(&api, &filters),
        here: urls::path_with_query(
            "",
            &[
                ("product", &filter.product),
                ("role", &filter.role),
                ("q", &filter.text),
                ("cursor", context.query.get("cursor").unwrap_or_default()),
                ("after", context.query.get("after").unwrap_or_default()),
            ],
        ),
        all: segment(account, status),
        manages: is_allowed(&summary.membership, Permission::ManageUsers),
        rows,
        no_match: match filter.text.as_str() {
            "" => context.t("invitations-no-match-filter"),
            text => context.t_args("invitations-no-match", &[("text", text.into())]),
        },
        filtered: !(filter.text.is_empty() && filter.role.is_empty() && filter.product.is_empty()),
        empty: (
            context.t(&format!("invitations-none-{status_value}")),
            context.t(&format!("invitations-none-{status_value}-text")),
        ),
        errors: Vec::new(),
        skipped: Vec::new(),
        pager: None,
    }
}
