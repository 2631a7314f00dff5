//! The second step: roles and addresses on one page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Step, hints, path, steps};
use crate::core::ids::{AccountId, InvitationId};
use crate::domain::accounts::{self, AccountSummary};
use crate::domain::invitations::{self, Invitation};
use crate::domain::permissions::Permission;
use crate::domain::{Caller, Error, Tx};
use crate::http::console::account_layout::{self, Seats, subpage};
use crate::http::console::context::{PageContext, PageError, PageResult, path_with_query};
use crate::http::console::error_text;
use crate::http::console::form::{Field, with_retry_after};
use crate::http::console::page::{Page, SafeHtml, render};
use crate::http::console::roles::{self, RoleGroup};

/// What somebody wants to send, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct InviteForm {
    pub product: String,
    pub roles: Vec<String>,
    pub emails: String,
    /// Addresses for the next round.
    pub later: String,
    /// The language of mails to those whose own is unknown.
    pub locale: String,
    /// Which button was pressed: to send when empty.
    pub act: String,
}

impl InviteForm {
    /// What a link asks for: a product, roles, addresses, or an ended invitation to send again.
    pub async fn from_query(visit: &PageContext, account: AccountId) -> Result<Self, PageError> {
        let again: Option<InvitationId> = visit.query.text("again").parse().ok();
        let wish = Self {
            product: visit.query.text("product"),
            roles: visit.query.all("roles").map(str::to_owned).collect(),
            emails: visit.query.text("emails"),
            ..Self::default()
        };
        let Some(id) = again else { return Ok(wish) };
        let (_, it) = account_layout::load_with_account(visit, account, move |tx, caller| {
            accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
            invitations::get(tx, caller, account, id)
        })
        .await?;
        Ok(Self {
            product: it.product,
            roles: it.roles,
            emails: it.email,
            ..wish
        })
    }
}

/// The roles of the inviter's last invitation, to take over with one click.
struct Preset {
    label: String,
    href: String,
}

/// The mail as the invitee will see it.
struct MailPreview {
    subject: String,
    lead: SafeHtml,
    /// The names of the roles that are chosen.
    roles: String,
    button: String,
    until: String,
}

#[derive(Template)]
#[template(path = "invite/people.html")]
pub(super) struct PeoplePage<'a> {
    page: Page<'a>,
    steps: Vec<Step>,
    action: String,
    /// Where one invitation is sent again without leaving the page.
    resend: String,
    change: String,
    product: String,
    product_name: String,
    product_meaning: String,
    emails: Field,
    later: String,
    later_count: String,
    most: i64,
    locales: Vec<(&'static str, String, bool)>,
    preset: Option<Preset>,
    groups: Vec<RoleGroup>,
    role_faults: Vec<String>,
    seats: Seats,
    usage: accounts::SeatUsage,
    preview: MailPreview,
    refused: Vec<FieldMessage>,
    /// Whether the first that fit can be kept.
    keeps_first: Option<String>,
    /// Where seats can be freed.
    frees: Vec<(String, String)>,
}

/// A line of the summary with its field.
pub(super) struct FieldMessage {
    pub field: &'static str,
    pub text: String,
}

/// What the page says besides the form: faults, and ways to mend them.
#[derive(Default)]
pub(super) struct RecipientErrors {
    pub told: Vec<FieldMessage>,
    pub status: StatusCode,
    pub retry_after: Option<u64>,
    pub keeps_first: Option<String>,
    pub frees: bool,
}

pub(super) async fn show(visit: &PageContext, account: AccountId, wish: InviteForm) -> PageResult {
    page(visit, account, wish, RecipientErrors::default()).await
}

type Loaded = (accounts::SeatUsage, Option<Invitation>);

fn load(tx: &mut Tx<'_, '_>, caller: &Caller, account: AccountId) -> Result<Loaded, Error> {
    let (found, _) = accounts::authorize(tx, caller, account, Permission::ManageUsers)?;
    let last = invitations::last_sent(tx, caller, account)?;
    Ok((accounts::usage(tx, &found)?, last))
}

