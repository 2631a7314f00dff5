//! The list of an account's invitations, filtered by status.

use crate::console::catalogue_text;
use askama::Template;
use axum::response::Response;

use super::address::RequestedAddress;
use super::already_ended::{self, AlreadyEnded};
use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::components::{Avatar, RelativeTime, RoleChips};
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::delivery::DeliveryState;
use crate::console::form::{ErrorSummaryItem, FormErrors};
use crate::console::page::{Page, render_page};
use crate::console::pager::Pager;
use crate::console::roles::{self, SelectOption};
use crate::console::urls;
use convoke_api::delivery_text::Failure;
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::pagination::PageLimit;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::invitations::{
    self, DeliveryStatus, Filter, Invitation, InvitationStatus, MAX_COUNTED,
};
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
    /// The state of the email; none for ended invitations.
    delivery: Option<DeliveryState>,
    /// Whether another address may help: the mail server rejected the email.
    fixes_address: bool,
    /// The address at which the invitee asks to be invited, with the labels about it.
    requested: Option<RequestedAddress>,
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
            delivery: invitation
                .is_pending()
                .then(|| DeliveryState::new(context, invitation)),
            fixes_address: Failure::of(invitation).is_some_and(Failure::is_address_wrong),
            requested: invitation
                .requested_email
                .as_deref()
                .map(|email| RequestedAddress::new(context, email)),
            product: catalogue_text::product_name(
                &context.app.ctx.catalogue,
                context.locale,
                &invitation.product,
            ),
            roles: roles::chips_within(context, &invitation.roles, &invitation.product),
            invited_by: invitation.inviter_name.clone(),
            invited: context.format_short(invitation.created_at),
            end: match invitation.status {
                InvitationStatus::Pending => context.format_deadline(invitation.expires_at),
                InvitationStatus::Expired => {
                    let date = context.format_short_day(invitation.expires_at);
                    RelativeTime {
                        badge: Some("red"),
                        text: context.t_args("invitations-expired-on", &[("date", date.into())]),
                        exact: context.format_short(invitation.expires_at),
                        is_exact_first: false,
                    }
                }
                _ => {
                    context.exact_and_relative(invitation.ended_at.unwrap_or(invitation.expires_at))
                }
            },
            select: context.t_args("invitations-select", &email),
            chosen: chosen.contains(&invitation.id),
            actions: context.t_args("invitations-actions-for", &email),
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
    /// The wanted state of the email; empty for all.
    delivery: &'static str,
    text: String,
    products: Vec<SelectOption>,
    roles: Vec<SelectOption>,
    exports: Vec<(&'static str, String)>,
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
    /// The key of the forms of this page.
    form_key: String,
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

    fn is_expired(&self) -> bool {
        self.status == InvitationStatus::Expired
    }

    /// Whether rows can be selected.
    fn has_bulk(&self) -> bool {
        self.manages && (self.is_pending() || self.is_expired())
    }

    /// Whether a state that is shown changes by itself.
    fn is_open(&self) -> bool {
        let mut states = self.rows.iter().filter_map(|row| row.delivery.as_ref());
        states.any(|state| state.is_open)
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
            InvitationStatus::Pending => "invitations-expires",
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
    // Only the emails of pending invitations are of interest.
    let delivery = context
        .query
        .get("delivery")
        .and_then(DeliveryStatus::parse)
        .filter(|_| status == InvitationStatus::Pending);
    let filter = Filter {
        status: vec![status],
        delivery: delivery.into_iter().collect(),
        product: context.query.text("product"),
        role: context.query.text("role"),
        text: context.query.text("q").trim().to_owned(),
    };
    let (query_filter, cursor) = (filter.clone(), context.query.cursor());
    let ended = context
        .flash_message()
        .map_or_else(Vec::new, |message| message.ended_invitations().to_vec());
    let (summary, (page, counts, deliveries, ended)) =
        account_layout::load_list_with_account(context, account, move |tx, caller| {
            let limit = PageLimit::default();
            let page =
                invitations::list(tx, caller, account, &query_filter, cursor.as_deref(), limit)?;
            let counts = invitations::count_by_status(tx, caller, account)?;
            let deliveries = invitations::count_by_delivery(tx, caller, account)?;
            let ended = already_ended::find(tx, caller, account, &ended)?;
            Ok((page, counts, deliveries, ended))
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
            count: count_text(*count),
            href: segment(account, *segment_status, None),
            current: *segment_status == status && delivery.is_none(),
        })
        .collect();
    let shown = deliveries
        .iter()
        .filter(|(state, count)| *count > 0 || delivery == Some(*state));
    view.segments.extend(shown.map(|(state, count)| Segment {
        label: context.t(&format!("delivery-filter-{}", state.as_str())),
        count: count_text(*count),
        href: segment(account, InvitationStatus::Pending, Some(*state)),
        current: delivery == Some(*state),
    }));
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
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

/// A count, of which many are not counted further.
fn count_text(count: i64) -> String {
    if count > MAX_COUNTED {
        return format!("{MAX_COUNTED}+");
    }
    count.to_string()
}

fn segment(
    account: AccountId,
    status: InvitationStatus,
    delivery: Option<DeliveryStatus>,
) -> String {
    let value = match status {
        InvitationStatus::Pending => "",
        other => other.as_str(),
    };
    let delivery = delivery.map_or("", DeliveryStatus::as_str);
    urls::path_with_query(
        &urls::invitations(account),
        &[("status", value), ("delivery", delivery)],
    )
}

impl List<'_> {
    fn all_filtered(&self, filter: &Filter) -> String {
        urls::path_with_query(
            &urls::invitations(self.frame.id),
            &[
                ("status", self.status.as_str()),
                ("delivery", self.delivery),
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
    let delivery = filter.delivery.first().copied();
    let delivery_value = delivery.map_or("", DeliveryStatus::as_str);
    let filters = [
        ("status", status_value),
        ("delivery", delivery_value),
        ("product", &filter.product),
        ("role", &filter.role),
        ("q", &filter.text),
    ];
    List {
        page: frame.page(context, Tab::Invitations),
        frame,
        segments: Vec::new(),
        status,
        delivery: delivery_value,
        text: filter.text.clone(),
        products: roles::product_options(context, &filter.product),
        roles: roles::options(context, &filter.role),
        exports: urls::exports(&api, &filters),
        here: urls::path_with_query(
            "",
            &[
                // The page of errors lists what was selected from.
                (
                    "status",
                    if status == InvitationStatus::Expired {
                        status_value
                    } else {
                        ""
                    },
                ),
                ("delivery", delivery_value),
                ("product", &filter.product),
                ("role", &filter.role),
                ("q", &filter.text),
                ("cursor", context.query.get("cursor").unwrap_or_default()),
                ("after", context.query.get("after").unwrap_or_default()),
            ],
        ),
        all: segment(account, status, None),
        manages: is_allowed(&summary.membership, Permission::ManageUsers),
        rows,
        no_match: match filter.text.as_str() {
            "" => context.t("invitations-no-match-filter"),
            text => context.t_args("invitations-no-match", &[("text", text.into())]),
        },
        filtered: !(filter.text.is_empty()
            && filter.role.is_empty()
            && filter.product.is_empty()
            && filter.delivery.is_empty()),
        empty: (
            context.t(&format!("invitations-none-{status_value}")),
            context.t(&format!("invitations-none-{status_value}-text")),
        ),
        errors: Vec::new(),
        skipped: Vec::new(),
        pager: None,
        form_key: context.form_key(),
    }
}
