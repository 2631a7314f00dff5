//! The second step: roles and addresses on one page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Step, hints, path, steps};
use crate::console::account_layout::{self, Seats, subpage};
use crate::console::context::{PageContext, PageError, PageResult, path_with_query};
use crate::console::{error_text, urls};
use crate::console::form::{Field, with_retry_after};
use crate::console::page::{Page, SafeHtml, render};
use crate::console::roles::{self, RoleGroup};
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::accounts::{self, AccountSummary};
use convoke_domain::invitations::{self, Invitation};
use convoke_domain::permissions::Permission;
use convoke_domain::{Caller, Error, Mode, Tx, authorization};

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
    pub async fn from_query(context: &PageContext, account: AccountId) -> Result<Self, PageError> {
        let again: Option<InvitationId> = context.query.text("again").parse().ok();
        let form = Self {
            product: context.query.text("product"),
            roles: context.query.all("roles").map(str::to_owned).collect(),
            emails: context.query.text("emails"),
            ..Self::default()
        };
        let Some(id) = again else { return Ok(form) };
        let (_, it) = account_layout::load_with_account(context, account, move |tx, caller| {
            authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
            invitations::get(tx, caller, account, id)
        })
        .await?;
        Ok(Self {
            product: it.product,
            roles: it.roles,
            emails: it.email,
            ..form
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
    role_errors: Vec<String>,
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

/// What the page says besides the form: errors, and ways to fix them.
#[derive(Default)]
pub(super) struct RecipientErrors {
    pub told: Vec<FieldMessage>,
    pub status: StatusCode,
    pub retry_after: Option<u64>,
    pub keeps_first: Option<String>,
    pub frees: bool,
}

pub(super) async fn show(
    context: &PageContext,
    account: AccountId,
    form: InviteForm,
) -> PageResult {
    page(context, account, form, RecipientErrors::default()).await
}

type Loaded = (accounts::SeatUsage, Option<Invitation>);

fn load(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Loaded, Error> {
    let (found, _) = authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let last = invitations::last_sent(tx, caller, account)?;
    Ok((accounts::usage(tx, &found)?, last))
}

pub(super) async fn page(
    context: &PageContext,
    account: AccountId,
    form: InviteForm,
    said: RecipientErrors,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect(&path(account))?;
    let (summary, (usage, last)) =
        account_layout::load_with_account(context, account, move |tx, caller| {
            load(tx, caller, account)
        })
        .await?;
    let args = [("account", (&summary.account.name).into())];
    let mut page = subpage(context, &summary, context.t_args("invite-title", &args));
    page.failed = !said.told.is_empty();
    let locale = context.locale.as_str();
    let product = context.app.ctx.catalogue.product(&form.product);
    let product_text = |text: Option<&convoke_domain::catalogue::Text>| {
        text.map(|text| text.get(locale).to_owned())
            .unwrap_or_default()
    };
    let faults_of = |field: &str| -> Vec<String> {
        let told = said.told.iter().filter(|told| told.field == field);
        told.map(|told| told.text.clone()).collect()
    };
    let most = i64::from(context.app.ctx.policy.invitations_per_request);
    let waiting = convoke_core::email_list::parse(&form.later).entries.len();
    let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
    let view = PeoplePage {
        steps: steps(context, 2),
        action: path(account),
        resend: urls::resend_invitations(account),
        change: path_with_query(&path(account), &[("emails", &form.emails)]),
        product_name: product_text(product.map(|it| &it.name)),
        product_meaning: product_text(product.map(|product| &product.description)),
        emails: Field {
            name: "emails",
            label: context.t("field-emails"),
            value: form.emails.clone(),
            hint: Some(context.t_args("field-emails-hint", &[("most", most.into())])),
            errors: faults_of("emails"),
            ..Field::default()
        },
        later: form.later.clone(),
        later_count: context.t_args("invite-later", &[("count", waiting.into())]),
        most,
        locales: locales(context, &form.locale),
        preset: last.and_then(|it| preset(context, account, &form, &it)),
        groups: roles::choices(
            context,
            &summary.membership,
            Some(&form.product),
            &form.roles,
            &[],
        ),
        role_errors: faults_of("roles"),
        seats: Seats::new(context, usage),
        preview: preview(context, &caller, &summary, &form),
        refused: said.told,
        keeps_first: said.keeps_first,
        frees: if said.frees {
            hints::free_seats_links(context, account)
        } else {
            Vec::new()
        },
        usage,
        product: form.product,
        page,
    };
    Ok(with_retry_after(
        render(said.status, &view),
        said.retry_after,
    ))
}

fn locales(context: &PageContext, chosen: &str) -> Vec<(&'static str, String, bool)> {
    use convoke_core::language::Locale;
    let chosen = chosen.parse().unwrap_or(context.locale);
    let option = |locale: Locale| {
        let name = context.t(&format!("language-{locale}"));
        (locale.as_str(), name, locale == chosen)
    };
    Locale::ALL.into_iter().map(option).collect()
}

fn preset(
    context: &PageContext,
    account: AccountId,
    form: &InviteForm,
    last: &Invitation,
) -> Option<Preset> {
    let known = |key: &&String| context.app.ctx.catalogue.role(key).is_some();
    let keys: Vec<String> = last.roles.iter().filter(known).cloned().collect();
    if keys.is_empty() || keys == form.roles {
        return None;
    }
    let names = error_text::role_names(&context.app.ctx.catalogue, context.locale, &keys);
    let mut params = vec![("product", form.product.as_str()), ("emails", &form.emails)];
    params.extend(keys.iter().map(|key| ("roles", key.as_str())));
    Some(Preset {
        label: context.t_args("invite-last-used", &[("roles", names.into())]),
        href: path_with_query(&path(account), &params),
    })
}

fn preview(
    context: &PageContext,
    caller: &Caller,
    summary: &AccountSummary,
    form: &InviteForm,
) -> MailPreview {
    let name = caller.user.name();
    let by = match &caller.user.email {
        Some(email) => {
            let args = [("name", (&name).into()), ("email", email.into())];
            context.t_args("person-with-email", &args)
        }
        None => name.clone(),
    };
    let until = context
        .app
        .ctx
        .clock
        .now()
        .plus(context.app.ctx.policy.invitation_lifetime);
    let catalogue = &context.app.ctx.catalogue;
    let args = [
        ("inviter", (&name).into()),
        ("account", (&summary.account.name).into()),
        ("until", context.format_date_time(until).into()),
    ];
    let product = error_text::product_name(catalogue, context.locale, &form.product);
    let values = [
        ("inviter", by.as_str()),
        ("account", &summary.account.name),
        ("product", &product),
    ];
    MailPreview {
        subject: context.t_args("mail-invitation-subject", &args),
        lead: SafeHtml::t_args(context.locale, "preview-lead", &values),
        roles: error_text::role_names(catalogue, context.locale, &form.roles),
        button: context.t("mail-invitation-button"),
        until: context.t_args("preview-until", &args),
    }
}