pub(super) async fn page(
    visit: &PageContext,
    account: AccountId,
    wish: InviteForm,
    said: RecipientErrors,
) -> Result<Response, PageError> {
    let caller = visit.require_user_or_redirect(&path(account))?;
    let (card, (usage, last)) =
        account_layout::load_with_account(visit, account, move |tx, caller| {
            load(tx, caller, account)
        })
        .await?;
    let args = [("account", (&card.account.name).into())];
    let mut page = subpage(visit, &card, visit.t_args("invite-title", &args));
    page.failed = !said.told.is_empty();
    let locale = visit.locale.as_str();
    let product = visit.app.catalogue.product(&wish.product);
    let product_text = |text: Option<&crate::domain::catalogue::Text>| {
        text.map(|text| text.get(locale).to_owned())
            .unwrap_or_default()
    };
    let faults_of = |field: &str| -> Vec<String> {
        let told = said.told.iter().filter(|told| told.field == field);
        told.map(|told| told.text.clone()).collect()
    };
    let most = i64::from(visit.app.policy.invitations_per_request);
    let waiting = crate::core::email_list::parse(&wish.later).entries.len();
    let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
    let view = PeoplePage {
        steps: steps(visit, 2),
        action: path(account),
        resend: format!("/accounts/{account}/invitations/resend"),
        change: path_with_query(&path(account), &[("emails", &wish.emails)]),
        product_name: product_text(product.map(|it| &it.name)),
        product_meaning: product_text(product.map(|it| &it.description)),
        emails: Field {
            name: "emails",
            label: visit.t("field-emails"),
            value: wish.emails.clone(),
            hint: Some(visit.t_args("field-emails-hint", &[("most", most.into())])),
            errors: faults_of("emails"),
            ..Field::default()
        },
        later: wish.later.clone(),
        later_count: visit.t_args("invite-later", &[("count", waiting.into())]),
        most,
        locales: locales(visit, &wish.locale),
        preset: last.and_then(|it| preset(visit, account, &wish, &it)),
        groups: roles::choices(visit, &card.standing, Some(&wish.product), &wish.roles, &[]),
        role_faults: faults_of("roles"),
        seats: Seats::new(visit, usage),
        preview: preview(visit, &caller, &card, &wish),
        refused: said.told,
        keeps_first: said.keeps_first,
        frees: if said.frees {
            hints::free_seats_links(visit, account)
        } else {
            Vec::new()
        },
        usage,
        product: wish.product,
        page,
    };
    Ok(with_retry_after(
        render(said.status, &view),
        said.retry_after,
    ))
}

fn locales(visit: &PageContext, chosen: &str) -> Vec<(&'static str, String, bool)> {
    use crate::core::language::Locale;
    let chosen = chosen.parse().unwrap_or(visit.locale);
    let option = |it: Locale| {
        let name = visit.t(&format!("language-{it}"));
        (it.as_str(), name, it == chosen)
    };
    Locale::ALL.into_iter().map(option).collect()
}

fn preset(
    visit: &PageContext,
    account: AccountId,
    wish: &InviteForm,
    last: &Invitation,
) -> Option<Preset> {
    let known = |key: &&String| visit.app.catalogue.role(key).is_some();
    let keys: Vec<String> = last.roles.iter().filter(known).cloned().collect();
    if keys.is_empty() || keys == wish.roles {
        return None;
    }
    let names = error_text::role_names(&visit.app.catalogue, visit.locale, &keys);
    let mut params = vec![("product", wish.product.as_str()), ("emails", &wish.emails)];
    params.extend(keys.iter().map(|key| ("roles", key.as_str())));
    Some(Preset {
        label: visit.t_args("invite-last-used", &[("roles", names.into())]),
        href: path_with_query(&path(account), &params),
    })
}

fn preview(
    visit: &PageContext,
    caller: &Caller,
    card: &AccountSummary,
    wish: &InviteForm,
) -> MailPreview {
    let name = caller.user.name();
    let by = match &caller.user.email {
        Some(email) => {
            let args = [("name", (&name).into()), ("email", email.into())];
            visit.t_args("person-with-email", &args)
        }
        None => name.clone(),
    };
    let until = visit
        .app
        .clock
        .now()
        .plus(visit.app.policy.invitation_lifetime);
    let catalogue = &visit.app.catalogue;
    let args = [
        ("inviter", (&name).into()),
        ("account", (&card.account.name).into()),
        ("until", visit.format_date_time(until).into()),
    ];
    let product = error_text::product_name(catalogue, visit.locale, &wish.product);
    let values = [
        ("inviter", by.as_str()),
        ("account", &card.account.name),
        ("product", &product),
    ];
    MailPreview {
        subject: visit.t_args("mail-invitation-subject", &args),
        lead: SafeHtml::t_args(visit.locale, "preview-lead", &values),
        roles: error_text::role_names(catalogue, visit.locale, &wish.roles),
        button: visit.t("mail-invitation-button"),
        until: visit.t_args("preview-until", &args),
    }
}
